//! `$summary` over a scripted door: who is meant, what is gathered, wrong values.

use fhir::json::{Json, Value};
use fhir::{Kind, Outcome};
use interactions::Operation;

use super::Summary;
use crate::door_script::{DoorScript, caller, input, run};

fn door() -> DoorScript {
    let door = DoorScript::new(&[
        r#"{"resourceType":"Patient","id":"1","identifier":[{"system":"http://mrn","value":"7"}]}"#,
        r#"{"resourceType":"Patient","id":"2","identifier":[{"system":"http://mrn","value":"8"}]}"#,
        r#"{"resourceType":"Patient","id":"3","identifier":[{"system":"http://mrn","value":"8"}]}"#,
        r#"{"resourceType":"Medication","id":"m","code":{"text":"Aspirin"}}"#,
        r#"{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order",
            "subject":{"reference":"Patient/1"},"medicationReference":{"reference":"Medication/m"},
            "requester":{"reference":"PractitionerRole/pr"}}"#,
        r#"{"resourceType":"PractitionerRole","id":"pr",
            "practitioner":{"reference":"Practitioner/d"}}"#,
        r#"{"resourceType":"Practitioner","id":"d"}"#,
        r#"{"resourceType":"Condition","id":"foreign","subject":{"reference":"Patient/2"}}"#,
    ]);
    for number in 0..9 {
        let text = format!(
            r#"{{"resourceType":"Condition","id":"c{number}","subject":{{"reference":"Patient/1"}},
            "code":{{"text":"problem {number}"}}}}"#
        );
        door.put(crate::door_script::stored(&text, 1, "2024-01-01T00:00:00Z"));
    }
    door
}

fn invoke(door: &DoorScript, id: Option<&str>, pairs: &[(&str, &str)]) -> Result<Json, Outcome> {
    let answer = run(Summary.invoke(door, &caller(), input("Patient", id, pairs)))?;
    Ok(Json::parse(answer.body.to_vec()).unwrap())
}

/// Addresses of the entries, without those that the summary itself makes.
fn addresses(bundle: &Json) -> Vec<String> {
    let entries = bundle.root().list("entry").map(|entry| entry.get("resource").unwrap());
    let kept = entries.filter(|entry| {
        !matches!(&*entry.str("resourceType").unwrap(), "Composition" | "Device" | "Provenance")
    });
    kept.map(|entry| format!("{}/{}", entry.str("resourceType").unwrap(), entry.str("id").unwrap()))
        .collect()
}

#[track_caller]
fn check(id: Option<&str>, pairs: &[(&str, &str)], kind: Kind, expression: Option<&str>) {
    let failure = invoke(&door(), id, pairs).unwrap_err();
    assert_eq!(failure.kind, kind, "{failure}");
    assert_eq!(failure.issues[0].expression.as_deref(), expression);
}

#[test]
fn a_record_is_gathered_page_by_page_with_what_it_refers_to() {
    let mut door = door();
    door.page_max = 2;
    let bundle = invoke(&door, Some("1"), &[]).unwrap();
    let mut found = addresses(&bundle);
    assert_eq!(found[0], "Patient/1");
    found.sort();
    let expected = "Condition/c0 Condition/c1 Condition/c2 Condition/c3 Condition/c4 Condition/c5 \
        Condition/c6 Condition/c7 Condition/c8 Medication/m MedicationRequest/r Patient/1 \
        Practitioner/d PractitionerRole/pr";
    assert_eq!(found.join(" "), expected);
}

#[test]
fn a_patient_is_found_by_identifier_under_both_spellings() {
    for name in ["identifier", "identifer"] {
        let bundle = invoke(&door(), None, &[(name, "http://mrn|7")]).unwrap();
        assert_eq!(addresses(&bundle)[0], "Patient/1");
    }
    let mut identified = input("Patient", None, &[]);
    let text = r#"{"resourceType":"Parameters","parameter":[{"name":"identifer","valueIdentifier":
        {"system":"http://mrn","value":"7"}}]}"#;
    identified.parameters = Some(Json::parse(text).unwrap());
    assert!(run(Summary.invoke(&door(), &caller(), identified)).is_ok());
}

#[test]
fn a_patient_who_cannot_be_told_is_refused() {
    check(Some("nobody"), &[], Kind::NotFound, None);
    check(None, &[("identifier", "http://mrn|9")], Kind::NotFound, Some("identifier"));
    check(None, &[("identifier", "http://mrn|8")], Kind::Precondition, Some("identifier"));
    check(None, &[], Kind::Invalid, Some("identifier"));
    check(None, &[("identifier", "http://mrn|")], Kind::Invalid, Some("identifier"));
    check(Some("1"), &[("identifier", "http://mrn|7")], Kind::Invalid, Some("identifier"));
}

#[test]
fn wrong_values_are_refused_by_name() {
    let wrong = [
        ("profile", "http://example.org/other"),
        ("profile", "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips|1.1.0"),
        ("audience", "robot"),
        ("start", "soon"),
        ("end", "2024-13"),
        ("_since", "2024-01-01"),
    ];
    for (name, value) in wrong {
        check(Some("1"), &[(name, value)], Kind::Invalid, Some(name));
    }
    check(Some("1"), &[("start", "2024"), ("end", "2023")], Kind::Invalid, Some("end"));
}

#[test]
fn the_supported_profile_is_accepted_with_and_without_its_version() {
    let profile = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips";
    for version in ["", "|2.0.0", "|2.0.1"] {
        let bundle = invoke(&door(), Some("1"), &[("profile", &format!("{profile}{version}"))]);
        let bundle = bundle.unwrap();
        let composition = bundle.root().list("entry").next().unwrap().get("resource").unwrap();
        let stated = composition.get("meta").unwrap().list("profile").next().unwrap();
        assert_eq!(stated.as_str().unwrap(), profile);
    }
}

#[test]
fn the_audience_chooses_the_words() {
    let bundle = invoke(&door(), Some("1"), &[("audience", "patient")]).unwrap();
    let composition = bundle.root().list("entry").next().unwrap().get("resource").unwrap();
    let story = composition.list("section").next().unwrap();
    let div = story.at(&["text", "div"]).and_then(Value::as_str).unwrap();
    assert!(div.contains("You have 9 current health problems:"), "{div}");
}
