//! What a reader may rely on in every sample record.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use fhir::json::Json;
use fhir::validation::structure;
use serde_json::Value;

use super::{Date, Options, Sample, bundles};

const SYSTEMS: [&str; 7] = [
    "http://hl7.org/fhir/",
    "http://terminology.hl7.org/CodeSystem/",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://unitsofmeasure.org",
    "urn:ietf:bcp:47",
    "http://example.org/",
];

fn samples(patients: usize, seed: u64) -> Vec<Sample> {
    bundles(&Options { patients, seed, today: today() }).collect()
}

fn today() -> Date {
    "2026-03-31".parse().unwrap()
}

fn resources(sample: &Sample) -> impl Iterator<Item = &Value> {
    sample.bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"])
}

fn of_type<'a>(sample: &'a Sample, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    resources(sample).filter(move |resource| resource["resourceType"] == kind)
}

/// Observations with this LOINC code.
fn coded<'a>(sample: &'a Sample, loinc: &'a str) -> Vec<&'a Value> {
    of_type(sample, "Observation").filter(|one| one["code"]["coding"][0]["code"] == loinc).collect()
}

/// Calls back with the path (`Goal.target.dueDate`) and every string of a resource.
fn strings(value: &Value, path: &str, call: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => call(path, text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, path, call)),
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| strings(member, &format!("{path}.{name}"), call)),
        _ => {}
    }
}

fn each_string(sample: &Sample, mut call: impl FnMut(&Value, &str, &str)) {
    for resource in resources(sample) {
        let kind = resource["resourceType"].as_str().unwrap();
        strings(resource, kind, &mut |path, text| call(resource, path, text));
    }
}

fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

fn date(value: &Value) -> Date {
    day(value.as_str().unwrap()).unwrap()
}

/// The twelve stories and others after them, made once for all tests.
fn records() -> &'static [Sample] {
    static RECORDS: OnceLock<Vec<Sample>> = OnceLock::new();
    RECORDS.get_or_init(|| [1, 20].into_iter().flat_map(|seed| samples(60, seed)).collect())
}

#[track_caller]
fn check(property: impl Fn(&Sample)) {
    records().iter().filter(|sample| sample.patient.is_some()).for_each(property);
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let bytes = |seed| -> Vec<String> {
        samples(13, seed).iter().map(|sample| sample.bundle.to_string()).collect()
    };
    let (one, same, other) = (bytes(7), bytes(7), bytes(8));
    assert_eq!(one, same);
    assert_eq!(one[0], other[0], "organizations are the same for all seeds");
    assert!(one[1..].iter().zip(&other[1..]).all(|(a, b)| a != b));
}

#[test]
fn a_record_does_not_depend_on_how_many_are_asked_for() {
    let (few, many) = (samples(3, 7), samples(6, 7));
    assert!(few.iter().zip(&many).all(|(a, b)| a.bundle == b.bundle));
}

#[test]
fn the_first_twelve_records_tell_the_stories_in_order() {
    let first = records().iter().take(13);
    let ids: Vec<&str> = first.map(|one| one.patient.as_deref().unwrap_or_default()).collect();
    assert_eq!(
        ids,
        [
            "",
            "diabetes-1",
            "hypertension-2",
            "heart-failure-3",
            "asthma-4",
            "pregnancy-5",
            "breast-cancer-6",
            "hip-replacement-7",
            "healthy-8",
            "kidney-9",
            "short-10",
            "long-11",
            "elderly-12"
        ]
    );
}

#[test]
fn file_names_sort_in_the_order_of_loading() {
    let names: Vec<&str> = records()[..61].iter().map(|one| one.file_name.as_str()).collect();
    assert!(names.is_sorted());
}

#[test]
fn every_entry_puts_its_resource_under_its_own_valid_id() {
    for sample in samples(14, 5) {
        assert_eq!(sample.bundle["type"], "transaction");
        let mut seen = BTreeSet::new();
        for entry in sample.bundle["entry"].as_array().unwrap() {
            let resource = &entry["resource"];
            let id = resource["id"].as_str().unwrap();
            assert!((1..=64).contains(&id.len()), "{id}");
            assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.'));
            let url = format!("{}/{id}", resource["resourceType"].as_str().unwrap());
            assert_eq!(entry["request"]["method"], "PUT");
            assert_eq!(entry["request"]["url"], url.as_str());
            assert!(entry["fullUrl"].as_str().unwrap().ends_with(&format!("/{url}")));
            assert!(seen.insert(url));
        }
    }
}

#[test]
fn every_reference_resolves_in_its_bundle_or_in_the_shared_one() {
    let all = samples(30, 9);
    let names = |sample: &Sample| -> BTreeSet<String> {
        let requests = sample.bundle["entry"].as_array().unwrap().iter();
        requests.map(|entry| entry["request"]["url"].as_str().unwrap().to_owned()).collect()
    };
    let shared = names(&all[0]);
    for sample in &all {
        let own = names(sample);
        each_string(sample, |_, path, text| {
            if path.ends_with(".reference") {
                assert!(own.contains(text) || shared.contains(text), "{path} {text}");
            }
        });
    }
}

#[test]
fn codes_come_from_free_systems_only() {
    check(|sample| {
        each_string(sample, |_, path, text| {
            if path.ends_with(".system") && !path.contains("telecom") {
                assert!(SYSTEMS.iter().any(|system| text.starts_with(system)), "{path} {text}");
            }
        });
    });
}

#[test]
fn nothing_lies_after_today_but_what_is_planned() {
    check(|sample| {
        each_string(sample, |resource, path, text| {
            let due = resource["code"]["coding"][0]["code"] == "11778-8";
            let planned = path.starts_with("Appointment.") || path == "Goal.target.dueDate" || due;
            if let Some(day) = day(text).filter(|_| !planned) {
                assert!(day <= today(), "{} {path} {text}", resource["id"]);
            }
        });
        for appointment in of_type(sample, "Appointment") {
            assert!(date(&appointment["start"]) > today());
        }
    });
}

#[test]
fn nothing_happens_before_birth_or_after_death() {
    let dead = std::cell::Cell::new(0);
    check(|sample| {
        let patient = of_type(sample, "Patient").next().unwrap();
        let birth = date(&patient["birthDate"]);
        let death = patient["deceasedDateTime"].as_str().and_then(day);
        dead.set(dead.get() + usize::from(death.is_some()));
        each_string(sample, |resource, path, text| {
            let Some(day) = day(text) else { return };
            assert!(day >= birth, "{} {path} {text}", resource["id"]);
            let late = death.is_some_and(|death| day > death);
            assert!(!late || path == "Goal.target.dueDate", "{} {path} {text}", resource["id"]);
        });
        if death.is_some() {
            assert_eq!(of_type(sample, "Appointment").count(), 0);
            assert!(of_type(sample, "MedicationRequest").all(|rx| rx["status"] != "active"));
        }
    });
    assert!(dead.get() > 0, "some of the later records end with a death");
}

#[test]
fn interpretation_follows_from_the_reference_range() {
    check(|sample| {
        for one in of_type(sample, "Observation").filter(|one| !one["referenceRange"].is_null()) {
            let (value, range) =
                (one["valueQuantity"]["value"].as_f64(), &one["referenceRange"][0]);
            let (low, high) = (range["low"]["value"].as_f64(), range["high"]["value"].as_f64());
            let flag = one["interpretation"][0]["coding"][0]["code"].as_str().unwrap();
            let expected: &[&str] = if low.is_some_and(|low| value.unwrap() < low) {
                &["L", "LL"]
            } else if high.is_some_and(|high| value.unwrap() > high) {
                &["H", "HH"]
            } else {
                &["N"]
            };
            assert!(expected.contains(&flag), "{one}");
        }
    });
}

#[test]
fn problems_end_after_they_begin_and_only_when_they_are_resolved() {
    check(|sample| {
        for one in of_type(sample, "Condition") {
            let resolved = one["clinicalStatus"]["coding"][0]["code"] == "resolved";
            assert_eq!(resolved, one["abatementDateTime"].is_string(), "{one}");
            if resolved {
                assert!(date(&one["abatementDateTime"]) >= date(&one["onsetDateTime"]), "{one}");
            }
        }
    });
}

#[test]
fn medicines_have_their_dosage_as_text_and_as_data() {
    check(|sample| {
        for one in of_type(sample, "MedicationRequest") {
            let dosage = &one["dosageInstruction"][0];
            assert!(dosage["text"].is_string() && dosage["timing"]["repeat"].is_object(), "{one}");
            assert!(dosage["doseAndRate"][0]["doseQuantity"]["value"].is_number(), "{one}");
        }
    });
}

#[test]
fn nobody_gets_a_penicillin_in_spite_of_an_allergy() {
    check(|sample| {
        let allergic = of_type(sample, "AllergyIntolerance")
            .any(|one| one["code"]["text"].as_str().unwrap() == "Penicillin");
        let given = of_type(sample, "MedicationRequest").any(|one| {
            one["medicationCodeableConcept"]["text"].as_str().unwrap().contains("amoxicillin")
        });
        assert!(!(allergic && given), "{:?}", sample.patient);
    });
}

#[test]
fn stays_in_hospital_end_after_they_begin() {
    check(|sample| {
        for one in of_type(sample, "Encounter") {
            let at = |end: &str| one["period"][end].as_str().unwrap().to_owned();
            assert!(at("start") < at("end"), "{one}");
        }
    });
}

/// The records of one of the twelve stories.
#[track_caller]
fn check_story(slug: &str, property: impl Fn(&Sample)) {
    let own = |sample: &&Sample| sample.patient.as_deref().unwrap_or("").starts_with(slug);
    let found: Vec<&Sample> = records().iter().filter(own).collect();
    assert!(found.len() >= 2);
    found.into_iter().filter(|sample| !deceased(sample)).for_each(property);
}

fn deceased(sample: &Sample) -> bool {
    of_type(sample, "Patient").any(|patient| patient["deceasedDateTime"].is_string())
}

#[test]
fn glycated_hemoglobin_rises_in_the_diabetes_story() {
    check_story("diabetes", |sample| {
        let found = coded(sample, "4548-4");
        let values: Vec<f64> =
            found.iter().map(|one| one["valueQuantity"]["value"].as_f64().unwrap()).collect();
        assert!(values.len() >= 8 && values.is_sorted(), "{values:?}");
        assert!(values[values.len() - 1] - values[0] >= 1.0, "{values:?}");
        assert!(found.is_sorted_by_key(|one| one["effectiveDateTime"].as_str().unwrap()));
    });
}

#[test]
fn the_child_with_asthma_is_a_child_on_the_last_day() {
    check_story("asthma", |sample| {
        let patient = of_type(sample, "Patient").next().unwrap();
        assert!(today().age(date(&patient["birthDate"])) < 18);
        assert!(of_type(sample, "Immunization").count() >= 20);
    });
}

#[test]
fn the_pregnancy_is_a_womans_and_its_dates_agree() {
    check_story("pregnancy", |sample| {
        assert_eq!(of_type(sample, "Patient").next().unwrap()["gender"], "female");
        let last_period = date(&coded(sample, "8665-2")[0]["valueDateTime"]);
        let due = date(&coded(sample, "11778-8")[0]["valueDateTime"]);
        assert_eq!(due.days_since(last_period), 280);
        assert!(last_period < today() && today() < due);
        for one in coded(sample, "18185-9") {
            let days = date(&one["effectiveDateTime"]).days_since(last_period);
            assert_eq!(one["valueQuantity"]["value"].as_i64(), Some(i64::from(days / 7)));
        }
    });
}

#[test]
fn the_long_record_holds_1500_resources_of_twenty_years_and_the_short_one_few() {
    check_story("long", |sample| {
        assert!(resources(sample).count() >= 1500, "{}", resources(sample).count());
        let first = date(&of_type(sample, "Encounter").next().unwrap()["period"]["start"]);
        assert!(today().age(first) >= 20, "{first}");
    });
    check_story("short", |sample| assert!(resources(sample).count() <= 3));
}

#[test]
fn the_elderly_patient_takes_warfarin_and_has_a_grave_allergy() {
    check_story("elderly", |sample| {
        assert!(coded(sample, "6301-6").len() >= 30);
        let warfarin = of_type(sample, "MedicationRequest")
            .any(|one| one["medicationCodeableConcept"]["coding"][0]["code"] == "855332");
        let grave = of_type(sample, "AllergyIntolerance").any(|one| one["criticality"] == "high");
        assert!(warfarin && grave);
    });
}

#[test]
fn every_resource_is_structurally_valid() {
    for sample in records().iter().take(31) {
        for resource in resources(sample) {
            let document = Json::parse(resource.to_string()).unwrap();
            let issues = structure(document.root(), fhir::definitions::r4());
            assert!(issues.is_empty(), "{} {issues:#?}", resource["id"]);
        }
    }
}
