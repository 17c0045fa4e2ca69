//! The document around the sections: labels, author, Provenance, identity, events of care.

use crate::support::{Summary, options, record, summary};

const RESTRICTED: &str = r#"{"resourceType":"Flag","id":"f","status":"active","subject":
    {"reference":"Patient/1"},"code":{"text":"Fall risk"},"meta":{"security":[{"system":
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"R"}]}}"#;

#[track_caller]
fn check(resources: &[&str], confidentiality: &str, bundle_labels: &[&str]) {
    let summary = summary(resources);
    assert_eq!(summary.composition().str("confidentiality").unwrap(), confidentiality);
    let labels = summary.bundle().get("meta").unwrap().list("security");
    let labels: Vec<String> = labels.map(|label| label.str("code").unwrap().into_owned()).collect();
    assert_eq!(labels, bundle_labels);
}

#[test]
fn the_document_is_as_confidential_as_its_most_confidential_entry() {
    check(&[], "N", &["AIAST"]);
    check(&[RESTRICTED], "R", &["AIAST", "R"]);
}

#[test]
fn the_composition_is_an_unverified_patient_summary_by_a_device() {
    let summary = summary(&[RESTRICTED]);
    let composition = summary.composition();
    assert_eq!(composition.str("status").unwrap(), "preliminary");
    let code = composition.get("type").unwrap().list("coding").next().unwrap();
    assert_eq!(code.str("code").unwrap(), "60591-5");
    let author = composition.list("author").next().unwrap().str("reference").unwrap().into_owned();
    assert!(author.starts_with("Device/") && summary.addresses().contains(&author));
    let provenance = summary.entries().last().unwrap();
    let target = provenance.list("target").next().unwrap().str("reference").unwrap().into_owned();
    assert_eq!(target, crate::support::address(composition));
    let agent = provenance.list("agent").next().unwrap();
    assert_eq!(agent.at(&["who", "reference"]).unwrap().as_str().unwrap(), author);
    let sources: Vec<String> = provenance
        .list("entity")
        .map(|entity| entity.at(&["what", "reference"]).unwrap().as_str().unwrap().into_owned())
        .collect();
    assert_eq!(sources, ["Patient/1/_history/3", "Flag/f/_history/3"]);
    let policy = provenance.list("policy").next().unwrap().as_str().unwrap().into_owned();
    assert_eq!(policy, operations::summary::rules::POLICY);
}

#[test]
fn the_same_record_gives_the_same_document_but_for_its_time() {
    let (patient, resources) = record(&[RESTRICTED]);
    let (mut later, now) = (options(), options());
    later.now_us += 3_600_000_000;
    let first = Summary::of(&patient, &resources, &now);
    let second = Summary::of(&patient, &resources, &later);
    let text = second.bundle().raw().replace("T13:00:00.000Z", "T12:00:00.000Z");
    assert_eq!(first.bundle().raw(), text);
    let other = Summary::of(&patient, &[], &now);
    let id = |summary: &Summary| summary.composition().str("id").unwrap().into_owned();
    assert_ne!(id(&first), id(&other));
    assert_eq!(id(&first).as_bytes()[14], b'8', "a UUID of version 8");
}

#[test]
fn other_patients_and_compositions_stay_out_of_the_document() {
    let flag = r#"{"resourceType":"Flag","id":"g","status":"active","code":{"text":"x"},"subject":
        {"reference":"Patient/1"},"author":{"reference":"Practitioner/d"},
        "encounter":{"reference":"Encounter/e"},"extension":[{"url":"http://x","valueReference":
        {"reference":"Patient/2"}},{"url":"http://x",
        "valueReference":{"reference":"Composition/k"}}]}"#;
    let others = [
        flag,
        r#"{"resourceType":"Patient","id":"2"}"#,
        r#"{"resourceType":"Composition","id":"k"}"#,
        r#"{"resourceType":"Practitioner","id":"d"}"#,
        r#"{"resourceType":"Encounter","id":"e","status":"cancelled","subject":
            {"reference":"Patient/1"},"serviceProvider":{"reference":"Organization/o"}}"#,
        r#"{"resourceType":"Organization","id":"o"}"#,
        r#"{"resourceType":"Organization","id":"stranger"}"#,
    ];
    let addresses = summary(&others).addresses();
    for there in ["Practitioner/d", "Encounter/e", "Organization/o", "Flag/g"] {
        assert!(addresses.contains(there), "{there}");
    }
    for absent in ["Patient/2", "Composition/k", "Organization/stranger"] {
        assert!(!addresses.contains(absent), "{absent}");
    }
}

#[test]
fn what_is_about_somebody_else_is_neither_told_nor_handed_on() {
    let mother = r#"{"resourceType":"Condition","id":"m","subject":{"reference":"Patient/2"},
        "clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Mother's"}}"#;
    let request = r#"{"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order",
        "subject":{"reference":"http://h/fhir/Patient/1"},"medicationCodeableConcept":{"text":"D"},
        "reasonReference":[{"reference":"Condition/m"}]}"#;
    let summary = summary(&[mother, request]);
    assert!(summary.section("11450-4").unwrap().get("emptyReason").is_some());
    assert!(!summary.addresses().contains("Condition/m"));
    assert!(summary.addresses().contains("MedicationRequest/r"));
    assert!(!summary.bundle().raw().contains("Mother's"));
}

/// The only row of the section with this code.
#[track_caller]
fn row(resources: &[&str], code: &str, expected: &str) {
    let said = summary(resources).said(code);
    assert_eq!(said[1].text.trim_end_matches(" | "), expected);
}

#[test]
fn every_other_section_has_its_content() {
    row(&[RESTRICTED], "104605-1", "Fall risk");
    let device = r#"{"resourceType":"Device","id":"d","type":{"text":"Pacemaker"}}"#;
    let worn = r#"{"resourceType":"DeviceUseStatement","id":"u","status":"active","subject":
        {"reference":"Patient/1"},"device":{"reference":"Device/d"},
        "timingDateTime":"2020-01-01"}"#;
    row(&[device, worn], "46264-8", "Pacemaker | active | 2020-01-01");
    let implant = r#"{"resourceType":"Device","id":"i","status":"active","patient":
        {"reference":"Patient/1"},"deviceName":[{"name":"Stent","type":"other"}]}"#;
    row(&[implant], "46264-8", "Stent | active");
    let plan = r#"{"resourceType":"CarePlan","id":"p","status":"active","intent":"plan","subject":
        {"reference":"Patient/1"},"title":"Diabetes care","period":{"start":"2023-01-01"},
        "activity":
        [{"detail":{"status":"in-progress","code":{"text":"Diet"}}}]}"#;
    row(&[plan], "18776-5", "Diabetes care | active | since 2023-01-01 | Diet");
    let directive = r#"{"resourceType":"Consent","id":"c","status":"active","scope":{"coding":
        [{"code":"adr"}]},"category":[{"text":"Do not resuscitate"}],"dateTime":"2022-02-02"}"#;
    row(&[directive], "42348-3", "Do not resuscitate | 2022-02-02");
    let privacy = directive.replace("adr", "patient-privacy");
    assert!(summary(&[&privacy]).section("42348-3").is_none());
    let able = r#"{"resourceType":"ClinicalImpression","id":"c","status":"completed","subject":
        {"reference":"Patient/1"},"description":"Mobility","summary":"Walks alone"}"#;
    row(&[able], "47420-5", "Mobility | Walks alone");
}

#[test]
fn the_story_tells_the_last_encounters_and_procedures() {
    let met = r#"{"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"EMER"},
        "subject":{"reference":"Patient/1"},"type":[{"text":"Visit (procedure)"}],
        "period":{"start":"2023-04-05T10:00:00Z","end":"2023-04-05T11:00:00Z"},
        "reasonCode":[{"text":"Chest pain"}]}"#;
    let planned = met.replace("finished", "planned").replace("\"e\"", "\"f\"");
    let done = r#"{"resourceType":"Procedure","id":"p","status":"completed","code":{"text":"ECG"},
        "subject":{"reference":"Patient/1"},"performedDateTime":"2023-04-05"}"#;
    let undone = done.replace("completed", "not-done").replace("\"p\"", "\"q\"");
    let story = summary(&[met, &planned, done, &undone]).said("81338-6");
    let lines: Vec<&str> = story.iter().skip(1).map(|said| said.text.as_str()).collect();
    assert_eq!(
        lines,
        [
            "Recent encounters: Visit (emergency) on 2023-04-05, for Chest pain.",
            "Recent procedures: ECG on 2023-04-05.",
        ]
    );
}
