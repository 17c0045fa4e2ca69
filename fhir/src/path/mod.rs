//! [FHIRPath] N1 with what [FHIR R4 adds], on JSON and the element tables.
//!
//! An [`Expression`] is compiled once and evaluated often; evaluation streams, so that a plain path
//! allocates for its results alone.
//!
//! [FHIRPath]: http://hl7.org/fhirpath/N1/
//! [FHIR R4 adds]: https://hl7.org/fhir/R4/fhirpath.html

mod arithmetic;
mod ast;
mod boundary;
mod calls;
mod collections;
mod conversion;
mod encoding;
mod environment;
mod equality;
mod error;
mod eval;
mod functions;
mod item;
mod lexer;
mod math;
mod measure;
mod moments;
mod navigate;
mod operators;
mod order;
mod parser;
mod quantity;
mod reference;
mod share;
mod strict;
mod strings;
mod types;

pub use environment::{Answer, Environment, Question, Resolve};
pub use error::{PathError, PathFault};
pub use item::{Item, Node, TypeInfo};
pub use quantity::{Calendar, Quantity, Unit};

use ast::Expr;
use eval::{Evaluator, Flow};

/// A compiled expression; shared between threads.
#[derive(Debug)]
pub struct Expression {
    text: Box<str>,
    root: Expr,
}

impl Expression {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What the grammar forbids, functions that do not exist or get the wrong number of arguments,
    /// and more than 100 levels; with the offset in the text.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let mut root = parser::parse(text)?;
        share::mark(&mut root);
        Ok(Self { text: text.into(), root })
    }

    /// The text that was compiled.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The collection that the expression gives for this focus, in its order.
    ///
    /// # Errors
    /// When the data do not fit the expression, when it uses what is not supported, or more steps
    /// than the environment allows.
    pub fn evaluate<'a>(
        &'a self,
        env: &Environment<'a>,
        focus: Item<'a>,
    ) -> Result<Vec<Item<'a>>, PathError> {
        let mut found = Vec::new();
        self.each(env, focus, |item| found.push(item))?;
        Ok(found)
    }

    /// Calls `visit` with each item of the collection that [`Expression::evaluate`] would give.
    ///
    /// # Errors
    /// As [`Expression::evaluate`]; items may have been visited before.
    pub fn each<'a>(
        &'a self,
        env: &Environment<'a>,
        focus: Item<'a>,
        mut visit: impl FnMut(Item<'a>),
    ) -> Result<(), PathError> {
        let evaluator = Evaluator::new(env, &focus);
        evaluator.each(&self.root, &evaluator.scope(), &mut |item| {
            visit(item);
            Ok(Flow::More)
        })?;
        Ok(())
    }

    /// Is the result true? An empty collection is not; a single item that is no boolean is, by
    /// the [singleton evaluation of collections]. So does the reference validator read
    /// invariants, which are all written to give true or false.
    ///
    /// [singleton evaluation of collections]:
    ///     http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and when there is more than one item.
    pub fn is_true<'a>(
        &'a self,
        env: &Environment<'a>,
        focus: Item<'a>,
    ) -> Result<bool, PathError> {
        let evaluator = Evaluator::new(env, &focus);
        Ok(evaluator.truth(&self.root, &evaluator.scope())?.unwrap_or(false))
    }
}
