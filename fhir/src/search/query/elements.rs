//! Which part of each resource is wanted: [`_summary`] and [`_elements`], in a search and beside it.
//!
//! [`_summary`]: https://hl7.org/fhir/R4/search.html#summary
//! [`_elements`]: https://hl7.org/fhir/R4/search.html#elements

use crate::definitions::{Schema, Type};
use crate::outcome::{Issue, Kind, Outcome};
use crate::resource::nearest;
use crate::subset::{Subset, is_named};

use super::Summary;
use super::problem::{Problem, any_of};
use super::result::{names, summary};

/// What a [read] or a history asks of the resources in its answer.
///
/// [read]: https://hl7.org/fhir/R4/http.html#summary
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Which part of each.
    pub subset: Subset,
    /// Only their number: `_summary=count`.
    pub is_count_only: bool,
}

/// Reads `_summary` and `_elements` among the parameters of what answers with resources of these
/// types; the other parameters are passed over.
///
/// # Errors
/// `Invalid` for a wrong value, an element that none of the types has, a parameter that is given
/// twice, and for both at once.
pub fn parts(
    types: &[&str],
    pairs: &[(String, String)],
    schema: &Schema,
) -> Result<Parts, Outcome> {
    let mut asked = None;
    let mut elements = Vec::new();
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "_summary" => {
                let wanted = summary(name, value).map_err(refused("_summary"))?;
                if asked.replace(wanted).is_some() {
                    let text = "Parameter '_summary' is given twice: give it once.";
                    return Err(invalid("_summary", text.to_owned()));
                }
            }
            "_elements" => elements.extend(names(value)),
            _ => (),
        }
    }
    check(asked, &elements, types, schema)?;
    let is_count_only = asked == Some(Summary::Count);
    Ok(Parts { subset: subset(asked, &elements), is_count_only })
}

fn refused(name: &'static str) -> impl Fn(Problem) -> Outcome {
    move |problem| match problem {
        Problem::Parameter(text) | Problem::NotBuilt(text) | Problem::Value(text) => {
            invalid(name, text)
        }
    }
}

fn invalid(name: &str, text: String) -> Outcome {
    Outcome::with_issues(Kind::Invalid, vec![Issue::error("value", text).at(name)])
}

/// What the two say together.
pub(super) fn subset(summary: Option<Summary>, elements: &[String]) -> Subset {
    match summary {
        Some(Summary::True) => Subset::Summary,
        Some(Summary::Text) => Subset::Text,
        Some(Summary::Data) => Subset::Data,
        _ if elements.is_empty() => Subset::Whole,
        _ => Subset::Elements(elements.to_vec()),
    }
}

/// Refuses elements that none of the types has, and two wishes at once.
pub(super) fn check(
    summary: Option<Summary>,
    elements: &[String],
    types: &[&str],
    schema: &Schema,
) -> Result<(), Outcome> {
    if elements.is_empty() {
        return Ok(());
    }
    if matches!(summary, Some(Summary::True | Summary::Text | Summary::Data)) {
        let text = "_summary and _elements each say which part of a resource is wanted: leave one \
                    out.";
        return Err(invalid("_elements", text.to_owned()));
    }
    let tables: Vec<&Type> =
        types.iter().filter_map(|name| schema.resource(name)).map(|(_, table)| table).collect();
    let mut issues = Vec::new();
    for name in elements {
        let is_known = |table: &&Type| table.properties.iter().any(|p| is_named(name, table, p));
        if !tables.iter().any(is_known) {
            issues.push(Issue::error("value", unknown(name, &tables)).at("_elements"));
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Outcome::with_issues(Kind::Invalid, issues)) }
}

fn unknown(name: &str, tables: &[&Type]) -> String {
    let (table, element) = match name.split_once('.') {
        Some((root, rest)) => match tables.iter().find(|table| table.name == root) {
            Some(table) => (Some(*table), rest),
            None => {
                let begins_with_type = root.starts_with(|c: char| c.is_ascii_uppercase());
                let why = if begins_with_type {
                    format!("{root} is no type that is asked for here")
                } else {
                    format!("it means elements of the top level, as '{root}' is one")
                };
                return format!("Parameter '_elements': '{name}' is no element: {why}.");
            }
        },
        None => (None, name),
    };
    let tables = table.map_or_else(|| tables.to_vec(), |table| vec![table]);
    let mut known: Vec<&str> = Vec::new();
    for property in tables.iter().flat_map(|table| &table.properties) {
        if !known.contains(&property.name.as_str()) {
            known.push(&property.name);
        }
    }
    let near = nearest(element, known.iter().copied(), 3);
    let of = match tables.as_slice() {
        [one] => one.name.as_str(),
        _ => "the types that are asked for",
    };
    let hint = match (near.is_empty(), tables.len()) {
        (false, _) => format!(" Did you mean {}?", any_of(&near)),
        (true, 1) => format!(" It has {}.", known.join(", ")),
        (true, _) => String::new(),
    };
    format!("Parameter '_elements': '{name}' is no element at the top of {of}.{hint}")
}
