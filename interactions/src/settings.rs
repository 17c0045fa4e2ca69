//! What the configuration decides about a tenant's interactions.

use std::time::Duration;

/// Limits and choices; every limit has its unit in its name.
#[derive(Debug, Clone)]
pub struct Settings {
    /// This tenant's own FHIR bases, the canonical one first, without a slash at their ends.
    /// References under them are the same as relative ones.
    pub bases: Vec<String>,
    /// Matches in a page when the client does not say.
    pub page_size_default: u32,
    /// Most matches in a page, whatever the client says.
    pub page_size_max: u32,
    /// Most resources that `_include` and `_revinclude` add to a page.
    pub include_max: usize,
    /// How often `:iterate` goes on from what was included, at most.
    pub include_depth_max: usize,
    /// A search that takes the store this long is logged.
    pub slow_search: Duration,
    /// Most entries of a batch or transaction.
    pub bundle_entries_max: usize,
    /// Most bytes that the answers to the entries of a batch or transaction may have together: what
    /// only reads is not performed beyond.
    pub bundle_answer_bytes_max: usize,
    /// Refuse dangling local references, and the deletion of what is still referenced
    /// (`integrity.references = "check"`).
    pub are_references_checked: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bases: Vec::new(),
            page_size_default: 50,
            page_size_max: 1000,
            include_max: 2000,
            include_depth_max: 10,
            slow_search: Duration::from_millis(500),
            bundle_entries_max: 20_000,
            bundle_answer_bytes_max: 256 * 1024 * 1024,
            are_references_checked: false,
        }
    }
}
