//! The [read] interaction over HTTP.
//!
//! [read]: https://hl7.org/fhir/R4/http.html#read

use brigid_tests::Server;
use serde_json::json;

#[test]
fn a_read_gives_the_current_version_with_its_etag() {
    let server = Server::start();
    let created = server
        .post("Patient")
        .json(&json!({"resourceType": "Patient", "active": true}))
        .send()
        .expect(201);
    let id = created.id();
    let read = server.get(&format!("Patient/{id}")).send().expect(200);
    assert_eq!(read.header("etag"), Some("W/\"1\""));
    assert!(read.header("last-modified").is_some());
    assert_eq!(
        read.header("content-type"),
        Some("application/fhir+json; charset=utf-8; fhirVersion=4.0")
    );
    let body = read.json();
    assert_eq!(body["meta"]["versionId"], "1");
    assert_eq!(body["active"], true);
}

#[test]
fn an_unknown_id_is_not_found() {
    let server = Server::start();
    let answer = server.get("Patient/nobody").send().expect(404);
    assert!(answer.diagnostics().contains("Patient/nobody"));
}

#[test]
fn an_unknown_type_names_near_ones() {
    let server = Server::start();
    let answer = server.get("Pateint/1").send().expect(404);
    assert_eq!(answer.json()["issue"][0]["code"], "not-supported");
    assert!(answer.diagnostics().contains("Patient"));
}

#[test]
fn a_deleted_resource_is_gone() {
    let server = Server::start();
    server.put("Patient/a").json(&json!({"resourceType": "Patient", "id": "a"})).send().expect(201);
    server.delete("Patient/a").send().expect(204);
    server.get("Patient/a").send().expect(410);
}

#[test]
fn a_conditional_read_of_what_is_known_gives_304_without_a_body() {
    let server = Server::start();
    let put = server
        .put("Patient/a")
        .json(&json!({"resourceType": "Patient", "id": "a"}))
        .send()
        .expect(201);
    let modified = put.header("last-modified").unwrap().to_owned();
    let read = |name: &str, value: &str| server.get("Patient/a").header(name, value).send();
    let known = read("If-None-Match", "W/\"1\"").expect(304);
    assert!(known.body.is_empty());
    read("If-None-Match", "W/\"2\"").expect(200);
    read("If-None-Match", "W/\"2\", W/\"1\"").expect(304);
    read("If-Modified-Since", &modified).expect(304);
    read("If-Modified-Since", "Mon, 01 Jan 2001 00:00:00 GMT").expect(200);
}

#[test]
fn if_none_match_decides_alone_where_both_conditions_are_given() {
    let server = Server::start();
    let body = json!({"resourceType": "Patient", "id": "a"});
    let put = server.put("Patient/a").json(&body).send().expect(201);
    let modified = put.header("last-modified").unwrap();
    let read = |tags: &str| {
        let request = server.get("Patient/a").header("If-None-Match", tags);
        request.header("If-Modified-Since", modified).send()
    };
    read("W/\"2\", W/\"3\"").expect(200);
    read("W/\"2\", W/\"1\"").expect(304);
}

#[test]
fn head_is_a_read_without_the_body() {
    let server = Server::start();
    server.put("Patient/a").json(&json!({"resourceType": "Patient", "id": "a"})).send().expect(201);
    let head = server.client().request("HEAD", "Patient/a").send().expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.header("etag"), Some("W/\"1\""));
}
