//! A search of [several types] at once: of the whole server, or of all that is in a compartment.
//!
//! Its parameters are those that all of its types share, and each type reads them by its own
//! definitions.
//!
//! [several types]: https://hl7.org/fhir/R4/http.html#search

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::outcome::{Issue, Kind, Outcome};
use crate::resource::nearest;
use crate::search::Filter;

use super::problem::{Problem, any_of};
use super::{Context, Include, Parsed, Query, elements, parse_one};

type Pairs = Vec<(String, String)>;

/// Reads a search of the types that `_type` names among these, or of all of them: a query for each,
/// and a warning for each parameter that was left out. What is wanted of the result stands in the
/// first query, the includes of all types among it.
///
/// # Errors
/// `Invalid` as for a search of one type; the text says which type has no such parameter.
pub fn parse_types(
    among: &[&str],
    pairs: &[(String, String)],
    context: &Context<'_>,
) -> Result<(Vec<Query>, Vec<Issue>), Outcome> {
    let (named, mut pairs): (Pairs, Pairs) =
        pairs.iter().cloned().partition(|(name, value)| is_type(name) && !value.is_empty());
    let types = match named.as_slice() {
        [] => among.to_vec(),
        [(name, value)] => types(name, value, among, context).map_err(|text| wrong(name, text))?,
        _ => return Err(wrong("_type", "Parameter '_type' is given twice: give it once.".into())),
    };
    let of_all = named.is_empty();
    let mut parsed = parse_all(&types, &pairs, context, of_all)?;
    let ignored = each_once(parsed.iter().flat_map(|one| &one.ignored));
    let dropped: BTreeSet<&str> = ignored
        .iter()
        .filter(|issue| issue.code == "not-supported")
        .filter_map(|issue| issue.expression.as_deref())
        .collect();
    if !dropped.is_empty() {
        // What one type leaves out is left out of all: a condition on the others alone would let
        // everything of that type through.
        pairs.retain(|(name, _)| !dropped.contains(name.as_str()));
        parsed = parse_all(&types, &pairs, context, of_all)?;
    }
    let mut queries: Vec<Query> = parsed.into_iter().map(|one| one.query).collect();
    let include = merged(&queries, |query| &query.include);
    let revinclude = merged(&queries, |query| &query.revinclude);
    if let Some(first) = queries.first_mut() {
        (first.include, first.revinclude) = (include, revinclude);
        first.applied.splice(0..0, named);
        elements::check(first.summary, &first.elements, &types, context.definitions.schema())?;
    }
    Ok((queries, ignored))
}

/// Is it `_type`, perhaps with a modifier?
pub(super) fn is_type(name: &str) -> bool {
    name.split(':').next() == Some("_type")
}

fn wrong(name: &str, text: String) -> Outcome {
    Outcome::with_issues(Kind::Invalid, vec![Issue::error("value", text).at(name)])
}

/// The types that `_type` names.
fn types<'a>(
    name: &str,
    value: &str,
    among: &[&'a str],
    context: &Context<'_>,
) -> Result<Vec<&'a str>, String> {
    if let Some((_, modifier)) = name.split_once(':') {
        return Err(format!(
            "Parameter '{name}': the modifier ':{modifier}' does not go with _type."
        ));
    }
    let schema = context.definitions.schema();
    let mut types = Vec::new();
    for part in value.split(',').map(str::trim) {
        let Some(known) = among.iter().find(|one| **one == part) else {
            if schema.resource(part).is_some() {
                return Err(format!(
                    "Parameter '_type': {part} is not among the types here: {}.",
                    among.join(", ")
                ));
            }
            let near = nearest(part, among.iter().copied(), 3);
            let hint = match near.is_empty() {
                true => "Types are written as in Patient,Observation.".to_owned(),
                false => format!("Did you mean {}?", any_of(&near)),
            };
            return Err(format!("Parameter '_type': '{part}' is no resource type. {hint}"));
        };
        if !types.contains(known) {
            types.push(*known);
        }
    }
    Ok(types)
}

/// `_type` in a search of one type: whether that is among them.
pub(super) fn of_one(
    resource: &Arc<str>,
    context: &Context<'_>,
    name: &str,
    value: &str,
) -> Result<Filter, Problem> {
    let all = context.definitions.schema().resource_names();
    let named = types(name, value, &all, context).map_err(Problem::Value)?;
    let is_meant = named.contains(&&**resource);
    Ok(if is_meant { Filter::All } else { Filter::Ids(Vec::new()) })
}

fn parse_all(
    types: &[&str],
    pairs: &[(String, String)],
    context: &Context<'_>,
    of_all: bool,
) -> Result<Vec<Parsed>, Outcome> {
    let mut parsed = Vec::with_capacity(types.len());
    for resource in types {
        match parse_one(resource, pairs, context) {
            Ok(one) => parsed.push(one),
            Err(mut outcome) => {
                if of_all {
                    outcome.issues.push(Issue {
                        severity: crate::Severity::Information,
                        ..Issue::error(
                            "informational",
                            "A search of all types has only the parameters that all of them \
                             share: _id, _lastUpdated, _tag, _profile, _security and _source. \
                             Name the types that you mean with _type to use what those share.",
                        )
                    });
                }
                return Err(outcome);
            }
        }
    }
    Ok(parsed)
}

fn each_once<'a>(issues: impl Iterator<Item = &'a Issue>) -> Vec<Issue> {
    let mut seen = BTreeSet::new();
    issues.filter(|one| seen.insert((one.code, one.expression.clone()))).cloned().collect()
}

fn merged(queries: &[Query], of: impl Fn(&Query) -> &Vec<Include>) -> Vec<Include> {
    let mut includes: Vec<Include> = Vec::new();
    for include in queries.iter().flat_map(of) {
        if !includes.contains(include) {
            includes.push(include.clone());
        }
    }
    includes
}
