//! `Patient/[id]/$summary`: cited to the last sentence, and nothing that matters left out.

use std::collections::BTreeSet;

use brigid_tests::{Server, synthea_bundles};
use serde_json::{Value, json};

use super::summary_reader::{check_citations, cited, sections};

const STORY: &str = "81338-6";
const PROBLEMS: &str = "11450-4";
const ALLERGIES: &str = "48765-2";
const MEDICATIONS: &str = "10160-0";

#[track_caller]
fn summary(server: &Server, path: &str) -> Value {
    let bundle = server.get(path).send().expect(200).json();
    check_document(&bundle);
    check_citations(&bundle);
    bundle
}

/// What holds for every document of this kind.
#[track_caller]
fn check_document(bundle: &Value) {
    assert_eq!(bundle["resourceType"], "Bundle");
    assert_eq!(bundle["type"], "document");
    assert!(bundle["identifier"]["value"].is_string() && bundle["timestamp"].is_string());
    let composition = &bundle["entry"][0]["resource"];
    assert_eq!(composition["type"]["coding"][0]["code"], "60591-5");
    for labelled in [&bundle["meta"], &composition["meta"]] {
        let labels = labelled["security"].as_array().expect("labels");
        assert!(labels.iter().any(|label| label["code"] == "AIAST"), "{labelled}");
    }
    let urls: BTreeSet<&str> =
        bundle["entry"].as_array().unwrap().iter().filter_map(|e| e["fullUrl"].as_str()).collect();
    assert_eq!(urls.len(), bundle["entry"].as_array().unwrap().len(), "fullUrls are distinct");
    let types: BTreeSet<&str> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["resource"]["resourceType"].as_str())
        .collect();
    for name in ["Composition", "Patient", "Device", "Provenance"] {
        assert!(types.contains(name), "{name} is missing");
    }
    let codes: Vec<String> = sections(bundle).into_iter().map(|section| section.code).collect();
    assert_eq!(codes[0], STORY, "{codes:?}");
    for code in [PROBLEMS, ALLERGIES, MEDICATIONS, "11369-6", "30954-2", "47519-4", "46264-8"] {
        assert!(codes.iter().any(|held| held == code), "{code} is missing in {codes:?}");
    }
}

/// Resources of a type in a patient's compartment, all pages.
fn all(server: &Server, patient: &str, name: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = Some(format!("{name}?patient={patient}&_count=500"));
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        let entries = page.json()["entry"].as_array().cloned().unwrap_or_default();
        found.extend(entries.into_iter().map(|entry| entry["resource"].clone()));
        next = page.link("next");
    }
    found
}

fn has_code(resource: &Value, element: &str, codes: &[&str]) -> bool {
    resource[element]["coding"][0]["code"].as_str().is_some_and(|code| codes.contains(&code))
}

/// What must be cited: `Type/id` of every active problem, allergy and medicine.
fn active(server: &Server, patient: &str) -> [(&'static str, BTreeSet<String>); 3] {
    let address = |resource: &Value| {
        format!(
            "{}/{}",
            resource["resourceType"].as_str().unwrap(),
            resource["id"].as_str().unwrap()
        )
    };
    let is_wrong = |resource: &Value| {
        has_code(resource, "verificationStatus", &["entered-in-error", "refuted"])
            || resource["status"] == "entered-in-error"
    };
    let problems = all(server, patient, "Condition")
        .iter()
        .filter(|c| has_code(c, "clinicalStatus", &["active", "recurrence", "relapse"]))
        .filter(|c| !is_wrong(c))
        .map(address)
        .collect();
    let allergies = all(server, patient, "AllergyIntolerance")
        .iter()
        .filter(|a| !has_code(a, "clinicalStatus", &["inactive", "resolved"]) && !is_wrong(a))
        .map(address)
        .collect();
    let medicines = all(server, patient, "MedicationRequest")
        .iter()
        .filter(|m| {
            ["active", "on-hold", "unknown"].contains(&m["status"].as_str().unwrap_or_default())
        })
        .map(address)
        .collect();
    [(PROBLEMS, problems), (ALLERGIES, allergies), (MEDICATIONS, medicines)]
}

#[test]
fn ten_real_records_are_summarised_without_omission_and_every_sentence_is_cited() {
    let server = Server::start();
    let bundles: Vec<(String, Value)> = synthea_bundles()
        .into_iter()
        .filter(|(name, _)| !name.contains("Information"))
        .take(10)
        .collect();
    assert_eq!(bundles.len(), 10);
    for (name, bundle) in &bundles {
        assert_eq!(server.post("").json(bundle).send().status, 200, "{name}");
    }
    let patients = server.get("Patient?_count=50").send().expect(200).entries("match");
    assert_eq!(patients.len(), 10);
    let mut checked = 0;
    for patient in patients {
        let bundle = summary(&server, &format!("{patient}/$summary"));
        for (code, expected) in active(&server, &patient) {
            let cited = cited(&bundle, code);
            let omitted: Vec<&String> = expected.difference(&cited).collect();
            assert!(omitted.is_empty(), "{patient}: {code} leaves out {omitted:?}");
            checked += expected.len();
        }
        let patient_wise = format!("{patient}/$summary?audience=patient");
        summary(&server, &patient_wise);
    }
    assert!(checked > 20, "only {checked} active entries in ten records");
}

fn diabetes(server: &Server) {
    let observation = |id: &str, date: &str, value: f64, flag: &str| {
        json!({"resourceType": "Observation", "id": id, "status": "final",
            "category": [{"coding": [{"code": "laboratory",
                "system": "http://terminology.hl7.org/CodeSystem/observation-category"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4",
                "display": "Hemoglobin A1c"}]},
            "subject": {"reference": "Patient/d"}, "effectiveDateTime": date,
            "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org",
                "code": "%"},
            "interpretation": [{"coding": [{"code": flag,
                "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"}]}]})
    };
    let condition = |id: &str, text: &str, status: &str| {
        json!({"resourceType": "Condition", "id": id, "subject": {"reference": "Patient/d"},
            "clinicalStatus": {"coding": [{"code": status,
                "system": "http://terminology.hl7.org/CodeSystem/condition-clinical"}]},
            "code": {"text": text}, "onsetDateTime": "2015-03"})
    };
    server.put_all(&[
        json!({"resourceType": "Patient", "id": "d", "gender": "female",
                "birthDate": "1960-02-03", "name": [{"family": "<b>Quist</b>", "given": ["Ada"]}],
                "identifier": [{"system": "http://mrn", "value": "77"}]}),
        condition("c1", "Type 2 diabetes", "active"),
        condition("c2", "Otitis media", "resolved"),
        observation("o1", "2025-01-10", 7.1, "H"),
        observation("o2", "2026-01-10", 8.4, "H"),
    ]);
}

#[test]
fn the_story_names_active_problems_and_the_change_of_abnormal_results() {
    let server = Server::start();
    diabetes(&server);
    let bundle = summary(&server, "Patient/d/$summary");
    let story: String = sections(&bundle)
        .iter()
        .filter(|section| section.code == STORY)
        .flat_map(|section| section.sentences.iter().map(|(_, text)| format!("{text} ")))
        .collect();
    for part in ["Type 2 diabetes", "8.4", "7.1"] {
        assert!(story.contains(part), "'{part}' is not in: {story}");
    }
    assert!(!story.contains("Otitis"), "{story}");
    let text = bundle.to_string();
    assert!(!text.contains("<b>Quist</b></"), "names are escaped");
    let cited = cited(&bundle, STORY);
    for address in ["Patient/d", "Condition/c1", "Observation/o2", "Observation/o1"] {
        assert!(cited.contains(address), "{address} in {cited:?}");
    }
}

#[test]
fn a_record_with_nothing_to_say_says_so_by_empty_reasons() {
    let server = Server::start();
    server.put_all(&[json!({"resourceType": "Patient", "id": "e"})]);
    let bundle = summary(&server, "Patient/e/$summary");
    for section in sections(&bundle) {
        assert!(section.is_empty || section.code == STORY, "{} is not empty", section.code);
    }
}

#[test]
fn a_patient_is_found_by_identifier_too() {
    let server = Server::start();
    diabetes(&server);
    let by_identifier = summary(&server, "Patient/$summary?identifier=http://mrn|77");
    let patient = by_identifier["entry"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["resource"]["resourceType"] == "Patient")
        .unwrap();
    assert_eq!(patient["resource"]["id"], "d");
    server.get("Patient/$summary?identifier=http://mrn|nobody").send().expect(404);
    server.get("Patient/$summary").send().expect(400);
}

#[test]
fn the_same_record_gives_the_same_summary() {
    let server = Server::start();
    diabetes(&server);
    let text = || {
        let mut bundle = server.get("Patient/d/$summary").send().expect(200).json();
        bundle["timestamp"] = json!("");
        for entry in bundle["entry"].as_array_mut().unwrap() {
            for member in ["date", "recorded", "occurredDateTime"] {
                if entry["resource"][member].is_string() {
                    entry["resource"][member] = json!("");
                }
            }
        }
        bundle.to_string()
    };
    let (one, two) = (text(), text());
    let differs = one.bytes().zip(two.bytes()).position(|(a, b)| a != b);
    let around = |at: usize| &one[at.saturating_sub(80)..(at + 40).min(one.len())];
    assert_eq!(one.len(), two.len());
    assert!(differs.is_none(), "{:?}", differs.map(around));
}

#[test]
fn wrong_parameters_are_named() {
    let server = Server::start();
    diabetes(&server);
    for (query, says) in [
        ("audience=robot", "audience"),
        ("start=soon", "start"),
        ("_since=2020", "_since"),
        ("style=long", "style"),
    ] {
        let answer = server.get(&format!("Patient/d/$summary?{query}")).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{query}: {}", answer.text());
    }
    server.get("Patient/nobody/$summary").send().expect(404);
}

#[test]
fn parameters_may_be_posted() {
    let server = Server::start();
    diabetes(&server);
    let parameters = json!({"resourceType": "Parameters", "parameter": [
        {"name": "audience", "valueCode": "patient"}
    ]});
    server.post("Patient/d/$summary").json(&parameters).send().expect(200);
}

#[test]
fn a_browser_gets_a_page_in_which_every_sentence_leads_to_its_sources() {
    let server = Server::start();
    diabetes(&server);
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let page = server.get("Patient/d/$summary").header("Accept", accept).send().expect(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.header("content-security-policy").is_some());
    let text = page.text();
    let href = format!("{}/Condition/c1/_history/1", server.base());
    assert!(text.contains(&href), "{text}");
    server.get(&href).send().expect(200);
    assert!(!text.contains("<b>Quist</b>"), "{text}");
    let json = server.get("Patient/d/$summary?_format=json").header("Accept", accept).send();
    assert_eq!(json.expect(200).json()["type"], "document");
}
