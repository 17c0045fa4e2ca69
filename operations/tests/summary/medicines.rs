//! Current medicines: which count, what is merged, what is said.

use crate::support::summary;

fn request(id: &str, status: &str, drug: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"MedicationRequest","id":"{id}","status":"{status}","intent":"order",
        "subject":{{"reference":"Patient/1"}},{drug}{more}}}"#
    )
}

const METFORMIN: &str = r#""medicationCodeableConcept":{"coding":[{"system":
    "http://www.nlm.nih.gov/research/umls/rxnorm","code":"860975","display":"metformin 500 MG"}]}"#;

/// Rows of the section, headings left out, with what each cites.
#[track_caller]
fn check(resources: &[&str], expected: &[(&str, &[&str])]) {
    let summary = summary(resources);
    let said = summary.said("10160-0");
    assert_eq!(said.len(), expected.len() + 1, "{said:?}");
    for (said, (text, sources)) in said.iter().skip(1).zip(expected) {
        assert_eq!(said.text.trim_end_matches(" | "), *text);
        let sources: Vec<String> = sources.iter().map(|key| format!("{key}/_history/3")).collect();
        assert_eq!(said.sources, sources);
    }
}

#[test]
fn a_statement_and_a_request_of_one_medicine_are_one_row_that_cites_both() {
    let request = request(
        "a",
        "active",
        METFORMIN,
        concat!(
            r#","authoredOn":"2024-01-02","dosageInstruction":[{"text":"1 tablet twice a day"}],"#,
            r#""reasonCode":[{"text":"Diabetes"}]"#
        ),
    );
    let statement = r#"{"resourceType":"MedicationStatement","id":"b","status":"on-hold","subject":
        {"reference":"Patient/1"},"medicationCodeableConcept":{"coding":[{"system":
        "http://www.nlm.nih.gov/research/umls/rxnorm","code":"860975"}],"text":"Metformin"},
        "effectivePeriod":{"start":"2020-05"}}"#;
    check(
        &[&request, statement],
        &[(
            "metformin 500 MG | 1 tablet twice a day | active, on hold | prescribed 2024-01-02; \
             since \
         2020-05 | Diabetes | RxNorm 860975",
            &["MedicationRequest/a", "MedicationStatement/b"],
        )],
    );
    let story = summary(&[&request, statement]).text("81338-6");
    let expected = "She has 1 current medicine: metformin 500 MG (1 tablet twice a day; on hold; \
        active; prescribed 2024-01-02).";
    assert!(story.contains(expected), "{story}");
}

#[test]
fn what_is_over_or_not_yet_ordered_is_no_current_medicine() {
    let all: Vec<String> = ["completed", "stopped", "cancelled", "draft", "entered-in-error"]
        .iter()
        .map(|status| request(status, status, METFORMIN, ""))
        .collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let summary = summary(&all);
    assert!(summary.section("10160-0").unwrap().get("emptyReason").is_some());
}

#[test]
fn a_medication_that_is_referred_to_gives_the_name_and_is_cited() {
    let medication = r#"{"resourceType":"Medication","id":"m","code":{"text":"Insulin glargine"}}"#;
    let request =
        request("a", "active", r#""medicationReference":{"reference":"Medication/m"}"#, "");
    check(
        &[&request, medication],
        &[("Insulin glargine | active", &["MedicationRequest/a", "Medication/m"])],
    );
}

#[test]
fn a_contained_medication_and_a_display_give_the_name_too() {
    let contained = request(
        "a",
        "active",
        r##""medicationReference":{"reference":"#m"},
        "contained":[{"resourceType":"Medication","id":"m","code":{"text":"Aspirin"}}]"##,
        "",
    );
    check(&[&contained], &[("Aspirin | active", &["MedicationRequest/a"])]);
    let away = request(
        "a",
        "active",
        r#""medicationReference":{"reference":"Medication/x",
        "display":"Ibuprofen"}"#,
        "",
    );
    check(&[&away], &[("Ibuprofen | active", &["MedicationRequest/a"])]);
}

#[test]
fn what_must_not_be_given_is_never_told_as_given() {
    let given = request("a", "active", METFORMIN, r#","authoredOn":"2024""#);
    let forbidden = request("b", "active", METFORMIN, r#","doNotPerform":true"#);
    check(
        &[&given, &forbidden],
        &[
            (
                "metformin 500 MG | active | prescribed 2024 | RxNorm 860975",
                &["MedicationRequest/a"],
            ),
            (
                "metformin 500 MG | NOT to be given, active |  | RxNorm 860975",
                &["MedicationRequest/b"],
            ),
        ],
    );
    let story = summary(&[&given, &forbidden]).said("81338-6");
    assert_eq!(story[1].text, "She has 1 current medicine: metformin 500 MG (prescribed 2024).");
    assert_eq!(story[2].text, "The record forbids: metformin 500 MG (NOT to be given; active).");
}

#[test]
fn the_condition_that_is_the_reason_is_named_and_cited() {
    let cause = r#"{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"},
        "clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Type 2 diabetes"}}"#;
    let request = request(
        "a",
        "active",
        METFORMIN,
        r#","reasonReference":[{"reference":"http://h/fhir/Condition/c"}]"#,
    );
    check(
        &[&request, cause],
        &[(
            "metformin 500 MG | active | Type 2 diabetes | RxNorm 860975",
            &["MedicationRequest/a", "Condition/c"],
        )],
    );
}
