//! [`_filter`]: conditions as one expression.
//!
//! [`_filter`]: https://hl7.org/fhir/R4/search_filter.html

mod element;
mod operator;
mod parser;
mod scanner;
mod translate;

use std::borrow::Cow;

use crate::search::Filter;

use super::criterion::{Asked, Place};
use super::problem::Problem;
use operator::Operator;

/// An expression, as it was written. Positions are in bytes.
enum Expression<'a> {
    /// A path has a value that passes.
    Test(Test<'a>),
    /// Both hold.
    And(Box<Expression<'a>>, Box<Expression<'a>>),
    /// At least one holds.
    Or(Box<Expression<'a>>, Box<Expression<'a>>),
    /// It does not hold.
    Not(Box<Expression<'a>>),
}

/// `path operator value`.
struct Test<'a> {
    path: Path<'a>,
    operator: Operator,
    operator_at: usize,
    value: Cow<'a, str>,
    value_at: usize,
}

/// References to go over, and the parameter at their end.
struct Path<'a> {
    hops: Vec<Hop<'a>>,
    name: &'a str,
    at: usize,
}

/// One reference on the way.
enum Hop<'a> {
    /// `code[:Type]`, and a filter in brackets on what it refers to.
    To { code: &'a str, target: Option<&'a str>, filter: Option<Expression<'a>>, at: usize },
    /// `_has:Type:code:`.
    From { source: &'a str, code: &'a str, at: usize },
}

/// What is wrong with an expression, and at which byte.
struct Fault {
    at: usize,
    text: String,
}

/// Reads the expression and what it means on a type.
pub(super) fn read(asked: &Asked<'_>, place: Place<'_>) -> Result<Filter, Problem> {
    match parser::parse(asked.value) {
        Ok(expression) => translate::filter(asked, place, &expression),
        Err(fault) => Err(positioned(asked, fault.at, &fault.text)),
    }
}

/// The problem with the position of what it is about, in characters from 1 on.
fn positioned(asked: &Asked<'_>, at: usize, text: &str) -> Problem {
    let name = asked.name;
    let start = format!("Parameter '{name}', character ");
    if text.starts_with(&start) {
        return Problem::Value(text.to_owned());
    }
    let text = text.strip_prefix(&format!("Parameter '{name}': ")).unwrap_or(text);
    let before = asked.value.get(..at).unwrap_or(asked.value);
    Problem::Value(format!("{start}{}: {text}", before.chars().count() + 1))
}
