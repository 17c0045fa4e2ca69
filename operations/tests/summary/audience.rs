//! What patients are told: plain words, no codes; and what no audience is: markup.

use operations::summary::Audience;

use crate::support::{Summary, options, record, summary};

/// The section says this to the patient.
#[track_caller]
fn check(resources: &[&str], code: &str, expected: &str) {
    let (patient, resources) = record(resources);
    let mut options = options();
    options.audience = Audience::Patient;
    let summary = Summary::of(&patient, &resources, &options);
    let text = summary.text(code);
    assert!(text.contains(expected), "{text}");
    for section in summary.composition().list("section") {
        let div = section.at(&["text", "div"]).unwrap().as_str().unwrap();
        for code in ["LOINC", "SNOMED", "RxNorm", "4548-4", "38341003"] {
            assert!(!div.contains(code), "{code}: {div}");
        }
    }
}

#[test]
fn a_problem_is_explained() {
    let problem = r#"{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"},
        "clinicalStatus":{"coding":[{"code":"active"}]},"onsetDateTime":"2011-03-04",
        "code":{"coding":[{"system":"http://snomed.info/sct","code":"38341003",
        "display":"Hypertension (disorder)"}]}}"#;
    check(
        &[problem],
        "81338-6",
        "You have 1 current health problem: Hypertension (high blood pressure) (since 2011-03-04).",
    );
    check(&[problem], "11450-4", "Hypertension (high blood pressure) | active | 2011-03-04");
}

#[test]
fn a_flag_and_a_unit_are_said_in_plain_words() {
    let of = |id: &str, year: &str, value: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","subject":
            {{"reference":"Patient/1"}},"category":[{{"coding":[{{"code":"laboratory"}}]}}],"code":
            {{"coding":[{{"system":"http://loinc.org","code":"4548-4","display":
            "Glucose [Mass/volume] in Blood"}}]}},"effectiveDateTime":"{year}","valueQuantity":
            {{"value":{value},"unit":"mg/dL"}},"referenceRange":[{{"low":{{"value":70}},"high":
            {{"value":99,"unit":"mg/dL"}}}}]}}"#
        )
    };
    check(
        &[&of("a", "2023", "120"), &of("b", "2024", "131")],
        "81338-6",
        "Glucose in Blood (blood sugar) on 2024: 131 milligrams per decilitre, higher than the \
         usual range (70–99 milligrams per decilitre), 11 higher than the 120 milligrams per \
         decilitre measured on 2023.",
    );
}

#[test]
fn a_name_that_is_only_a_code_stays_unsaid() {
    let coded = r#"{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"},
        "clinicalStatus":{"coding":[{"code":"active"}]},"code":{"coding":[{"system":
        "http://snomed.info/sct","code":"38341003"}]}}"#;
    check(&[coded], "11450-4", "A problem without a name | active");
    let clinician = summary(&[coded]).text("11450-4");
    assert!(clinician.contains("38341003 | active | SNOMED CT 38341003"), "{clinician}");
}

#[test]
fn an_empty_section_claims_nothing() {
    check(&[], "48765-2", "Your record holds nothing about allergies");
    check(&[], "48765-2", "This does not mean that there is nothing.");
}

#[test]
fn markup_in_a_name_is_text() {
    let name = r#"<script>alert('x')</script> & \"quoted\""#;
    let problem = format!(
        r#"{{"resourceType":"Condition","id":"c","subject":{{"reference":"Patient/1"}},
        "clinicalStatus":{{"coding":[{{"code":"active"}}]}},"code":{{"text":"{name}"}}}}"#
    );
    let summary = summary(&[&problem]);
    let section = summary.section("11450-4").unwrap();
    let div = section.at(&["text", "div"]).unwrap().as_str().unwrap();
    assert!(!div.contains("<script"), "{div}");
    let text = summary.text("11450-4");
    assert!(text.contains(r#"<script>alert('x')</script> & "quoted""#), "{text}");
}
