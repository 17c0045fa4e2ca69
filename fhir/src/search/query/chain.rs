//! [Chains]: conditions on what a reference refers to.
//!
//! [Chains]: https://hl7.org/fhir/R4/search.html#chaining

use std::sync::Arc;

use crate::definitions::{SearchParameter, SearchType};
use crate::search::parameter::{self, may_refer_to};
use crate::search::{Filter, Param};

use super::criterion::{self, Asked, Place, find, is_known, known_type};
use super::limit::HOPS_MAX;
use super::problem::{Problem, any_of};

/// One reference that a chain goes over.
pub(super) struct Hop<'a> {
    /// The reference parameter.
    pub(super) code: &'a str,
    /// The type that it shall refer to; `None`: each that it may and that knows `next`.
    pub(super) target: Option<&'a str>,
    /// The parameter after it; `None` where any type may have it.
    pub(super) next: Option<&'a str>,
}

/// Reads `code[:Type].rest`, split at the dot.
pub(super) fn read(
    asked: &Asked<'_>,
    place: Place<'_>,
    (head, rest): (&str, &str),
) -> Result<Filter, Problem> {
    let (code, target) = match head.split_once(':') {
        Some((code, target)) => (code, Some(target)),
        None => (head, None),
    };
    let next = rest.split(['.', ':']).next().filter(|next| *next != "_has");
    let hop = Hop { code, target, next };
    over(asked, place, &hop, &|place| criterion::read(asked, place, rest))
}

/// The condition `inner` on each type that the reference may refer to, as one filter. A type that
/// `inner` refuses drops out as long as another one remains: `subject.name` is about those subjects
/// that have a name.
pub(super) fn over(
    asked: &Asked<'_>,
    place: Place<'_>,
    hop: &Hop<'_>,
    inner: &dyn Fn(Place<'_>) -> Result<Filter, Problem>,
) -> Result<Filter, Problem> {
    let parameter = find(place.resource, asked.context, asked.name, hop.code)?;
    if parameter.kind != SearchType::Reference {
        let text = format!(
            "'{}' of {} is no reference, so nothing can be chained to it with '.'.",
            hop.code, place.resource
        );
        return Err(Problem::value(asked.name, text));
    }
    refuse_depth(asked, place)?;
    if &**place.resource == "Bundle" {
        // These refer to resources within the Bundle itself, which stored ones of the same id are
        // not.
        return Err(Problem::NotBuilt(format!(
            "Parameter '{}': resources within a Bundle are not searched on their own.",
            asked.name
        )));
    }
    let param = Param::new(place.resource.clone(), hop.code);
    let (mut parts, mut refused) = (Vec::new(), None);
    for target in targets(asked, place, parameter, hop)? {
        asked.budget.spend(asked.name, 1)?;
        let target: Arc<str> = target.into();
        match inner(place.next(&target)) {
            Ok(filter) => parts.push(Filter::Chain(param.clone(), target, Box::new(filter))),
            Err(problem) if asked.budget.is_spent() => return Err(problem),
            Err(problem) => refused = refused.or(Some(problem)),
        }
    }
    match (parts.is_empty(), refused) {
        (true, Some(problem)) => Err(problem),
        _ => Ok(criterion::any(parts)),
    }
}

/// A chain forward or backward may not go on for ever.
pub(super) fn refuse_depth(asked: &Asked<'_>, place: Place<'_>) -> Result<(), Problem> {
    if place.hops < HOPS_MAX {
        return Ok(());
    }
    let text = format!("it goes over more than {HOPS_MAX} references, which is the most allowed.");
    Err(Problem::value(asked.name, text))
}

/// The types to go on with, at least one.
fn targets<'a>(
    asked: &Asked<'a>,
    place: Place<'_>,
    parameter: &'a SearchParameter,
    hop: &Hop<'a>,
) -> Result<Vec<&'a str>, Problem> {
    if let Some(target) = hop.target {
        return named(asked, place, parameter, target).map(|target| vec![target]);
    }
    let schema = asked.context.definitions.schema();
    let mut types = parameter::targets(parameter, place.resource, schema);
    if types.is_empty() {
        types = schema.resource_names();
    }
    let (Some(next), true) = (hop.next, types.len() > 1) else { return Ok(types) };
    let all = types.clone();
    types.retain(|target| is_known(asked.context, target, next));
    if types.is_empty() {
        const NAMED_MAX: usize = 20;
        let names = if all.len() > NAMED_MAX { "of all types".to_owned() } else { any_of(&all) };
        return Err(Problem::Parameter(format!(
            "Parameter '{}': nothing that '{}' of {} may refer to has a search parameter '{next}': \
             that is {names}.",
            asked.name, hop.code, place.resource
        )));
    }
    Ok(types)
}

/// The type that a chain names, if the parameter may refer to it.
fn named<'a>(
    asked: &Asked<'_>,
    place: Place<'_>,
    parameter: &SearchParameter,
    target: &'a str,
) -> Result<&'a str, Problem> {
    known_type(asked, target)?;
    let schema = asked.context.definitions.schema();
    if may_refer_to(parameter, place.resource, target, schema) {
        return Ok(target);
    }
    let text = format!(
        "'{}' of {} never refers to a {target}: it may be {}.",
        parameter.code,
        place.resource,
        any_of(&parameter::targets(parameter, place.resource, schema))
    );
    Err(Problem::value(asked.name, text))
}
