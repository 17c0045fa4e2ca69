//! A result with what it means beside the one before: value, flag, change.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use fhir::json::Value;

use super::Audience;
use super::decimal::Decimal;
use super::flag::{Flag, flag, is_same_unit, range_text};
use super::wording::{codes, concept_key, day, minute, name, plain, reference_name, value};
use crate::Found;
use crate::patient::dates;

/// The latest observation of a code.
pub(super) struct Reading<'a> {
    pub(super) found: &'a Found,
    pub(super) previous: Option<&'a Found>,
    pub(super) name: String,
    parts: Vec<Part<'a>>,
    audience: Audience,
}

/// The value itself or that of a component.
struct Part<'a> {
    label: Option<String>,
    holder: Value<'a>,
    text: String,
    flag: Option<Flag>,
    change: Option<String>,
}

/// The latest reading of each code, in the order of the observations, which are newest first.
pub(super) fn latest<'a>(observations: &[&'a Found], audience: Audience) -> Vec<Reading<'a>> {
    let mut groups: BTreeMap<String, Vec<&Found>> = BTreeMap::new();
    let mut order = Vec::new();
    for found in observations {
        if !says_something(found, audience) {
            continue;
        }
        let code = found.root().get("code");
        let key = code.and_then(|code| concept_key(code, "http://loinc.org"));
        let key = key.unwrap_or_else(|| found.address());
        let key = format!("{key}{}", focus(found));
        let group = groups.entry(key.clone()).or_default();
        if group.is_empty() {
            order.push(key);
        }
        group.push(found);
    }
    order.iter().map(|key| Reading::new(&groups[key], audience)).collect()
}

/// A panel that only groups its members says nothing itself.
fn says_something(found: &Found, audience: Audience) -> bool {
    holders(found.root()).any(|holder| text(holder, audience).is_some())
}

fn holders(root: Value<'_>) -> impl Iterator<Item = Value<'_>> {
    std::iter::once(root).chain(root.list("component"))
}

fn value_of(holder: Value<'_>) -> Option<Value<'_>> {
    holder.entries().find(|member| member.key().starts_with("value"))
}

fn text(holder: Value<'_>, audience: Audience) -> Option<String> {
    let said = value_of(holder).and_then(|member| value(member, audience));
    said.or_else(|| {
        let reason = name(holder.get("dataAbsentReason")?, audience)?;
        Some(format!("no value ({reason})"))
    })
}

impl<'a> Reading<'a> {
    fn new(group: &[&'a Found], audience: Audience) -> Self {
        let (found, previous) = (group[0], group.get(1).copied());
        let root = found.root();
        let named = root.get("code").and_then(|code| name(code, audience));
        let parts = holders(root).filter_map(|holder| {
            let text = text(holder, audience)?;
            let change = previous.and_then(|previous| {
                let before = counterpart(root, holder, previous.root())?;
                changed(holder, before, &when(previous, day), audience)
            });
            let is_component = holder.index() != root.index();
            let label = holder.get("code").filter(|_| is_component);
            let label = label.and_then(|code| name(code, audience)).map(|name| plain(&name));
            Some(Part { label, holder, text, flag: flag(holder), change })
        });
        let mut parts: Vec<Part<'a>> = parts.collect();
        // A blood pressure is said from its systolic value on, whatever the order it came in.
        parts.sort_by_key(|part| !is_systolic(part.holder));
        let named = named.unwrap_or_else(|| unnamed(audience).to_owned());
        let name = format!("{named}{}", focus(found));
        Self { found, previous, name, parts, audience }
    }

    pub(super) fn is_abnormal(&self) -> bool {
        self.parts.iter().any(|part| part.flag.is_some())
    }

    /// The observation and the one before.
    pub(super) fn sources(&self) -> Vec<&'a Found> {
        let before = self.previous.filter(|_| self.parts.iter().any(|part| part.change.is_some()));
        std::iter::once(self.found).chain(before).collect()
    }

    pub(super) fn values(&self) -> String {
        self.each(|part| Some(part.text.clone()))
    }

    pub(super) fn flags(&self) -> String {
        self.each(|part| Some(part.flag.as_ref()?.short(self.audience)))
    }

    pub(super) fn ranges(&self) -> String {
        self.each(|part| range_text(part.holder, self.audience))
    }

    pub(super) fn changes(&self) -> String {
        self.each(|part| part.change.clone())
    }

    fn each(&self, say: impl Fn(&Part<'_>) -> Option<String>) -> String {
        let said = self.parts.iter().filter_map(|part| {
            let text = say(part)?;
            let label = part.label.as_ref().filter(|_| self.parts.len() > 1);
            Some(label.map_or(text.clone(), |label| format!("{label}: {text}")))
        });
        said.collect::<Vec<String>>().join("; ")
    }

    pub(super) fn date(&self) -> String {
        when(self.found, minute)
    }

    /// `preliminary`, and other states that are not the final ones.
    pub(super) fn state(&self) -> Option<String> {
        let status = self.found.root().str("status")?.into_owned();
        matches!(&*status, "preliminary" | "unknown" | "corrected" | "amended").then_some(status)
    }

    /// `Hemoglobin A1c was 8.1 % on 2024-05-01, above the reference range 4.0–5.6 %, up 0.7 from
    /// 7.4 % on 2023-11-02.`
    pub(super) fn sentence(&self) -> String {
        let parts = self.parts.iter().map(|part| {
            let label = part.label.as_ref().filter(|_| self.parts.len() > 1);
            let label = label.map(|label| format!("{label} ")).unwrap_or_default();
            let flag = part.flag.as_ref().map(|flag| flag.text(part.holder, self.audience));
            let details: Vec<String> = flag.into_iter().chain(part.change.clone()).collect();
            match details.is_empty() {
                true => format!("{label}{}", part.text),
                false => format!("{label}{}, {}", part.text, details.join(", ")),
            }
        });
        let said = parts.collect::<Vec<String>>().join("; ");
        let date = when(self.found, day);
        let date = if date.is_empty() { date } else { format!(" on {date}") };
        let state = self.state().map(|state| format!(" ({state})")).unwrap_or_default();
        format!("{}{state}{date}: {said}.", plain(&self.name))
    }
}

/// Whom or what the observation is about when that is not the patient: a fetus, an implant.
fn focus(found: &Found) -> String {
    let mut about = found.root().list("focus");
    let Some(first) = about.next() else { return String::new() };
    format!(" (of {})", reference_name(first).unwrap_or_else(|| "somebody else".to_owned()))
}

fn is_systolic(holder: Value<'_>) -> bool {
    codes(holder.get("code")).iter().any(|code| code == "8480-6")
}

fn unnamed(audience: Audience) -> &'static str {
    match audience {
        Audience::Clinician => "Observation without a code",
        Audience::Patient => "A test without a name",
    }
}

fn when(found: &Found, write: fn(&str) -> String) -> String {
    dates::text(found).map(|text| write(&text)).unwrap_or_default()
}

/// The same part of the observation before: the value, or the component with the same code.
fn counterpart<'a>(root: Value<'_>, holder: Value<'_>, before: Value<'a>) -> Option<Value<'a>> {
    if holder.index() == root.index() {
        return Some(before);
    }
    let key = concept_key(holder.get("code")?, "http://loinc.org")?;
    before.list("component").find(|component| {
        let code = component.get("code");
        code.and_then(|code| concept_key(code, "http://loinc.org")).as_ref() == Some(&key)
    })
}

/// How the value changed since the one before.
fn changed(now: Value<'_>, before: Value<'_>, date: &str, audience: Audience) -> Option<String> {
    let before_text = text(before, audience)?;
    let on = if date.is_empty() { String::new() } else { format!(" on {date}") };
    let numbers = number(now).zip(number(before)).filter(|_| is_comparable(now, before));
    let Some((a, b)) = numbers else {
        let same = text(now, audience).as_ref() == Some(&before_text);
        return Some(match (audience, same) {
            (_, true) => format!("the same as{}", on_or_before(&on)),
            (Audience::Clinician, false) => format!("previously {before_text}{on}"),
            (Audience::Patient, false) => format!("before that {before_text}{on}"),
        });
    };
    let distance = a.distance(b).unwrap_or_else(|| "slightly".to_owned());
    Some(match (audience, a.compare(b)) {
        (_, Ordering::Equal) => format!("unchanged from {before_text}{on}"),
        (Audience::Clinician, Ordering::Greater) => format!("up {distance} from {before_text}{on}"),
        (Audience::Clinician, Ordering::Less) => format!("down {distance} from {before_text}{on}"),
        (Audience::Patient, Ordering::Greater) => {
            format!("{distance} higher than the {before_text}{}", before_that(&on))
        }
        (Audience::Patient, Ordering::Less) => {
            format!("{distance} lower than the {before_text}{}", before_that(&on))
        }
    })
}

fn on_or_before(on: &str) -> String {
    if on.is_empty() { " before".to_owned() } else { on.to_owned() }
}

fn before_that(on: &str) -> String {
    if on.is_empty() { " before".to_owned() } else { format!(" measured{on}") }
}

fn number(holder: Value<'_>) -> Option<Decimal> {
    let member = value_of(holder)?;
    match member.key() {
        "valueInteger" => Decimal::parse(member.as_number()?),
        "valueQuantity" if member.get("comparator").is_none() => {
            Decimal::parse(member.get("value")?.as_number()?)
        }
        _ => None,
    }
}

fn is_comparable(now: Value<'_>, before: Value<'_>) -> bool {
    match (now.get("valueQuantity"), before.get("valueQuantity")) {
        (Some(now), Some(before)) => {
            is_same_unit(now, before) && now.get("unit").is_some() == before.get("unit").is_some()
        }
        (None, None) => true,
        _ => false,
    }
}
