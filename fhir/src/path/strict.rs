//! What a strict reading refuses before it looks at the data: an environment may ask for it.

use super::PathError;
use super::ast::{Call, Expr};
use super::eval::Evaluator;
use super::functions::Function;
use super::navigate;

impl Evaluator<'_, '_> {
    /// May this base have a child of this name, as far as its type is written down?
    pub(super) fn check_child(&self, base: &Expr, name: &str) -> Result<(), PathError> {
        let (Expr::As(_, named) | Expr::OfType(_, named)) = base else { return Ok(()) };
        match self.env.schema.id(&named.name) {
            Some(type_id) if !navigate::has_property(self.env.schema, type_id, name) => {
                Err(PathError::execution(format!("{} has no element {name}", named.name)))
            }
            _ => Ok(()),
        }
    }

    /// Children have no order, so that none of them is the first.
    pub(super) fn check_order(&self, call: &Call) -> Result<(), PathError> {
        let is_ordered = matches!(
            call.function,
            Function::First | Function::Last | Function::Tail | Function::Skip | Function::Take
        );
        if is_ordered && is_mixed(&call.base) {
            let name = call.function.name();
            return Err(PathError::execution(format!(
                "{name}() needs an order; children have none"
            )));
        }
        Ok(())
    }
}

/// Are the items of unlike types by intent, so that not every one needs to have each child?
pub(super) fn is_mixed(expr: &Expr) -> bool {
    let Expr::Call(call) = expr else { return false };
    matches!(call.function, Function::Children | Function::Descendants)
}
