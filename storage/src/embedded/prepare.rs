//! What of a commit is done before the committer sees it, by whoever asks for it: names, bodies
//! compressed, index keys. Many do it at the same time.

use std::collections::{BTreeMap, HashSet};

use fhir::search::{Entry, IndexValue, Param, ReferenceValue};

use super::body::{Body, Meta, Splice};
use super::engine::Engine;
use super::record::Compressed;
use super::{blob, encode, hot};
use crate::{Change, Check, Commit, Expected, Key, StoreError, Write};

/// A commit for the committer.
pub(super) struct Prepared {
    pub(super) writes: Vec<PreparedWrite>,
    pub(super) checks: Vec<Check>,
}

/// A write for the committer.
pub(super) struct PreparedWrite {
    pub(super) key: Key,
    pub(super) type_id: u16,
    pub(super) expected: Expected,
    /// `None`: a deletion.
    pub(super) put: Option<Put>,
    /// Only the index entries of `put` are meant.
    pub(super) is_reindex: bool,
}

/// Content for the committer.
pub(super) struct Put {
    pub(super) is_create: bool,
    pub(super) body: Compressed,
    /// All entries; the instant is the committer's to say.
    pub(super) blob: Vec<u8>,
    /// Index keys without their docid, sorted, `_lastUpdated` not among them.
    pub(super) stems: Vec<Vec<u8>>,
    /// The parameter `_lastUpdated` of the type.
    pub(super) last_updated: u16,
    /// Local resources that it refers to, where a check of the commit asks for them.
    pub(super) targets: Vec<Key>,
}

/// A body and the place of its stamp; none for a deletion.
type Unstamped = Option<(Vec<u8>, Splice)>;

/// The bodies of a commit as they will be served once they have their stamps; in its order.
pub(super) type Bodies = Vec<Unstamped>;

/// Prepares a commit.
pub(super) fn prepare(engine: &Engine, commit: Commit) -> Result<(Prepared, Bodies), StoreError> {
    let mut keys = HashSet::with_capacity(commit.writes.len());
    if let Some(twice) = commit.writes.iter().find(|write| !keys.insert(&write.key)) {
        return Err(StoreError::Fault(format!("a commit writes {} twice", twice.key)));
    }
    let wants_targets = commit.checks.iter().any(|check| matches!(check, Check::Unreferenced(_)));
    let mut writes = Vec::with_capacity(commit.writes.len());
    let mut bodies = Vec::with_capacity(commit.writes.len());
    for write in commit.writes {
        let (write, body) = prepare_write(engine, write, wants_targets)?;
        writes.push(write);
        bodies.push(body);
    }
    Ok((Prepared { writes, checks: commit.checks }, bodies))
}

fn prepare_write(
    engine: &Engine,
    write: Write,
    wants_targets: bool,
) -> Result<(PreparedWrite, Unstamped), StoreError> {
    let type_id = engine.names.intern_type(&engine.facts, &write.key.resource)?;
    let is_reindex = matches!(write.change, Change::Reindex { .. });
    let (put, body) = match write.change {
        Change::Reindex { entries } => {
            let (blob, stems, last_updated) = index(engine, &write.key, &entries)?;
            let splice = Splice { at: 0, meta: Meta::Missing };
            let body = Compressed { splice, dictionary: 0, len: 0, bytes: Vec::new() };
            let targets = Vec::new();
            (Some(Put { is_create: false, body, blob, stems, last_updated, targets }), None)
        }
        Change::Delete => (None, None),
        Change::Put { body, entries, is_create } => {
            let body = Body::unstamped(&body).ok_or_else(|| {
                StoreError::Fault(format!("the body of {} is no resource", write.key))
            })?;
            let (dictionary, bytes) = engine.dictionaries.compress(type_id, &body.text)?;
            let (len, splice) = (body.text.len(), body.splice);
            let (blob, stems, last_updated) = index(engine, &write.key, &entries)?;
            let body = (body.text, splice);
            let put = Put {
                is_create,
                body: Compressed { splice, dictionary, len, bytes },
                blob,
                stems,
                last_updated,
                targets: if wants_targets { targets(&entries) } else { Vec::new() },
            };
            (Some(put), Some(body))
        }
    };
    let (key, expected) = (write.key, write.expected);
    Ok((PreparedWrite { key, type_id, expected, put, is_reindex }, body))
}

type Index = (Vec<u8>, Vec<Vec<u8>>, u16);

fn index(engine: &Engine, key: &Key, entries: &[Entry]) -> Result<Index, StoreError> {
    let space = &engine.facts;
    let own = Param::new(key.resource.clone(), "_lastUpdated");
    let last_updated = engine.names.intern_param(space, &own, false)?;
    let mut groups = BTreeMap::<u16, Vec<&IndexValue>>::new();
    let mut stems = Vec::with_capacity(entries.len() * 2);
    for entry in entries {
        if matches!(&*entry.param.code, "_id" | "_lastUpdated") {
            continue;
        }
        if entry.param.resource != key.resource {
            return Err(StoreError::Fault(format!(
                "an entry of {} is not on {}",
                entry.param.resource, key.resource
            )));
        }
        let is_reference = matches!(entry.value, IndexValue::Reference(_));
        let param = engine.names.intern_param(space, &entry.param, is_reference)?;
        groups.entry(param).or_default().push(&entry.value);
        encode::stems(param, &entry.value, |stem| stems.push(stem));
    }
    for hot in fhir::search::hot(&key.resource) {
        let of = |code: &str| {
            let own = entries.iter().filter(|entry| &*entry.param.code == code);
            own.map(|entry| &entry.value).collect()
        };
        let values = hot.values(&of);
        if !values.is_empty() {
            let param = Param::new(key.resource.clone(), hot.code);
            let param = engine.names.intern_param(space, &param, false)?;
            stems.extend(values.iter().map(|value| hot::stem(param, value)));
        }
    }
    stems.sort_unstable();
    stems.dedup();
    Ok((blob::encode(last_updated, groups.into_iter()), stems, last_updated))
}

fn targets(entries: &[Entry]) -> Vec<Key> {
    let target = |entry: &Entry| match &entry.value {
        IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) => {
            Some(Key::new(resource.as_str(), id.as_str()))
        }
        _ => None,
    };
    entries.iter().filter_map(target).collect()
}
