//! The [patch] interaction over HTTP.
//!
//! [patch]: https://hl7.org/fhir/R4/http.html#patch

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

use super::put_patient;

fn json_patch(server: &Server, patch: &Value) -> Response {
    server.patch("Patient/a").body("application/json-patch+json", patch.to_string()).send()
}

#[test]
fn a_json_patch_makes_the_next_version() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let patched = json_patch(
        &server,
        &json!([
            {"op": "replace", "path": "/name/0/family", "value": "Two"},
            {"op": "add", "path": "/active", "value": true}
        ]),
    )
    .expect(200);
    assert_eq!(patched.header("etag"), Some("W/\"2\""));
    assert_eq!(patched.json()["name"][0]["family"], "Two");
    assert_eq!(patched.json()["active"], true);
}

#[test]
fn a_failed_test_changes_nothing() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let patch = json!([
        {"op": "replace", "path": "/name/0/family", "value": "Two"},
        {"op": "test", "path": "/name/0/family", "value": "Three"}
    ]);
    json_patch(&server, &patch).expect(422);
    assert_eq!(server.get("Patient/a").send().expect(200).json()["name"][0]["family"], "One");
}

#[test]
fn a_patch_that_is_none_or_breaks_the_resource_is_refused() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    json_patch(&server, &json!({"op": "add"})).expect(400);
    json_patch(&server, &json!([{"op": "jump", "path": "/x"}])).expect(400);
    json_patch(&server, &json!([{"op": "add", "path": "/gender", "value": "?"}])).expect(422);
    json_patch(&server, &json!([{"op": "replace", "path": "/id", "value": "b"}])).expect(422);
    assert_eq!(server.get("Patient/a").send().expect(200).header("etag"), Some("W/\"1\""));
}

#[test]
fn a_fhirpath_patch_makes_the_next_version() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let patch = json!({"resourceType": "Parameters", "parameter": [{
        "name": "operation",
        "part": [
            {"name": "type", "valueCode": "replace"},
            {"name": "path", "valueString": "Patient.name[0].family"},
            {"name": "value", "valueString": "Two"}
        ]
    }]});
    let patched = server.patch("Patient/a").json(&patch).send().expect(200);
    assert_eq!(patched.json()["name"][0]["family"], "Two");
}

#[test]
fn patching_what_is_not_there_fails() {
    let server = Server::start();
    json_patch(&server, &json!([])).expect(404);
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient/a").send().expect(204);
    json_patch(&server, &json!([])).expect(410);
}

#[test]
fn another_media_type_is_refused() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let answer = server.patch("Patient/a").body("text/plain", "x").send().expect(415);
    assert!(answer.diagnostics().contains("application/json-patch+json"), "{}", answer.text());
}

#[test]
fn if_match_holds_for_patches() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let send = |etag: &str| {
        server
            .patch("Patient/a")
            .header("If-Match", etag)
            .body("application/json-patch+json", "[]")
            .send()
    };
    send("W/\"2\"").expect(412);
    send("W/\"1\"").expect(200);
}

/// `IN-06`: a path that leads to everything many times over is given up.
#[test]
fn a_path_to_too_many_elements_is_refused() {
    let server = Server::start();
    let names: Vec<Value> = (0..300).map(|n| json!({"given": [format!("a{n}")]})).collect();
    let patient = json!({"resourceType": "Patient", "id": "a", "name": names});
    server.put("Patient/a").json(&patient).send().expect(201);
    let everything = ".select(%resource.descendants())";
    let part = |name: &str, kind: &str, value: &str| json!({"name": name, kind: value});
    let delete = json!({"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [
        part("type", "valueCode", "delete"),
        part("path", "valueString", &format!("Patient.name{everything}")),
    ]}]});
    let answer = server.patch("Patient/a").json(&delete).send().expect(400);
    assert!(answer.diagnostics().contains("more elements"), "{}", answer.text());
    assert_eq!(server.get("Patient/a").send().expect(200).header("etag"), Some("W/\"1\""));
}
