//! What a `_filter` expression means on a resource type.

use crate::reference::is_id;
use crate::search::query::chain;
use crate::search::query::criterion::{Asked, Place, find};
use crate::search::query::has;
use crate::search::query::problem::Problem;
use crate::search::query::value::Reader;
use crate::search::{Filter, Param};

use super::operator::{self, Operator};
use super::{Expression, Hop, Path, Test, element, positioned};

/// The filter of an expression.
pub(super) fn filter(
    asked: &Asked<'_>,
    place: Place<'_>,
    expression: &Expression<'_>,
) -> Result<Filter, Problem> {
    // A chain of `and` leans to the left: it is walked, not climbed, however long it is.
    let mut rest = expression;
    let mut parts: Vec<(bool, &Expression<'_>)> = Vec::new();
    loop {
        let (is_and, left, right) = match rest {
            Expression::And(left, right) => (true, left, right),
            Expression::Or(left, right) => (false, left, right),
            _ => break,
        };
        parts.push((is_and, right));
        rest = left;
    }
    let mut done = term(asked, place, rest)?;
    for (is_and, right) in parts.into_iter().rev() {
        let right = term(asked, place, right)?;
        done = join(is_and, done, right);
    }
    Ok(done)
}

/// Both or one of two filters, in one list with those before them that are joined alike.
fn join(is_and: bool, left: Filter, right: Filter) -> Filter {
    match (is_and, left) {
        (true, Filter::And(mut parts)) => {
            parts.push(right);
            Filter::And(parts)
        }
        (false, Filter::Or(mut parts)) => {
            parts.push(right);
            Filter::Or(parts)
        }
        (true, left) => Filter::And(vec![left, right]),
        (false, left) => Filter::Or(vec![left, right]),
    }
}

fn term(
    asked: &Asked<'_>,
    place: Place<'_>,
    expression: &Expression<'_>,
) -> Result<Filter, Problem> {
    match expression {
        Expression::Not(inner) => Ok(Filter::Not(Box::new(filter(asked, place, inner)?))),
        Expression::Test(test) => {
            let filter = step(asked, place, &test.path, 0, test)?;
            // `pr false` says that the whole path leads to nothing.
            let is_absent = test.operator == Operator::Pr && is_false(&test.value);
            Ok(if is_absent { Filter::Not(Box::new(filter)) } else { filter })
        }
        Expression::And(..) | Expression::Or(..) => filter(asked, place, expression),
    }
}

/// The test at the end of its path, from the hop `index` on.
fn step(
    asked: &Asked<'_>,
    place: Place<'_>,
    path: &Path<'_>,
    index: usize,
    test: &Test<'_>,
) -> Result<Filter, Problem> {
    let Some(hop) = path.hops.get(index) else { return end(asked, place, test) };
    match hop {
        Hop::From { source, code, at } => {
            let inner = |place: Place<'_>| step(asked, place, path, index + 1, test);
            has::over(asked, place, (source, code), &inner)
                .map_err(|problem| placed(asked, *at, problem))
        }
        Hop::To { code, target: None, filter: Some(bracket), .. }
            if element::is_element(place.resource, code) && path.hops.len() == index + 1 =>
        {
            element::filter(asked, place, bracket, test)
        }
        Hop::To { code, target, filter: bracket, at } => {
            let next = match path.hops.get(index + 1) {
                None => Some(path.name),
                Some(Hop::To { code, .. }) => Some(*code),
                Some(Hop::From { .. }) => None,
            };
            let inner = |place: Place<'_>| {
                let rest = step(asked, place, path, index + 1, test)?;
                match bracket {
                    None => Ok(rest),
                    Some(bracket) => Ok(join(true, filter(asked, place, bracket)?, rest)),
                }
            };
            chain::over(asked, place, &chain::Hop { code, target: *target, next }, &inner)
                .map_err(|problem| placed(asked, *at, problem))
        }
    }
}

/// The test itself.
fn end(asked: &Asked<'_>, place: Place<'_>, test: &Test<'_>) -> Result<Filter, Problem> {
    let Test { path, operator, operator_at, value, value_at } = test;
    asked.budget.spend(asked.name, 1)?;
    let parameter = find(place.resource, asked.context, asked.name, path.name)
        .map_err(|problem| placed(asked, path.at, problem))?;
    operator::check(*operator, path.name, parameter.kind)
        .map_err(|text| positioned(asked, *operator_at, &text))?;
    let param = Param::new(place.resource.clone(), path.name);
    let read = match (operator, path.name) {
        (Operator::Pr, _) => present(param, value),
        (_, "_id") => id(*operator, value),
        _ => {
            let reader = Reader { context: asked.context, parameter, param };
            operator::filter(*operator, &reader, value)
        }
    };
    read.map_err(|text| positioned(asked, *value_at, &text))
}

/// `pr`: is there a value? Every stored resource has an id and a time.
fn present(param: Param, value: &str) -> Result<Filter, String> {
    if !value.eq_ignore_ascii_case("true") && !is_false(value) {
        return Err(format!("'{value}' is neither true nor false, which is what 'pr' goes with."));
    }
    Ok(match &*param.code {
        "_id" | "_lastUpdated" => Filter::All,
        _ => Filter::Present(param),
    })
}

fn is_false(value: &str) -> bool {
    value.eq_ignore_ascii_case("false")
}

fn id(operator: Operator, value: &str) -> Result<Filter, String> {
    if !is_id(value) {
        return Err(format!("'{value}' is no id: 1 to 64 letters, digits, '-' and '.'."));
    }
    let ids = Filter::Ids(vec![value.to_owned()]);
    Ok(if operator == Operator::Ne { Filter::Not(Box::new(ids)) } else { ids })
}

/// The problem as one at this place of the expression. An unknown name within an expression is an
/// error even under lenient handling: without it the expression would say something else.
fn placed(asked: &Asked<'_>, at: usize, problem: Problem) -> Problem {
    match problem {
        Problem::Parameter(text) | Problem::NotBuilt(text) | Problem::Value(text) => {
            positioned(asked, at, &text)
        }
    }
}
