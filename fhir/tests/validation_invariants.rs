//! Which of R4's invariants do not hold in a resource.

mod packages;

use fhir::Severity;
use fhir::definitions::r4;
use fhir::json::Json;
use fhir::validation::{invariants, structure};

/// The errors among the invariants: expression and key, in document order.
#[track_caller]
fn check(resource: &str, expected: &[(&str, &str)]) {
    let json = Json::parse(resource.as_bytes()).expect("JSON");
    assert_eq!(structure(json.root(), r4()), []);
    let issues = invariants(json.root(), r4());
    let errors: Vec<_> = issues.iter().filter(|one| one.severity == Severity::Error).collect();
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    for (issue, (expression, key)) in errors.iter().zip(expected) {
        assert_eq!(issue.expression.as_deref(), Some(*expression), "{errors:#?}");
        assert!(issue.diagnostics.starts_with(&format!("{key} ")), "{errors:#?}");
    }
}

#[test]
fn an_invariant_of_a_resource_type_is_reported_at_the_resource() {
    check(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"a"},"valueInteger":1,
            "dataAbsentReason":{"text":"b"}}"#,
        &[("Observation", "obs-6")],
    );
}

#[test]
fn an_invariant_of_an_element_is_reported_at_each_of_its_repetitions() {
    check(
        r#"{"resourceType":"Patient","contact":[{"name":{"text":"a"}},{"gender":"male"}],
            "telecom":[{"value":"1"}]}"#,
        &[("Patient.contact[1]", "pat-1"), ("Patient.telecom[0]", "cpt-2")],
    );
    check(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"a"},
            "referenceRange":[{"age":{"low":{"value":1}}}]}"#,
        &[("Observation.referenceRange[0]", "obs-3")],
    );
}

#[test]
fn an_invariant_of_a_data_type_holds_wherever_the_type_is_used() {
    check(
        r#"{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},
            "period":{"start":"2020-01-02","end":"2020-01-01"}}"#,
        &[("Encounter.period", "per-1")],
    );
    check(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"a"},
            "valueQuantity":{"value":1,"code":"mg"}}"#,
        &[("Observation.value", "qty-3")],
    );
}

#[test]
fn contained_and_bundled_resources_have_their_own_invariants() {
    check(
        r##"{"resourceType":"Observation","status":"final","code":{"text":"a"},
            "contained":[{"resourceType":"Patient","id":"p","contact":[{"gender":"male"}]}],
            "subject":{"reference":"#p"}}"##,
        &[("Observation.contained[0].contact[0]", "pat-1")],
    );
    check(
        r#"{"resourceType":"Bundle","type":"transaction","entry":[
            {"resource":{"resourceType":"Patient","contact":[{"gender":"male"}]}}]}"#,
        &[("Bundle", "bdl-3"), ("Bundle.entry[0].resource.contact[0]", "pat-1")],
    );
}

#[test]
fn an_invariant_about_an_absent_element_holds() {
    check(
        r#"{"resourceType":"Bundle","type":"transaction","entry":[
            {"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}]}"#,
        &[],
    );
    check(
        r#"{"resourceType":"RiskAssessment","status":"final","subject":{"reference":"Patient/1"},
            "prediction":[{"outcome":{"text":"a"}}]}"#,
        &[],
    );
}

#[test]
fn a_missing_narrative_is_a_warning() {
    let json = Json::parse(r#"{"resourceType":"Patient","active":true}"#).expect("JSON");
    let issues = invariants(json.root(), r4());
    assert_eq!(issues.len(), 1, "{issues:?}");
    assert_eq!(issues[0].severity, Severity::Warning);
    assert!(issues[0].diagnostics.starts_with("dom-6 "));
}

#[test]
fn every_error_is_found_up_to_a_hundred_and_warnings_do_not_hide_them() {
    let contacts = vec![r#"{"gender":"male"}"#; 300].join(",");
    let json = format!(r#"{{"resourceType":"Patient","contact":[{contacts}]}}"#);
    let json = Json::parse(json).expect("JSON");
    let issues = invariants(json.root(), r4());
    let errors = issues.iter().filter(|one| one.severity == Severity::Error).count();
    assert_eq!((issues.len(), errors), (102, 101));
    assert!(issues[101].diagnostics.contains("More than 100 errors"));
}

#[test]
fn the_examples_of_the_specification_hold() {
    // Logical models without a base, and questions generated without ids of their own.
    let wrong = [
        ("/definition.json", "sdf-4 "),
        ("/event.json", "sdf-4 "),
        ("/fivews.json", "sdf-4 "),
        ("/request.json", "sdf-4 "),
        ("-questionnaire.json", "que-2 "),
    ];
    let mut count = 0;
    for (path, bytes) in packages::files("hl7.fhir.r4.examples.tgz") {
        if !path.ends_with(".json") || bytes.len() > 1_000_000 {
            continue;
        }
        let json = Json::parse(bytes).expect("JSON");
        if !structure(json.root(), r4()).is_empty() {
            continue;
        }
        count += 1;
        for issue in invariants(json.root(), r4()) {
            let is_listed = |(name, key): &(&str, &str)| {
                path.ends_with(name) && issue.diagnostics.starts_with(key)
            };
            let is_known = issue.severity == Severity::Warning || wrong.iter().any(is_listed);
            assert!(is_known, "{path}: {issue:?}");
        }
    }
    assert!(count > 2600, "{count}");
}
