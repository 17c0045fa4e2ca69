//! Everything that a summary may tell, read through the door as its caller may.

use std::collections::BTreeSet;

use fhir::{Kind, Outcome};
use interactions::{Caller, Door, Interaction, Key, Read, SearchScope};

use super::rules::RESOURCES_MAX;
use crate::{Found, pages};

/// Types that are read by the patient they are about.
const KINDS: [&str; 15] = [
    "Condition",
    "AllergyIntolerance",
    "MedicationStatement",
    "MedicationRequest",
    "Immunization",
    "Observation",
    "DiagnosticReport",
    "Procedure",
    "DeviceUseStatement",
    "Device",
    "Consent",
    "Flag",
    "ClinicalImpression",
    "CarePlan",
    "Encounter",
];

/// Resources of a page.
const PAGE_COUNT: &str = "500";
/// How far references are followed: from a request to its requester's role, and on to the
/// practitioner.
const ROUNDS_MAX: usize = 2;
/// Referenced resources that are read.
const REFERENCED_MAX: usize = 2_000;

/// The patient and what is recorded about them.
pub(super) async fn gather(
    door: &dyn Door,
    caller: &Caller,
    key: &Key,
) -> Result<(Found, Vec<Found>), Outcome> {
    let read = Read {
        key: key.clone(),
        unless_versions: Vec::new(),
        unless_since_us: None,
        parameters: Vec::new(),
    };
    let answer = door.perform(caller, Interaction::Read(read)).await?;
    let patient = Found::new(pages::json(&answer)?)
        .ok_or_else(|| Outcome::new(Kind::Fault, "the patient as stored has no type or no id"))?;
    let mut found = Vec::new();
    for kind in KINDS {
        let parameters = vec![
            ("patient".to_owned(), key.to_string()),
            ("_count".to_owned(), PAGE_COUNT.to_owned()),
        ];
        let most = RESOURCES_MAX - found.len();
        let scope = SearchScope::Type(kind.into());
        found.extend(pages::all(door, caller, &scope, parameters, most).await?);
    }
    follow(door, caller, &patient, &mut found).await?;
    Ok((patient, found))
}

/// Adds what the resources refer to: medicines, devices and whoever took part.
async fn follow(
    door: &dyn Door,
    caller: &Caller,
    patient: &Found,
    found: &mut Vec<Found>,
) -> Result<(), Outcome> {
    let mut known: BTreeSet<Key> = found.iter().map(key_of).collect();
    let mut from = 0;
    for round in 0..ROUNDS_MAX {
        let mut wanted: BTreeSet<Key> = BTreeSet::new();
        let patients = std::iter::once(patient).filter(|_| round == 0);
        for resource in found[from..].iter().chain(patients) {
            for key in resource.references(&caller.base) {
                if !is_left(&key.resource) && !known.contains(&key) {
                    wanted.insert(key);
                }
            }
        }
        let keys: Vec<Key> = wanted.into_iter().take(REFERENCED_MAX).collect();
        if keys.is_empty() {
            break;
        }
        from = found.len();
        found.extend(pages::by_ids(door, caller, &keys).await?);
        known.extend(keys);
    }
    Ok(())
}

fn key_of(found: &Found) -> Key {
    Key::new(found.kind.as_str(), found.id.as_str())
}

/// Other patients, and what has no place in the document.
fn is_left(kind: &str) -> bool {
    matches!(kind, "Patient" | "Composition" | "Bundle" | "Binary")
}

#[cfg(test)]
mod tests {
    use fhir::definitions;

    use super::KINDS;

    #[track_caller]
    fn check(kind: &str) {
        let parameter = definitions::r4().search_parameter(kind, "patient");
        assert!(parameter.is_some(), "{kind} cannot be searched by patient");
    }

    #[test]
    fn every_type_is_searched_by_a_parameter_that_it_has() {
        KINDS.iter().for_each(|kind| check(kind));
    }
}
