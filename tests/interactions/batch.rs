//! The [batch] interaction over HTTP.
//!
//! [batch]: https://hl7.org/fhir/R4/http.html#transaction

use brigid_tests::Server;
use serde_json::{Value, json};

use super::{patient, put_patient};

#[test]
fn each_entry_of_a_batch_has_its_own_answer() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": "Patient/a"}},
        {"request": {"method": "GET", "url": "Patient/nobody"}},
        {"request": {"method": "POST", "url": "Patient"}, "resource": patient("x", "Two")},
        {"request": {"method": "PUT", "url": "Patient/b"},
         "resource": {"resourceType": "Patient", "id": "b", "gender": "?"}},
        {"request": {"method": "GET", "url": "Patient?family=Two"}},
        {"request": {"method": "FETCH", "url": "Patient/a"}},
        {"request": {"method": "GET", "url": "Nothing/a"}},
        {"request": {"method": "DELETE", "url": "Patient/zzz"}}
    ]});
    let answer = server.post("").json(&batch).send().expect(200).json();
    assert_eq!(answer["type"], "batch-response");
    let entries = answer["entry"].as_array().unwrap();
    let statuses: Vec<&str> =
        entries.iter().map(|entry| &entry["response"]["status"].as_str().unwrap()[..3]).collect();
    assert_eq!(statuses, ["200", "404", "201", "400", "200", "400", "404", "204"]);
    assert_eq!(entries[0]["resource"]["id"], "a");
    assert_eq!(entries[1]["response"]["outcome"]["resourceType"], "OperationOutcome");
    assert!(entries[2]["response"]["location"].as_str().unwrap().contains("/Patient/"));
    assert_eq!(entries[2]["response"]["etag"], "W/\"1\"");
    // What only reads comes last, whatever its place.
    assert_eq!(entries[4]["resource"]["total"], 1);
}

#[test]
fn what_stands_around_the_resources_follows_the_rules_too() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let read = json!({"method": "GET", "url": "Patient/a"});
    let wrong = json!({"request": read, "requests": read, "fullUrl": ""});
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": read}, wrong, {"request": {"method": "GET", "url": "Patient/a", "ifMach": "1"}}
    ]});
    let answer = server.post("").json(&batch).send().expect(200).json();
    let responses: Vec<&Value> =
        answer["entry"].as_array().unwrap().iter().map(|entry| &entry["response"]).collect();
    assert_eq!(responses[0]["status"], "200 OK");
    assert_eq!(responses[1]["status"], "400 Bad Request");
    assert_eq!(responses[2]["status"], "400 Bad Request");
    let place = &responses[2]["outcome"]["issue"][0]["expression"][0];
    assert_eq!(place, "Bundle.entry[2].request.ifMach");
    let transaction = json!({"resourceType": "Bundle", "type": "transaction", "entry": [wrong]});
    let outcome = server.post("").json(&transaction).send().expect(400).json();
    assert_eq!(outcome["issue"].as_array().unwrap().len(), 2, "{outcome}");
    let unknown = json!({"resourceType": "Bundle", "type": "batch", "entries": []});
    server.post("").json(&unknown).send().expect(400);
}

#[test]
fn an_empty_batch_has_an_empty_answer() {
    let server = Server::start();
    let batch = json!({"resourceType": "Bundle", "type": "batch"});
    let answer = server.post("").json(&batch).send().expect(200).json();
    assert_eq!(answer["type"], "batch-response");
    assert!(answer.get("entry").is_none());
}

#[test]
fn other_bundles_are_not_taken_at_the_base_but_stored_under_their_type() {
    let server = Server::start();
    let collection = json!({"resourceType": "Bundle", "type": "collection"});
    let refused = server.post("").json(&collection).send().expect(400);
    assert!(refused.diagnostics().contains("Bundle"), "{}", refused.text());
    server.post("").json(&patient("a", "F")).send().expect(400);
    server.post("Bundle").json(&collection).send().expect(201);
}

#[test]
fn a_batch_within_a_batch_is_refused() {
    let server = Server::start();
    let inner = json!({"resourceType": "Bundle", "type": "batch"});
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "POST", "url": "/"}, "resource": inner}
    ]});
    let answer = server.post("").json(&batch).send().expect(200).json();
    assert!(answer["entry"][0]["response"]["status"].as_str().unwrap().starts_with("400"));
}
