//! The [delete] interaction over HTTP.
//!
//! [delete]: https://hl7.org/fhir/R4/http.html#delete

use brigid_tests::Server;
use serde_json::json;

use super::put_patient;

#[test]
fn a_deleted_resource_is_found_by_no_search() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let deleted = server.delete("Patient/a").send().expect(204);
    assert_eq!(deleted.header("etag"), Some("W/\"2\""));
    assert_eq!(server.get("Patient?family=One").send().expect(200).entries("match").len(), 0);
}

#[test]
fn deleting_what_is_not_there_succeeds() {
    let server = Server::start();
    server.delete("Patient/a").send().expect(204);
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient/a").send().expect(204);
    server.delete("Patient/a").send().expect(204);
    // The second deletion made no version.
    let history = server.get("Patient/a/_history").send().expect(200).json();
    assert_eq!(history["entry"].as_array().unwrap().len(), 2);
}

#[test]
fn if_match_holds_for_deletions_too() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient/a").header("If-Match", "W/\"7\"").send().expect(412);
    server.delete("Patient/a").header("If-Match", "W/\"1\"").send().expect(204);
}

#[test]
fn where_references_are_checked_what_is_referred_to_stays() {
    let server = Server::start_with(&[("integrity.references", "check")]);
    put_patient(&server, "a", "One").expect(201);
    let condition = json!({
        "resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/a"}
    });
    server.put("Condition/c").json(&condition).send().expect(201);
    let refused = server.delete("Patient/a").send().expect(409);
    assert!(refused.diagnostics().contains("Condition/c"), "{}", refused.text());
    server.delete("Condition/c").send().expect(204);
    server.delete("Patient/a").send().expect(204);
}

#[test]
fn where_references_are_checked_a_dangling_one_is_refused() {
    let server = Server::start_with(&[("integrity.references", "check")]);
    let condition =
        json!({"resourceType": "Condition", "subject": {"reference": "Patient/nobody"}});
    let refused = server.post("Condition").json(&condition).send().expect(409);
    assert!(refused.diagnostics().contains("Patient/nobody"), "{}", refused.text());
}
