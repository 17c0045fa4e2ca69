//! [Uri] parameters.
//!
//! [Uri]: https://hl7.org/fhir/R4/search.html#uri

use super::query::escape::unescape;

/// A URI in the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd)]
pub struct UriValue(pub String);

/// How a URI is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriMode {
    /// The very URI.
    Exact,
    /// It or a URI under it: `:below`.
    Below,
    /// It or a URI that it is under: `:above`.
    Above,
    /// Contains the text: `:contains`.
    Contains,
    /// Starts with the text, wherever its path is cut.
    Starts,
    /// Ends with the text.
    Ends,
    /// Any other URI.
    Other,
}

/// A URI asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTest {
    /// How to compare.
    pub mode: UriMode,
    /// The URI.
    pub uri: String,
}

impl UriTest {
    /// The test for a URI, escapes in place. The error says what is allowed.
    pub(super) fn parse(mode: UriMode, text: &str) -> Result<Self, String> {
        Ok(Self { mode, uri: unescape(text)?.into_owned() })
    }

    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &UriValue) -> bool {
        match self.mode {
            UriMode::Exact => value.0 == self.uri,
            UriMode::Below => is_under(&value.0, &self.uri),
            UriMode::Above => is_under(&self.uri, &value.0),
            UriMode::Contains => value.0.contains(&self.uri),
            UriMode::Starts => value.0.starts_with(&self.uri),
            UriMode::Ends => value.0.ends_with(&self.uri),
            UriMode::Other => value.0 != self.uri,
        }
    }
}

/// Is `uri` the same as `base`, or below it at a boundary of its path?
fn is_under(uri: &str, base: &str) -> bool {
    let Some(rest) = uri.strip_prefix(base) else { return false };
    rest.is_empty() || base.ends_with('/') || rest.starts_with(['/', '?', '#'])
}
