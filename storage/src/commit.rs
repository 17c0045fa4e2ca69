//! What a commit asks of the store: any number of writes with their preconditions, all or nothing.

use std::sync::Arc;

use fhir::json::Json;
use fhir::search::{Entry, Filter};

use crate::{Key, Version};

/// Writes that become visible and durable together, or not at all.
#[derive(Debug, Default)]
pub struct Commit {
    /// The writes; no two have the same key.
    pub writes: Vec<Write>,
    /// What must hold of the state before the commit, besides each write's own expectation.
    pub checks: Vec<Check>,
}

/// One write.
#[derive(Debug)]
pub struct Write {
    /// The resource written.
    pub key: Key,
    /// Its new state.
    pub change: Change,
    /// What its current state must be.
    pub expected: Expected,
}

/// The new state of a resource.
#[derive(Debug)]
pub enum Change {
    /// This content becomes the next version.
    Put {
        /// The whole resource with its `id`. Whatever it says in `meta.versionId` and
        /// `meta.lastUpdated` is replaced by the store's own.
        body: Arc<Json>,
        /// Its index entries, all of its own type; `_id` and `_lastUpdated` are the store's matter.
        entries: Vec<Entry>,
        /// The server chose the id: [`crate::Verb::Create`]. Otherwise [`crate::Verb::Update`].
        is_create: bool,
    },
    /// The current version stays as it is and is indexed by these entries. What is deleted, or
    /// never was, stays as it is.
    Reindex {
        /// As those of a [`Change::Put`].
        entries: Vec<Entry>,
    },
    /// It is deleted. A resource that never was, or is deleted already, stays as it is.
    Delete,
}

/// What must be true of the resource that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Any,
    /// There is no current version: it never was, or is deleted.
    Absent,
    /// The current version is this one and is no deletion.
    Version(u64),
}

/// A condition on other resources, judged by the committer against the state that the commit builds
/// on, so that concurrent commits cannot slip in between.
#[derive(Debug, Clone)]
pub enum Check {
    /// Exactly these ids of the type match the filter (as many as stand here; none, one or more).
    /// The store looks no further than one match more than are listed.
    Matches {
        /// Resource type.
        resource: Arc<str>,
        /// The condition.
        filter: Filter,
        /// The ids that must match, in any order.
        ids: Vec<Arc<str>>,
    },
    /// The resource is current (not deleted), or is put by this commit.
    Exists(Key),
    /// After the commit no current resource refers to it by a reference entry (any parameter of
    /// type reference, and the internal `_references`).
    Unreferenced(Key),
}

/// Are those that match the ones that a [`Check::Matches`] names?
pub(crate) fn are_those(mut found: Vec<Arc<str>>, ids: &[Arc<str>]) -> bool {
    let mut wanted = ids.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    wanted.dedup();
    found == wanted
}

/// What became of one write, in the order of [`Commit::writes`].
#[derive(Debug, Clone)]
pub struct Committed {
    /// The version that is current now: the one written; for a deletion of what was not there, the
    /// last tombstone or `None`.
    pub version: Option<Version>,
    /// There was no current version before.
    pub is_new: bool,
    /// A version was written.
    pub is_changed: bool,
}
