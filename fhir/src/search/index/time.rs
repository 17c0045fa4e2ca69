//! Dates and periods for [date] parameters.
//!
//! [date]: https://hl7.org/fhir/R4/search.html#date

use crate::json::Value;
use crate::search::DateValue;

use super::convert::Element;

/// The index value of an element.
pub(super) fn value(element: Element<'_>) -> Option<DateValue> {
    match element.type_name {
        "Period" => period(element.value),
        "Timing" => timing(element.value),
        "instant" => DateValue::parse_instant(&element.value.as_str()?),
        _ => DateValue::parse(&element.value.as_str()?),
    }
}

/// A missing bound is before or after every date.
fn period(period: Value<'_>) -> Option<DateValue> {
    let bound = |key| DateValue::parse(&period.str(key)?);
    let (start, end) = (bound("start"), bound("end"));
    if start.is_none() && end.is_none() {
        return None;
    }
    let value = DateValue {
        low: start.map_or(DateValue::EVER.low, |start| start.low),
        high: end.map_or(DateValue::EVER.high, |end| end.high),
    };
    (value.low <= value.high).then_some(value)
}

/// Only the outer limits matter: of the events and the bounds.
fn timing(timing: Value<'_>) -> Option<DateValue> {
    let events = timing.list("event").filter_map(|event| DateValue::parse(&event.as_str()?));
    let bounds = timing.at(&["repeat", "boundsPeriod"]).and_then(period);
    events
        .chain(bounds)
        .reduce(|a, b| DateValue { low: a.low.min(b.low), high: a.high.max(b.high) })
}
