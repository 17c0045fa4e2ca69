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

/// Is `uri` the same as `base`, or below it at a boundary of its path, or of the version after the
/// `|` of a canonical: `|1.2` is below `|1`?
fn is_under(uri: &str, base: &str) -> bool {
    let Some(rest) = uri.strip_prefix(base) else { return false };
    if base.contains('|') {
        return rest.is_empty() || rest.starts_with(['.', '-', '+']);
    }
    rest.is_empty() || base.ends_with('/') || rest.starts_with(['/', '?', '#', '|'])
}

#[cfg(test)]
mod tests {
    use super::{UriMode, UriTest, UriValue};

    #[track_caller]
    fn check(mode: UriMode, query: &str, finds: &[&str]) {
        let held = [
            "http://x",
            "http://x/a",
            "http://x/a/b",
            "http://x/ab",
            "http://x/a|1",
            "http://x/a|1.2",
            "http://x/a|12",
            "urn:oid:1.2.3",
        ];
        let test = UriTest::parse(mode, query).expect("a uri");
        let is_found = |uri: &&str| test.matches(&UriValue((*uri).to_owned()));
        assert_eq!(held.into_iter().filter(is_found).collect::<Vec<_>>(), finds, "{query}");
    }

    #[test]
    fn a_uri_matches_whole_with_case_and_accents() {
        check(UriMode::Exact, "http://x/a", &["http://x/a"]);
        check(UriMode::Exact, "http://x/A", &[]);
        check(UriMode::Exact, "http://x/a/", &[]);
        check(UriMode::Exact, "urn:oid:1.2.3", &["urn:oid:1.2.3"]);
    }

    #[test]
    fn below_and_above_go_along_the_path_and_then_along_the_version() {
        check(
            UriMode::Below,
            "http://x/a",
            &["http://x/a", "http://x/a/b", "http://x/a|1", "http://x/a|1.2", "http://x/a|12"],
        );
        check(UriMode::Below, r"http://x/a\|1", &["http://x/a|1", "http://x/a|1.2"]);
        check(UriMode::Below, "urn:oid:1.2", &[]);
        check(UriMode::Above, "http://x/a/b/c", &["http://x", "http://x/a", "http://x/a/b"]);
        check(
            UriMode::Above,
            r"http://x/a\|1.2",
            &["http://x", "http://x/a", "http://x/a|1", "http://x/a|1.2"],
        );
    }
}
