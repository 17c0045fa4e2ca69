//! [`_sort`]: by which parameters the matches are ordered.
//!
//! [`_sort`]: https://hl7.org/fhir/R4/search.html#sort

use std::sync::Arc;

use crate::definitions::SearchType;
use crate::resource::nearest;
use crate::search::parameter::{is_searchable, searchable};
use crate::search::{Param, Sort};

use super::Context;
use super::criterion;
use super::problem::{Problem, any_of};

/// Most keys of one order.
const KEYS_MAX: usize = 5;

/// Reads `key,-key…`: the first one counts most, and a `-` puts the greatest first.
pub(super) fn read(
    resource: &Arc<str>,
    context: &Context<'_>,
    name: &str,
    value: &str,
) -> Result<Vec<Sort>, Problem> {
    let keys: Vec<&str> = value.split(',').map(str::trim).collect();
    if keys.len() > KEYS_MAX {
        let text = format!("it has {} keys; at most {KEYS_MAX} are allowed.", keys.len());
        return Err(Problem::value(name, text));
    }
    let mut order: Vec<Sort> = Vec::with_capacity(keys.len());
    for key in keys {
        let sort = one(resource, context, name, key)?;
        if order.iter().any(|before| before.param == sort.param) {
            let text = format!("'{}' is a key twice: give it once.", sort.param.code);
            return Err(Problem::value(name, text));
        }
        order.push(sort);
    }
    Ok(order)
}

fn one(resource: &Arc<str>, context: &Context<'_>, name: &str, key: &str) -> Result<Sort, Problem> {
    let (is_descending, code) = match key.strip_prefix('-') {
        Some(code) => (true, code),
        None => (false, key),
    };
    if code.is_empty() {
        let text = "one of its keys is empty: write parameters, as in status,-date.";
        return Err(Problem::value(name, text));
    }
    let found = context.definitions.search_parameter(resource, code);
    let Some(parameter) = found.filter(|one| is_searchable(one, resource)) else {
        return Err(unknown(resource, context, name, code));
    };
    match parameter.kind {
        SearchType::Composite => {
            let text = format!("'{code}' is composite, which has no order.");
            Err(Problem::value(name, text))
        }
        SearchType::Special => {
            let text = format!("'{code}' is a special parameter, which has no order.");
            Err(Problem::value(name, text))
        }
        _ => Ok(Sort { param: Param::new(resource.clone(), code), is_descending }),
    }
}

fn unknown(resource: &str, context: &Context<'_>, name: &str, code: &str) -> Problem {
    if let Some(text) = criterion::waiting(context, resource, code) {
        return Problem::value(name, text);
    }
    let has_order = |kind| !matches!(kind, SearchType::Composite | SearchType::Special);
    let known = searchable(context.definitions, resource);
    let codes: Vec<&str> =
        known.iter().filter(|one| has_order(one.kind)).map(|one| one.code.as_str()).collect();
    let near = nearest(code, codes.iter().copied(), 3);
    let hint = if near.is_empty() {
        format!("those are {}.", codes.join(", "))
    } else {
        format!("did you mean {}?", any_of(&near))
    };
    let text = format!("'{code}' is no parameter of {resource} to sort by: {hint}");
    Problem::value(name, text)
}
