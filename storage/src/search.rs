//! What a search asks of the store, and the page it gives.

use std::sync::Arc;

use fhir::search::{Filter, Sort};

use crate::Version;

/// A search over the current versions of one type.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Resource type.
    pub resource: Arc<str>,
    /// Which of them.
    pub filter: Filter,
    /// Order; without one, the order in which the resources were first written.
    pub sort: Option<Sort>,
    /// Where the page before ended.
    pub after: Option<Position>,
    /// Greatest number of versions in the page; 0 for the total alone. A page of long versions
    /// ends earlier, see [`PAGE_BYTES_MAX`].
    pub limit: usize,
    /// Count all matches even where that costs.
    pub is_total_wanted: bool,
}

/// A page of a search or history ends with the version that brings its bodies to this length, in
/// bytes: a thousand long documents are not held in memory at once.
pub const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Where a page ended: a keyset position, opaque to everyone but the backend. Its bytes are at most
/// [`Position::MAX_LEN`] long and hold no text of more than 48 bytes of any resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub Vec<u8>);

impl Position {
    /// Greatest length in bytes.
    pub const MAX_LEN: usize = 96;
}

/// A page of a search.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The matches, in order.
    pub versions: Vec<Version>,
    /// Where the next page starts; `None` when this is the last. Resources first written after the
    /// first page was cut do not appear in later pages.
    pub next: Option<Position>,
    /// Exact number of matches (of all pages), when it was wanted or cost nothing.
    pub total: Option<u64>,
}
