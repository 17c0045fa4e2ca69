//! What a history and the feed of changes ask of the store, and what they give.

use std::sync::Arc;

use crate::{Key, Verb, Version};

/// Whose history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryScope {
    /// Of one resource.
    Instance(Key),
    /// Of all resources of a type.
    Type(Arc<str>),
    /// Of the whole tenant.
    System,
}

/// A history, newest first.
#[derive(Debug, Clone)]
pub struct HistoryRequest {
    /// Whose.
    pub scope: HistoryScope,
    /// Only versions written at or after this instant (`_since`), in microseconds. A version counts
    /// as written when its `meta.lastUpdated` says, to the millisecond.
    pub since_us: Option<i64>,
    /// Only versions that were current at some point of this span (`_at`): first and last
    /// microsecond, both included.
    pub at_us: Option<(i64, i64)>,
    /// Only versions whose sequence number is below this one: where the page before ended.
    pub before: Option<u64>,
    /// Greatest number of versions.
    pub limit: usize,
}

/// A page of a history.
#[derive(Debug, Clone, Default)]
pub struct HistoryPage {
    /// The versions, newest first.
    pub versions: Vec<Version>,
    /// `before` of the next page; `None` when this is the last.
    pub next: Option<u64>,
    /// Number of versions of all pages, where it costs nothing.
    pub total: Option<u64>,
}

/// One entry of the feed of changes, in the order of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Rising by commit order; never used twice.
    pub sequence: u64,
    /// The resource.
    pub key: Key,
    /// Its version.
    pub version: u64,
    /// What was done.
    pub verb: Verb,
}
