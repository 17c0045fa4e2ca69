//! Dates and times of partial precision: their order, and [arithmetic] with durations.
//!
//! [arithmetic]: http://hl7.org/fhirpath/N1/#datetime-arithmetic

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::PathError;
use super::quantity::{Calendar, Quantity, Unit};
use crate::primitive::{
    DateTime, Precision, TimeOfDay, civil_from_days, days_from_civil, days_in_month,
};

pub(super) const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
/// A moment without a zone may be this far from the same clock time in UTC.
const ZONE_US: i64 = 14 * HOUR_US;

/// The order of two dates or date-times; `None` where their precision or a missing zone does not
/// tell.
pub(super) fn order(left: &DateTime, right: &DateTime) -> Option<Ordering> {
    if left.offset_min.is_some() != right.offset_min.is_some() {
        let (left, right) = (widened(left), widened(right));
        return match () {
            () if left.1 < right.0 => Some(Ordering::Less),
            () if left.0 > right.1 => Some(Ordering::Greater),
            () => None,
        };
    }
    let (fine, other) = (whole(left.precision), whole(right.precision));
    let coarse = fine.min(other);
    let found = part(left, coarse).cmp(&part(right, coarse));
    (found.is_ne() || fine == other).then_some(found)
}

/// The order of two clock times.
pub(super) fn order_times(left: &TimeOfDay, right: &TimeOfDay) -> Option<Ordering> {
    let (fine, other) = (whole(left.precision), whole(right.precision));
    let unit = unit_us(fine.min(other));
    let found = (left.range_us().0 / unit).cmp(&(right.range_us().0 / unit));
    (found.is_ne() || fine == other).then_some(found)
}

/// Seconds and their fractions are one precision.
fn whole(precision: Precision) -> Precision {
    precision.min(Precision::Second)
}

fn widened(moment: &DateTime) -> (i64, i64) {
    let (low, high) = moment.range_us();
    let slack = if moment.offset_min.is_some() { 0 } else { ZONE_US };
    (low - slack, high + slack)
}

fn part(moment: &DateTime, precision: Precision) -> (i64, u8, u8) {
    let year = i64::from(moment.year);
    match precision {
        Precision::Year => (year, 0, 0),
        Precision::Month => (year, moment.month, 0),
        Precision::Day => (year, moment.month, moment.day),
        _ => (moment.range_us().0.div_euclid(unit_us(precision)), 0, 0),
    }
}

fn unit_us(precision: Precision) -> i64 {
    match precision {
        Precision::Hour => HOUR_US,
        Precision::Minute => MINUTE_US,
        _ => 1,
    }
}

/// How long a duration is.
enum Span {
    Months(i64),
    Microseconds(i64),
}

/// A duration that can be added to a date. Above seconds fractions do not count.
fn span(quantity: &Quantity<'_>, is_minus: bool) -> Result<Span, PathError> {
    let calendar = match &quantity.unit {
        Unit::Calendar(calendar) => Some(*calendar),
        // A month or year of UCUM is a fixed number of days, which is not what dates count in.
        Unit::Ucum(code) => Calendar::of_code(code).filter(|found| *found <= Calendar::Week),
        Unit::Other(_) => None,
    };
    let Some(calendar) = calendar else {
        let message = "a duration is in years, months, weeks, days, hours, minutes, seconds or \
                       milliseconds";
        return Err(PathError::execution(message));
    };
    let amount = if is_minus { -quantity.value } else { quantity.value };
    let times = |unit: i64| {
        let number = if calendar <= Calendar::Second { amount } else { amount.trunc() };
        number.checked_mul(Decimal::from(unit)).and_then(|product| product.to_i64())
    };
    let span = match calendar {
        Calendar::Year => times(12).map(Span::Months),
        Calendar::Month => times(1).map(Span::Months),
        Calendar::Week => times(7 * DAY_US).map(Span::Microseconds),
        Calendar::Day => times(DAY_US).map(Span::Microseconds),
        Calendar::Hour => times(HOUR_US).map(Span::Microseconds),
        Calendar::Minute => times(MINUTE_US).map(Span::Microseconds),
        Calendar::Second => times(SECOND_US).map(Span::Microseconds),
        Calendar::Millisecond => times(1000).map(Span::Microseconds),
    };
    span.ok_or_else(|| PathError::execution("a duration longer than the calendar"))
}

/// A date moved by a duration; `None` when it leaves the years 1 to 9999.
///
/// # Errors
/// When the quantity is no duration of the calendar.
pub(super) fn moved(
    date: &DateTime,
    quantity: &Quantity<'_>,
    is_minus: bool,
) -> Result<Option<DateTime>, PathError> {
    Ok(match (span(quantity, is_minus)?, date.precision) {
        (Span::Months(months), Precision::Year) => by_months(date, months / 12 * 12),
        (Span::Months(months), _) => by_months(date, months),
        (Span::Microseconds(us), Precision::Year) => by_months(date, us / DAY_US / 365 * 12),
        (Span::Microseconds(us), Precision::Month) => by_months(date, us / DAY_US / 30),
        (Span::Microseconds(us), precision) => {
            let unit = match precision {
                Precision::Day => DAY_US,
                Precision::Second => SECOND_US,
                finer => unit_us(finer),
            };
            by_microseconds(date, us / unit * unit)
        }
    })
}

fn by_months(date: &DateTime, months: i64) -> Option<DateTime> {
    let total = (i64::from(date.year) * 12 + i64::from(date.month) - 1).checked_add(months)?;
    let year = i32::try_from(total.div_euclid(12)).ok().filter(|year| (1..=9999).contains(year))?;
    let month = u8::try_from(total.rem_euclid(12)).ok()? + 1;
    // The last day of a shorter month stands for the days that it does not have.
    let day = date.day.min(days_in_month(year, month));
    Some(DateTime { year, month, day, ..*date })
}

fn by_microseconds(date: &DateTime, us: i64) -> Option<DateTime> {
    let midnight = days_from_civil(date.year, date.month, date.day) * DAY_US;
    let clock = date.time.map_or(0, |time| time.range_us().0);
    let moved = (midnight + clock).checked_add(us)?;
    let days = moved.div_euclid(DAY_US);
    // Beyond the years that a date can have.
    if !(-719_162..2_932_897).contains(&days) {
        return None;
    }
    let (year, month, day) = civil_from_days(days);
    let time = date.time.map(|time| clock_at(moved.rem_euclid(DAY_US), &time));
    Some(DateTime { year, month, day, time, ..*date })
}

/// A clock time moved by a duration, around the clock.
///
/// # Errors
/// As [`moved`].
pub(super) fn moved_time(
    time: &TimeOfDay,
    quantity: &Quantity<'_>,
    is_minus: bool,
) -> Result<TimeOfDay, PathError> {
    let Span::Microseconds(us) = span(quantity, is_minus)? else {
        return Err(PathError::execution("a time is moved by hours, minutes or seconds"));
    };
    let unit = match time.precision {
        Precision::Second => SECOND_US,
        finer => unit_us(finer),
    };
    let moved = (time.range_us().0 + us % DAY_US / unit * unit).rem_euclid(DAY_US);
    Ok(clock_at(moved, time))
}

/// The clock time so long after midnight, as precise as `like`.
fn clock_at(us: i64, like: &TimeOfDay) -> TimeOfDay {
    let part = |unit: i64, count: i64| u8::try_from(us / unit % count).unwrap_or(0);
    TimeOfDay {
        hour: part(HOUR_US, 24),
        minute: part(MINUTE_US, 60),
        second: part(SECOND_US, 60),
        nanosecond: u32::try_from(us % SECOND_US * 1000).unwrap_or(0),
        ..*like
    }
}
