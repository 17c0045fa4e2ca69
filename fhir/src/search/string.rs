//! [String] parameters.
//!
//! [String]: https://hl7.org/fhir/R4/search.html#string

use super::stable_hash;

/// Text in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringValue {
    /// The text [folded](fold).
    pub folded: String,
    /// [`stable_hash`] of the text as it stands in the resource.
    pub exact: u64,
}

/// How text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringMode {
    /// Folded text starts with it.
    Starts,
    /// Folded text contains it.
    Contains,
    /// The very text: case and accents too.
    Exact,
}

/// Text asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringTest {
    /// How to compare.
    pub mode: StringMode,
    /// The text folded.
    pub folded: String,
    /// [`stable_hash`] of the text as asked.
    pub exact: u64,
}

impl StringValue {
    /// The index value of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { folded: fold(text), exact: stable_hash(text) }
    }
}

impl StringTest {
    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &StringValue) -> bool {
        match self.mode {
            StringMode::Starts => value.folded.starts_with(&self.folded),
            StringMode::Contains => value.folded.contains(&self.folded),
            StringMode::Exact => value.exact == self.exact && value.folded == self.folded,
        }
    }
}

/// Text as it is compared: case and accents folded, punctuation and runs of white space as one
/// space.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}
