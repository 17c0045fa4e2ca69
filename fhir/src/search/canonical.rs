//! [Canonical URLs]: the resources that one names.
//!
//! [Canonical URLs]: https://hl7.org/fhir/R4/references.html#canonical

use std::sync::Arc;

use super::{Filter, Param, Test, TokenTest, UriMode, UriTest};

/// The filter for the resources of a type that a canonical URL names, by their search parameters
/// `url` and, where a version is given, `version`.
#[must_use]
pub fn canonical_filter(resource: &Arc<str>, url: &str, version: Option<&str>) -> Filter {
    let param = |code: &str| Param::new(resource.clone(), code);
    let test = UriTest { mode: UriMode::Exact, uri: url.to_owned() };
    let has_url = Filter::Matches(param("url"), Test::Uri(test));
    let Some(version) = version else { return has_url };
    let test = TokenTest { system: None, code: Some(version.to_lowercase()) };
    Filter::And(vec![has_url, Filter::Matches(param("version"), Test::Token(test))])
}
