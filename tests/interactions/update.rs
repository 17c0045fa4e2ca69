//! The [update] interaction over HTTP.
//!
//! [update]: https://hl7.org/fhir/R4/http.html#update

use std::thread;

use brigid_tests::Server;
use serde_json::json;

use super::{patient, put_patient};

#[test]
fn an_update_of_an_unknown_id_creates_it() {
    let server = Server::start();
    let created = put_patient(&server, "mine", "F").expect(201);
    let location = format!("{}/Patient/mine/_history/1", server.base());
    assert_eq!(created.header("location"), Some(&*location));
}

#[test]
fn an_update_makes_the_next_version_even_of_the_same_content() {
    let server = Server::start();
    put_patient(&server, "a", "F").expect(201);
    let updated = put_patient(&server, "a", "F").expect(200);
    assert_eq!(updated.header("etag"), Some("W/\"2\""));
}

#[test]
fn the_id_of_the_body_must_be_that_of_the_address() {
    let server = Server::start();
    let answer = server.put("Patient/a").json(&patient("b", "F")).send().expect(400);
    assert!(answer.diagnostics().contains("'b'"));
    let without = json!({"resourceType": "Patient"});
    server.put("Patient/a").json(&without).send().expect(400);
}

#[test]
fn an_illegal_id_is_refused() {
    let server = Server::start();
    let long = "a".repeat(65);
    for id in ["a_b", long.as_str(), "a%20b"] {
        server.put(&format!("Patient/{id}")).json(&patient(id, "F")).send().expect(400);
    }
}

#[test]
fn a_deleted_resource_comes_back_with_the_next_version() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient/a").send().expect(204);
    let back = put_patient(&server, "a", "Two").expect(201);
    assert_eq!(back.header("etag"), Some("W/\"3\""));
}

#[test]
fn if_match_lets_only_the_current_version_through() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let send = |etag: &str| {
        server.put("Patient/a").header("If-Match", etag).json(&patient("a", "Two")).send()
    };
    send("W/\"2\"").expect(412);
    send("W/\"1\"").expect(200);
    let stale = send("W/\"1\"").expect(412);
    assert!(stale.diagnostics().contains('2'), "{}", stale.text());
    send("nonsense").expect(400);
}

#[test]
fn if_match_on_what_is_not_there_fails() {
    let server = Server::start();
    server
        .put("Patient/a")
        .header("If-Match", "W/\"1\"")
        .json(&patient("a", "One"))
        .send()
        .expect(412);
}

#[test]
fn of_64_parallel_updates_of_one_version_exactly_one_goes_through() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let running: Vec<_> = (0..64)
            .map(|number| {
                let request = server
                    .put("Patient/a")
                    .header("If-Match", "W/\"1\"")
                    .json(&patient("a", &format!("F{number}")));
                scope.spawn(move || request.send().status)
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 63, "{statuses:?}");
    assert_eq!(server.get("Patient/a").send().expect(200).header("etag"), Some("W/\"2\""));
}
