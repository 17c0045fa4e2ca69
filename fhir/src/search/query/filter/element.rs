//! The [additional names] of `_filter`: elements whose parts are compared together.
//!
//! [additional names]: https://hl7.org/fhir/R4/search_filter.html#params

use crate::search::query::criterion::{Asked, Place, any, find};
use crate::search::query::escape::split;
use crate::search::query::problem::Problem;
use crate::search::query::value::{Reader, Wanted};
use crate::search::{Filter, Param};

use super::operator::Operator;
use super::{Expression, Test, positioned};

/// Is `code`, with a filter in brackets behind it, such an element of the type? Those of other
/// types have no parameters in R4 that they could stand for.
pub(super) fn is_element(resource: &str, code: &str) -> bool {
    resource == "Group" && code == "characteristic"
}

/// `characteristic[code eq a].value eq b`, or the other way round: both parts of one element.
pub(super) fn filter(
    asked: &Asked<'_>,
    place: Place<'_>,
    bracket: &Expression<'_>,
    test: &Test<'_>,
) -> Result<Filter, Problem> {
    const COMPOSITE: &str = "characteristic-value";
    let name = part(asked, test, 1)?;
    let mut inner = Vec::new();
    alternatives(asked, bracket, &mut inner)?;
    let parameter = find(place.resource, asked.context, asked.name, COMPOSITE)?;
    let param = Param::new(place.resource.clone(), COMPOSITE);
    let reader = Reader { context: asked.context, parameter, param };
    asked.budget.spend(asked.name, inner.len())?;
    let mut parts = Vec::new();
    for one in inner {
        let (code, value) = match (part(asked, one, 0)?, name) {
            ("code", "value") => (&one.value, &test.value),
            ("value", "code") => (&test.value, &one.value),
            _ => {
                let text = "the brackets and what follows them are to name 'code' and 'value', one \
                            each.";
                return Err(positioned(asked, one.path.at, text));
            }
        };
        let [code, value] = [code, value].map(|text| split(text, '$').join("\\$"));
        let text = format!("{code}${value}");
        let filter = reader.filter(&Wanted::Value, &text);
        parts.push(filter.map_err(|text| positioned(asked, test.value_at, &text))?);
    }
    Ok(any(parts))
}

/// The tests of which one is to hold.
fn alternatives<'e, 'a>(
    asked: &Asked<'_>,
    expression: &'e Expression<'a>,
    found: &mut Vec<&'e Test<'a>>,
) -> Result<(), Problem> {
    match expression {
        Expression::Test(test) => found.push(test),
        Expression::Or(left, right) => {
            alternatives(asked, left, found)?;
            alternatives(asked, right, found)?;
        }
        Expression::And(one, _) | Expression::Not(one) => {
            let at = first_at(one);
            let text = "in these brackets go tests with eq, joined by 'or' alone.";
            return Err(positioned(asked, at, text));
        }
    }
    Ok(())
}

fn first_at(expression: &Expression<'_>) -> usize {
    let mut rest = expression;
    loop {
        rest = match rest {
            Expression::Test(test) => return test.path.at,
            Expression::And(one, _) | Expression::Or(one, _) | Expression::Not(one) => one,
        };
    }
}

/// The part of the element that a test is about, `hops` steps down its path.
fn part<'a>(asked: &Asked<'_>, test: &Test<'a>, hops: usize) -> Result<&'a str, Problem> {
    let name = test.path.name;
    if test.path.hops.len() != hops || !matches!(name, "code" | "value") {
        let text = format!("a characteristic has a 'code' and a 'value', and no '{name}'.");
        return Err(positioned(asked, test.path.at, &text));
    }
    if test.operator != Operator::Eq {
        let text = format!("'{name}' of a characteristic goes with 'eq' alone.");
        return Err(positioned(asked, test.operator_at, &text));
    }
    Ok(name)
}
