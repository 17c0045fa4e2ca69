//! One parameter that says which resources: its name, [modifier] and values become a filter.
//!
//! [modifier]: https://hl7.org/fhir/R4/search.html#modifiers

use std::sync::Arc;

use crate::definitions::{SearchParameter, SearchType};
use crate::reference::is_id;
use crate::resource::nearest;
use crate::search::parameter::{is_searchable, searchable};
use crate::search::{Filter, Param};

use super::escape::{split, unescape};
use super::limit::Budget;
use super::modifier::wanted;
use super::problem::{Problem, any_of};
use super::value::{Reader, Wanted};
use super::{Context, chain, filter, has};

/// Parameters of all types that R4 has and that are not built.
const NOT_BUILT: [&str; 3] = ["_text", "_content", "_type"];

/// Values that one parameter may have, joined by commas.
const VALUES_MAX: usize = 1000;

/// A parameter as it was asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) context: &'a Context<'a>,
    /// What the whole search may still ask.
    pub(super) budget: &'a Budget,
    /// Its whole name, chains and modifier included.
    pub(super) name: &'a str,
    /// Its value, escapes in place.
    pub(super) value: &'a str,
}

/// Where the name of a parameter has led.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The resource type that is asked about.
    pub(super) resource: &'a Arc<str>,
    /// References gone over.
    pub(super) hops: usize,
}

impl<'a> Place<'a> {
    /// The type that is searched.
    pub(super) fn start(resource: &'a Arc<str>) -> Self {
        Self { resource, hops: 0 }
    }

    /// One reference on.
    pub(super) fn next<'b>(&self, resource: &'b Arc<str>) -> Place<'b> {
        Place { resource, hops: self.hops + 1 }
    }
}

/// The filter that a parameter states on a type; `name` is what of its name is left there.
pub(super) fn read(asked: &Asked<'_>, place: Place<'_>, name: &str) -> Result<Filter, Problem> {
    if let Some(rest) = name.strip_prefix("_has:") {
        return has::read(asked, place, rest);
    }
    if let Some(hop) = name.split_once('.') {
        return chain::read(asked, place, hop);
    }
    let (code, modifier) = match name.split_once(':') {
        Some((code, modifier)) => (code, Some(modifier)),
        None => (name, None),
    };
    match code {
        "_has" => has::read(asked, place, ""),
        "_list" => has::list(asked, modifier),
        "_filter" => match modifier {
            None => filter::read(asked, place),
            Some(modifier) => Err(Problem::value(
                asked.name,
                format!("the modifier ':{modifier}' does not go with it; it has none."),
            )),
        },
        "_id" if modifier != Some("missing") => ids(asked, modifier),
        _ => simple(asked, place.resource, code, modifier),
    }
}

fn simple(
    asked: &Asked<'_>,
    resource: &Arc<str>,
    code: &str,
    modifier: Option<&str>,
) -> Result<Filter, Problem> {
    let Asked { context, budget, name, value } = *asked;
    refuse_unbuilt(name, code)?;
    let parameter = find(resource, context, name, code)?;
    let param = Param { resource: resource.clone(), code: code.into() };
    if modifier == Some("missing") && parameter.kind != SearchType::Composite {
        return missing(name, param, value);
    }
    let wanted = wanted(parameter, context, name, modifier)?;
    let reader = Reader { context, parameter, param };
    let values = values(name, value)?;
    budget.spend(name, values.len())?;
    let mut parts = Vec::new();
    for part in values {
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

/// The values that commas part.
pub(super) fn values<'a>(name: &str, value: &'a str) -> Result<Vec<&'a str>, Problem> {
    let values = split(value, ',');
    if values.len() > VALUES_MAX {
        let text = format!("it has {} values; at most {VALUES_MAX} are allowed.", values.len());
        return Err(Problem::value(name, text));
    }
    Ok(values)
}

/// One of these holds.
pub(super) fn any(mut parts: Vec<Filter>) -> Filter {
    if parts.len() == 1 { parts.swap_remove(0) } else { Filter::Or(parts) }
}

fn refuse_unbuilt(name: &str, code: &str) -> Result<(), Problem> {
    if code == "_query" {
        return Err(Problem::NotBuilt(format!(
            "Parameter '{name}': this server has no named queries."
        )));
    }
    if NOT_BUILT.contains(&code) {
        return Err(Problem::Parameter(format!("Parameter '{name}' is not supported yet.")));
    }
    Ok(())
}

/// May a name go on with `code` on this type? What is to be refused by its name counts, so that it
/// is refused and not passed over.
pub(super) fn is_known(context: &Context<'_>, resource: &str, code: &str) -> bool {
    matches!(code, "_list" | "_filter" | "_query")
        || NOT_BUILT.contains(&code)
        || known(context, resource, code).is_some()
}

/// The parameter `code` of a type, if there is one that a search may use.
pub(super) fn known<'a>(
    context: &Context<'a>,
    resource: &str,
    code: &str,
) -> Option<&'a SearchParameter> {
    let found = context.definitions.search_parameter(resource, code);
    found.filter(|parameter| is_searchable(parameter, resource))
}

/// The parameter `code` of a type.
pub(super) fn find<'a>(
    resource: &str,
    context: &Context<'a>,
    name: &str,
    code: &str,
) -> Result<&'a SearchParameter, Problem> {
    if let Some(parameter) = known(context, resource, code) {
        return Ok(parameter);
    }
    if let Some(text) = waiting(context, resource, code) {
        return Err(Problem::Parameter(format!("Parameter '{name}': {text}")));
    }
    if context.definitions.search_parameter(resource, code).is_some() {
        return Err(Problem::Parameter(if name == code {
            format!("Parameter '{name}' is not supported yet.")
        } else {
            format!("Parameter '{name}': '{code}' of {resource} is not supported yet.")
        }));
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

/// What to say of a parameter that is defined and not indexed yet.
pub(super) fn waiting(context: &Context<'_>, resource: &str, code: &str) -> Option<String> {
    let parameter = context.definitions.search_parameter(resource, code)?;
    parameter.is_waiting.then(|| {
        format!(
            "'{code}' of {resource} is not indexed yet: POST [base]/$reindex, or \
             [base]/SearchParameter/[id]/$reindex, and search once its Task is completed."
        )
    })
}

/// Refuses what is no resource type.
pub(super) fn known_type(asked: &Asked<'_>, name: &str) -> Result<(), Problem> {
    let schema = asked.context.definitions.schema();
    if schema.resource(name).is_some() {
        return Ok(());
    }
    let near = nearest(name, schema.resource_names(), 3);
    let hint =
        if near.is_empty() { String::new() } else { format!(" Did you mean {}?", any_of(&near)) };
    Err(Problem::value(asked.name, format!("'{name}' is no resource type.{hint}")))
}

fn ids(asked: &Asked<'_>, modifier: Option<&str>) -> Result<Filter, Problem> {
    let ids = read_ids(asked.name, asked.value, "")?;
    asked.budget.spend(asked.name, ids.len())?;
    match modifier {
        None => Ok(Filter::Ids(ids)),
        Some("not") => Ok(Filter::Not(Box::new(Filter::Ids(ids)))),
        Some(modifier) => Err(Problem::Value(format!(
            "Parameter '{}': the modifier ':{modifier}' does not go with an id; allowed are :not \
             and :missing.",
            asked.name
        ))),
    }
}

/// The ids that commas part, each perhaps with `prefix` before it.
pub(super) fn read_ids(name: &str, value: &str, prefix: &str) -> Result<Vec<String>, Problem> {
    let mut ids = Vec::new();
    for part in values(name, value)? {
        let text = unescape(part).map_err(|text| Problem::value(name, text))?;
        let id = text.strip_prefix(prefix).unwrap_or(&text);
        if !is_id(id) {
            return Err(Problem::value(
                name,
                format!("'{id}' is no id: 1 to 64 letters, digits, '-' and '.'."),
            ));
        }
        ids.push(id.to_owned());
    }
    Ok(ids)
}
