//! What stands in the store at one moment: everything that is read is read from a view.

use std::sync::Arc;

use fjall::{Keyspace, Readable, Slice, Snapshot};

use super::budget::Budget;
use super::engine::Engine;
use super::page::Effort;
use super::record::{self, Record};
use super::trace::Trace;
use super::{change, fault, keys};
use crate::index::cursor::Cursor;
use crate::{Changed, Key, PAGE_BYTES_MAX, StoreError, Version};

/// A snapshot of a tenant.
#[derive(Clone)]
pub(super) struct View {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) engine: Arc<Engine>,
    /// What reading may cost.
    pub(super) budget: Arc<Budget>,
    /// How it was read.
    pub(super) trace: Arc<Trace>,
}

impl View {
    /// The same for a search of some effort.
    pub(super) fn limited(&self, effort: Effort) -> Self {
        let budget = Arc::new(Budget::of(self.engine.limits, effort));
        Self { budget, trace: Arc::default(), ..self.clone() }
    }

    pub(super) fn get(
        &self,
        space: &Keyspace,
        key: impl AsRef<[u8]>,
    ) -> Result<Option<Slice>, StoreError> {
        self.snapshot.get(space, key).map_err(|error| fault::reading(space.name(), &error))
    }

    /// The docid of a logical id that is or was in use.
    pub(super) fn docid(&self, type_id: u16, id: &str) -> Result<Option<u32>, StoreError> {
        let Some(value) = self.get(&self.engine.facts, keys::resource(type_id, id))? else {
            return Ok(None);
        };
        let damaged = || fault::damaged("facts", "a value is no docid");
        Cursor(&value).u32().ok_or_else(damaged).map(Some)
    }

    /// The docid of a key.
    pub(super) fn docid_of(&self, key: &Key) -> Result<Option<u32>, StoreError> {
        match self.engine.names.type_id(&key.resource) {
            Some(type_id) => self.docid(type_id, &key.id),
            None => Ok(None),
        }
    }

    /// The current version's record.
    pub(super) fn current(&self, docid: u32) -> Result<Option<Record>, StoreError> {
        let space = &self.engine.versions;
        self.get(space, keys::docid(docid))?.map(|value| decoded(space, docid, value)).transpose()
    }

    /// The record of a version, the current one too.
    pub(super) fn record(&self, docid: u32, version: u64) -> Result<Option<Record>, StoreError> {
        let Some(current) = self.current(docid)? else { return Ok(None) };
        if current.version == version {
            return Ok(Some(current));
        }
        if current.version < version {
            return Ok(None);
        }
        let space = &self.engine.versions;
        let value = self.get(space, keys::history(docid, version))?;
        value.map(|value| decoded(space, docid, value)).transpose()
    }

    /// The current version of a resource, a deletion included.
    pub(super) fn read(&self, key: &Key) -> Result<Option<Version>, StoreError> {
        let Some(docid) = self.docid_of(key)? else { return Ok(None) };
        let Some(record) = self.current(docid)? else { return Ok(None) };
        self.version(&record, key.clone()).map(Some)
    }

    /// One version of a resource.
    pub(super) fn vread(&self, key: &Key, version: u64) -> Result<Option<Version>, StoreError> {
        let Some(docid) = self.docid_of(key)? else { return Ok(None) };
        let Some(record) = self.record(docid, version)? else { return Ok(None) };
        self.version(&record, key.clone()).map(Some)
    }

    /// A record with its body.
    pub(super) fn version(&self, record: &Record, key: Key) -> Result<Version, StoreError> {
        let damaged = || fault::damaged("versions", &format!("the body of {key} is damaged"));
        if *key.id != *record.id {
            return Err(damaged());
        }
        record.version(key.clone(), &self.engine.dictionaries).ok_or_else(damaged)
    }

    /// The current versions of resources by type and docid, none of which may be deleted: the first ones
    /// when all of them would be longer than a page.
    pub(super) fn versions(
        &self,
        found: impl ExactSizeIterator<Item = (Arc<str>, u32)>,
    ) -> Result<Vec<Version>, StoreError> {
        let mut versions = Vec::with_capacity(found.len());
        let mut bytes = 0;
        for (resource, docid) in found {
            if bytes >= PAGE_BYTES_MAX {
                break;
            }
            let record = self.member(docid)?;
            let key = Key::new(resource, record.id.as_str());
            let version = self.version(&record, key)?;
            bytes += version.body.len();
            versions.push(version);
        }
        Ok(versions)
    }

    /// The record of what the index or the members name.
    pub(super) fn member(&self, docid: u32) -> Result<Record, StoreError> {
        let record = self.current(docid)?.filter(|record| !record.is_deleted());
        record.ok_or_else(|| fault::damaged("index", "it names a resource that is not there"))
    }

    /// Is it a current resource of the type?
    pub(super) fn is_member(&self, type_id: u16, docid: u32) -> Result<bool, StoreError> {
        Ok(self.get(&self.engine.facts, keys::member(type_id, docid))?.is_some())
    }

    /// All index entries of a current resource.
    pub(super) fn entries(&self, docid: u32) -> Result<Slice, StoreError> {
        let value = self.get(&self.engine.entries, keys::docid(docid))?;
        value.ok_or_else(|| fault::damaged("entries", "a current resource has no entries"))
    }

    /// Current resources and versions of a type.
    pub(super) fn counter(&self, type_id: u16) -> Result<(u64, u64), StoreError> {
        let value = self.get(&self.engine.facts, keys::counter(type_id))?;
        let Some(value) = value else { return Ok((0, 0)) };
        let mut cursor = Cursor(&value);
        let numbers = cursor.u64().zip(cursor.u64());
        numbers.ok_or_else(|| fault::damaged("facts", "counters are no pair of numbers"))
    }

    /// The changes after a sequence number, oldest first, and the number of the last of them.
    pub(super) fn changes(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Changed>, u64), StoreError> {
        let start = keys::change(None, after.saturating_add(1));
        let end = keys::change_prefix(Some(0));
        let mut changes = Vec::new();
        let mut last = after;
        for guard in self.snapshot.range(&self.engine.facts, start..end).take(limit) {
            let (key, value) = guard.into_inner().map_err(|e| fault::reading("facts", &e))?;
            last = sequence_of(&key)?;
            changes.push(self.changed(&value)?);
        }
        Ok((changes, last))
    }

    /// The sequence number of the last change; 0 when there is none.
    pub(super) fn last_change(&self) -> Result<u64, StoreError> {
        let range = keys::change(None, 0)..keys::change_prefix(Some(0));
        let last = self.snapshot.range(&self.engine.facts, range).next_back();
        let key = last.map(|guard| guard.key().map_err(|error| fault::reading("facts", &error)));
        key.transpose()?.map_or(Ok(0), |key| sequence_of(&key))
    }

    fn changed(&self, value: &[u8]) -> Result<Changed, StoreError> {
        let damaged = || fault::damaged("facts", "a change is not readable");
        let change = change::decode(value).ok_or_else(damaged)?;
        let resource = self.engine.names.type_name(change.type_id).ok_or_else(damaged)?;
        let record = self.current(change.docid)?.ok_or_else(damaged)?;
        Ok(Changed {
            key: Key::new(resource, record.id.as_str()),
            version: change.version,
            verb: change.verb,
        })
    }
}

fn sequence_of(key: &[u8]) -> Result<u64, StoreError> {
    let number = key.get(1..).and_then(|number| Cursor(number).u64());
    number.ok_or_else(|| fault::damaged("facts", "the key of a change is not readable"))
}

pub(super) fn decoded(space: &Keyspace, docid: u32, value: Slice) -> Result<Record, StoreError> {
    record::decode(docid, value).ok_or_else(|| {
        fault::damaged(space.name(), &format!("the version of docid {docid} fails its checksum"))
    })
}
