//! Quantities of unlike units: order, equivalence and arithmetic by [UCUM].
//!
//! [UCUM]: http://hl7.org/fhirpath/N1/#quantity

use std::borrow::Cow;
use std::cmp::Ordering;

use octofhir_ucum as ucum;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

use super::item::Item;
use super::quantity::{Calendar, Quantity, Unit};
use super::types;

/// The item as a quantity; a number has the unit `1`.
pub(super) fn of_item<'a>(item: &Item<'a>) -> Option<Quantity<'a>> {
    match item {
        Item::Quantity(quantity) => Some(quantity.clone()),
        Item::Integer(number) => Some(Quantity { value: (*number).into(), unit: Unit::ONE }),
        Item::Decimal(number) => Some(Quantity { value: *number, unit: Unit::ONE }),
        _ => None,
    }
}

/// The order of two amounts; `None` when they have no common unit.
pub(super) fn order(left: &Quantity<'_>, right: &Quantity<'_>) -> Option<Ordering> {
    if left.unit == right.unit || left.unit.text() == right.unit.text() {
        return Some(left.value.cmp(&right.value));
    }
    let factor = factor(&left.unit, &right.unit)?;
    Some(match factor {
        Factor::Exact { left: by_left, right: by_right } => {
            let left = number(left.value)?.checked_mul(by_left)?;
            let right = number(right.value)?.checked_mul(by_right)?;
            let difference = left.checked_sub(right)?;
            match (difference.is_zero(), difference.is_negative()) {
                (true, _) => Ordering::Equal,
                (false, true) => Ordering::Less,
                (false, false) => Ordering::Greater,
            }
        }
        Factor::Special => left.value.cmp(&converted(right, &left.unit)?),
    })
}

/// `~`: equal to the precision of the less precise amount. A calendar duration is taken for its
/// unit of UCUM.
pub(super) fn equivalent(left: &Quantity<'_>, right: &Quantity<'_>) -> bool {
    let is_same = |one: &Unit<'_>, other: &Unit<'_>| one == other || code(one) == code(other);
    if is_same(&left.unit, &right.unit) {
        return super::equality::same_rounded(left.value, right.value);
    }
    let (left, right) = (by_code(left), by_code(right));
    let Some(value) = converted(&right, &left.unit) else { return false };
    let unit_of_right = Quantity { value: resolution(right.value), unit: right.unit };
    let Some(grain) = converted(&unit_of_right, &left.unit) else { return false };
    let grain = grain.abs().max(resolution(left.value));
    let rounded = |value: Decimal| {
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        value.checked_div(grain).map(|count| count.round_dp_with_strategy(0, strategy))
    };
    rounded(left.value).is_some_and(|left| Some(left) == rounded(value))
}

/// The last digit's worth: 0.01 for 1.58.
fn resolution(value: Decimal) -> Decimal {
    Decimal::new(1, value.normalize().scale())
}

/// Can both be converted into each other? `None` when a unit is not valid.
pub(super) fn is_comparable(left: &Unit<'_>, right: &Unit<'_>) -> Option<bool> {
    ucum::is_comparable(&code(left)?, &code(right)?).ok()
}

/// The same amount in another unit: the number.
pub(super) fn converted(quantity: &Quantity<'_>, unit: &Unit<'_>) -> Option<Decimal> {
    if quantity.unit == *unit || quantity.unit.text() == unit.text() {
        return Some(quantity.value);
    }
    match factor(&quantity.unit, unit)? {
        Factor::Exact { left, right } => {
            let exact = number(quantity.value)?.checked_mul(left)?.checked_div(right)?;
            types::decimal(&exact.to_string()).map(|value| value.normalize())
        }
        Factor::Special => {
            let value = quantity.value.to_f64()?;
            let value = ucum::convert(value, &code(&quantity.unit)?, &code(unit)?).ok()?;
            Decimal::from_f64(value)
        }
    }
}

/// Sum of both, in the finer unit.
pub(super) fn sum<'a>(
    left: &Quantity<'a>,
    right: &Quantity<'a>,
    is_minus: bool,
) -> Option<Quantity<'a>> {
    let one = Quantity { value: Decimal::ONE, unit: right.unit.clone() };
    let is_right_finer = converted(&one, &left.unit)?.abs() < Decimal::ONE;
    let (left, right, unit) = if is_right_finer {
        (converted(left, &right.unit)?, right.value, right.unit.clone())
    } else {
        (left.value, converted(right, &left.unit)?, left.unit.clone())
    };
    let value = if is_minus { left.checked_sub(right)? } else { left.checked_add(right)? };
    Some(Quantity { value, unit })
}

/// Product or quotient of both.
pub(super) fn product<'a>(
    left: &Quantity<'a>,
    right: &Quantity<'a>,
    is_quotient: bool,
) -> Option<Quantity<'a>> {
    let value = if is_quotient {
        left.value.checked_div(right.value)?.normalize()
    } else {
        left.value.checked_mul(right.value)?
    };
    let unit = match (&left.unit, &right.unit) {
        (unit, one) if *one == Unit::ONE => unit.clone(),
        (one, unit) if *one == Unit::ONE && !is_quotient => unit.clone(),
        (left, right) if left == right && is_quotient => Unit::ONE,
        (left, right) => {
            let (left, right) = (code(left)?, code(right)?);
            let joined = if is_quotient {
                ucum::unit_divide(&left, &right)
            } else {
                ucum::unit_multiply(&left, &right)
            };
            Unit::Ucum(joined.ok()?.expression.into())
        }
    };
    Some(Quantity { value, unit })
}

/// How two units compare.
enum Factor {
    /// Both are so many of the same base unit.
    Exact { left: ucum::Number, right: ucum::Number },
    /// One is a scale of its own: `Cel`, `[pH]`.
    Special,
}

/// `None` when the units do not measure the same. Months and years of the calendar convert to each
/// other alone.
fn factor(left: &Unit<'_>, right: &Unit<'_>) -> Option<Factor> {
    let long = |unit: &Unit<'_>| match unit {
        Unit::Calendar(Calendar::Month) => Some(1),
        Unit::Calendar(Calendar::Year) => Some(12),
        _ => None,
    };
    match (long(left), long(right)) {
        (None, None) => {}
        (Some(left), Some(right)) => {
            let (left, right) = (ucum::Number::from_i64(left), ucum::Number::from_i64(right));
            return Some(Factor::Exact { left, right });
        }
        _ => return None,
    }
    let (left, right) = (code(left)?, code(right)?);
    let (one, other) = (ucum::analyse(&left).ok()?, ucum::analyse(&right).ok()?);
    if !ucum::is_comparable(&left, &right).ok()? {
        return None;
    }
    Some(match (one.special, other.special) {
        (None, None) => Factor::Exact { left: one.factor, right: other.factor },
        _ => Factor::Special,
    })
}

fn number(value: Decimal) -> Option<ucum::Number> {
    ucum::Number::parse(&value.to_string())
}

/// The code of UCUM for a unit that has one.
fn code<'u>(unit: &'u Unit<'_>) -> Option<Cow<'u, str>> {
    match unit {
        Unit::Calendar(calendar) => Some(Cow::Borrowed(calendar.code())),
        Unit::Ucum(code) => Some(Cow::Borrowed(code)),
        Unit::Other(_) => None,
    }
}

fn by_code<'a>(quantity: &Quantity<'a>) -> Quantity<'a> {
    let unit = match &quantity.unit {
        Unit::Calendar(calendar) => Unit::Ucum(calendar.code().into()),
        other => other.clone(),
    };
    Quantity { value: quantity.value, unit }
}
