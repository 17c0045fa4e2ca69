//! The [create] interaction over HTTP.
//!
//! [create]: https://hl7.org/fhir/R4/http.html#create

use brigid_tests::Server;
use serde_json::json;

use super::{observation, patient};

#[test]
fn a_create_answers_with_the_address_of_the_new_version() {
    let server = Server::start();
    let created = server.post("Observation").json(&observation()).send().expect(201);
    let id = created.id();
    let location = format!("{}/Observation/{id}/_history/1", server.base());
    assert_eq!(created.header("location"), Some(&*location));
    assert_eq!(created.header("etag"), Some("W/\"1\""));
    assert!(created.header("last-modified").is_some());
    server.get(&format!("Observation/{id}")).send().expect(200);
}

#[test]
fn the_id_version_and_time_that_a_client_sends_are_replaced() {
    let server = Server::start();
    let body = json!({
        "resourceType": "Patient", "id": "mine",
        "meta": {
            "versionId": "9", "lastUpdated": "2001-01-01T00:00:00Z",
            "profile": ["http://example.org/p"], "tag": [{"system": "http://t", "code": "c"}]
        }
    });
    let created = server.post("Patient").json(&body).send().expect(201).json();
    assert_ne!(created["id"], "mine");
    assert_eq!(created["meta"]["versionId"], "1");
    assert_ne!(created["meta"]["lastUpdated"], "2001-01-01T00:00:00Z");
    assert_eq!(created["meta"]["profile"][0], "http://example.org/p");
    assert_eq!(created["meta"]["tag"][0]["code"], "c");
}

#[test]
fn a_client_may_choose_what_is_returned() {
    let server = Server::start();
    let send = |prefer: &str| {
        server.post("Patient").header("Prefer", prefer).json(&patient("x", "F")).send().expect(201)
    };
    assert!(send("return=minimal").body.is_empty());
    assert_eq!(send("return=representation").json()["resourceType"], "Patient");
    assert_eq!(send("return=OperationOutcome").json()["resourceType"], "OperationOutcome");
}

#[test]
fn decimals_and_the_order_of_members_are_kept() {
    let server = Server::start();
    let body = r#"{"status":"final","resourceType":"Observation","code":{"text":"x"},"valueQuantity":{"value":1.00}}"#;
    let created = server.post("Observation").body("application/fhir+json", body).send();
    let text = created.expect(201).text();
    assert!(text.contains("\"value\":1.00}"), "{text}");
    assert!(text.find("\"status\"") < text.find("\"resourceType\""), "{text}");
}

#[test]
fn a_body_of_another_type_is_refused() {
    let server = Server::start();
    let answer = server.post("Observation").json(&patient("a", "F")).send().expect(400);
    assert!(answer.diagnostics().contains("Patient"));
}

#[test]
fn every_error_of_a_resource_is_named_with_its_place() {
    let server = Server::start();
    let body = json!({
        "resourceType": "Patient", "birthDate": "1980-02-30", "gender": "f",
        "surname": "x", "name": [{"given": "Ann"}]
    });
    let outcome = server.post("Patient").json(&body).send().expect(400).json();
    let places: Vec<&str> = outcome["issue"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|issue| issue["expression"][0].as_str())
        .collect();
    for place in ["Patient.birthDate", "Patient.gender", "Patient.surname", "Patient.name[0].given"]
    {
        assert!(places.contains(&place), "{place} in {places:?}");
    }
}

#[test]
fn malformed_json_is_refused_with_its_line_and_column() {
    let server = Server::start();
    let answer = server
        .post("Patient")
        .body("application/fhir+json", "{\"resourceType\":\"Patient\",\n \"active\": tru}")
        .send()
        .expect(400);
    assert!(answer.diagnostics().contains("line 2"), "{}", answer.text());
}

#[test]
fn nothing_is_stored_of_a_refused_resource() {
    let server = Server::start();
    let body = json!({"resourceType": "Patient", "gender": "?"});
    server.post("Patient").json(&body).send().expect(400);
    assert_eq!(server.get("Patient?_summary=count").send().expect(200).json()["total"], 0);
}
