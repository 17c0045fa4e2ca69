//! What a search asks of the store, and the page it gives.

use std::sync::Arc;

use fhir::search::{Filter, Sort};

use crate::Version;

/// A search over current versions: of one type, or of several at once.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// What is asked of each type: no type twice. Its matches are those of all parts together.
    pub parts: Vec<SearchPart>,
    /// Where the page before ended.
    pub after: Option<Position>,
    /// Greatest number of versions in the page; 0 for the total alone. A page of long versions
    /// ends earlier, see [`PAGE_BYTES_MAX`].
    pub limit: usize,
    /// How much the number of all matches may cost.
    pub total: TotalWanted,
}

/// What a search asks of one type.
#[derive(Debug, Clone)]
pub struct SearchPart {
    /// Resource type.
    pub resource: Arc<str>,
    /// Which of them; its parameters are those of this type.
    pub filter: Filter,
    /// The keys of the order, the first one deciding first, and as many in each part; without any
    /// the order is the store's own.
    pub sort: Vec<Sort>,
}

/// Which resources of a type match, and how many of them are wanted.
#[derive(Debug, Clone)]
pub struct MatchRequest {
    /// Resource type.
    pub resource: Arc<str>,
    /// The condition.
    pub filter: Filter,
    /// Greatest number of ids.
    pub limit: usize,
}

/// How much the number of all matches may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TotalWanted {
    /// Nothing: it is given where it is known anyway.
    #[default]
    Free,
    /// A guess will do.
    Estimate,
    /// Whatever it takes.
    Accurate,
}

impl SearchRequest {
    /// The first page of what a filter holds of in a type.
    #[must_use]
    pub fn of(resource: impl Into<Arc<str>>, filter: Filter, limit: usize) -> Self {
        let part = SearchPart { resource: resource.into(), filter, sort: Vec::new() };
        Self { parts: vec![part], after: None, limit, total: TotalWanted::Free }
    }

    /// The same with its first part in this order.
    #[must_use]
    pub fn sorted(mut self, sort: Vec<Sort>) -> Self {
        if let Some(part) = self.parts.first_mut() {
            part.sort = sort;
        }
        self
    }

    /// The same with all matches counted.
    #[must_use]
    pub fn counted(mut self) -> Self {
        self.total = TotalWanted::Accurate;
        self
    }
}

/// A page of a search or history ends with the version that brings its bodies to this length, in
/// bytes: a thousand long documents are not held in memory at once.
pub const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Greatest number of keys that a search is sorted by.
pub const SORT_KEYS_MAX: usize = 5;

/// Where a page ended: a keyset position, opaque to everyone but the backend. Its bytes are at most
/// [`Position::len_max`] long and hold no text of more than 46 bytes of any resource for each key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position(pub Vec<u8>);

impl Position {
    /// Greatest length in bytes of the position in a search with one sort key or none, or in a
    /// history.
    pub const MAX_LEN: usize = 96;

    /// Greatest length in bytes of the position in a search with so many sort keys: less than 256.
    #[must_use]
    pub const fn len_max(sort_keys: usize) -> usize {
        const HEAD: usize = 17;
        const KEY: usize = 47;
        let len = HEAD + KEY * sort_keys;
        if len < Self::MAX_LEN { Self::MAX_LEN } else { len }
    }
}

/// A page of a search.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The matches, in order.
    pub versions: Vec<Version>,
    /// Where the next page starts; `None` when this is the last. Resources first written after the
    /// first page was cut do not appear in later pages.
    pub next: Option<Position>,
    /// Number of matches (of all pages), when it was wanted or cost nothing; exact unless an
    /// estimate was wanted.
    pub total: Option<u64>,
    /// Matches that are left out because what is stored of them cannot be read; the log names them.
    pub damaged: usize,
    /// How it was found, step by step.
    pub plan: Vec<Step>,
}

/// One step of a search's plan. It names parameters and never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is done, as a phrase: `scan Observation.code, in the order of first writing`.
    pub what: String,
    /// How many candidates were expected, where that was asked.
    pub estimated: Option<u64>,
    /// How many there were, as far as the page needed them.
    pub real: Option<u64>,
}
