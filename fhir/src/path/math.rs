//! [Math functions].
//!
//! [Math functions]: http://hl7.org/fhirpath/N1/#math-1

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use rust_decimal::{Decimal, RoundingStrategy};

use super::PathError;
use super::calls::Arguments;
use super::functions::Function;
use super::item::Item;
use super::quantity::Quantity;

/// Digits after the point that a number can have.
const SCALE_MAX: i64 = 28;

/// Empty where a result does not exist or is larger than a number can be.
pub(super) fn apply<'a>(
    input: &Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    if let Item::Quantity(quantity) = input {
        return Ok(Some(Item::Quantity(of_quantity(quantity, input, arguments)?)));
    }
    let number = match input {
        Item::Integer(number) => Decimal::from(*number),
        Item::Decimal(number) => *number,
        _ => return Err(arguments.wrong_input(input, "a number")),
    };
    let integer = |number: Decimal| number.to_i64().map(Item::Integer);
    Ok(match arguments.function() {
        Function::Abs => match input {
            Item::Integer(number) => number.checked_abs().map(Item::Integer),
            _ => Some(Item::Decimal(number.abs())),
        },
        Function::Ceiling => integer(number.ceil()),
        Function::Floor => integer(number.floor()),
        Function::Truncate => integer(number.trunc()),
        Function::Round => {
            let digits = arguments.integer(0)?.unwrap_or(0);
            Some(Item::Decimal(rounded(number, digits, arguments)?))
        }
        Function::Exp => by_float(number, f64::exp),
        Function::Ln => by_float(number, f64::ln),
        Function::Sqrt => by_float(number, f64::sqrt),
        Function::Log => match operand(arguments)? {
            Some(base) => logarithm(number, base),
            None => None,
        },
        _ => match operand(arguments)? {
            Some(exponent) => power(input, number, exponent),
            None => None,
        },
    })
}

fn of_quantity<'a>(
    quantity: &Quantity<'a>,
    input: &Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Quantity<'a>, PathError> {
    let value = match arguments.function() {
        Function::Abs => quantity.value.abs(),
        Function::Ceiling => quantity.value.ceil(),
        Function::Floor => quantity.value.floor(),
        Function::Truncate => quantity.value.trunc(),
        Function::Round => rounded(quantity.value, arguments.integer(0)?.unwrap_or(0), arguments)?,
        _ => return Err(arguments.wrong_input(input, "a number")),
    };
    Ok(Quantity { value, unit: quantity.unit.clone() })
}

fn rounded(
    number: Decimal,
    digits: i64,
    arguments: &Arguments<'_, '_, '_, '_>,
) -> Result<Decimal, PathError> {
    match u32::try_from(digits) {
        Ok(digits) if i64::from(digits) <= SCALE_MAX => {
            Ok(number.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero))
        }
        _ => {
            let name = arguments.function().name();
            Err(PathError::execution(format!("{name}() takes 0 to {SCALE_MAX} digits")))
        }
    }
}

fn operand(arguments: &Arguments<'_, '_, '_, '_>) -> Result<Option<Decimal>, PathError> {
    match arguments.value(0)? {
        None => Ok(None),
        Some(Item::Integer(number)) => Ok(Some(Decimal::from(number))),
        Some(Item::Decimal(number)) => Ok(Some(number)),
        Some(_) => {
            let name = arguments.function().name();
            Err(PathError::execution(format!("the argument of {name}() is a number")))
        }
    }
}

fn by_float<'a>(number: Decimal, function: impl Fn(f64) -> f64) -> Option<Item<'a>> {
    let result = function(number.to_f64()?);
    Decimal::from_f64(result).map(Item::Decimal)
}

fn logarithm<'a>(number: Decimal, base: Decimal) -> Option<Item<'a>> {
    let base = base.to_f64()?;
    // The special cases are exact where the quotient of two logarithms is not.
    if base == 2.0 {
        return by_float(number, f64::log2);
    }
    if base == 10.0 {
        return by_float(number, f64::log10);
    }
    by_float(number, |number| number.ln() / base.ln())
}

fn power<'a>(input: &Item<'a>, number: Decimal, exponent: Decimal) -> Option<Item<'a>> {
    let whole = exponent.is_integer().then(|| exponent.to_i64()).flatten();
    let Some(whole) = whole else {
        let exponent = exponent.to_f64()?;
        return by_float(number, |number| number.powf(exponent));
    };
    if let Item::Integer(base) = input
        && let Ok(exponent) = u32::try_from(whole)
    {
        return base.checked_pow(exponent).map(Item::Integer);
    }
    let mut result = Decimal::ONE;
    let mut square = number;
    let mut left = whole.unsigned_abs();
    while left > 0 {
        if left & 1 == 1 {
            result = result.checked_mul(square)?;
        }
        left >>= 1;
        if left > 0 {
            square = square.checked_mul(square)?;
        }
    }
    if whole < 0 {
        result = Decimal::ONE.checked_div(result)?.normalize();
    }
    Some(Item::Decimal(result))
}
