//! What a [modifier] makes of a parameter's values, and which modifiers go with its type.
//!
//! [modifier]: https://hl7.org/fhir/R4/search.html#modifiers

use crate::definitions::{SearchParameter, SearchType};
use crate::search::index::is_over_identifiers;
use crate::search::{StringMode, UriMode};

use super::Context;
use super::problem::{Problem, any_of};
use super::value::Wanted;

/// What the modifier asks for.
pub(super) fn wanted<'a>(
    parameter: &SearchParameter,
    context: &Context<'_>,
    name: &str,
    modifier: Option<&'a str>,
) -> Result<Wanted<'a>, Problem> {
    let Some(modifier) = modifier else { return Ok(Wanted::Value) };
    let found = match (parameter.kind, modifier) {
        (SearchType::String, "exact") => Wanted::String(StringMode::Exact),
        (SearchType::String, "contains") => Wanted::String(StringMode::Contains),
        (SearchType::Token, "not") => Wanted::Not,
        (SearchType::Reference, "identifier") => Wanted::Identifier,
        (SearchType::Reference, "below") => Wanted::Versions(true),
        (SearchType::Reference, "above") => Wanted::Versions(false),
        (SearchType::Token, "of-type") if is_over_identifiers(context.definitions, parameter) => {
            Wanted::OfType
        }
        (SearchType::Token, "of-type") => {
            return Err(Problem::Value(format!(
                "Parameter '{name}': the modifier ':of-type' goes with identifiers alone; {}.",
                allowed(parameter.kind)
            )));
        }
        (SearchType::Uri, "above") => Wanted::Uri(UriMode::Above),
        (SearchType::Uri, "below") => Wanted::Uri(UriMode::Below),
        (SearchType::Uri, "contains") => Wanted::Uri(UriMode::Contains),
        (SearchType::Reference, _) if is_type(context, modifier) => {
            if !parameter.targets.is_empty() && !parameter.targets.iter().any(|t| t == modifier) {
                return Err(Problem::Value(format!(
                    "Parameter '{name}' never refers to a {modifier}: it may be {}.",
                    any_of(&parameter.targets.iter().map(String::as_str).collect::<Vec<_>>())
                )));
            }
            Wanted::Type(modifier)
        }
        (SearchType::String | SearchType::Token | SearchType::Reference, "text")
        | (SearchType::Token, "in" | "not-in" | "above" | "below") => {
            return Err(Problem::NotBuilt(format!(
                "Parameter '{name}': the modifier ':{modifier}' is not supported yet; {}.",
                allowed(parameter.kind)
            )));
        }
        _ => {
            return Err(Problem::Value(format!(
                "Parameter '{name}': the modifier ':{modifier}' does not go with it; {}.",
                allowed(parameter.kind)
            )));
        }
    };
    Ok(found)
}

/// Whether this is the name of a resource type, as in the modifier `:Patient`.
pub(super) fn is_type(context: &Context<'_>, name: &str) -> bool {
    context.definitions.schema().resource(name).is_some()
}

/// The modifiers that go with a parameter of this type.
pub(super) fn allowed(kind: SearchType) -> &'static str {
    match kind {
        SearchType::String => "allowed on a string are :exact, :contains and :missing",
        SearchType::Token => "allowed on a token are :not, :missing and, on identifiers, :of-type",
        SearchType::Reference => {
            "allowed on a reference are :identifier, :above and :below on versioned canonical URLs, \
             :missing and a resource type like :Patient"
        }
        SearchType::Uri => "allowed on a uri are :above, :below, :contains and :missing",
        SearchType::Composite => "composite parameters have no modifiers",
        SearchType::Special => "allowed on it is :missing",
        SearchType::Number | SearchType::Date | SearchType::Quantity => {
            "allowed on a number, date or quantity is :missing"
        }
    }
}
