//! What of a commit is done before the committer sees it, by whoever asks for it: names, bodies
//! compressed, index keys. Many do it at the same time.

use std::collections::HashSet;

use fhir::search::{Entry, IndexValue, ReferenceValue};

use super::engine::Engine;
use super::record::Compressed;
use crate::index::body::{Body, Meta, Splice};

use crate::index::indexed::{Indexed, indexed};
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
            let Indexed { blob, stems, last_updated } = index(engine, &write.key, &entries)?;
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
            let Indexed { blob, stems, last_updated } = index(engine, &write.key, &entries)?;
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

fn index(engine: &Engine, key: &Key, entries: &[Entry]) -> Result<Indexed, StoreError> {
    indexed(&key.resource, entries, |param, is_reference| {
        engine.names.intern_param(&engine.facts, param, is_reference)
    })
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
