//! `_contained` and `_containedType`.

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

fn request(id: &str, code: &str, ingredient: &str) -> Value {
    json!({"resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order",
        "subject": {"reference": "Patient/a"}, "medicationReference": {"reference": "#m"},
        "contained": [{"resourceType": "Medication", "id": "m",
            "code": {"coding": [{"system": "http://s", "code": code}]},
            "batch": {"expirationDate": "2024-05-06"},
            "ingredient": [{"itemCodeableConcept": {"text": ingredient}}]}]})
}

fn world() -> Server {
    let server = Server::start();
    server.put_all(&[
        request("r1", "one", "salt"),
        request("r2", "two", "pepper"),
        json!({"resourceType": "Medication", "id": "m1", "code": {"coding": [
            {"system": "http://s", "code": "one"}]}}),
        json!({"resourceType": "MedicationDispense", "id": "d", "status": "completed",
            "medicationReference": {"reference": "#x"},
            "performer": [{"actor": {"reference": "#o"}}],
            "contained": [
                {"resourceType": "Medication", "id": "x",
                    "code": {"coding": [{"system": "http://s", "code": "one"}]}},
                {"resourceType": "Organization", "id": "o", "name": "Acme"}]}),
    ]);
    server
}

fn matches(found: &Response) -> Vec<String> {
    let mut matches = found.entries("match");
    matches.sort();
    matches
}

#[track_caller]
fn check(server: &Server, query: &str, expected: &[&str]) {
    let found = server.get(query).send().expect(200);
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(matches(&found), expected, "{query}");
    assert_eq!(found.json()["total"], expected.len(), "{query}");
}

#[test]
fn contained_resources_are_found_where_they_are_asked_for() {
    let server = world();
    check(&server, "Medication?code=one", &["Medication/m1"]);
    check(&server, "Medication?code=one&_contained=false", &["Medication/m1"]);
    let both = ["MedicationDispense/d", "MedicationRequest/r1"];
    check(&server, "Medication?code=http://s|one&_contained=true", &both);
    let all = [&both[..], &["Medication/m1"]].concat();
    check(&server, "Medication?code=one&_contained=both", &all);
    check(&server, "Organization?name=ac&_contained=true", &["MedicationDispense/d"]);
    check(&server, "Organization?name=nobody&_contained=true", &[]);
    check(
        &server,
        "Medication?_contained=true",
        &["MedicationDispense/d", "MedicationRequest/r1", "MedicationRequest/r2"],
    );
}

#[test]
fn all_conditions_are_about_one_contained_resource() {
    let server = world();
    check(
        &server,
        "Medication?code=one&expiration-date=2024-05&_contained=true",
        &["MedicationRequest/r1"],
    );
    check(&server, "Medication?code:not=one&_contained=true", &["MedicationRequest/r2"]);
    check(
        &server,
        "Medication?expiration-date:missing=true&_contained=true",
        &["MedicationDispense/d"],
    );
    check(&server, "Medication?_id=x&_contained=true", &["MedicationDispense/d"]);
    check(
        &server,
        "Medication?code=one,two&_id=m&_contained=true",
        &["MedicationRequest/r1", "MedicationRequest/r2"],
    );
}

#[test]
fn the_contained_resource_itself_is_given_on_request() {
    let server = world();
    let found = server
        .get("Medication?code=two&_contained=true&_containedType=contained")
        .send()
        .expect(200);
    assert_eq!(matches(&found), ["Medication/m"]);
    let entry = found.json()["entry"][0].clone();
    assert_eq!(entry["fullUrl"], format!("{}/MedicationRequest/r2#m", server.base()));
    check(
        &server,
        "Medication?code=one&_contained=both&_containedType=contained",
        &["Medication/m", "Medication/m1", "Medication/x"],
    );
    check(
        &server,
        "Medication?code=one&_contained=both&_containedType=container",
        &["Medication/m1", "MedicationDispense/d", "MedicationRequest/r1"],
    );
}

#[test]
fn what_changes_or_goes_is_found_no_more() {
    let server = world();
    server.put("MedicationRequest/r1").json(&request("r1", "three", "salt")).send().expect(200);
    check(&server, "Medication?code=one&_contained=true", &["MedicationDispense/d"]);
    check(&server, "Medication?code=three&_contained=true", &["MedicationRequest/r1"]);
    server.delete("MedicationDispense/d").send().expect(204);
    check(&server, "Medication?code=one&_contained=true", &[]);
}

#[test]
fn they_are_counted_and_paged() {
    let server = Server::start();
    let requests: Vec<Value> = (0..7).map(|n| request(&format!("r{n}"), "c", "x")).collect();
    server.put_all(&requests);
    let path = "Medication?code=c&_contained=true";
    let count = server.get(&format!("{path}&_summary=count")).send().expect(200).json();
    assert_eq!((count["total"].clone(), count.get("entry")), (json!(7), None));
    let (mut found, mut next) = (Vec::new(), Some(format!("{path}&_count=3&_sort=-_id")));
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        assert!(page.entries("match").len() <= 3);
        found.extend(page.entries("match"));
        next = page.link("next");
    }
    let expected: Vec<String> = (0..7).rev().map(|n| format!("MedicationRequest/r{n}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_does_not_go_with_it_is_refused() {
    let server = world();
    let text = |path: &str| server.get(path).send().expect(400).diagnostics();
    assert!(text("Medication?_contained=maybe").contains("false, true or both"));
    assert!(text("Medication?_containedType=all").contains("container or contained"));
    assert!(text("Medication?_contained=true&_sort=code").contains("sorted"));
    assert!(text("Medication?_contained=true&manufacturer.name=x").contains("chains"));
    assert!(text("?_contained=true&_type=Patient,Group").contains("one type"));
}

#[test]
fn a_chain_is_evaluated_inside_contained_resources() {
    let server = world();
    let query = |query: &str| matches(&server.get(query).send().expect(200));
    let first = ["MedicationRequest/r1"];
    assert_eq!(query("MedicationRequest?medication:Medication.code=one"), first);
    assert_eq!(query("MedicationRequest?medication.code=http://s|one"), first);
    assert_eq!(query("MedicationRequest?medication.expiration-date=2024-05").len(), 2);
    assert_eq!(query("MedicationRequest?medication.code=one,two").len(), 2);
    assert_eq!(
        query("MedicationDispense?performer:Organization.name=ac"),
        ["MedicationDispense/d"]
    );
    assert_eq!(query("MedicationDispense?medication:Medication.code=two"), [] as [&str; 0]);
    // Not what is contained but not referred to by that parameter.
    assert_eq!(query("MedicationDispense?receiver:Patient.name=ac"), [] as [&str; 0]);
    // A resource beside it is found as ever.
    server.put_all(&[json!({"resourceType": "MedicationRequest", "id": "r3", "status": "active",
        "intent": "order", "subject": {"reference": "Patient/a"},
        "medicationReference": {"reference": "Medication/m1"}})]);
    assert_eq!(
        query("MedicationRequest?medication.code=one"),
        ["MedicationRequest/r1", "MedicationRequest/r3"]
    );
}
