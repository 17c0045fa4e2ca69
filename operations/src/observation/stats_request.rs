//! What [`$stats`] is asked: whose measurements, of what, when, and which statistics.
//!
//! [`$stats`]: https://hl7.org/fhir/R4/observation-operation-stats.html

use fhir::json::Value;
use fhir::primitive::DateTime;
use fhir::reference::{Target, target};
use fhir::resource::nearest;
use fhir::{Outcome, definitions};
use interactions::{Caller, Input, Key};

use super::statistics::{STATISTICS, Statistic, statistic};
use crate::{arguments, clock};

/// A code that measurements are asked for by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// Any where it is `None`.
    pub(super) system: Option<String>,
    pub(super) code: String,
    pub(super) display: Option<String>,
}

/// The request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) subject: Key,
    pub(super) codes: Vec<Asked>,
    /// As FHIR dateTimes: start and end.
    pub(super) period: (Option<String>, Option<String>),
    pub(super) statistics: Vec<Statistic>,
    /// Sources to answer with; `None`: none are wanted.
    pub(super) sources_max: Option<usize>,
}

/// Sources in an answer where no limit is given.
const SOURCES_DEFAULT: usize = 1_000;
/// Hours in a duration: some ten thousand years.
const HOURS_MAX: f64 = 87_600_000.0;

impl Request {
    pub(super) fn new(input: &Input, caller: &Caller) -> Result<Self, Outcome> {
        Ok(Self {
            subject: subject(input, caller)?,
            codes: codes(input)?,
            period: period(input)?,
            statistics: statistics(input)?,
            sources_max: sources_max(input)?,
        })
    }
}

fn subject(input: &Input, caller: &Caller) -> Result<Key, Outcome> {
    let text = arguments::one(input, "subject").unwrap_or_default();
    let schema = definitions::r4().schema();
    match target(&text, &[caller.base.to_string()], schema) {
        Target::Local { resource, id, .. } => Ok(Key::new(resource, id)),
        _ => Err(arguments::wrong(
            "subject",
            &text,
            "a reference to a resource of this server, such as Patient/123",
        )),
    }
}

fn codes(input: &Input) -> Result<Vec<Asked>, Outcome> {
    let system = arguments::one(input, "system");
    let mut codes = Vec::new();
    for text in arguments::texts(input, "code") {
        codes.extend(text.split(',').filter(|code| !code.is_empty()).map(|code| {
            // A code may carry its system as in a search.
            let (own, code) = code.split_once('|').map_or((None, code), |(own, code)| {
                ((!own.is_empty()).then(|| own.to_owned()), code)
            });
            Asked { system: own.or_else(|| system.clone()), code: code.to_owned(), display: None }
        }));
    }
    let parameters = input.parameters.iter().flat_map(|all| all.root().list("parameter"));
    for item in parameters.filter(|item| item.str("name").as_deref() == Some("coding")) {
        codes.push(coding(item)?);
    }
    if codes.is_empty() {
        return Err(Outcome::invalid(
            "$stats needs what was measured: code with system, or coding. For instance \
             code=8867-4&system=http://loinc.org.",
        )
        .with_code("required")
        .at("code"));
    }
    codes.dedup_by(|a, b| (&a.system, &a.code) == (&b.system, &b.code));
    Ok(codes)
}

fn coding(item: Value<'_>) -> Result<Asked, Outcome> {
    let coding = item.get("valueCoding");
    let text = |name: &str| Some(coding?.str(name)?.into_owned());
    let code = text("code")
        .ok_or_else(|| Outcome::invalid("a coding of what was measured has a code").at("coding"))?;
    Ok(Asked { system: text("system"), code, display: text("display") })
}

/// A duration decides before a period.
fn period(input: &Input) -> Result<(Option<String>, Option<String>), Outcome> {
    if let Some(text) = arguments::one(input, "duration") {
        let hours: f64 = text.parse().unwrap_or(f64::NAN);
        if !(hours > 0.0 && hours <= HOURS_MAX) {
            return Err(arguments::wrong("duration", &text, "a number of hours above 0"));
        }
        let now = clock::now_us();
        // Rounded to the microsecond; the bound keeps it within range.
        let start = now.saturating_sub((hours * 3_600_000_000.0) as i64);
        let text = DateTime::instant_text;
        return Ok((Some(text(start)), Some(text(now))));
    }
    let Some(period) = arguments::complex(input, "period") else { return Ok((None, None)) };
    let bound = |name: &str| -> Result<Option<String>, Outcome> {
        let Some(text) = period.str(name) else { return Ok(None) };
        if DateTime::parse(&text).is_none() {
            return Err(arguments::wrong("period", &text, "a date or a time with its zone"));
        }
        Ok(Some(text.into_owned()))
    };
    let (start, end) = (bound("start")?, bound("end")?);
    let range = |text: &Option<String>| text.as_deref().and_then(DateTime::parse);
    if let (Some(from), Some(to)) = (range(&start), range(&end))
        && to.range_us().1 < from.range_us().0
    {
        return Err(Outcome::invalid("the period ends before it starts").at("period"));
    }
    Ok((start, end))
}

fn statistics(input: &Input) -> Result<Vec<Statistic>, Outcome> {
    let mut wanted: Vec<Statistic> = Vec::new();
    for text in arguments::texts(input, "statistic") {
        for code in text.split(',').map(str::trim) {
            let found = statistic(code).ok_or_else(|| unknown(code))?;
            if !wanted.contains(&found) {
                wanted.push(found);
            }
        }
    }
    Ok(wanted)
}

fn unknown(code: &str) -> Outcome {
    let codes = STATISTICS.map(|one| one.code);
    let near = nearest(code, codes, 1);
    let hint = near.first().map_or_else(String::new, |near| format!(" Did you mean {near}?"));
    Outcome::invalid(format!("'{code}' is no statistic.{hint} There are {}.", codes.join(", ")))
        .at("statistic")
}

fn sources_max(input: &Input) -> Result<Option<usize>, Outcome> {
    if arguments::one(input, "include").as_deref() != Some("true") {
        return Ok(None);
    }
    match arguments::one(input, "limit") {
        None => Ok(Some(SOURCES_DEFAULT)),
        Some(text) => match text.parse::<usize>() {
            Ok(limit) if limit > 0 => Ok(Some(limit.min(SOURCES_DEFAULT))),
            _ => Err(arguments::wrong("limit", &text, "a number from 1 on")),
        },
    }
}
