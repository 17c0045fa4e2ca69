//! The [transaction] interaction over HTTP.
//!
//! [transaction]: https://hl7.org/fhir/R4/http.html#transaction

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

use super::put_patient;

fn send(server: &Server, entries: &Value) -> Response {
    server
        .post("")
        .json(&json!({"resourceType": "Bundle", "type": "transaction", "entry": entries}))
        .send()
}

fn statuses(answer: &Response) -> Vec<String> {
    let bundle = answer.json();
    assert_eq!(bundle["type"], "transaction-response");
    bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["response"]["status"].as_str().unwrap()[..3].to_owned())
        .collect()
}

/// `Type/id` of the resource that an entry of the response is about.
fn address(answer: &Response, index: usize) -> String {
    let location = answer.json()["entry"][index]["response"]["location"].clone();
    let parts: Vec<String> = location.as_str().unwrap().split('/').map(str::to_owned).collect();
    let at = parts.len() - 4;
    format!("{}/{}", parts[at], parts[at + 1])
}

#[test]
fn verbs_run_in_their_order_and_answers_come_in_the_order_of_the_request() {
    let server = Server::start();
    put_patient(&server, "old", "Gone").expect(201);
    let answer = send(
        &server,
        &json!([
            {"request": {"method": "GET", "url": "Patient?family=New"}},
            {"request": {"method": "PUT", "url": "Patient/b"},
             "resource": {"resourceType": "Patient", "id": "b", "name": [{"family": "New"}]}},
            {"request": {"method": "POST", "url": "Patient"},
             "resource": {"resourceType": "Patient", "name": [{"family": "New"}]}},
            {"request": {"method": "DELETE", "url": "Patient/old"}}
        ]),
    )
    .expect(200);
    assert_eq!(statuses(&answer), ["200", "201", "201", "204"]);
    assert_eq!(answer.json()["entry"][0]["resource"]["total"], 2);
    server.get("Patient/old").send().expect(410);
}

#[test]
fn references_to_full_urls_become_addresses_wherever_they_stand() {
    let server = Server::start();
    let answer = send(
        &server,
        &json!([
            {"fullUrl": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c01",
             "request": {"method": "POST", "url": "Observation"},
             "resource": {
                "resourceType": "Observation", "status": "final", "code": {"text": "x"},
                "text": {"status": "generated", "div":
                    "<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02\">who</a></div>"},
                "subject": {"reference": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02"},
                "extension": [{"url": "http://e", "valueUri": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02"}],
                "performer": [{"reference": "urn:oid:1.2.3"}]
             }},
            {"fullUrl": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02",
             "request": {"method": "POST", "url": "Patient"},
             "resource": {"resourceType": "Patient"}},
            {"fullUrl": "urn:oid:1.2.3",
             "request": {"method": "PUT", "url": "Practitioner/p"},
             "resource": {"resourceType": "Practitioner", "id": "p"}}
        ]),
    )
    .expect(200);
    let patient = address(&answer, 1);
    let observation = server.get(&address(&answer, 0)).send().expect(200).json();
    assert_eq!(observation["subject"]["reference"], *patient);
    assert_eq!(observation["extension"][0]["valueUri"], *patient);
    assert_eq!(observation["performer"][0]["reference"], "Practitioner/p");
    let div = observation["text"]["div"].as_str().unwrap();
    assert!(div.contains(&format!("href=\"{patient}\"")), "{div}");
    let found = server.get(&format!("Observation?subject={patient}")).send().expect(200);
    assert_eq!(found.entries("match").len(), 1);
}

#[test]
fn a_conditional_reference_finds_the_one_that_matches() {
    let server = Server::start();
    let patient = json!({
        "resourceType": "Patient", "id": "a", "identifier": [{"system": "http://m", "value": "1"}]
    });
    server.put("Patient/a").json(&patient).send().expect(201);
    let condition = |query: &str| {
        json!([{"request": {"method": "POST", "url": "Condition"}, "resource": {
            "resourceType": "Condition", "subject": {"reference": format!("Patient?{query}")}
        }}])
    };
    let answer = send(&server, &condition("identifier=http://m|1")).expect(200);
    let stored = server.get(&address(&answer, 0)).send().expect(200).json();
    assert_eq!(stored["subject"]["reference"], "Patient/a");
    let failed = send(&server, &condition("identifier=http://m|2")).expect(412);
    assert!(failed.diagnostics().contains("identifier=http://m|2"), "{}", failed.text());
}

#[test]
fn a_conditional_create_that_finds_its_match_is_what_references_point_to() {
    let server = Server::start();
    let entries = json!([
        {"fullUrl": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02",
         "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=http://m|1"},
         "resource": {"resourceType": "Patient", "identifier": [{"system": "http://m", "value": "1"}]}},
        {"request": {"method": "POST", "url": "Condition"},
         "resource": {"resourceType": "Condition",
            "subject": {"reference": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02"}}}
    ]);
    let first = send(&server, &entries).expect(200);
    assert_eq!(statuses(&first), ["201", "201"]);
    let second = send(&server, &entries).expect(200);
    assert_eq!(statuses(&second), ["200", "201"]);
    let patient = address(&first, 0);
    let condition = server.get(&address(&second, 1)).send().expect(200).json();
    assert_eq!(condition["subject"]["reference"], *patient);
    assert_eq!(server.get("Patient?_summary=count").send().json()["total"], 1);
}

#[test]
fn one_failing_entry_undoes_all_and_is_named() {
    let server = Server::start();
    let failed = send(
        &server,
        &json!([
            {"request": {"method": "POST", "url": "Patient"}, "resource": {"resourceType": "Patient"}},
            {"fullUrl": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02",
             "request": {"method": "POST", "url": "Patient"},
             "resource": {"resourceType": "Patient", "gender": "?"}}
        ]),
    )
    .expect(400);
    let says = failed.diagnostics();
    assert!(says.contains("Entry 1 (urn:uuid:6e0a4c4f"), "{says}");
    assert_eq!(failed.json()["issue"][0]["expression"][0], "Bundle.entry[1].resource.gender");
    assert_eq!(server.get("Patient?_summary=count").send().json()["total"], 0);
}

#[test]
fn a_stale_if_match_undoes_all() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    send(
        &server,
        &json!([
            {"request": {"method": "POST", "url": "Patient"}, "resource": {"resourceType": "Patient"}},
            {"request": {"method": "PUT", "url": "Patient/a", "ifMatch": "W/\"7\""},
             "resource": {"resourceType": "Patient", "id": "a"}}
        ]),
    )
    .expect(412);
    assert_eq!(server.get("Patient?_summary=count").send().json()["total"], 1);
}

#[test]
fn a_resource_may_be_written_by_one_entry_alone() {
    let server = Server::start();
    let put = json!({"request": {"method": "PUT", "url": "Patient/a"},
        "resource": {"resourceType": "Patient", "id": "a"}});
    let failed = send(&server, &json!([put, put])).expect(400);
    assert!(failed.diagnostics().contains("Patient/a"), "{}", failed.text());
    let delete = json!({"request": {"method": "DELETE", "url": "Patient/a"}});
    send(&server, &json!([put, delete])).expect(400);
}

#[test]
fn two_entries_may_not_make_what_one_condition_looks_for() {
    let server = Server::start();
    let patient = json!({"resourceType": "Patient", "identifier": [{"value": "1"}]});
    let put = json!({
        "request": {"method": "PUT", "url": "Patient?identifier=1"}, "resource": patient
    });
    let post = json!({
        "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=1"},
        "resource": patient
    });
    send(&server, &json!([put, put])).expect(400);
    send(&server, &json!([put, post])).expect(400);
    send(&server, &json!([put])).expect(200);
    assert_eq!(server.get("Patient?_summary=count").send().expect(200).json()["total"], 1);
}

#[test]
fn two_entries_of_one_full_url_are_refused() {
    let server = Server::start();
    let entry = json!({"fullUrl": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02",
        "request": {"method": "POST", "url": "Patient"},
        "resource": {"resourceType": "Patient"}});
    send(&server, &json!([entry, entry])).expect(400);
}

#[test]
fn patches_and_conditional_verbs_work_within_a_transaction() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    put_patient(&server, "b", "Two").expect(201);
    let patch = json!({"resourceType": "Binary", "contentType": "application/json-patch+json",
        "data": "W3sib3AiOiJhZGQiLCJwYXRoIjoiL2FjdGl2ZSIsInZhbHVlIjp0cnVlfV0="});
    let answer = send(
        &server,
        &json!([
            {"request": {"method": "PATCH", "url": "Patient/a"}, "resource": patch},
            {"request": {"method": "DELETE", "url": "Patient?family=Two"}},
            {"request": {"method": "PUT", "url": "Patient?family=Three"},
             "resource": {"resourceType": "Patient", "name": [{"family": "Three"}]}}
        ]),
    )
    .expect(200);
    assert_eq!(statuses(&answer), ["200", "204", "201"]);
    assert_eq!(server.get("Patient/a").send().expect(200).json()["active"], true);
    server.get("Patient/b").send().expect(410);
}

#[test]
fn what_a_transaction_returns_is_the_client_s_choice() {
    let server = Server::start();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"request": {"method": "POST", "url": "Patient"}, "resource": {"resourceType": "Patient"}}
    ]});
    let entry = |prefer: &str| {
        let answer = server.post("").header("Prefer", prefer).json(&bundle).send().expect(200);
        answer.json()["entry"][0].clone()
    };
    assert!(entry("return=minimal").get("resource").is_none());
    assert_eq!(entry("return=representation")["resource"]["resourceType"], "Patient");
    let outcome = &entry("return=OperationOutcome")["response"]["outcome"];
    assert_eq!(outcome["resourceType"], "OperationOutcome");
}

#[test]
fn an_entry_without_a_request_is_named() {
    let server = Server::start();
    let failed = send(&server, &json!([{"resource": {"resourceType": "Patient"}}])).expect(400);
    assert!(failed.diagnostics().contains("Entry 0"), "{}", failed.text());
}
