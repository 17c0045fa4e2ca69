//! [`_include` and `_revinclude`].
//!
//! [`_include` and `_revinclude`]: https://hl7.org/fhir/R4/search.html#include

use std::sync::Arc;

use crate::definitions::{SearchParameter, SearchType};
use crate::resource::nearest;
use crate::search::Param;
use crate::search::parameter::searchable;

use super::criterion::waiting;
use super::problem::{Problem, any_of};
use super::{Context, Include};

/// In which direction it includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// What the matches refer to.
    Forward,
    /// What refers to the matches.
    Reverse,
}

/// How an include is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) direction: Direction,
    /// `:iterate`
    pub(super) is_iterated: bool,
}

/// Reads `Source:parameter[:Target]`, `Source:*` or `*`: by all references of what is searched, or
/// of all types where it is sought for what refers, or gone on from what was included.
pub(super) fn read(
    resource: &Arc<str>,
    context: &Context<'_>,
    asked: Asked,
    name: &str,
    value: &str,
) -> Result<Vec<Include>, Problem> {
    if value != "*" {
        return one(resource, context, asked, name, value).map(|include| vec![include]);
    }
    if asked == (Asked { direction: Direction::Forward, is_iterated: false }) {
        return one(resource, context, asked, name, &format!("{resource}:*")).map(|one| vec![one]);
    }
    let mut includes = Vec::new();
    for source in context.definitions.schema().resource_names() {
        includes.push(one(resource, context, asked, name, &format!("{source}:*"))?);
    }
    includes.retain(|include| !include.params.is_empty());
    Ok(includes)
}

fn one(
    resource: &Arc<str>,
    context: &Context<'_>,
    asked: Asked,
    name: &str,
    value: &str,
) -> Result<Include, Problem> {
    let Asked { direction, is_iterated } = asked;
    let is_forward = direction == Direction::Forward;
    let parts: Vec<&str> = value.split(':').collect();
    let (source, code, target) = match parts.as_slice() {
        [source, code] => (*source, *code, None),
        [source, code, target] => (*source, *code, Some(*target)),
        _ => {
            return Err(Problem::value(
                name,
                format!("'{value}' is not Type:parameter, Type:parameter:TargetType, Type:* or *."),
            ));
        }
    };
    for wanted in std::iter::once(source).chain(target) {
        known_type(context, name, wanted)?;
    }
    let parameters = references(context, source);
    let params: Vec<Param> = parameters
        .iter()
        .filter(|one| code == "*" || one.code == code)
        .filter(|one| code != "*" || is_forward || is_iterated || may_refer_to(one, resource))
        .map(|one| Param::new(source, one.code.as_str()))
        .collect();
    if params.is_empty() && code != "*" {
        return Err(match waiting(context, source, code) {
            Some(text) => Problem::value(name, text),
            None => no_reference(&parameters, name, source, code),
        });
    }
    if let Some(target) = target {
        let named = parameters.iter().find(|one| one.code == code);
        if let Some(one) = named.filter(|one| !may_refer_to(one, target)) {
            return Err(Problem::value(
                name,
                format!(
                    "{source}:{code} never refers to a {target}: it may be {}.",
                    any_of(&one.targets.iter().map(String::as_str).collect::<Vec<_>>())
                ),
            ));
        }
    }
    let target = target.map(Into::into);
    Ok(Include { source: source.into(), params, target, is_iterated })
}

fn known_type(context: &Context<'_>, name: &str, wanted: &str) -> Result<(), Problem> {
    let schema = context.definitions.schema();
    if schema.resource(wanted).is_some() {
        return Ok(());
    }
    let near = nearest(wanted, schema.resource_names(), 3);
    let hint =
        if near.is_empty() { String::new() } else { format!(" Did you mean {}?", any_of(&near)) };
    Err(Problem::value(name, format!("'{wanted}' is no resource type.{hint}")))
}

/// The parameters of a type that are references.
fn references<'a>(context: &Context<'a>, source: &str) -> Vec<&'a SearchParameter> {
    let mut found = searchable(context.definitions, source);
    found.retain(|parameter| parameter.kind == SearchType::Reference);
    found
}

fn may_refer_to(parameter: &SearchParameter, resource: &str) -> bool {
    parameter.targets.is_empty() || parameter.targets.iter().any(|target| target == resource)
}

fn no_reference(parameters: &[&SearchParameter], name: &str, source: &str, code: &str) -> Problem {
    let codes: Vec<&str> = parameters.iter().map(|one| one.code.as_str()).collect();
    let near = nearest(code, codes.iter().copied(), 3);
    let hint = match (near.is_empty(), codes.is_empty()) {
        (false, _) => format!("did you mean {}?", any_of(&near)),
        (true, false) => format!("it may be {}.", any_of(&codes)),
        (true, true) => format!("{source} has none."),
    };
    Problem::value(name, format!("'{code}' is no reference parameter of {source}: {hint}"))
}
