//! How the parts of resources are said: names, dates, quantities, lists.

use fhir::json::{Kind, Value};
use fhir::primitive::DateTime;

use super::Audience;
use super::glossary;

/// The codes of a CodeableConcept.
pub(super) fn codes(concept: Option<Value<'_>>) -> Vec<String> {
    let codings = concept.into_iter().flat_map(|concept| concept.list("coding"));
    codings.filter_map(|coding| Some(coding.str("code")?.into_owned())).collect()
}

/// What the concept is called: its text, the display of a coding, or the code itself, which
/// patients are spared.
pub(super) fn name(concept: Value<'_>, audience: Audience) -> Option<String> {
    let named = label(concept, audience)?;
    Some(match audience {
        Audience::Patient => glossary::explain(&named),
        Audience::Clinician => named,
    })
}

/// The same without an explanation: of kinds of visits and the like.
pub(super) fn label(concept: Value<'_>, audience: Audience) -> Option<String> {
    let text = said(concept.str("text"));
    let display = || concept.list("coding").find_map(|coding| said(coding.str("display")));
    let named = text.or_else(display);
    match audience {
        Audience::Patient => named.map(|name| unbracketed(&plain(&name))),
        Audience::Clinician => {
            named.or_else(|| concept.list("coding").find_map(|coding| said(coding.str("code"))))
        }
    }
}

fn said(text: Option<std::borrow::Cow<'_, str>>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A coding's display or code.
pub(super) fn coding_name(coding: Value<'_>, audience: Audience) -> Option<String> {
    let code = || said(coding.str("code")).filter(|_| audience == Audience::Clinician);
    said(coding.str("display")).or_else(code)
}

const SEMANTIC_TAGS: &[&str] = &[
    " (disorder)",
    " (finding)",
    " (procedure)",
    " (situation)",
    " (regime/therapy)",
    " (event)",
    " (substance)",
    " (observable entity)",
    " (record artifact)",
    " (physical object)",
    " (product)",
];

/// A name without the tag that a terminology hangs on it to tell homonyms apart.
pub(super) fn plain(name: &str) -> String {
    let stripped = SEMANTIC_TAGS.iter().find_map(|tag| name.strip_suffix(tag));
    stripped.unwrap_or(name).to_owned()
}

/// A name of LOINC without the `[Mass/volume]` that says which kind of quantity was measured.
fn unbracketed(name: &str) -> String {
    let mut out = name.to_owned();
    while let Some(start) = out.find(" [") {
        let Some(end) = out[start..].find(']') else { break };
        out.replace_range(start..=start + end, "");
    }
    out
}

/// `SNOMED CT 44054006`: the first code, for clinicians.
pub(super) fn code_label(concept: Option<Value<'_>>, audience: Audience) -> String {
    if audience == Audience::Patient {
        return String::new();
    }
    let coding = concept.and_then(|concept| concept.list("coding").next());
    let Some(code) = coding.and_then(|coding| said(coding.str("code"))) else {
        return String::new();
    };
    let system = coding.and_then(|coding| coding.str("system"));
    let known = SYSTEMS.iter().find(|(url, _)| Some(*url) == system.as_deref());
    known.map_or_else(|| code.clone(), |(_, name)| format!("{name} {code}"))
}

const SYSTEMS: &[(&str, &str)] = &[
    ("http://snomed.info/sct", "SNOMED CT"),
    ("http://loinc.org", "LOINC"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "RxNorm"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "ICD-10-CM"),
    ("http://hl7.org/fhir/sid/icd-10", "ICD-10"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "ICD-9-CM"),
    ("http://hl7.org/fhir/sid/cvx", "CVX"),
    ("http://hl7.org/fhir/sid/ndc", "NDC"),
    ("http://www.whocc.no/atc", "ATC"),
    ("http://www.ama-assn.org/go/cpt", "CPT"),
];

/// What makes two concepts the same: the coding of the preferred system, the first coding, or the
/// text.
pub(super) fn concept_key(concept: Value<'_>, preferred: &str) -> Option<String> {
    let has_code = |coding: &Value<'_>| coding.str("code").is_some();
    let is_preferred = |coding: &Value<'_>| coding.str("system").as_deref() == Some(preferred);
    let coding = concept.list("coding").filter(has_code).find(is_preferred);
    let coding = coding.or_else(|| concept.list("coding").find(has_code));
    match coding {
        Some(coding) => {
            let system = coding.str("system").unwrap_or_default().into_owned();
            Some(format!("{system}|{}", coding.str("code")?))
        }
        None => said(concept.str("text")).map(|text| text.to_lowercase()),
    }
}

/// A date in the precision in which it was recorded, down to the day.
pub(super) fn day(text: &str) -> String {
    text.split('T').next().unwrap_or(text).to_owned()
}

/// A date as recorded, down to the minute.
pub(super) fn minute(text: &str) -> String {
    match text.split_once('T') {
        Some((day, time)) => format!("{day} {}", time.get(..5).unwrap_or(time)),
        None => text.to_owned(),
    }
}

/// `2011-03-02 to 2011-04`, as far as the Period goes.
pub(super) fn period(value: Value<'_>) -> Option<String> {
    let part = |name| value.str(name).map(|text| day(&text));
    match (part("start"), part("end")) {
        (Some(start), Some(end)) if start == end => Some(start),
        (Some(start), Some(end)) => Some(format!("{start} to {end}")),
        (Some(start), None) => Some(format!("since {start}")),
        (None, Some(end)) => Some(format!("until {end}")),
        (None, None) => None,
    }
}

/// `< 7.40 %`: comparator, number as it is written, unit.
pub(super) fn quantity(value: Value<'_>, audience: Audience) -> Option<String> {
    let number = value.get("value")?.as_number()?;
    let comparator = value.str("comparator").map(|text| format!("{text} "));
    let unit = unit(value).map(|unit| match audience {
        Audience::Patient => glossary::unit(&unit),
        Audience::Clinician => unit,
    });
    let unit = unit.map(|unit| format!(" {unit}"));
    Some(format!("{}{number}{}", comparator.unwrap_or_default(), unit.unwrap_or_default()))
}

/// The unit as people write it, or its code. `{…}` of UCUM and `1` say nothing to a reader.
pub(super) fn unit(value: Value<'_>) -> Option<String> {
    let unit = said(value.str("unit")).or_else(|| said(value.str("code")))?;
    (unit != "1" && !(unit.starts_with('{') && unit.ends_with('}'))).then_some(unit)
}

/// Whatever a value[x] holds, in words.
pub(super) fn value(value: Value<'_>, audience: Audience) -> Option<String> {
    match value.kind() {
        Kind::True => Some("yes".to_owned()),
        Kind::False => Some("no".to_owned()),
        Kind::Number => Some(value.raw().to_owned()),
        Kind::String => {
            let text = value.as_str()?;
            let is_date = value.key().ends_with("DateTime") && DateTime::parse(&text).is_some();
            Some(if is_date { day(&text) } else { text.trim().to_owned() })
        }
        Kind::Object => compound(value, audience),
        Kind::Array | Kind::Null => None,
    }
}

fn compound(value: Value<'_>, audience: Audience) -> Option<String> {
    match value.key() {
        key if key.ends_with("CodeableConcept") => name(value, audience).map(|name| plain(&name)),
        key if key.ends_with("Range") => range(value, audience),
        key if key.ends_with("Ratio") => {
            let part = |name| value.get(name).and_then(|part| quantity(part, audience));
            Some(format!("{} per {}", part("numerator")?, part("denominator")?))
        }
        key if key.ends_with("Period") => period(value),
        _ => quantity(value, audience),
    }
}

/// `4.0–5.6 %`, `up to 5.6 %`, `4.0 % or more`
pub(super) fn range(value: Value<'_>, audience: Audience) -> Option<String> {
    let part = |name| value.get(name).and_then(|part: Value<'_>| quantity(part, audience));
    match (part("low"), part("high")) {
        (Some(_), Some(high)) => {
            let low = value.at(&["low", "value"])?.as_number()?;
            Some(format!("{low}–{high}"))
        }
        (None, Some(high)) => Some(format!("up to {high}")),
        (Some(low), None) => Some(format!("{low} or more")),
        (None, None) => None,
    }
}

/// `a`, `a and b`, `a, b and c`
pub(super) fn joined(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `1 result`, `2 results`
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A text with a capital at its start.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), characters.as_str())
}

/// What a Reference is called by whoever wrote it.
pub(super) fn reference_name(reference: Value<'_>) -> Option<String> {
    said(reference.str("display"))
}
