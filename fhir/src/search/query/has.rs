//! [Reverse chains]: conditions on what refers to a resource, `_list` among them.
//!
//! [Reverse chains]: https://hl7.org/fhir/R4/search.html#has

use std::sync::Arc;

use crate::definitions::{SearchParameter, SearchType};
use crate::resource::nearest;
use crate::search::parameter::{may_refer_to, searchable};
use crate::search::{Filter, Param};

use super::chain::refuse_depth;
use super::criterion::{self, Asked, Place, known, known_type, read_ids, values, waiting};
use super::problem::{Problem, any_of};

/// Reads `Type:reference:rest`, which is what follows `_has:`.
pub(super) fn read(asked: &Asked<'_>, place: Place<'_>, text: &str) -> Result<Filter, Problem> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    let [source, code, rest] = parts.as_slice() else { return Err(form(asked)) };
    if [source, code, rest].iter().any(|part| part.is_empty()) {
        return Err(form(asked));
    }
    over(asked, place, (source, code), &|place| criterion::read(asked, place, rest))
}

fn form(asked: &Asked<'_>) -> Problem {
    let text = "write _has:Type:reference:parameter, as in _has:Observation:patient:code.";
    Problem::value(asked.name, text)
}

/// The condition `inner` on resources of the type that refer here by the parameter `code`.
pub(super) fn over(
    asked: &Asked<'_>,
    place: Place<'_>,
    (source, code): (&str, &str),
    inner: &dyn Fn(Place<'_>) -> Result<Filter, Problem>,
) -> Result<Filter, Problem> {
    known_type(asked, source)?;
    let schema = asked.context.definitions.schema();
    let refers = |one: &SearchParameter| {
        one.kind == SearchType::Reference && may_refer_to(one, source, place.resource, schema)
    };
    if !known(asked.context, source, code).is_some_and(refers) {
        return Err(not_referring(asked, place, (source, code), &refers));
    }
    refuse_depth(asked, place)?;
    asked.budget.spend(asked.name, 1)?;
    let source: Arc<str> = source.into();
    let inner = inner(place.next(&source))?;
    Ok(Filter::Has(Param::new(source, code), Box::new(inner)))
}

fn not_referring(
    asked: &Asked<'_>,
    place: Place<'_>,
    (source, code): (&str, &str),
    refers: &dyn Fn(&SearchParameter) -> bool,
) -> Problem {
    if let Some(text) = waiting(asked.context, source, code) {
        return Problem::value(asked.name, text);
    }
    let known = searchable(asked.context.definitions, source);
    let codes: Vec<&str> =
        known.iter().filter(|one| refers(one)).map(|one| one.code.as_str()).collect();
    let near = nearest(code, codes.iter().copied(), 3);
    let hint = match (near.is_empty(), codes.is_empty()) {
        (false, _) => format!("did you mean {}?", any_of(&near)),
        (true, false) => format!("it may be {}.", any_of(&codes)),
        (true, true) => format!("{source} has none that does."),
    };
    let text =
        format!("'{code}' is no parameter by which {source} refers to {}: {hint}", place.resource);
    Problem::value(asked.name, text)
}

/// [`_list`]: what the lists with these ids hold.
///
/// [`_list`]: https://hl7.org/fhir/R4/search.html#list
pub(super) fn list(asked: &Asked<'_>, modifier: Option<&str>) -> Result<Filter, Problem> {
    if let Some(modifier) = modifier {
        let text = format!("the modifier ':{modifier}' does not go with it; it has none.");
        return Err(Problem::value(asked.name, text));
    }
    if let Some(name) = values(asked.name, asked.value)?.iter().find(|one| one.starts_with('$')) {
        let text = format!(
            "'{name}' is a functional list, and this server has none: give ids of List resources."
        );
        return Err(Problem::value(asked.name, text));
    }
    let ids = read_ids(asked.name, asked.value, "List/")?;
    asked.budget.spend(asked.name, ids.len())?;
    Ok(Filter::Has(Param::new("List", "item"), Box::new(Filter::Ids(ids))))
}
