//! `_elements`: what is named, and what must not be left out.

use brigid_tests::Server;
use serde_json::{Value, json};

fn world() -> Server {
    let server = Server::start();
    server.put_all(&[
        json!({"resourceType": "Patient", "id": "a", "active": true, "name": [{"family": "A"}],
            "birthDate": "1980-01-01", "gender": "female", "_gender": {"id": "x"},
            "maritalStatus": {"text": "married"}}),
        json!({"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
            "subject": {"reference": "Patient/a"}, "valueString": "v",
            "note": [{"text": "n"}]}),
    ]);
    server
}

#[track_caller]
fn check(server: &Server, path: &str, expected: &[&str]) {
    let found = server.get(path).send().expect(200).json();
    let resource = found["entry"][0]["resource"].as_object().cloned().unwrap_or_default();
    let mut names: Vec<&str> = resource.keys().map(String::as_str).collect();
    names.retain(|name| !["id", "meta", "resourceType"].contains(name));
    names.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(names, expected, "{path}");
    assert_eq!(resource["meta"]["tag"][0]["code"], "SUBSETTED");
}

#[test]
fn what_is_named_comes_with_what_is_mandatory_and_what_modifies() {
    let server = world();
    check(&server, "Patient?_elements=name,birthDate", &["name", "birthDate", "active"]);
    check(&server, "Patient?_elements=Patient.gender", &["gender", "_gender", "active"]);
    check(&server, "Observation?_elements=note", &["note", "status", "code"]);
    check(&server, "Observation?_elements=value", &["valueString", "status", "code"]);
    check(&server, "Observation?_elements=value[x]", &["valueString", "status", "code"]);
    check(
        &server,
        "Observation?_elements=subject&_elements=note",
        &["note", "subject", "status", "code"],
    );
}

#[test]
fn in_a_search_of_several_types_a_name_may_say_its_type() {
    let server = world();
    let path = "?_elements=Patient.name,Observation.note&_type=";
    check(&server, &format!("{path}Observation,Patient&_sort=-_id"), &["note", "status", "code"]);
    check(&server, &format!("{path}Observation,Patient&_sort=_id"), &["name", "active"]);
    server.get("?_type=Patient&_elements=Observation.note").send().expect(400);
}

#[test]
fn an_unknown_element_is_refused_with_the_nearest() {
    let server = world();
    let text = |path: &str| server.get(path).send().expect(400).diagnostics();
    assert!(text("Patient?_elements=nam").contains("Did you mean name?"));
    assert!(text("Patient?_elements=name.family").contains("top level"));
    assert!(text("Patient?_elements=Patient.nam").contains("name"));
    assert!(text("?_elements=whatever").contains("whatever"));
}

#[test]
fn what_is_included_comes_whole() {
    let server = world();
    let found = server.get("Observation?_elements=subject&_include=*").send().expect(200).json();
    let patient: &Value = &found["entry"][1]["resource"];
    assert_eq!(patient["maritalStatus"]["text"], "married");
    assert!(patient["meta"].get("tag").is_none());
}
