//! Limits, wrong methods and wrong addresses.

use brigid_tests::Server;
use serde_json::json;

use super::put_patient;

#[test]
fn a_body_over_the_limit_is_refused() {
    let server = Server::start_with(&[("limits.body_bytes", "1000")]);
    let long = "x".repeat(2000);
    let body = json!({"resourceType": "Patient", "name": [{"family": long}]});
    let answer = server.post("Patient").json(&body).send().expect(413);
    assert!(answer.diagnostics().contains("1000"), "{}", answer.text());
}

#[test]
fn more_entries_than_the_limit_are_refused() {
    let server = Server::start_with(&[("limits.bundle_entries", "2")]);
    let get = json!({"request": {"method": "GET", "url": "Patient/a"}});
    let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [get, get, get]});
    let answer = server.post("").json(&batch).send().expect(413);
    assert!(answer.diagnostics().contains('2'), "{}", answer.text());
}

#[test]
fn nesting_and_duplicate_members_are_refused() {
    let server = Server::start();
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for body in [
        format!("{{\"resourceType\":\"Patient\",\"name\":{deep}}}"),
        "{\"resourceType\":\"Patient\",\"active\":true,\"active\":true}".to_owned(),
        "\u{feff}{\"resourceType\":\"Patient\"}".to_owned(),
        "{\"resourceType\":\"Patient\",\"multipleBirthInteger\":NaN}".to_owned(),
    ] {
        server.post("Patient").body("application/fhir+json", body).send().expect(400);
    }
    let invalid = b"{\"resourceType\":\"Patient\",\"language\":\"\xff\"}".to_vec();
    server.post("Patient").body("application/fhir+json", invalid).send().expect(400);
}

#[test]
fn a_method_that_does_not_fit_the_address_names_those_that_do() {
    let server = Server::start();
    for (method, path) in [
        ("POST", "Patient/a"),
        ("PUT", "metadata"),
        ("DELETE", "Patient/a/_history/1"),
        ("PUT", ""),
        ("PATCH", "_history"),
    ] {
        let answer =
            server.client().request(method, path).body("application/fhir+json", "{}").send();
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
        assert!(!answer.header("allow").unwrap().is_empty(), "{method} {path}");
    }
}

#[test]
fn wrong_addresses_are_explained() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    for (path, status) in [
        ("Patient/a/b/c/d", 404),
        ("Patient/a_b", 400),
        ("patient/a", 404),
        ("Patient/a/$nothing", 404),
        ("$nothing", 404),
        ("Patient/a/Nothing", 404),
        ("%ff/a", 404),
    ] {
        let answer = server.get(path).send();
        assert!(
            answer.status == status || (path.starts_with('%') && answer.status == 400),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
        assert_eq!(answer.json()["resourceType"], "OperationOutcome", "{path}");
    }
}

#[test]
fn a_search_of_the_whole_system_is_refused_clearly() {
    let server = Server::start();
    let answer = server.get("?_id=a").send();
    assert!((400..502).contains(&answer.status), "{}", answer.status);
    assert!(answer.diagnostics().contains("type"), "{}", answer.text());
}
