//! The [operators] between two expressions.
//!
//! [operators]: http://hl7.org/fhirpath/N1/#operations

use std::cmp::Ordering;

use super::PathError;
use super::ast::{Expr, Operator};
use super::eval::{BYTES_PER_STEP, Evaluator, Scope};
use super::item::Item;
use super::{arithmetic, equality, order, types};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn binary(
        &self,
        operator: Operator,
        left: &'a Expr,
        right: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<Item<'a>>, PathError> {
        let truth = match operator {
            Operator::And | Operator::Or | Operator::Xor | Operator::Implies => {
                self.logic(operator, left, right, scope)?
            }
            Operator::Equal => self.equal(left, right, scope)?,
            Operator::NotEqual => self.equal(left, right, scope)?.map(|is_equal| !is_equal),
            Operator::Equivalent => Some(self.equivalent(left, right, scope)?),
            Operator::NotEquivalent => Some(!self.equivalent(left, right, scope)?),
            Operator::In => self.is_in(left, right, scope)?,
            Operator::Contains => self.is_in(right, left, scope)?,
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => self.ordered(operator, left, right, scope)?,
            _ => {
                let (left, right) = (self.value(left, scope)?, self.value(right, scope)?);
                let result = arithmetic::apply(operator, left, right)?;
                if let Some(Item::String(text)) = &result {
                    self.burn(text.len() as u64 / BYTES_PER_STEP)?;
                }
                return Ok(result);
            }
        };
        Ok(truth.map(Item::Boolean))
    }

    /// Three-valued logic; the right side is not looked at where the left one decides.
    fn logic(
        &self,
        operator: Operator,
        left: &'a Expr,
        right: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<bool>, PathError> {
        let left = self.truth(left, scope)?;
        match (operator, left) {
            (Operator::And, Some(false)) => return Ok(Some(false)),
            (Operator::Or, Some(true)) | (Operator::Implies, Some(false)) => return Ok(Some(true)),
            _ => {}
        }
        let right = self.truth(right, scope)?;
        Ok(match operator {
            Operator::And if right == Some(false) => Some(false),
            Operator::Or | Operator::Implies if right == Some(true) => Some(true),
            Operator::And => left.and(right),
            Operator::Or if left.is_none() => None,
            Operator::Xor => left.zip(right).map(|(left, right)| left != right),
            Operator::Implies if left.is_none() => None,
            _ => right,
        })
    }

    fn equal(
        &self,
        left: &'a Expr,
        right: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<bool>, PathError> {
        let (left, right) = (self.collect(left, scope)?, self.collect(right, scope)?);
        if left.is_empty() || right.is_empty() {
            return Ok(None);
        }
        if left.len() != right.len() {
            return Ok(Some(false));
        }
        self.burn(left.len() as u64)?;
        let mut answer = Some(true);
        for (left, right) in left.iter().zip(&right) {
            match equality::equal(self, left, right)? {
                Some(true) => {}
                Some(false) => return Ok(Some(false)),
                None => answer = None,
            }
        }
        Ok(answer)
    }

    /// Collections are equivalent in any order.
    fn equivalent(
        &self,
        left: &'a Expr,
        right: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<bool, PathError> {
        let (left, mut right) = (self.collect(left, scope)?, self.collect(right, scope)?);
        if left.len() != right.len() {
            return Ok(false);
        }
        for item in &left {
            self.burn(right.len() as u64)?;
            let mut found = None;
            for (at, other) in right.iter().enumerate() {
                if equality::equivalent(self, item, other)? {
                    found = Some(at);
                    break;
                }
            }
            let Some(at) = found else { return Ok(false) };
            right.swap_remove(at);
        }
        Ok(true)
    }

    fn is_in(
        &self,
        item: &'a Expr,
        collection: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<bool>, PathError> {
        let Some(item) = self.one(item, scope)? else { return Ok(None) };
        let collection = self.collect(collection, scope)?;
        self.burn(collection.len() as u64)?;
        self.contains(&collection, &item).map(Some)
    }

    fn is_vague(&self, item: &Item<'a>) -> bool {
        let node = item.as_node();
        node.is_some_and(|node| types::is_named(self.env.schema, node.type_id, "Quantity"))
    }

    fn ordered(
        &self,
        operator: Operator,
        left: &'a Expr,
        right: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<bool>, PathError> {
        let (left, right) = (self.value(left, scope)?, self.value(right, scope)?);
        let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
        // A FHIR Quantity without a value, or with a comparator, is no single amount.
        if [&left, &right].into_iter().any(|one| self.is_vague(one)) {
            return Ok(None);
        }
        let order = order::compare(&left, &right).ok_or_else(|| {
            let schema = self.env.schema;
            let (left, right) = (left.type_name(schema), right.type_name(schema));
            PathError::execution(format!("{left} and {right} have no order"))
        })?;
        Ok(order.map(|order| match operator {
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        }))
    }
}
