//! [`_contained` and `_containedType`]: whether contained resources are searched, and what is given
//! of them.
//!
//! [`_contained` and `_containedType`]: https://hl7.org/fhir/R4/search.html#contained

use crate::outcome::Issue;
use crate::search::Filter;

use super::problem::Problem;
use super::result::one_of;
use super::{Contained, Query};

/// The value of `_contained`.
pub(super) fn read(name: &str, value: &str) -> Result<Contained, Problem> {
    match value {
        "false" => Ok(Contained::False),
        "true" => Ok(Contained::True),
        "both" => Ok(Contained::Both),
        _ => Err(one_of(name, value, &["false", "true", "both"])),
    }
}

/// The value of `_containedType`: are contained resources wanted themselves?
pub(super) fn read_type(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "container" => Ok(false),
        "contained" => Ok(true),
        _ => Err(one_of(name, value, &["container", "contained"])),
    }
}

/// What does not go with a search of contained resources.
pub(super) fn check(query: &Query, parts: &[Filter]) -> Vec<Issue> {
    let mut issues = Vec::new();
    let mut refuse = |text: &str| {
        let text = format!("Parameter '_contained': {text}");
        issues.push(Issue::error("not-supported", text).at("_contained"));
    };
    if parts.iter().any(Filter::is_joined) {
        refuse("chains, _has and _list do not go with it.");
    }
    let is_of_container = |code: &str| matches!(code, "_id" | "_lastUpdated");
    if query.sort.iter().any(|sort| !is_of_container(&sort.param.code)) {
        refuse("what is found is sorted by _id and _lastUpdated of the container alone.");
    }
    let has_include = !query.include.is_empty() || !query.revinclude.is_empty();
    if query.is_contained_wanted && has_include {
        refuse("_include and _revinclude go with _containedType=container alone.");
    }
    issues
}
