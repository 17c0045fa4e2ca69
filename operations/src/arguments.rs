//! What an operation was given: its [Parameters] resource, read by name.
//!
//! [Parameters]: https://hl7.org/fhir/R4/parameters.html

use fhir::Outcome;
use fhir::json::{Kind, Value};
use fhir::primitive::{DateTime, Precision};
use interactions::Input;

/// A point in time as it was given, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    /// As it was written.
    pub text: String,
    /// First and last microsecond since 1970 that the text covers.
    pub range_us: (i64, i64),
}

/// Values of a parameter as text: primitives as they stand, an Identifier as the token
/// `system|value`.
pub(crate) fn texts(input: &Input, name: &str) -> Vec<String> {
    let Some(parameters) = &input.parameters else { return Vec::new() };
    let parts = parameters.root().list("parameter");
    parts.filter(|part| part.str("name").as_deref() == Some(name)).filter_map(text).collect()
}

/// The value of a parameter that occurs once at most.
pub(crate) fn one(input: &Input, name: &str) -> Option<String> {
    texts(input, name).into_iter().next()
}

/// The value of a parameter of a complex type: `valueMeta`.
pub(crate) fn complex<'a>(input: &'a Input, name: &str) -> Option<Value<'a>> {
    let parameters = input.parameters.as_ref()?;
    let mut parts = parameters.root().list("parameter");
    let part = parts.find(|part| part.str("name").as_deref() == Some(name))?;
    part.entries().find(|member| member.key().starts_with("value"))
}

fn text(part: Value<'_>) -> Option<String> {
    let value = part.entries().find(|member| member.key().starts_with("value"))?;
    match value.kind() {
        Kind::Object => {
            let system = value.str("system").map(|system| format!("{system}|"));
            Some(format!("{}{}", system.unwrap_or_default(), value.str("value")?))
        }
        Kind::String => value.as_str().map(|text| text.into_owned()),
        _ => Some(value.raw().to_owned()),
    }
}

/// A date, or a time with its zone.
///
/// # Errors
/// What is none, by name.
pub(crate) fn date(input: &Input, name: &str) -> Result<Option<Instant>, Outcome> {
    let Some(text) = one(input, name) else { return Ok(None) };
    match DateTime::parse(&text) {
        Some(date) => Ok(Some(Instant { range_us: date.range_us(), text })),
        None => Err(wrong(name, &text, "a date such as 2024, 2024-05 or 2024-05-31")),
    }
}

/// An instant: a date, a time to the second and a zone.
///
/// # Errors
/// What is none, by name.
pub(crate) fn instant(input: &Input, name: &str) -> Result<Option<Instant>, Outcome> {
    let Some(text) = one(input, name) else { return Ok(None) };
    match DateTime::parse(&text) {
        Some(date) if date.precision >= Precision::Second && date.offset_min.is_some() => {
            Ok(Some(Instant { range_us: date.range_us(), text }))
        }
        _ => Err(wrong(name, &text, "an instant such as 2024-05-31T08:30:00Z")),
    }
}

/// Refuses bounds that leave nothing between them.
///
/// # Errors
/// When the end lies before the start.
pub(crate) fn ordered(start: Option<&Instant>, end: Option<&Instant>) -> Result<(), Outcome> {
    match (start, end) {
        (Some(start), Some(end)) if end.range_us.1 < start.range_us.0 => Err(Outcome::invalid(
            format!("the end {} lies before the start {}", end.text, start.text),
        )
        .at("end")),
        _ => Ok(()),
    }
}

/// The failure for a value that a parameter does not take.
pub(crate) fn wrong(name: &str, value: &str, expected: &str) -> Outcome {
    Outcome::invalid(format!("the value \"{value}\" of {name} is not {expected}")).at(name)
}
