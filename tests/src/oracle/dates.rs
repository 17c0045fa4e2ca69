//! Dates as ranges of time, and the prefixes that compare ranges.
//!
//! <https://hl7.org/fhir/R4/search.html#date>

use serde_json::Value;

/// Milliseconds since 1970: from the first, to before the second.
pub(crate) type Span = (i64, i64);

const DAY: i64 = 86_400_000;

/// The range of a date, dateTime or instant. Without a zone it is UTC, where the servers run.
pub(crate) fn span(text: &str) -> Option<Span> {
    let (day, clock) = text.split_once('T').unwrap_or((text, ""));
    let parts: Vec<i64> = day.split('-').filter_map(|part| part.parse().ok()).collect();
    let (from, to) = match *parts {
        [year] => (days(year, 1, 1), days(year + 1, 1, 1)),
        [year, 12] => (days(year, 12, 1), days(year + 1, 1, 1)),
        [year, month] => (days(year, month, 1), days(year, month + 1, 1)),
        [year, month, day] => (days(year, month, day), days(year, month, day) + 1),
        _ => return None,
    };
    if clock.is_empty() {
        return Some((from * DAY, to * DAY));
    }
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let mut length = 60_000;
    let mut at = from * DAY;
    for (index, part) in clock.split(':').enumerate() {
        at += match (index, part.split_once('.')) {
            (0, _) => part.parse::<i64>().ok()? * 3_600_000,
            (1, _) => part.parse::<i64>().ok()? * 60_000,
            (_, None) => {
                length = 1000;
                part.parse::<i64>().ok()? * 1000
            }
            (_, Some((seconds, fraction))) => {
                let digits = u32::try_from(fraction.len()).ok()?;
                length = 1000 / 10_i64.pow(digits);
                seconds.parse::<i64>().ok()? * 1000 + fraction.parse::<i64>().ok()? * length
            }
        };
    }
    at -= offset(zone)?;
    Some((at, at + length))
}

fn offset(zone: &str) -> Option<i64> {
    let Some((hours, minutes)) = zone.get(1..).and_then(|clock| clock.split_once(':')) else {
        return Some(0);
    };
    let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
    Some(if zone.starts_with('-') { -minutes * 60_000 } else { minutes * 60_000 })
}

/// Days since 1970-01-01, counted year by year and month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let is_leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = |year: i64| if is_leap(year) { 366 } else { 365 };
    let mut total: i64 = (1970..year).map(length).sum();
    total -= (year..1970).map(length).sum::<i64>();
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (index, length) in months.iter().enumerate() {
        if i64::try_from(index).is_ok_and(|index| index + 1 < month) {
            total += length;
        }
    }
    total + day - 1
}

/// The range of a date, a Period or a Timing. Of a Timing "only the outer limits matter".
pub(crate) fn held(value: &Value) -> Option<Span> {
    if let Some(text) = value.as_str() {
        return span(text);
    }
    if let Some(events) = value["event"].as_array() {
        let spans: Vec<Span> = events.iter().filter_map(held).collect();
        let from = spans.iter().map(|(from, _)| *from).min()?;
        return Some((from, spans.iter().map(|(_, to)| *to).max()?));
    }
    let start = value["start"].as_str().and_then(span);
    let end = value["end"].as_str().and_then(span);
    if start.is_none() && end.is_none() {
        return None;
    }
    // "If the start element is missing, the start of the period is not known", and may be any.
    Some((start.map_or(i64::MIN, |(from, _)| from), end.map_or(i64::MAX, |(_, to)| to)))
}

/// The prefix of a search value, and what follows it.
pub(crate) fn prefixed(text: &str) -> (&str, &str) {
    match text.as_bytes().first() {
        Some(b'a'..=b'z') => text.split_at(2),
        _ => ("eq", text),
    }
}

/// Does this range stand to the range of the search value as the prefix says?
pub(crate) fn is_match((from, to): Span, wanted: &str) -> bool {
    let (prefix, text) = prefixed(wanted);
    let (low, high) = span(text).expect("the generator writes dates");
    let is_within = low <= from && to <= high;
    // "The range above the search value intersects the range of the target value."
    match prefix {
        "eq" => is_within,
        "ne" => !is_within,
        "gt" => to > high,
        "lt" => from < low,
        "ge" => to > high || is_within,
        "le" => from < low || is_within,
        "sa" => from >= high,
        "eb" => to <= low,
        other => panic!("the oracle does not know the prefix {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_range_that_it_names() {
        assert_eq!(span("1970"), Some((0, 365 * DAY)));
        assert_eq!(span("1972-02"), Some((761 * DAY, 790 * DAY)));
        assert_eq!(span("1970-01-01T01:00:00+01:00"), Some((0, 1000)));
        assert_eq!(span("1969-12-31T23:59Z"), Some((-60_000, 0)));
        assert_eq!(span("1970-01-01T00:00:00.5Z"), Some((500, 600)));
    }
}
