//! Quantities: numbers with a [UCUM] unit or a calendar duration.
//!
//! [UCUM]: http://hl7.org/fhirpath/N1/#quantity

use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;

/// A number with its unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity<'a> {
    /// The number, with the precision that it was written in.
    pub value: Decimal,
    /// The unit.
    pub unit: Unit<'a>,
}

/// A unit of measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit<'a> {
    /// A duration of the calendar: `4 days`.
    Calendar(Calendar),
    /// A code of UCUM: `4 'mg'`; `1` for a number without unit.
    Ucum(Cow<'a, str>),
    /// A unit of a FHIR Quantity that is not of UCUM: compared as its text alone.
    Other(Cow<'a, str>),
}

/// Durations of the calendar. A year has twelve months; no number of days makes a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Calendar {
    /// Thousandth of a second.
    Millisecond,
    /// Second.
    Second,
    /// Minute.
    Minute,
    /// Hour.
    Hour,
    /// Day.
    Day,
    /// Week.
    Week,
    /// Month.
    Month,
    /// Year.
    Year,
}

impl Calendar {
    const ALL: [(&'static str, &'static str, &'static str, Calendar); 8] = [
        ("millisecond", "milliseconds", "ms", Calendar::Millisecond),
        ("second", "seconds", "s", Calendar::Second),
        ("minute", "minutes", "min", Calendar::Minute),
        ("hour", "hours", "h", Calendar::Hour),
        ("day", "days", "d", Calendar::Day),
        ("week", "weeks", "wk", Calendar::Week),
        ("month", "months", "mo", Calendar::Month),
        ("year", "years", "a", Calendar::Year),
    ];

    fn of_keyword(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.0 == word || row.1 == word).map(|row| row.3)
    }

    /// The duration that FHIR's code of UCUM means in a FHIR Quantity.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|row| row.2 == code).map(|row| row.3)
    }

    /// `day`
    pub(super) fn keyword(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// `d`
    pub(super) fn code(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

impl Unit<'_> {
    /// The unit of a number without one.
    pub(super) const ONE: Unit<'static> = Unit::Ucum(Cow::Borrowed("1"));

    /// `day`, `days` …: the unit of a literal without quotes.
    pub(super) fn of_keyword(word: &str) -> Option<Unit<'static>> {
        Calendar::of_keyword(word).map(Unit::Calendar)
    }

    /// The unit in a literal's quotes. The names of calendar durations are no units of UCUM, so
    /// that they can be understood there too.
    pub(super) fn of_text(text: String) -> Unit<'static> {
        match Calendar::of_keyword(&text) {
            Some(calendar) => Unit::Calendar(calendar),
            None => Unit::Ucum(text.into()),
        }
    }
}

impl<'a> Unit<'a> {
    /// Its code or keyword.
    pub(super) fn text(&self) -> Cow<'a, str> {
        match self {
            Unit::Calendar(calendar) => Cow::Borrowed(calendar.keyword()),
            Unit::Ucum(code) | Unit::Other(code) => code.clone(),
        }
    }
}

impl fmt::Display for Quantity<'_> {
    /// As a literal: `4 days`, `4 'mg'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Unit::Calendar(calendar) if self.value == Decimal::ONE => {
                write!(f, "{} {}", self.value, calendar.keyword())
            }
            Unit::Calendar(calendar) => write!(f, "{} {}s", self.value, calendar.keyword()),
            Unit::Ucum(code) | Unit::Other(code) => write!(f, "{} '{code}'", self.value),
        }
    }
}
