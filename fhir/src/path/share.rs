//! Parts of an expression whose value is the same wherever they stand in it.
//!
//! Invariant dom-3 walks through the whole resource for each contained one; walked through once,
//! its cost grows with the resource instead of with its square.

use super::ast::{Call, Expr};
use super::functions::Function;

/// Marks what needs to be evaluated once: the largest parts that walk through `descendants()` and
/// depend on nothing but `%variables`.
pub(super) fn mark(expr: &mut Expr) {
    let mut count = 0;
    mark_below(expr, &mut count);
}

fn mark_below(expr: &mut Expr, count: &mut u16) {
    if is_closed(expr) && walks(expr) {
        let inner = std::mem::replace(expr, Expr::Empty);
        *expr = Expr::Once(*count, Box::new(inner));
        *count = count.saturating_add(1);
        return;
    }
    each_child(expr, &mut |child| mark_below(child, count));
}

fn walks(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => {
            call.function == Function::Descendants
                || walks(&call.base)
                || call.arguments.iter().any(walks)
        }
        Expr::Union(parts) => parts.iter().any(walks),
        Expr::Binary(_, left, right) | Expr::At(left, right) => walks(left) || walks(right),
        Expr::Child(base, _) | Expr::Is(base, _) | Expr::As(base, _) | Expr::OfType(base, _) => {
            walks(base)
        }
        Expr::Polarity { operand, .. } => walks(operand),
        _ => false,
    }
}

/// Does it depend on nothing around it?
fn is_closed(expr: &Expr) -> bool {
    match expr {
        Expr::Empty | Expr::Literal(_) | Expr::Variable(_) => true,
        Expr::Child(base, _) | Expr::Is(base, _) | Expr::As(base, _) | Expr::OfType(base, _) => {
            is_closed(base)
        }
        Expr::At(left, right) | Expr::Binary(_, left, right) => is_closed(left) && is_closed(right),
        Expr::Union(parts) => parts.iter().all(is_closed),
        Expr::Polarity { operand, .. } => is_closed(operand),
        Expr::Call(call) => is_closed_call(call),
        _ => false,
    }
}

/// The criteria of these two see nothing but the items, unless they ask for `$total`.
fn is_closed_call(call: &Call) -> bool {
    is_closed(&call.base)
        && match call.function {
            Function::Where | Function::Exists => !call.arguments.iter().any(uses_total),
            _ => call.arguments.iter().all(is_closed),
        }
}

fn uses_total(expr: &Expr) -> bool {
    match expr {
        Expr::Total => true,
        Expr::Call(call) => uses_total(&call.base) || call.arguments.iter().any(uses_total),
        Expr::Union(parts) => parts.iter().any(uses_total),
        Expr::Binary(_, left, right) | Expr::At(left, right) => {
            uses_total(left) || uses_total(right)
        }
        Expr::Child(base, _) | Expr::Is(base, _) | Expr::As(base, _) | Expr::OfType(base, _) => {
            uses_total(base)
        }
        Expr::Polarity { operand, .. } => uses_total(operand),
        _ => false,
    }
}

fn each_child(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    match expr {
        Expr::Call(call) => {
            visit(&mut call.base);
            call.arguments.iter_mut().for_each(visit);
        }
        Expr::Union(parts) => parts.iter_mut().for_each(visit),
        Expr::Binary(_, left, right) | Expr::At(left, right) => {
            visit(left);
            visit(right);
        }
        Expr::Child(base, _) | Expr::Is(base, _) | Expr::As(base, _) | Expr::OfType(base, _) => {
            visit(base);
        }
        Expr::Polarity { operand, .. } => visit(operand),
        _ => {}
    }
}
