//! The patient's record as the summary reads it: what may be told, and what refers to what.

use std::collections::HashMap;

use fhir::json::Value;
use fhir::primitive::DateTime;

use super::Options;
use super::rules::{Admission, SectionRule};
use super::wording::codes;
use crate::Found;
use crate::patient::dates;

/// The gathered resources in a fixed order, and the bounds that were asked for.
pub(super) struct Chart<'a> {
    pub(super) patient: &'a Found,
    pub(super) options: &'a Options,
    resources: Vec<&'a Found>,
    places: HashMap<(&'a str, &'a str), &'a Found>,
}

const DAY_US: i64 = 86_400_000_000;

impl<'a> Chart<'a> {
    /// Each resource once, by type and id, so that the order of arrival does not show.
    pub(super) fn new(patient: &'a Found, resources: &'a [Found], options: &'a Options) -> Self {
        let mut places = HashMap::new();
        for found in std::iter::once(patient).chain(resources) {
            places.entry((found.kind.as_str(), found.id.as_str())).or_insert(found);
        }
        let mut resources: Vec<&Found> = places.values().copied().collect();
        resources.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
        Self { patient, options, resources, places }
    }

    /// The resource of this type and id.
    pub(super) fn get(&self, kind: &str, id: &str) -> Option<&'a Found> {
        self.places.get(&(kind, id)).copied()
    }

    /// What a Reference points to, when it is in the record.
    pub(super) fn resolve(&self, reference: Value<'_>) -> Option<&'a Found> {
        let text = reference.str("reference")?;
        let local = text.strip_prefix(&*self.options.base).unwrap_or(&text).trim_start_matches('/');
        let mut parts = local.split('/');
        self.get(parts.next()?, parts.next()?)
    }

    /// What one of the admissions lets in, within the bounds asked for, newest first.
    pub(super) fn admitted(&self, admissions: &[Admission]) -> Vec<&'a Found> {
        let mut found: Vec<&Found> = Vec::new();
        for resource in &self.resources {
            let admission = admissions.iter().find(|admission| admission.kind == resource.kind);
            if admission.is_some_and(|admission| is_admitted(resource, admission))
                && !is_error(resource)
                && !self.is_about_another(resource)
                && self.is_asked_for(resource)
            {
                found.push(resource);
            }
        }
        found.sort_by_key(|found| std::cmp::Reverse(when_us(found)));
        found
    }

    /// Is somebody else its subject? Such a resource came in because one of the patient's refers to
    /// it, as a newborn's does to its mother's.
    pub(super) fn is_about_another(&self, found: &Found) -> bool {
        let subjects = ["subject", "patient"].iter().filter_map(|element| {
            let reference = found.root().get(element)?.str("reference")?;
            let base = &*self.options.base;
            let local = reference.strip_prefix(base).unwrap_or(&reference).trim_start_matches('/');
            let mut parts = local.split('/');
            let is_patient = parts.next() == Some("Patient");
            Some(is_patient && parts.next() == Some(self.patient.id.as_str()))
        });
        subjects.into_iter().any(|is_patient| !is_patient)
    }

    fn is_asked_for(&self, found: &Found) -> bool {
        let options = self.options;
        if let Some(since) = &options.since {
            let updated = found.root().at(&["meta", "lastUpdated"]).and_then(Value::as_str);
            let updated = updated.and_then(|text| DateTime::parse(&text));
            if updated.is_some_and(|updated| updated.range_us().0 <= since.range_us.1) {
                return false;
            }
        }
        dates::is_within(found, options.start.as_ref(), options.end.as_ref())
    }

    /// Does it lie within the section's window? What has no date does.
    pub(super) fn is_in_window(&self, found: &Found, rule: &SectionRule) -> bool {
        let Some(days) = rule.window_days else { return true };
        let end = self.options.end.as_ref().map_or(self.options.now_us, |end| end.range_us.1);
        let start = end.saturating_sub(i64::from(days) * DAY_US);
        dates::range_us(found).is_none_or(|(_, high)| high >= start)
    }

    /// Is this summary limited by dates or by the time of writing?
    pub(super) fn is_limited(&self) -> bool {
        let options = self.options;
        options.start.is_some() || options.end.is_some() || options.since.is_some()
    }
}

/// When it happened, for ordering: the end of the dates it covers, or their start while they last.
pub(super) fn when_us(found: &Found) -> i64 {
    match dates::range_us(found) {
        Some((low, i64::MAX)) => low,
        Some((_, high)) => high,
        None => i64::MIN,
    }
}

/// Was it entered in error, in whichever element its type says so?
pub(super) fn is_error(found: &Found) -> bool {
    let root = found.root();
    let is_code = |name| root.str(name).as_deref() == Some("entered-in-error");
    is_code("status")
        || is_code("lifecycleStatus")
        || codes(root.get("verificationStatus")).iter().any(|code| code == "entered-in-error")
        || codes(root.get("clinicalStatus")).iter().any(|code| code == "entered-in-error")
}

fn is_admitted(found: &Found, admission: &Admission) -> bool {
    let root = found.root();
    // A refuted statement is the opposite of what it states.
    if codes(root.get("verificationStatus")).iter().any(|code| code == "refuted") {
        return false;
    }
    match root.get(admission.element) {
        None => admission.codes.contains(&""),
        Some(value) => match value.as_str() {
            Some(code) => admission.codes.contains(&&*code),
            None => {
                let found = codes(Some(value));
                // A status in words alone is none that could exclude.
                found.is_empty() && admission.codes.contains(&"")
                    || found.iter().any(|code| admission.codes.contains(&code.as_str()))
            }
        },
    }
}
