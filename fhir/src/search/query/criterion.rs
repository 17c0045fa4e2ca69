//! One parameter that says which resources: its name, [modifier] and values become a filter.
//!
//! [modifier]: https://hl7.org/fhir/R4/search.html#modifiers

use std::sync::Arc;

use crate::definitions::{SearchParameter, SearchType};
use crate::reference::is_id;
use crate::resource::nearest;
use crate::search::parameter::{is_searchable, searchable};
use crate::search::{Filter, Param};

use super::Context;
use super::escape::{split, unescape};
use super::modifier::wanted;
use super::problem::{Problem, any_of};
use super::value::{Reader, Wanted};

/// Parameters of all types that R4 has and that are not built.
const NOT_BUILT: [&str; 5] = ["_text", "_content", "_filter", "_list", "_type"];

/// Values that one parameter may have, joined by commas.
const VALUES_MAX: usize = 1000;

/// `:missing`. Every stored resource has an id and a time.
fn missing(name: &str, param: Param, value: &str) -> Result<Filter, Problem> {
    let present = match &*param.code {
        "_id" | "_lastUpdated" => Filter::All,
        _ => Filter::Present(param),
    };
    match value {
        "true" => Ok(Filter::Not(Box::new(present))),
        "false" => Ok(present),
        _ => Err(Problem::value(name, format!("'{value}' is neither true nor false."))),
    }
}

/// The filter that a parameter states.
pub(super) fn read(
    resource: &Arc<str>,
    context: &Context<'_>,
    name: &str,
    value: &str,
) -> Result<Filter, Problem> {
    let (code, modifier) = match name.split_once(':') {
        Some((code, modifier)) => (code, Some(modifier)),
        None => (name, None),
    };
    refuse_unbuilt(name, code)?;
    let parameter = find(resource, context, name, code)?;
    let param = Param { resource: resource.clone(), code: code.into() };
    if modifier == Some("missing") && parameter.kind != SearchType::Composite {
        return missing(name, param, value);
    }
    if code == "_id" {
        return ids(name, modifier, value);
    }
    let wanted = wanted(parameter, context, name, modifier)?;
    let reader = Reader { context, parameter, param };
    let mut parts = Vec::new();
    for part in values(name, value)? {
        if part.is_empty() {
            return Err(Problem::value(
                name,
                format!("'{value}' has an empty part: write a comma within a value as \\,."),
            ));
        }
        parts.push(reader.filter(&wanted, part).map_err(|text| Problem::value(name, text))?);
    }
    let filter = any(parts);
    Ok(if wanted == Wanted::Not { Filter::Not(Box::new(filter)) } else { filter })
}

fn values<'a>(name: &str, value: &'a str) -> Result<Vec<&'a str>, Problem> {
    let values = split(value, ',');
    if values.len() > VALUES_MAX {
        let text = format!("it has {} values; at most {VALUES_MAX} are allowed.", values.len());
        return Err(Problem::value(name, text));
    }
    Ok(values)
}

/// One of these holds.
fn any(mut parts: Vec<Filter>) -> Filter {
    if parts.len() == 1 { parts.swap_remove(0) } else { Filter::Or(parts) }
}

fn refuse_unbuilt(name: &str, code: &str) -> Result<(), Problem> {
    if code == "_has" {
        return Err(Problem::Parameter(format!(
            "Parameter '{name}': reverse chaining with _has is not supported yet."
        )));
    }
    if code == "_query" {
        return Err(Problem::NotBuilt(format!(
            "Parameter '{name}': this server has no named queries."
        )));
    }
    if NOT_BUILT.contains(&code) {
        return Err(Problem::Parameter(format!("Parameter '{name}' is not supported yet.")));
    }
    if name.contains('.') {
        return Err(Problem::Parameter(format!(
            "Parameter '{name}': chained parameters are not supported yet; search for the \
             referenced resources first, and for '{}' with their ids then.",
            code.split('.').next().unwrap_or(code)
        )));
    }
    Ok(())
}

fn find<'a>(
    resource: &str,
    context: &Context<'a>,
    name: &str,
    code: &str,
) -> Result<&'a SearchParameter, Problem> {
    let found = context.definitions.search_parameter(resource, code);
    if let Some(parameter) = found.filter(|parameter| is_searchable(parameter, resource)) {
        return Ok(parameter);
    }
    if found.is_some() {
        return Err(Problem::Parameter(format!("Parameter '{name}' is not supported yet.")));
    }
    let codes: Vec<&str> =
        searchable(context.definitions, resource).iter().map(|one| one.code.as_str()).collect();
    let near = nearest(code, codes.iter().copied(), 3);
    let hint = if near.is_empty() {
        format!("Those of {resource} are {}.", codes.join(", "))
    } else {
        format!("Did you mean {}?", any_of(&near))
    };
    Err(Problem::Parameter(format!("{resource} has no search parameter '{code}'. {hint}")))
}

fn ids(name: &str, modifier: Option<&str>, value: &str) -> Result<Filter, Problem> {
    let mut ids = Vec::new();
    for part in values(name, value)? {
        let id = unescape(part).map_err(|text| Problem::value(name, text))?;
        if !is_id(&id) {
            return Err(Problem::value(
                name,
                format!("'{id}' is no id: 1 to 64 letters, digits, '-' and '.'."),
            ));
        }
        ids.push(id.into_owned());
    }
    match modifier {
        None => Ok(Filter::Ids(ids)),
        Some("not") => Ok(Filter::Not(Box::new(Filter::Ids(ids)))),
        Some(modifier) => Err(Problem::Value(format!(
            "Parameter '{name}': the modifier ':{modifier}' does not go with an id; allowed is \
             :not."
        ))),
    }
}
