//! Conditions as one expression.
//!
//! <https://hl7.org/fhir/R4/search_filter.html>

use brigid_tests::Server;
use serde_json::json;

use super::chains::ward;

fn started() -> Server {
    let server = Server::start();
    server.put_all(&ward());
    server
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[track_caller]
fn check(server: &Server, resource: &str, expression: &str, expected: &[&str]) {
    let query = format!("{resource}?_filter={}", encoded(expression));
    let mut found = server.get(&query).send().expect(200).entries("match");
    found.sort();
    let mut expected: Vec<String> = expected.iter().map(|id| format!("{resource}/{id}")).collect();
    expected.sort_unstable();
    assert_eq!(found, expected, "{expression}");
}

#[test]
fn strings_are_compared_whole_and_without_case() {
    let server = started();
    let patients = |expression: &str, expected: &[&str]| {
        check(&server, "Patient", expression, expected);
    };
    patients("family eq BAKER", &["bob"]);
    patients("family eq bak", &[]);
    patients("family ne baker", &["ann", "cy"]);
    patients("family co ER", &["bob", "cy"]);
    patients("family sw Car", &["cy"]);
    patients("family ew l", &["ann"]);
    patients("family gt b", &["bob", "cy"]);
    patients("family le baker", &["ann", "bob"]);
    patients(r#"family eq "baker""#, &["bob"]);
}

#[test]
fn and_and_or_go_from_left_to_right() {
    let server = started();
    let patients = |expression: &str, expected: &[&str]| {
        check(&server, "Patient", expression, expected);
    };
    patients("gender eq male and birthdate lt 1960", &["bob"]);
    patients("family eq abel or gender eq male and birthdate lt 1960", &["bob"]);
    patients("family eq abel or (gender eq male and birthdate lt 1960)", &["ann", "bob"]);
    patients("not (gender eq male)", &["ann"]);
    patients("not (gender eq male or family eq abel)", &[]);
    patients("(birthdate ge 1980-02-03) and (birthdate le 1980-02-03)", &["ann"]);
}

#[test]
fn tokens_quantities_dates_and_presence() {
    let server = started();
    check(&server, "Observation", "code eq loinc|a", &["o1", "o3", "o5"]);
    check(&server, "Observation", "code ne loinc|a and value-quantity gt 2", &["o2", "o4"]);
    check(&server, "Observation", "value-quantity ap 9", &["o2"]);
    check(&server, "Observation", "subject re Patient/ann", &["o1", "o2"]);
    check(&server, "Patient", "birthdate po 1980", &["ann"]);
    check(&server, "Patient", "birthdate co 1980-02-03", &["ann"]);
    check(&server, "Patient", "death-date pr false", &["ann", "bob", "cy"]);
    check(&server, "Patient", "death-date pr true", &[]);
    check(&server, "Patient", "_id ne ann and organization pr true", &["bob", "cy"]);
}

#[test]
fn periods_overlap_and_contain() {
    let server = Server::start();
    let encounter = |id: &str, period: serde_json::Value| {
        json!({"resourceType": "Encounter", "id": id, "status": "finished",
            "class": {"code": "IMP"}, "period": period})
    };
    server.put_all(&[
        encounter("week", json!({"start": "2020-03-02", "end": "2020-03-08"})),
        encounter("day", json!({"start": "2020-03-04", "end": "2020-03-04"})),
        encounter("open", json!({"start": "2020-03-05"})),
        encounter("before", json!({"start": "2020-02-01", "end": "2020-02-02"})),
    ]);
    check(&server, "Encounter", "date po 2020-03-06", &["week", "open"]);
    check(&server, "Encounter", "date co 2020-03-04", &["week", "day"]);
    check(&server, "Encounter", "date co 2020-03", &[]);
    check(&server, "Encounter", "date co 2030", &["open"]);
    check(&server, "Encounter", "date po 2020", &["week", "day", "open", "before"]);
}

#[test]
fn paths_go_over_references_with_filters_in_brackets() {
    let server = started();
    let observations = |expression: &str, expected: &[&str]| {
        check(&server, "Observation", expression, expected);
    };
    observations("subject:Patient.family eq abel", &["o1", "o2"]);
    observations("subject.organization.name co northern", &["o4", "o5"]);
    observations("patient[gender eq male].birthdate gt 1960", &["o4"]);
    observations("patient[gender eq male].birthdate gt 1960 or code eq c", &["o4", "o6", "o7"]);
    observations("not (patient.gender eq male) and code eq b", &["o2"]);
    observations("patient.gender pr false", &["o5", "o6", "o7"]);
    check(&server, "Patient", "_has:Observation:patient:value-quantity gt 4", &["ann", "bob"]);
    check(&server, "Patient", "not (_has:Observation:patient:code eq loinc|b)", &["bob"]);
}

#[test]
fn parts_of_one_characteristic_are_compared_together() {
    let server = Server::start();
    let coded = |code: &str| json!({"coding": [{"code": code}]});
    let group = |id: &str, parts: [(&str, &str); 2]| {
        let parts = parts.map(|(code, value)| {
            json!({"code": coded(code), "valueCodeableConcept": coded(value), "exclude": false})
        });
        json!({"resourceType": "Group", "id": id, "type": "person", "actual": false,
            "characteristic": parts})
    };
    server.put_all(&[
        group("a", [("gender", "male"), ("role", "nurse")]),
        group("b", [("gender", "nurse"), ("role", "male")]),
    ]);
    check(&server, "Group", "characteristic[code eq gender].value eq male", &["a"]);
    check(&server, "Group", "characteristic[value eq male].code eq role", &["b"]);
    check(&server, "Group", "characteristic eq role", &["a", "b"]);
}

#[test]
fn a_wrong_expression_names_the_place() {
    let server = Server::start();
    for (expression, says) in [
        ("family like x", "character 8: expected an operator (eq, ne"),
        ("family eq", "character 10: expected a space and a value"),
        ("(family eq x", "character 13: expected ')'"),
        ("famly eq x", "character 1: Patient has no search parameter 'famly'. Did you mean family"),
        ("gender sw x", "character 8: the operator 'sw' does not go with 'gender'"),
        ("birthdate eq x", "character 14: 'x' is no date"),
        ("language in http://x", "character 10: the operator 'in' asks for terminology"),
    ] {
        let answer = server.get(&format!("Patient?_filter={}", encoded(expression))).send();
        let text = answer.expect(400).diagnostics();
        assert!(text.contains(says), "{expression}: {text}");
    }
}
