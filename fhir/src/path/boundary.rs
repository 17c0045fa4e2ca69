//! [Boundaries] and precision of decimals, dates and quantities.
//!
//! [Boundaries]: http://hl7.org/fhirpath/#utility-functions

use rust_decimal::{Decimal, RoundingStrategy};

use super::PathError;
use super::calls::Arguments;
use super::functions::Function;
use super::item::Item;
use super::measure;
use super::quantity::Quantity;
use crate::primitive::{DateTime, Precision, TimeOfDay, days_in_month};

/// Digits after the point when no precision is asked for.
const DECIMAL_DIGITS: i64 = 8;
const DATE_DIGITS: i64 = 8;
const DATE_TIME_DIGITS: i64 = 17;
const TIME_DIGITS: i64 = 9;
/// Zones lie between UTC+14 and UTC−12.
const ZONE_EAST_MIN: i16 = 14 * 60;
const ZONE_WEST_MIN: i16 = -12 * 60;

pub(super) fn apply<'a>(
    input: &Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    match arguments.function() {
        Function::Precision => match digits(input) {
            Some(digits) => Ok(Some(Item::Integer(digits))),
            None => Err(arguments.wrong_input(input, "a decimal, date or time")),
        },
        Function::Comparable => {
            let Some(other) = arguments.value(0)? else { return Ok(None) };
            let units = measure::of_item(input).zip(measure::of_item(&other));
            let Some((left, right)) = units else {
                return Err(arguments.wrong_input(input, "a quantity, with another"));
            };
            let is_comparable = measure::is_comparable(&left.unit, &right.unit);
            Ok(Some(Item::Boolean(is_comparable == Some(true))))
        }
        function => {
            let precision = arguments.integer(0)?;
            if arguments.has(0) && precision.is_none() {
                return Ok(None);
            }
            let is_high = function == Function::HighBoundary;
            match bound(input, precision, is_high) {
                Some(found) => Ok(found),
                None => Err(arguments.wrong_input(input, "a decimal, quantity, date or time")),
            }
        }
    }
}

/// Digits that the value was written with.
fn digits(input: &Item<'_>) -> Option<i64> {
    let of_clock = |time: &TimeOfDay| match time.precision {
        Precision::Hour => 2,
        Precision::Minute => 4,
        Precision::Second => 6,
        _ => 6 + i64::from(time.fraction_digits),
    };
    Some(match input {
        Item::Integer(_) => 0,
        Item::Decimal(number) => i64::from(number.scale()),
        Item::Date(date) | Item::DateTime(date) => match (&date.time, date.precision) {
            (Some(time), _) => 8 + of_clock(time),
            (None, Precision::Year) => 4,
            (None, Precision::Month) => 6,
            _ => 8,
        },
        Item::Time(time) => of_clock(time),
        _ => return None,
    })
}

/// The outer `None` is for a type without boundaries, the inner one for a precision that the type
/// cannot have.
fn bound<'a>(input: &Item<'a>, precision: Option<i64>, is_high: bool) -> Option<Option<Item<'a>>> {
    let or = |default: i64| precision.unwrap_or(default);
    Some(match input {
        Item::Integer(number) => {
            decimal((*number).into(), or(DECIMAL_DIGITS), is_high).map(Item::Decimal)
        }
        Item::Decimal(number) => decimal(*number, or(DECIMAL_DIGITS), is_high).map(Item::Decimal),
        Item::Quantity(Quantity { value, unit }) => {
            let unit = unit.clone();
            decimal(*value, or(DECIMAL_DIGITS), is_high)
                .map(|value| Item::Quantity(Quantity { value, unit }))
        }
        Item::Date(date) => {
            let digits = or(DATE_DIGITS);
            if digits > DATE_DIGITS {
                return Some(None);
            }
            date_time(date, digits, is_high).map(Item::Date)
        }
        Item::DateTime(at) => date_time(at, or(DATE_TIME_DIGITS), is_high).map(Item::DateTime),
        Item::Time(at) => {
            let precision = clock_precision(or(TIME_DIGITS))?;
            Some(Item::Time(clock(Some(at), precision, is_high)))
        }
        _ => return None,
    })
}

/// Half of the last digit's worth below or above, rounded outwards.
fn decimal(number: Decimal, digits: i64, is_high: bool) -> Option<Decimal> {
    let digits = u32::try_from(digits).ok().filter(|digits| *digits <= Decimal::MAX_SCALE)?;
    let half = Decimal::try_new(5, number.scale() + 1).ok()?;
    let (bound, strategy) = if is_high {
        (number.checked_add(half)?, RoundingStrategy::ToPositiveInfinity)
    } else {
        (number.checked_sub(half)?, RoundingStrategy::ToNegativeInfinity)
    };
    let mut bound = bound.round_dp_with_strategy(digits, strategy);
    bound.rescale(digits);
    Some(bound)
}

fn clock_precision(digits: i64) -> Option<Precision> {
    match digits {
        2 => Some(Precision::Hour),
        4 => Some(Precision::Minute),
        6 => Some(Precision::Second),
        9 => Some(Precision::Fraction),
        _ => None,
    }
}

fn date_time(at: &DateTime, digits: i64, is_high: bool) -> Option<DateTime> {
    let precision = match digits {
        4 => Precision::Year,
        6 => Precision::Month,
        8 => Precision::Day,
        _ => clock_precision(digits - 8)?,
    };
    let mut bound = DateTime { precision, time: None, offset_min: None, ..*at };
    if at.precision < Precision::Month && is_high {
        bound.month = 12;
    }
    if at.precision < Precision::Day && is_high {
        bound.day = days_in_month(bound.year, bound.month);
    }
    if precision > Precision::Day {
        bound.time = Some(clock(at.time.as_ref(), precision, is_high));
        let zone = if is_high { ZONE_WEST_MIN } else { ZONE_EAST_MIN };
        bound.offset_min = Some(at.offset_min.unwrap_or(zone));
    }
    Some(bound)
}

fn clock(at: Option<&TimeOfDay>, precision: Precision, is_high: bool) -> TimeOfDay {
    let last = |high: u8| if is_high { high } else { 0 };
    let known = at.map_or(Precision::Day, |at| at.precision);
    let part = |finest: Precision, value: fn(&TimeOfDay) -> u8, high: u8| {
        at.filter(|_| known >= finest).map_or(last(high), value)
    };
    let (fraction, end) = match at {
        Some(at) if known == Precision::Fraction => (at.nanosecond, at.fraction_digits),
        _ => (0, 0),
    };
    // What is not known of the milliseconds is 0 or 9.
    let unknown = 10_u32.pow(9 - u32::from(end.min(9))) - 1;
    let nanosecond = if is_high { fraction + unknown } else { fraction };
    TimeOfDay {
        hour: part(Precision::Hour, |at| at.hour, 23),
        minute: part(Precision::Minute, |at| at.minute, 59),
        second: part(Precision::Second, |at| at.second, 59),
        nanosecond: nanosecond / 1_000_000 * 1_000_000,
        fraction_digits: 3,
        precision,
    }
}
