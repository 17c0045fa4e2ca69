//! A commit as one batch of the engine: every version, every index key, or nothing.

use std::collections::HashMap;

use fjall::OwnedWriteBatch;

use super::counts::{self, Changes, Counted, Counts};
use super::engine::{Engine, Progress};
use super::names::Names;
use super::preconditions::{check, expect};
use super::prepare::{Prepared, PreparedWrite, Put};
use super::record::{self, Record, Stamp};
use super::view::View;
use super::{change, fault, hot, keys};
use crate::index::{blob, encode};
use crate::{StoreError, Verb};

/// What became of a write.
#[derive(Debug, Clone)]
pub(super) struct Done {
    /// The version that is current now, if there ever was one.
    pub(super) stamp: Option<Stamp>,
    pub(super) is_new: bool,
    pub(super) is_changed: bool,
}

/// A batch ready to be written, and the state after it.
pub(super) struct Applied {
    pub(super) batch: OwnedWriteBatch,
    pub(super) progress: Progress,
    pub(super) done: Vec<Done>,
    /// How many versions of each type it writes.
    pub(super) written: HashMap<u16, usize>,
    /// The counts that it changes, as they are after it.
    pub(super) counted: Counted,
    /// It replaces index entries, though perhaps no version.
    pub(super) is_reindexed: bool,
}

/// Current resources and versions, by type.
type Counters = HashMap<u16, (u64, u64)>;

/// Builds the batch of a commit on the state that `view` shows.
pub(super) fn apply(
    view: &View,
    commit: Prepared,
    progress: Progress,
    now_us: i64,
    counts: &mut Counts,
) -> Result<Applied, StoreError> {
    let mut current = Vec::with_capacity(commit.writes.len());
    for (index, write) in commit.writes.iter().enumerate() {
        let docid = view.docid(write.type_id, &write.key.id)?;
        let record = docid.map(|docid| view.current(docid)).transpose()?.flatten();
        expect(index, write.expected, record.as_ref())?;
        current.push(docid.zip(record));
    }
    check(view, &commit)?;
    let last_updated_us = instant(progress, now_us, &current);
    let mut batch = Batch {
        view,
        engine: &view.engine,
        batch: view.engine.db.batch(),
        progress: Progress { last_updated_us, ..progress },
        counters: Counters::new(),
        stems: Changes::default(),
        written: HashMap::new(),
        is_reindexed: false,
    };
    let mut done = Vec::with_capacity(commit.writes.len());
    for (write, current) in commit.writes.into_iter().zip(current) {
        done.push(batch.write(write, current)?);
    }
    let counted = batch.count(counts)?;
    let Batch { batch, progress, written, is_reindexed, .. } = batch;
    Ok(Applied { batch, progress, done, written, counted, is_reindexed })
}

/// Later than all before, and in a later millisecond than the versions that it replaces: two
/// versions of a resource never show the same `meta.lastUpdated`.
fn instant(progress: Progress, now_us: i64, current: &[Option<(u32, Record)>]) -> i64 {
    let replaced = current.iter().flatten().map(|(_, record)| record.last_updated_us).max();
    let next_ms = replaced.map_or(i64::MIN, |us| (us.div_euclid(1000) + 1) * 1000);
    now_us.max(progress.last_updated_us + 1).max(next_ms)
}

struct Batch<'a> {
    view: &'a View,
    engine: &'a Engine,
    batch: OwnedWriteBatch,
    progress: Progress,
    counters: Counters,
    stems: Changes,
    written: HashMap<u16, usize>,
    is_reindexed: bool,
}

impl Batch<'_> {
    fn write(
        &mut self,
        mut write: PreparedWrite,
        current: Option<(u32, Record)>,
    ) -> Result<Done, StoreError> {
        let is_live = current.as_ref().is_some_and(|(_, record)| !record.is_deleted());
        if write.is_reindex {
            return self.reindex(write, current.filter(|_| is_live));
        }
        if write.put.is_none() && !is_live {
            let stamp = current.map(|(_, record)| stamp_of(&record));
            return Ok(Done { stamp, is_new: true, is_changed: false });
        }
        let docid = match &current {
            Some((docid, _)) => *docid,
            None => self.next_docid(&write)?,
        };
        self.progress.sequence += 1;
        let version = current.as_ref().map_or(1, |(_, record)| record.version + 1);
        let verb = match &write.put {
            None => Verb::Delete,
            Some(put) if put.is_create && version == 1 => Verb::Create,
            Some(_) if version > 1 && !is_live => Verb::Revive,
            Some(_) => Verb::Update,
        };
        let stamp = Stamp {
            verb,
            version,
            last_updated_us: self.progress.last_updated_us,
            sequence: self.progress.sequence,
        };
        if let Some((docid, record)) = &current {
            let key = keys::history(*docid, record.version);
            self.batch.insert(&self.engine.versions, key, record.value().clone());
        }
        let body = write.put.as_ref().map(|put| &put.body);
        let value = record::encode(docid, &write.key.id, stamp, body);
        self.batch.insert(&self.engine.versions, keys::docid(docid), value);
        self.index(docid, is_live, write.put.as_mut(), stamp)?;
        self.member(write.type_id, docid, is_live, write.put.is_some())?;
        self.change(write.type_id, docid, stamp);
        Ok(Done { stamp: Some(stamp), is_new: !is_live, is_changed: true })
    }

    /// Replaces the index entries of a current version, and nothing else.
    fn reindex(
        &mut self,
        mut write: PreparedWrite,
        current: Option<(u32, Record)>,
    ) -> Result<Done, StoreError> {
        let Some((docid, record)) = current else {
            return Ok(Done { stamp: None, is_new: false, is_changed: false });
        };
        let stamp = stamp_of(&record);
        self.index(docid, true, write.put.as_mut(), stamp)?;
        self.is_reindexed = true;
        Ok(Done { stamp: Some(stamp), is_new: false, is_changed: false })
    }

    fn next_docid(&mut self, write: &PreparedWrite) -> Result<u32, StoreError> {
        let next = self.progress.docid.checked_add(1);
        let docid = next.ok_or_else(|| StoreError::Full("no docid is left".to_owned()))?;
        self.progress.docid = docid;
        let key = keys::resource(write.type_id, &write.key.id);
        self.batch.insert(&self.engine.facts, key, keys::docid(docid));
        Ok(docid)
    }

    /// Replaces the index entries of a resource. Only what differs is written.
    fn index(
        &mut self,
        docid: u32,
        is_live: bool,
        put: Option<&mut Put>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let old = if is_live { self.old_stems(docid)? } else { Vec::new() };
        let entries = &self.engine.entries;
        let new = match put {
            None => {
                self.batch.remove(entries, keys::docid(docid));
                Vec::new()
            }
            Some(put) => {
                let mut blob = std::mem::take(&mut put.blob);
                blob::stamp(&mut blob, stamp.last_updated_us);
                self.batch.insert(entries, keys::docid(docid), blob);
                let mut stems = std::mem::take(&mut put.stems);
                let own = encode::instant_stem(put.last_updated, stamp.last_updated_us);
                let at = stems.partition_point(|stem| *stem < own);
                stems.insert(at, own);
                stems
            }
        };
        for gone in old.iter().filter(|stem| new.binary_search(stem).is_err()) {
            self.stems.add(&self.engine.names, gone, -1);
            self.batch.remove(&self.engine.index, key(gone.clone(), docid));
        }
        for stem in new {
            if old.binary_search(&stem).is_err() {
                self.stems.add(&self.engine.names, &stem, 1);
                self.batch.insert(&self.engine.index, key(stem, docid), Vec::new());
            }
        }
        Ok(())
    }

    fn old_stems(&self, docid: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        let blob = self.view.entries(docid)?;
        stems_of(&self.engine.names, &blob).ok_or_else(|| {
            fault::damaged("entries", &format!("the entries of docid {docid} are not readable"))
        })
    }

    fn member(
        &mut self,
        type_id: u16,
        docid: u32,
        was_live: bool,
        is_live: bool,
    ) -> Result<(), StoreError> {
        let mut counter = match self.counters.get(&type_id) {
            Some(counter) => *counter,
            None => self.view.counter(type_id)?,
        };
        counter.1 += 1;
        let member = keys::member(type_id, docid);
        match (was_live, is_live) {
            (false, true) => {
                counter.0 += 1;
                self.batch.insert(&self.engine.facts, member, Vec::new());
            }
            (true, false) => {
                counter.0 = counter.0.saturating_sub(1);
                self.batch.remove(&self.engine.facts, member);
            }
            _ => (),
        }
        self.counters.insert(type_id, counter);
        Ok(())
    }

    fn change(&mut self, type_id: u16, docid: u32, stamp: Stamp) {
        let value = change::encode(type_id, docid, stamp);
        for scope in [None, Some(type_id)] {
            let key = keys::change(scope, stamp.sequence);
            self.batch.insert(&self.engine.facts, key, value.as_slice());
        }
        *self.written.entry(type_id).or_default() += 1;
    }

    fn count(&mut self, counts: &mut Counts) -> Result<Counted, StoreError> {
        let counted = std::mem::take(&mut self.stems).counted(self.view, counts)?;
        for (stem, count) in &counted {
            match counts::value(*count) {
                Some(value) => self.batch.insert(&self.engine.facts, keys::count(stem), value),
                None => self.batch.remove(&self.engine.facts, keys::count(stem)),
            }
        }
        for (type_id, (current, versions)) in &self.counters {
            let value = [current.to_be_bytes(), versions.to_be_bytes()].concat();
            self.batch.insert(&self.engine.facts, keys::counter(*type_id), value);
        }
        Ok(counted)
    }
}

fn stamp_of(record: &Record) -> Stamp {
    Stamp {
        verb: record.verb,
        version: record.version,
        last_updated_us: record.last_updated_us,
        sequence: record.sequence,
    }
}

fn key(mut stem: Vec<u8>, docid: u32) -> Vec<u8> {
    stem.extend_from_slice(&docid.to_be_bytes());
    stem
}

/// The stems of all entries in a blob, sorted; `None` when it is damaged.
pub(super) fn stems_of(names: &Names, blob: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut stems = Vec::new();
    let mut entries = Vec::new();
    blob::for_each(blob, |param, value| {
        encode::stems(param, &value, |stem| stems.push(stem));
        entries.push((param, value));
    })?;
    hot::add_stems(names, &entries, &mut stems);
    stems.sort_unstable();
    stems.dedup();
    Some(stems)
}
