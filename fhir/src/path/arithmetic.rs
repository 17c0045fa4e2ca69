//! [Math and string operators] on two values.
//!
//! [Math and string operators]: http://hl7.org/fhirpath/N1/#math

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::PathError;
use super::ast::Operator;
use super::item::Item;
use super::{measure, moments};

/// The result of `left operator right`; empty when an operand is, when a divisor is zero and when
/// the result is larger than a number can be.
///
/// # Errors
/// When the operator is not defined for these types.
pub(super) fn apply<'a>(
    operator: Operator,
    left: Option<Item<'a>>,
    right: Option<Item<'a>>,
) -> Result<Option<Item<'a>>, PathError> {
    if operator == Operator::Concatenate {
        let (left, right) = (text(left)?, text(right)?);
        return Ok(Some(Item::text(left + &right)));
    }
    let (Some(left), Some(right)) = (left, right) else { return Ok(None) };
    match (&left, &right) {
        (Item::Integer(left), Item::Integer(right)) => Ok(integers(operator, *left, *right)),
        (Item::String(left), Item::String(right)) if operator == Operator::Plus => {
            Ok(Some(Item::text(format!("{left}{right}"))))
        }
        (Item::Date(_) | Item::DateTime(_) | Item::Time(_), Item::Quantity(quantity))
            if matches!(operator, Operator::Plus | Operator::Minus) =>
        {
            let is_minus = operator == Operator::Minus;
            Ok(match &left {
                Item::Date(date) => moments::moved(date, quantity, is_minus)?.map(Item::Date),
                Item::DateTime(at) => moments::moved(at, quantity, is_minus)?.map(Item::DateTime),
                Item::Time(time) => {
                    Some(Item::Time(moments::moved_time(time, quantity, is_minus)?))
                }
                _ => None,
            })
        }
        (Item::Quantity(_), _) | (_, Item::Quantity(_)) => quantities(operator, &left, &right),
        _ => match (number(&left), number(&right)) {
            (Some(left), Some(right)) => Ok(decimals(operator, left, right)),
            _ => Err(undefined(operator)),
        },
    }
}

fn text(item: Option<Item<'_>>) -> Result<String, PathError> {
    match item {
        None => Ok(String::new()),
        Some(Item::String(text)) => Ok(text.into_owned()),
        Some(_) => Err(PathError::execution("& joins strings; toString() makes one")),
    }
}

fn number(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(number) => Some(Decimal::from(*number)),
        Item::Decimal(number) => Some(*number),
        _ => None,
    }
}

fn integers<'a>(operator: Operator, left: i64, right: i64) -> Option<Item<'a>> {
    match operator {
        Operator::Plus => left.checked_add(right).map(Item::Integer),
        Operator::Minus => left.checked_sub(right).map(Item::Integer),
        Operator::Times => left.checked_mul(right).map(Item::Integer),
        Operator::Div => left.checked_div(right).map(Item::Integer),
        Operator::Mod => left.checked_rem(right).map(Item::Integer),
        _ => decimals(operator, left.into(), right.into()),
    }
}

fn decimals<'a>(operator: Operator, left: Decimal, right: Decimal) -> Option<Item<'a>> {
    match operator {
        Operator::Plus => left.checked_add(right).map(Item::Decimal),
        Operator::Minus => left.checked_sub(right).map(Item::Decimal),
        Operator::Times => left.checked_mul(right).map(Item::Decimal),
        Operator::Over => left.checked_div(right).map(|found| Item::Decimal(found.normalize())),
        Operator::Div => left.checked_div(right)?.trunc().to_i64().map(Item::Integer),
        _ => left.checked_rem(right).map(Item::Decimal),
    }
}

fn quantities<'a>(
    operator: Operator,
    left: &Item<'a>,
    right: &Item<'a>,
) -> Result<Option<Item<'a>>, PathError> {
    let operands = measure::of_item(left).zip(measure::of_item(right));
    let Some((left, right)) = operands else { return Err(undefined(operator)) };
    let result = match operator {
        Operator::Plus => measure::sum(&left, &right, false),
        Operator::Minus => measure::sum(&left, &right, true),
        Operator::Times => measure::product(&left, &right, false),
        Operator::Over => measure::product(&left, &right, true),
        _ => return Err(undefined(operator)),
    };
    Ok(result.map(Item::Quantity))
}

fn undefined(operator: Operator) -> PathError {
    let (sign, right) = match operator {
        Operator::Plus => ("+", "numbers, strings, quantities, or a date and a duration"),
        Operator::Minus => ("-", "numbers, quantities, or a date and a duration"),
        Operator::Times => ("*", "numbers or quantities"),
        Operator::Over => ("/", "numbers or quantities"),
        Operator::Div => ("div", "numbers"),
        _ => ("mod", "numbers"),
    };
    PathError::execution(format!("{sign} is defined for {right}"))
}
