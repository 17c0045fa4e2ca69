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

/// Where a reader of the feed of changes stands, opaque to everyone but the backend: to be kept with
/// what was made of the changes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPosition(pub Vec<u8>);

/// A part of the feed of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// What was committed, each version once, those of one resource in their order.
    pub changes: Vec<Changed>,
    /// Where to go on.
    pub position: FeedPosition,
}

/// One entry of the feed of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The resource.
    pub key: Key,
    /// Its version.
    pub version: u64,
    /// What was done.
    pub verb: Verb,
}
