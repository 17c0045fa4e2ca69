//! [Conditional] create, update, patch and delete over HTTP.
//!
//! [Conditional]: https://hl7.org/fhir/R4/http.html#cond-update

use std::thread;

use brigid_tests::Server;
use serde_json::{Value, json};

use super::put_patient;

fn with_identifier(id: Option<&str>, value: &str) -> Value {
    let mut patient = json!({
        "resourceType": "Patient", "identifier": [{"system": "http://mrn", "value": value}]
    });
    if let Some(id) = id {
        patient["id"] = json!(id);
    }
    patient
}

fn put(server: &Server, id: &str, value: &str) {
    let body = with_identifier(Some(id), value);
    server.put(&format!("Patient/{id}")).json(&body).send().expect(201);
}

fn count(server: &Server) -> Value {
    server.get("Patient?_summary=count").send().expect(200).json()["total"].clone()
}

#[test]
fn a_conditional_create_makes_nothing_where_one_matches() {
    let server = Server::start();
    let send = || {
        server
            .post("Patient")
            .header("If-None-Exist", "identifier=http://mrn|1")
            .json(&with_identifier(None, "1"))
            .send()
    };
    let id = send().expect(201).id();
    assert_eq!(send().expect(200).id(), id);
    assert_eq!(count(&server), 1);
}

#[test]
fn a_conditional_create_says_where_its_match_is() {
    let server = Server::start();
    put(&server, "a", "1");
    let location = format!("{}/Patient/a/_history/1", server.base());
    let send = |prefer: &str| {
        server
            .post("Patient")
            .header("If-None-Exist", "identifier=http://mrn|1")
            .header("Prefer", prefer)
            .json(&with_identifier(None, "1"))
            .send()
            .expect(200)
    };
    let minimal = send("return=minimal");
    assert_eq!(minimal.header("location"), Some(&*location));
    assert!(minimal.body.is_empty(), "{}", minimal.text());
    assert!(send("return=OperationOutcome").diagnostics().contains("Patient/a"));
    for kind in ["batch", "transaction"] {
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": [{
            "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=1"},
            "resource": with_identifier(None, "1")
        }]});
        let answer = server.post("").json(&bundle).send().expect(200).json();
        let response = &answer["entry"][0]["response"];
        assert!(response["status"].as_str().unwrap().starts_with("200"), "{answer}");
        assert_eq!(response["location"], *location);
    }
}

#[test]
fn a_conditional_create_with_several_matches_fails() {
    let server = Server::start();
    put(&server, "a", "1");
    put(&server, "b", "1");
    let answer = server
        .post("Patient")
        .header("If-None-Exist", "identifier=http://mrn|1")
        .json(&with_identifier(None, "1"))
        .send()
        .expect(412);
    assert_eq!(answer.json()["issue"][0]["code"], "multiple-matches");
}

#[test]
fn of_64_parallel_conditional_creates_exactly_one_makes_a_resource() {
    let server = Server::start();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let running: Vec<_> = (0..64)
            .map(|_| {
                let request = server
                    .post("Patient")
                    .header("If-None-Exist", "identifier=http://mrn|1")
                    .json(&with_identifier(None, "1"));
                scope.spawn(move || request.send().status)
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 63, "{statuses:?}");
    assert_eq!(count(&server), 1);
}

#[test]
fn a_conditional_update_follows_the_number_of_matches() {
    let server = Server::start();
    let send = |body: &Value| server.put("Patient?identifier=http://mrn|1").json(body).send();
    // None: created, under the server's id.
    let id = send(&with_identifier(None, "1")).expect(201).id();
    // One: updated.
    let updated = send(&with_identifier(None, "1")).expect(200);
    assert_eq!(updated.id(), id);
    assert_eq!(updated.header("etag"), Some("W/\"2\""));
    send(&with_identifier(Some(&id), "1")).expect(200);
    // One, but the body names another.
    send(&with_identifier(Some("other"), "1")).expect(400);
    // Several.
    put(&server, "b", "1");
    send(&with_identifier(None, "1")).expect(412);
}

#[test]
fn a_conditional_update_without_a_match_takes_the_client_s_id() {
    let server = Server::start();
    let send = || {
        server
            .put("Patient?identifier=http://mrn|1")
            .json(&with_identifier(Some("mine"), "1"))
            .send()
    };
    assert_eq!(send().expect(201).id(), "mine");
    assert_eq!(send().expect(200).id(), "mine");
}

#[test]
fn a_conditional_patch_follows_the_number_of_matches() {
    let server = Server::start();
    let send = || {
        server
            .patch("Patient?identifier=http://mrn|1")
            .body("application/json-patch+json", r#"[{"op":"add","path":"/active","value":true}]"#)
            .send()
    };
    send().expect(404);
    put(&server, "a", "1");
    assert_eq!(send().expect(200).json()["active"], true);
    put(&server, "b", "1");
    send().expect(412);
}

#[test]
fn a_conditional_delete_follows_the_number_of_matches() {
    let server = Server::start();
    let send = || server.delete("Patient?identifier=http://mrn|1").send();
    send().expect(204);
    put(&server, "a", "1");
    send().expect(204);
    server.get("Patient/a").send().expect(410);
    put(&server, "b", "1");
    put(&server, "c", "1");
    send().expect(412);
    assert_eq!(count(&server), 2);
}

#[test]
fn a_condition_that_says_nothing_or_is_not_understood_is_refused() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient").send().expect(400);
    for query in ["nickname=a", "_count=1"] {
        // Lenient handling must not widen what is deleted.
        server
            .delete(&format!("Patient?{query}"))
            .header("Prefer", "handling=lenient")
            .send()
            .expect(400);
    }
    server.get("Patient/a").send().expect(200);
}

#[test]
fn two_long_matches_are_several_although_a_page_ends_after_one() {
    let server = Server::start();
    let data = "A".repeat(65 * 1024 * 1024);
    for id in ["a", "b"] {
        let long = json!({"resourceType": "DocumentReference", "id": id, "status": "current",
            "identifier": [{"system": "urn:s", "value": "1"}],
            "content": [{"attachment": {"data": data}}]});
        server.put(&format!("DocumentReference/{id}")).json(&long).send().expect(201);
    }
    let other = json!({"resourceType": "DocumentReference", "status": "current",
        "content": [{"attachment": {"title": "x"}}]});
    let put = server.put("DocumentReference?identifier=urn:s|1").json(&other).send();
    assert!(put.expect(412).diagnostics().contains("several"));
}
