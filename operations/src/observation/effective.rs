//! When what an [Observation] says was so.
//!
//! [Observation]: https://hl7.org/fhir/R4/observation-definitions.html#Observation.effective_x_

use fhir::json::Value;
use fhir::primitive::DateTime;

use crate::Found;

/// First and last microsecond since 1970 of the time for which an Observation holds; `None` where
/// it says none, or a Timing without events.
pub(super) fn effective(found: &Found) -> Option<(i64, i64)> {
    let root = found.root();
    let parsed =
        |text: Option<std::borrow::Cow<'_, str>>| Some(DateTime::parse(&text?)?.range_us());
    if let Some(period) = root.get("effectivePeriod") {
        let start = parsed(period.str("start"));
        let end = parsed(period.str("end"));
        let low = start.or(end)?.0;
        return Some((low, end.map_or(i64::MAX, |end| end.1)));
    }
    if let Some(timing) = root.get("effectiveTiming") {
        let events = timing.list("event").filter_map(|event| parsed(event.as_str()));
        return events.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    }
    let point = root.get("effectiveDateTime").or_else(|| root.get("effectiveInstant"));
    parsed(point.and_then(Value::as_str))
}
