//! What of a commit can be done before the state that it builds on is known.

use std::collections::HashMap;

use bytes::Bytes;
use mongodb::bson::raw::cstr;
use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};

use fhir::search::{Entry, IndexValue, ReferenceValue};

use super::names::Names;
use super::record::{self, BODY_MAX, Head, KEYS_MAX, Keys, Packed};
use super::sequence::Stamps;
use crate::index::body::{Body, Splice, stamped};
use crate::{Change, Check, Commit, Committed, Expected, Key, Refusal, StoreError, Verb, Version};

/// A commit that can be written.
pub(super) struct Prepared {
    pub(super) writes: Vec<PreparedWrite>,
    pub(super) checks: Vec<Check>,
    /// The place of the write of each resource.
    places: HashMap<Key, usize>,
}

/// A write that can be written.
pub(super) struct PreparedWrite {
    pub(super) key: Key,
    expected: Expected,
    change: Prep,
}

enum Prep {
    Put { body: Packed, text: Vec<u8>, entries: Vec<Entry>, is_create: bool },
    Reindex(Vec<Entry>),
    Delete,
}

/// What becomes of a write.
#[derive(Debug, Clone)]
pub(super) struct Done {
    /// The version that is current then, if there ever was one.
    head: Option<Head>,
    is_new: bool,
    pub(super) is_changed: bool,
}

impl Done {
    /// When the version was written.
    pub(super) fn us(&self) -> i64 {
        self.head.as_ref().map_or(0, |head| head.us)
    }

    /// The sequence number of the version.
    pub(super) fn head_sequence(&self) -> i64 {
        self.head.as_ref().map_or(0, |head| head.sequence)
    }

    /// The version that is current then.
    pub(super) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }
}

/// Prepares a commit.
pub(super) fn prepare(commit: Commit) -> Result<Prepared, StoreError> {
    let prepare = |write: crate::Write| {
        let change = match write.change {
            Change::Delete => Prep::Delete,
            Change::Reindex { entries } => Prep::Reindex(entries),
            Change::Put { body, entries, is_create } => {
                let body = Body::unstamped(&body).ok_or_else(|| {
                    StoreError::Fault(format!("the body of {} is no resource", write.key))
                })?;
                let Body { text, splice } = body;
                Prep::Put { body: Packed::of(&text, splice)?, text, entries, is_create }
            }
        };
        Ok(PreparedWrite { key: write.key, expected: write.expected, change })
    };
    let writes = commit.writes.into_iter().map(prepare);
    let writes: Vec<PreparedWrite> = writes.collect::<Result<_, StoreError>>()?;
    let places = writes.iter().enumerate().map(|(at, write)| (write.key.clone(), at)).collect();
    Ok(Prepared { writes, checks: commit.checks, places })
}

impl Prepared {
    /// Does the current state of a resource fit what its write expects?
    pub(super) fn expect(&self, index: usize, current: Option<&Head>) -> Result<(), StoreError> {
        let live = current.filter(|head| head.verb != Verb::Delete).map(|head| head.version);
        let refusal = match (self.writes[index].expected, live) {
            (Expected::Absent, Some(_)) => Refusal::Present,
            (Expected::Version(version), live) if live != Some(version) => {
                Refusal::Version { current: live }
            }
            _ => return Ok(()),
        };
        Err(StoreError::Refused { index, refusal })
    }

    /// Does the commit itself say whether a resource is there after it?
    pub(super) fn puts(&self, key: &Key) -> Option<bool> {
        let at = self.places.get(key)?;
        Some(!matches!(self.writes[*at].change, Prep::Delete))
    }

    /// A resource other than the target that the commit writes with a reference to it.
    pub(super) fn refers(&self, target: &Key) -> Option<&Key> {
        let write = self.writes.iter().find(|write| write.key != *target && write.refers(target));
        write.map(|write| &write.key)
    }

    /// The answer to the commit.
    pub(super) fn committed(self, done: Vec<Done>) -> Result<Vec<Committed>, StoreError> {
        let answer = |(write, done): (PreparedWrite, Done)| {
            let Done { head, is_new, is_changed } = done;
            let version = match head {
                None => None,
                Some(Head { version, us, verb, .. }) => {
                    let body = match write.change {
                        Prep::Put { body, text, .. } => served(text, body.splice, version, us)?,
                        _ => Bytes::new(),
                    };
                    let key = write.key;
                    Some(Version { key, version, last_updated_us: us, verb, body })
                }
            };
            Ok(Committed { version, is_new, is_changed })
        };
        self.writes.into_iter().zip(done).map(answer).collect()
    }
}

fn served(text: Vec<u8>, splice: Splice, version: u64, us: i64) -> Result<Bytes, StoreError> {
    stamped(text, splice, version, us)
        .ok_or_else(|| StoreError::Fault("a stamp has no place".to_owned()))
}

impl PreparedWrite {
    /// Is the id the server's own choice?
    pub(super) fn is_create(&self) -> bool {
        matches!(self.change, Prep::Put { is_create: true, .. })
    }

    /// Are only the index entries meant?
    pub(super) fn is_reindex(&self) -> bool {
        matches!(self.change, Prep::Reindex(_))
    }

    fn refers(&self, target: &Key) -> bool {
        let Prep::Put { entries, .. } = &self.change else { return false };
        entries.iter().any(|entry| match &entry.value {
            IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) => {
                **resource == *target.resource && **id == *target.id
            }
            _ => false,
        })
    }

    /// What becomes of the write on the state that is current; `at` is its place in the commit.
    pub(super) fn done(&self, current: Option<&Head>, stamps: Stamps, at: usize) -> Done {
        let is_live = current.is_some_and(|head| head.verb != Verb::Delete);
        let version = current.map_or(1, |head| head.version + 1);
        let verb = match &self.change {
            Prep::Reindex(_) => {
                let head = current.filter(|_| is_live).cloned();
                return Done { head, is_new: false, is_changed: false };
            }
            Prep::Delete if !is_live => {
                return Done { head: current.cloned(), is_new: true, is_changed: false };
            }
            Prep::Delete => Verb::Delete,
            Prep::Put { is_create: true, .. } if version == 1 => Verb::Create,
            Prep::Put { .. } if version > 1 && !is_live => Verb::Revive,
            Prep::Put { .. } => Verb::Update,
        };
        let sequence = stamps.sequence(at);
        let head = Head {
            key: self.key.clone(),
            version,
            us: stamps.us,
            verb,
            sequence,
            order: current.filter(|_| is_live).map_or(sequence, |head| head.order),
        };
        Done { head: Some(head), is_new: !is_live, is_changed: true }
    }

    /// Does it come to anything that is written?
    pub(super) fn is_written(&self, done: &Done) -> bool {
        done.is_changed || self.is_reindex() && done.head.is_some()
    }

    /// The document of the version that is current then.
    pub(super) fn document(
        &self,
        names: &Names,
        done: &Done,
    ) -> Result<RawDocumentBuf, StoreError> {
        let Some(head) = &done.head else { return Ok(RawDocumentBuf::new()) };
        let keys = |entries: &[Entry]| {
            let keys = super::keys::keys(names, &self.key.resource, entries, head.us)?;
            match keys.len() <= KEYS_MAX {
                true => Ok(keys),
                false => Err(StoreError::TooLarge(format!(
                    "{} has more to be indexed than a document of the database can hold",
                    self.key
                ))),
            }
        };
        Ok(match &self.change {
            Prep::Put { body, entries, .. } => record::document(head, Some(body), &keys(entries)?),
            Prep::Reindex(entries) => record::document(head, None, &keys(entries)?),
            Prep::Delete => record::document(head, None, &Keys::default()),
        })
    }

    /// The pieces of a body that is too long for one document.
    pub(super) fn parts(&self, done: &Done) -> Vec<RawDocumentBuf> {
        let Prep::Put { body, .. } = &self.change else { return Vec::new() };
        if body.parts() == 0 {
            return Vec::new();
        }
        let piece = |(at, bytes): (usize, &[u8])| {
            let mut document = RawDocumentBuf::new();
            document.append(cstr!("_id"), format!("{}/{at}", done.head_sequence()));
            document.append(cstr!("b"), record::binary(bytes));
            document
        };
        body.bytes.chunks(BODY_MAX).enumerate().map(piece).collect()
    }
}

/// What is set where only the index entries of a document are new.
pub(super) fn reindex(document: &RawDocument) -> Document {
    let mut set = Document::new();
    for name in ["k", "e", "x"] {
        if let Ok(Some(value)) = document.get(name)
            && let Ok(value) = mongodb::bson::Bson::try_from(value)
        {
            set.insert(name, value);
        }
    }
    doc! { "$set": set }
}
