//! The oracle's own reading of resources and of the specification, without any code of the server.

use serde_json::Value;

/// All values at a path of properties, arrays flattened: `name.given`.
pub(crate) fn at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for name in path.split('.').filter(|name| !name.is_empty()) {
        found = found.into_iter().flat_map(|value| flat(&value[name])).collect();
    }
    found
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    }
}

/// The texts at any of these paths.
pub(crate) fn texts<'a>(value: &'a Value, paths: &[&str]) -> Vec<&'a str> {
    paths.iter().flat_map(|path| at(value, path)).filter_map(Value::as_str).collect()
}

/// Codings (system, code) of CodeableConcepts, Codings, Identifiers and codes at a path.
pub(crate) fn tokens(value: &Value, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for item in at(value, path) {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
        match item {
            Value::String(code) => found.push((String::new(), code.clone())),
            Value::Bool(flag) => found.push((String::new(), flag.to_string())),
            _ if item["coding"].is_array() => found.extend(tokens(item, "coding")),
            _ if item["code"].is_string() => found.push((text("system"), text("code"))),
            _ if item["value"].is_string() => found.push((text("system"), text("value"))),
            _ => {}
        }
    }
    found
}

/// Does a token search `code`, `system|code`, `system|` or `|code` hit? Codes compare without case.
pub(crate) fn is_token(held: &[(String, String)], wanted: &str) -> bool {
    held.iter().any(|(system, code)| match wanted.split_once('|') {
        None => code.eq_ignore_ascii_case(wanted),
        Some((s, "")) => system == s,
        Some(("", c)) => system.is_empty() && code.eq_ignore_ascii_case(c),
        Some((s, c)) => system == s && code.eq_ignore_ascii_case(c),
    })
}

/// Folded as the specification has it: without case, accents and punctuation.
pub(crate) fn folded(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| match c {
            'á' | 'à' | 'ä' | 'â' | 'ã' | 'Á' | 'Ä' => 'a',
            'é' | 'è' | 'ë' | 'ê' | 'É' => 'e',
            'í' | 'ì' | 'ï' | 'Í' => 'i',
            'ó' | 'ò' | 'ö' | 'ô' | 'õ' | 'Ó' | 'Ö' => 'o',
            'ú' | 'ù' | 'ü' | 'Ú' | 'Ü' => 'u',
            'ñ' | 'Ñ' => 'n',
            'ç' | 'Ç' => 'c',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        })
        .collect::<String>()
        .to_lowercase();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// First and last second of a date, dateTime or instant.
pub(crate) fn span(text: &str) -> (i64, i64) {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<i64>().ok());
    let year = number(0, 4).expect("a date begins with its year");
    let Some(month) = number(5, 7) else {
        return (days(year, 1, 1) * 86_400, days(year + 1, 1, 1) * 86_400 - 1);
    };
    let Some(day) = number(8, 10) else {
        let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
        return (days(year, month, 1) * 86_400, next * 86_400 - 1);
    };
    let start = days(year, month, day) * 86_400;
    let Some(clock) = text.get(11..) else { return (start, start + 86_399) };
    let part = |from: usize| clock.get(from..from + 2).and_then(|t| t.parse::<i64>().ok());
    let seconds = part(0).unwrap_or(0) * 3600 + part(3).unwrap_or(0) * 60 + part(6).unwrap_or(0);
    let zone = clock.rfind(['+', '-']).map_or(0, |at| {
        let sign = if clock.as_bytes()[at] == b'-' { -1 } else { 1 };
        let minutes = part(at + 1).unwrap_or(0) * 60 + part(at + 4).unwrap_or(0);
        sign * minutes * 60
    });
    let at = start + seconds - zone;
    (at, at)
}

/// Days since 1970-01-01, counted year by year and month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let is_leap = |y: i64| (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let mut total = 0;
    for y in 1970.min(year)..1970.max(year) {
        total += if is_leap(y) { 366 } else { 365 };
    }
    if year < 1970 {
        total = -total;
    }
    let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    total + lengths.iter().take(usize::try_from(month - 1).unwrap()).sum::<i64>() + day - 1
}

/// Does a date search hit one of these spans (seconds, both ends included)?
pub(crate) fn is_date(held: &[(i64, i64)], wanted: &str) -> bool {
    let (prefix, text) = split_prefix(wanted);
    let (low, high) = span(text);
    let is_within = |from: &i64, to: &i64| low <= *from && *to <= high;
    held.iter().any(|(from, to)| match prefix {
        "eq" => is_within(from, to),
        "ne" => !is_within(from, to),
        "sa" => *from > high,
        "gt" => *to > high,
        "lt" => *from < low,
        "eb" => *to < low,
        "ge" => *to > high || is_within(from, to),
        "le" => *from < low || is_within(from, to),
        other => panic!("the oracle does not know {other}"),
    })
}

/// Spans of dates at the first path, and of Periods at the second.
pub(crate) fn spans(value: &Value, dates: &str, periods: &str) -> Vec<(i64, i64)> {
    let mut found: Vec<(i64, i64)> = Vec::new();
    if !dates.is_empty() {
        found.extend(at(value, dates).into_iter().filter_map(Value::as_str).map(span));
    }
    if !periods.is_empty() {
        for period in at(value, periods) {
            let start = period["start"].as_str().map_or(i64::MIN, |text| span(text).0);
            let end = period["end"].as_str().map_or(i64::MAX, |text| span(text).1);
            found.push((start, end));
        }
    }
    found
}

fn split_prefix(text: &str) -> (&str, &str) {
    match text.as_bytes().first() {
        Some(b'a'..=b'z') => text.split_at(2),
        _ => ("eq", text),
    }
}

/// Does a number search hit one of these numbers?
pub(crate) fn is_number(held: &[f64], wanted: &str) -> bool {
    let (prefix, text) = split_prefix(wanted);
    let number: f64 = text.parse().unwrap();
    let decimals = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let half = 0.5 * 10f64.powi(-i32::try_from(decimals).unwrap());
    held.iter().any(|value| {
        let is_equal = number - half <= *value && *value < number + half;
        match prefix {
            "eq" => is_equal,
            "ne" => !is_equal,
            "gt" | "sa" => *value > number,
            "lt" | "eb" => *value < number,
            "ge" => *value >= number,
            "le" => *value <= number,
            other => panic!("the oracle does not know {other}"),
        }
    })
}

/// What each unit of the records measures, and how much of it; the mole is a number in UCUM.
const UNITS: [(&str, &str, f64); 18] = [
    ("mg/dL", "mass in volume", 1e-2),
    ("g/dL", "mass in volume", 1e1),
    ("g/L", "mass in volume", 1.0),
    ("ng/mL", "mass in volume", 1e-6),
    ("pg/mL", "mass in volume", 1e-9),
    ("mmol/L", "number in volume", 6.022_140_76e20),
    ("10*3/uL", "number in volume", 1e9),
    ("10*6/uL", "number in volume", 1e12),
    ("{score}", "number", 1.0),
    ("{T-score}", "number", 1.0),
    ("%", "number", 1e-2),
    ("mg/g", "number", 1e-3),
    ("cm", "length", 1e-2),
    ("mm", "length", 1e-3),
    ("kg", "mass", 1e3),
    ("pg", "mass", 1e-12),
    ("U/L", "catalysis in volume", 1.0),
    ("kU/L", "catalysis in volume", 1e3),
];

/// A number of one unit of UCUM in another; `None` where they measure different things.
pub(crate) fn converted(number: f64, from: &str, to: &str) -> Option<f64> {
    // What stands in braces says what is counted, and is no unit.
    let bare = |unit: &str| unit.replace("/{1.73_m2}", "");
    if bare(from) == bare(to) {
        return Some(number);
    }
    let unit = |code: &str| UNITS.iter().find(|(known, ..)| *known == code);
    let ((_, from, from_size), (_, to, to_size)) = (unit(from)?, unit(to)?);
    let exact = format!("{:.11e}", number * from_size / to_size);
    (from == to).then(|| exact.parse().expect("a number that was just written"))
}

/// `Type/id` of references at a path.
pub(crate) fn references<'a>(value: &'a Value, path: &str) -> Vec<&'a str> {
    texts(value, &[&format!("{path}.reference")])
}
