//! [Conversion] between the System types.
//!
//! [Conversion]: http://hl7.org/fhirpath/N1/#conversion

use rust_decimal::Decimal;

use super::calls::Arguments;
use super::functions::Function;
use super::item::Item;
use super::quantity::{Quantity, Unit};
use super::{PathError, measure, types};
use crate::primitive::{DateTime, Precision, TimeOfDay};

pub(super) fn apply<'a>(
    input: Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    let function = arguments.function();
    let converted = match function {
        Function::ToBoolean | Function::ConvertsToBoolean => to_boolean(&input),
        Function::ToInteger | Function::ConvertsToInteger => to_integer(&input),
        Function::ToDecimal | Function::ConvertsToDecimal => to_decimal(&input).map(Item::Decimal),
        Function::ToString | Function::ConvertsToString => match input {
            Item::Node(_) => None,
            other => other.to_text().map(Item::String),
        },
        Function::ToDate | Function::ConvertsToDate => {
            to_date_time(&input).map(|date| Item::Date(date_of(&date)))
        }
        Function::ToDateTime | Function::ConvertsToDateTime => {
            to_date_time(&input).map(Item::DateTime)
        }
        Function::ToTime | Function::ConvertsToTime => match input {
            Item::Time(time) => Some(Item::Time(time)),
            Item::String(text) => TimeOfDay::parse(&text).map(Item::Time),
            _ => None,
        },
        _ => {
            let unit = arguments.text(0)?.map(|unit| Unit::of_text(unit.into_owned()));
            to_quantity(&input, unit).map(Item::Quantity)
        }
    };
    let is_test = matches!(
        function,
        Function::ConvertsToBoolean
            | Function::ConvertsToInteger
            | Function::ConvertsToDecimal
            | Function::ConvertsToString
            | Function::ConvertsToDate
            | Function::ConvertsToDateTime
            | Function::ConvertsToTime
            | Function::ConvertsToQuantity
    );
    Ok(if is_test { Some(Item::Boolean(converted.is_some())) } else { converted })
}

fn to_boolean<'a>(input: &Item<'a>) -> Option<Item<'a>> {
    let is_true = match input {
        Item::Boolean(is_true) => *is_true,
        Item::Integer(1) => true,
        Item::Integer(0) => false,
        Item::Decimal(number) if *number == Decimal::ONE => true,
        Item::Decimal(number) if number.is_zero() => false,
        Item::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" | "1.0" => true,
            "false" | "f" | "no" | "n" | "0" | "0.0" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(Item::Boolean(is_true))
}

fn to_integer<'a>(input: &Item<'a>) -> Option<Item<'a>> {
    let number = match input {
        Item::Integer(number) => *number,
        Item::Boolean(is_true) => i64::from(*is_true),
        // Integers of FHIRPath have 32 bits.
        Item::String(text) => i64::from(text.parse::<i32>().ok()?),
        _ => return None,
    };
    Some(Item::Integer(number))
}

fn to_decimal(input: &Item<'_>) -> Option<Decimal> {
    match input {
        Item::Integer(number) => Some(Decimal::from(*number)),
        Item::Decimal(number) => Some(*number),
        Item::Boolean(is_true) => Some(if *is_true { Decimal::ONE } else { Decimal::ZERO }),
        Item::String(text) => plain_decimal(text),
        _ => None,
    }
}

/// `(\+|-)?\d+(\.\d+)?`
fn plain_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if is_digits(whole) && is_digits(fraction) { types::decimal(text) } else { None }
}

fn to_date_time(input: &Item<'_>) -> Option<DateTime> {
    match input {
        Item::Date(date) | Item::DateTime(date) => Some(*date),
        Item::String(text) => DateTime::parse(text),
        _ => None,
    }
}

/// The date without its time.
pub(super) fn date_of(moment: &DateTime) -> DateTime {
    let precision = moment.precision.min(Precision::Day);
    DateTime { time: None, offset_min: None, precision, ..*moment }
}

fn to_quantity<'a>(input: &Item<'a>, unit: Option<Unit<'a>>) -> Option<Quantity<'a>> {
    let quantity = match input {
        Item::Quantity(quantity) => quantity.clone(),
        Item::String(text) => parsed(text)?,
        other => Quantity { value: to_decimal(other)?, unit: Unit::ONE },
    };
    match unit {
        None => Some(quantity),
        Some(unit) => Some(Quantity { value: measure::converted(&quantity, &unit)?, unit }),
    }
}

/// A number with a unit in quotes or a calendar keyword after it.
fn parsed(text: &str) -> Option<Quantity<'static>> {
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-'));
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    let value = plain_decimal(number)?;
    let rest = rest.trim_start();
    let unit = if rest.is_empty() {
        Unit::ONE
    } else if let Some(quoted) = rest.strip_prefix('\'') {
        let code = quoted.strip_suffix('\'').filter(|code| !code.is_empty())?;
        Unit::of_text(code.to_owned())
    } else {
        Unit::of_keyword(rest)?
    };
    Some(Quantity { value, unit })
}
