//! The parameters that say [what is wanted of the result], not which resources.
//!
//! [what is wanted of the result]: https://hl7.org/fhir/R4/search.html#return

use super::include::{self, Asked, Direction};
use super::problem::{Problem, any_of};
use super::{Context, Query, Summary, Total, contained, sort};

/// Reads a parameter of the result into the query; `None` when it is none.
pub(super) fn read(
    query: &mut Query,
    context: &Context<'_>,
    name: &str,
    value: &str,
) -> Option<Result<(), Problem>> {
    let (code, modifier) = name.split_once(':').map_or((name, None), |(c, m)| (c, Some(m)));
    let known = matches!(
        code,
        "_count"
            | "_sort"
            | "_total"
            | "_summary"
            | "_elements"
            | "_include"
            | "_revinclude"
            | "_contained"
            | "_containedType"
            | "_score"
            | "_explain"
    );
    known.then(|| match (code, modifier) {
        // `:recurse` is what `:iterate` was called before R4.
        ("_include" | "_revinclude", Some("iterate" | "recurse")) => {
            include(query, context, code, name, value, true)
        }
        (_, Some(modifier)) => Err(Problem::Value(format!(
            "Parameter '{name}': the modifier ':{modifier}' does not go with {code}."
        ))),
        (_, None) => read_plain(query, context, code, value),
    })
}

fn read_plain(
    query: &mut Query,
    context: &Context<'_>,
    name: &str,
    value: &str,
) -> Result<(), Problem> {
    match name {
        "_count" => set(&mut query.count, name, count(name, value)?),
        "_sort" if !query.sort.is_empty() => Err(twice(name)),
        "_sort" => {
            query.sort = sort::read(&query.resource, context, name, value)?;
            Ok(())
        }
        "_summary" => set(&mut query.summary, name, summary(name, value)?),
        "_total" if query.total != Total::Unstated => Err(twice(name)),
        "_total" => {
            query.total = total(name, value)?;
            Ok(())
        }
        "_elements" => {
            query.elements.extend(names(value));
            Ok(())
        }
        "_include" | "_revinclude" => include(query, context, name, name, value, false),
        "_explain" => {
            query.is_explained = match value {
                "true" => true,
                "false" => false,
                _ => return Err(one_of(name, value, &["true", "false"])),
            };
            Ok(())
        }
        "_contained" => {
            query.contained = contained::read(name, value)?;
            Ok(())
        }
        "_containedType" => {
            query.is_contained_wanted = contained::read_type(name, value)?;
            Ok(())
        }
        "_score" => Err(Problem::Parameter(
            "Parameter '_score': matches have no score on this server.".to_owned(),
        )),
        _ => Err(Problem::Parameter(format!("Parameter '{name}' is not supported."))),
    }
}

fn include(
    query: &mut Query,
    context: &Context<'_>,
    code: &str,
    name: &str,
    value: &str,
    is_iterated: bool,
) -> Result<(), Problem> {
    let resource = query.resource.clone();
    let (direction, list) = match code {
        "_include" => (Direction::Forward, &mut query.include),
        _ => (Direction::Reverse, &mut query.revinclude),
    };
    let asked = Asked { direction, is_iterated };
    list.extend(include::read(&resource, context, asked, name, value)?);
    Ok(())
}

fn set<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), Problem> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

fn twice(name: &str) -> Problem {
    Problem::Value(format!("Parameter '{name}' is given twice: give it once."))
}

fn count(name: &str, value: &str) -> Result<u32, Problem> {
    let is_digits = value.bytes().all(|b| b.is_ascii_digit());
    if !is_digits {
        return Err(Problem::value(name, format!("'{value}' is no whole number from 0 on.")));
    }
    // What is too great for the type is above every server's limit anyway.
    Ok(value.parse().unwrap_or(u32::MAX))
}

fn total(name: &str, value: &str) -> Result<Total, Problem> {
    match value {
        "none" => Ok(Total::None),
        "estimate" => Ok(Total::Estimate),
        "accurate" => Ok(Total::Accurate),
        _ => Err(one_of(name, value, &["none", "estimate", "accurate"])),
    }
}

/// The names of `_elements`.
pub(super) fn names(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The value of `_summary`.
pub(super) fn summary(name: &str, value: &str) -> Result<Summary, Problem> {
    match value {
        "true" => Ok(Summary::True),
        "text" => Ok(Summary::Text),
        "data" => Ok(Summary::Data),
        "count" => Ok(Summary::Count),
        "false" => Ok(Summary::False),
        _ => Err(one_of(name, value, &["true", "text", "data", "count", "false"])),
    }
}

/// `value` is none of these.
pub(super) fn one_of(name: &str, value: &str, allowed: &[&str]) -> Problem {
    Problem::value(name, format!("'{value}' is none of {}.", any_of(allowed)))
}
