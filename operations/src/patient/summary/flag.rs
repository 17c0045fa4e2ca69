//! Whether a result is abnormal, and who says so: its own interpretation, else its own reference
//! range. Nothing else is judged by.

use std::cmp::Ordering;

use fhir::json::Value;

use super::Audience;
use super::decimal::Decimal;
use super::wording::{codes, range, unit};

/// What is said about an abnormal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flag {
    word: &'static str,
    lay_word: &'static str,
    /// The interpretation came with the resource.
    is_stated: bool,
}

/// Interpretation codes that mean abnormal;
/// http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation
const ABNORMAL: &[(&str, &str, &str)] = &[
    ("HH", "critically high", "very much higher than usual"),
    ("LL", "critically low", "very much lower than usual"),
    ("AA", "critically abnormal", "very unusual"),
    ("HU", "significantly high", "much higher than usual"),
    ("LU", "significantly low", "much lower than usual"),
    ("H", "high", "higher than usual"),
    ("L", "low", "lower than usual"),
    (">", "off scale high", "higher than can be measured"),
    ("<", "off scale low", "lower than can be measured"),
    ("A", "abnormal", "unusual"),
];

/// The flag of an Observation or of one of its components.
pub(super) fn flag(holder: Value<'_>) -> Option<Flag> {
    let stated: Vec<String> =
        holder.list("interpretation").flat_map(|concept| codes(Some(concept))).collect();
    let known = ABNORMAL.iter().find(|(code, ..)| stated.iter().any(|stated| stated == code));
    if let Some((_, word, lay_word)) = known {
        return Some(Flag { word, lay_word, is_stated: true });
    }
    if stated.iter().any(|code| code == "N") {
        return None;
    }
    let (word, lay_word) = match against_range(holder)? {
        Ordering::Greater => ("above", "higher than"),
        Ordering::Less => ("below", "lower than"),
        Ordering::Equal => return None,
    };
    Some(Flag { word, lay_word, is_stated: false })
}

impl Flag {
    /// `high`, `above the reference range`: beside a column with the range.
    pub(super) fn short(&self, audience: Audience) -> String {
        match (audience, self.is_stated) {
            (Audience::Clinician, true) => self.word.to_owned(),
            (Audience::Patient, true) => self.lay_word.to_owned(),
            (Audience::Clinician, false) => format!("{} the reference range", self.word),
            (Audience::Patient, false) => format!("{} the usual range", self.lay_word),
        }
    }

    /// `above the reference range 4.0–5.6 %`, `flagged high`
    pub(super) fn text(&self, holder: Value<'_>, audience: Audience) -> String {
        let range = range_text(holder, audience);
        match (audience, self.is_stated, range) {
            (Audience::Clinician, true, None) => format!("flagged {}", self.word),
            (Audience::Clinician, true, Some(range)) => {
                format!("flagged {} (reference range {range})", self.word)
            }
            (Audience::Clinician, false, range) => {
                format!("{} the reference range {}", self.word, range.unwrap_or_default())
            }
            (Audience::Patient, true, None) => format!("marked as {}", self.lay_word),
            (Audience::Patient, true, Some(range)) => {
                format!("marked as {} (usual range: {range})", self.lay_word)
            }
            (Audience::Patient, false, range) => {
                format!("{} the usual range ({})", self.lay_word, range.unwrap_or_default())
            }
        }
    }
}

/// The range of normal values that came with the result, in words.
pub(super) fn range_text(holder: Value<'_>, audience: Audience) -> Option<String> {
    let reference = normal_range(holder)?;
    range(reference, audience).or_else(|| reference.str("text").map(|text| text.trim().to_owned()))
}

/// The one range that states what is normal; several would need a choice that is not ours.
fn normal_range<'a>(holder: Value<'a>) -> Option<Value<'a>> {
    let mut ranges = holder.list("referenceRange").filter(|range| {
        let kinds = codes(range.get("type"));
        kinds.is_empty() || kinds.iter().any(|kind| kind == "normal")
    });
    let range = ranges.next()?;
    ranges.next().is_none().then_some(range)
}

/// Where the value lies: below, in or above its reference range; `None` when that cannot be said.
fn against_range(holder: Value<'_>) -> Option<Ordering> {
    let value = holder.get("valueQuantity")?;
    let number = Decimal::parse(value.get("value")?.as_number()?)?;
    let comparator = value.str("comparator").unwrap_or_default();
    let range = normal_range(holder)?;
    let bound = |name| {
        let bound: Value<'_> = range.get(name)?;
        is_same_unit(value, bound).then_some(())?;
        Decimal::parse(bound.get("value")?.as_number()?)
    };
    let (low, high) = (bound("low"), bound("high"));
    // A bounded value such as `< 5` lies somewhere on one side of its number.
    let may_be_above = matches!(&*comparator, "" | ">" | ">=");
    let may_be_below = matches!(&*comparator, "" | "<" | "<=");
    let passes = |bound: Decimal, wanted: Ordering, strict: &str| {
        let order = number.compare(bound);
        order == wanted || order == Ordering::Equal && &*comparator == strict
    };
    if may_be_above && high.is_some_and(|high| passes(high, Ordering::Greater, ">")) {
        return Some(Ordering::Greater);
    }
    if may_be_below && low.is_some_and(|low| passes(low, Ordering::Less, "<")) {
        return Some(Ordering::Less);
    }
    (low.is_some() || high.is_some()).then_some(Ordering::Equal)
}

/// Are both in the same unit, or does one not say? A range often leaves it to its value.
pub(super) fn is_same_unit(a: Value<'_>, b: Value<'_>) -> bool {
    match (a.str("code"), b.str("code")) {
        (Some(a), Some(b)) => a == b,
        _ => match (unit(a), unit(b)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        },
    }
}
