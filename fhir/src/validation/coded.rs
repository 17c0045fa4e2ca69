//! Codes against [required bindings].
//!
//! [required bindings]: https://hl7.org/fhir/R4/terminologies.html#required

use super::codes::CodeSet;
use super::rules::Codes;
use super::vocabulary::Vocabulary;
use super::{Spot, Walk, short, shown};
use crate::json::Value;
use crate::resource::nearest;

/// Codes shown of a larger set.
const CODES_MAX: usize = 10;

impl<'a> Walk<'a> {
    /// An element of type code: its system is understood.
    pub(super) fn code(&mut self, value: Value<'_>, spot: &Spot<'_>) {
        let Some(code) = value.as_str() else { return };
        let text = match spot.rule.codes {
            Codes::Free => return,
            Codes::Vocabulary { vocabulary, .. } => {
                if vocabulary.has(&code) {
                    return;
                }
                format!("{} is none: {}.", shown(value), vocabulary.form())
            }
            Codes::Set(number) => {
                let (url, Some(set)) = self.rules.set(number, self.definitions) else { return };
                if set.has_code(&code) {
                    return;
                }
                format!("{} is no code of {url}; {}.", shown(value), allowed(set, &code))
            }
        };
        self.error("code-invalid", value, &spot.place, text);
    }

    /// A Coding that must be in the set.
    pub(super) fn coding(&mut self, value: Value<'_>, spot: &Spot<'_>) {
        if value.get("code").is_none() && value.get("extension").is_some() {
            return;
        }
        if let Some(text) = self.refusal(std::iter::once(value), spot) {
            self.error("code-invalid", value, &spot.place, text);
        }
    }

    /// A CodeableConcept of which one coding must be in the set; text alone is not enough.
    pub(super) fn concept(&mut self, value: Value<'_>, spot: &Spot<'_>) {
        let is_stated = value.get("coding").is_some() || value.get("text").is_some();
        if !is_stated {
            return;
        }
        if let Some(text) = self.refusal(value.list("coding"), spot) {
            self.error("code-invalid", value, &spot.place, text);
        }
    }

    /// Why none of the codings will do.
    fn refusal<'v>(
        &self,
        mut codings: impl Iterator<Item = Value<'v>> + Clone,
        spot: &Spot<'_>,
    ) -> Option<String> {
        let found = codings.clone().map(|coding| shown_coding(coding)).next();
        let found = || found.clone().unwrap_or_else(|| "No coding at all".into());
        match spot.rule.codes {
            Codes::Free => None,
            Codes::Vocabulary { vocabulary, is_whole: true } => {
                let is_in = codings.any(|coding| {
                    is_of(coding, vocabulary)
                        && coding.str("code").is_some_and(|code| vocabulary.has(&code))
                });
                let system = vocabulary.system();
                (!is_in).then(|| format!("{} is none of {system}: {}.", found(), vocabulary.form()))
            }
            Codes::Vocabulary { vocabulary, is_whole: false } => codings
                .find(|coding| {
                    is_of(*coding, vocabulary)
                        && coding.str("code").is_some_and(|code| !vocabulary.has(&code))
                })
                .map(|wrong| format!("{} is none: {}.", shown_coding(wrong), vocabulary.form())),
            Codes::Set(number) => {
                let (url, Some(set)) = self.rules.set(number, self.definitions) else {
                    return None;
                };
                let is_in = codings.any(|coding| {
                    let (system, code) = (coding.str("system"), coding.str("code"));
                    system.zip(code).is_some_and(|(system, code)| set.has(&system, &code))
                });
                let systems: Vec<&str> = set.systems().into_iter().collect();
                (!is_in).then(|| {
                    format!(
                        "{} is not in {url}, which is required here; {}, of {}.",
                        found(),
                        allowed(set, ""),
                        systems.join(", ")
                    )
                })
            }
        }
    }
}

fn is_of(coding: Value<'_>, vocabulary: Vocabulary) -> bool {
    coding.str("system").is_some_and(|system| system == vocabulary.system())
}

fn shown_coding(coding: Value<'_>) -> String {
    let part = |name| coding.get(name).map_or("–".into(), shown);
    format!("The code {} of the system {}", part("code"), part("system"))
}

/// What would be right: the nearest codes of a large set, all of a small one.
fn allowed(set: &CodeSet, wrong: &str) -> String {
    let listed: Vec<&str> = set.codes().take(CODES_MAX).collect();
    if set.len() <= CODES_MAX {
        return format!("allowed are {}", listed.join(", "));
    }
    let near = nearest(short(wrong), set.codes(), 3);
    let near =
        if near.is_empty() { String::new() } else { format!("near is {}; ", near.join(", ")) };
    format!("{near}allowed are {} and {} more", listed.join(", "), set.len() - CODES_MAX)
}
