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

/// `IN-07`: a small Bundle cannot ask for more than the memory holds.
#[test]
fn what_a_bundle_reads_has_a_limit() {
    let server = Server::start_with(&[("limits.bundle_answer_bytes", "5000")]);
    put_patient(&server, "a", &"y".repeat(2000)).expect(201);
    let get = json!({"request": {"method": "GET", "url": "Patient/a"}});
    for kind in ["batch", "transaction"] {
        let entries = vec![get.clone(); 40];
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": entries});
        let answer = server.post("").json(&bundle).send().expect(200).json();
        let status = |index: usize| answer["entry"][index]["response"]["status"].clone();
        assert_eq!(status(0), "200 OK", "{kind}");
        assert_eq!(status(39), "413 Payload Too Large", "{kind}");
        assert_eq!(answer["entry"].as_array().unwrap().len(), 40, "{kind}");
    }
    // What writes is not held up by what reads: it comes first.
    let create = json!({"resource": {"resourceType": "Patient"},
        "request": {"method": "POST", "url": "Patient"}});
    let mut entries = vec![get; 20];
    entries.push(create);
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    let answer = server.post("").json(&bundle).send().expect(200).json();
    assert_eq!(answer["entry"][20]["response"]["status"], "201 Created");
}

/// `IN-07`: neither the number of parameters nor their length is without an end, and the longest
/// search that is taken has page links that work.
#[test]
fn the_parameters_of_a_search_have_limits() {
    let server = Server::start();
    let form = "application/x-www-form-urlencoded";
    for body in ["name=b&".repeat(1_001), format!("name={}", "b".repeat(60_000))] {
        server.post("Patient/_search").body(form, body).send().expect(413);
    }
    server.get(&format!("Patient?{}", "a=b&".repeat(1_500))).send().expect(413);
    put_patient(&server, "a", "A").expect(201);
    put_patient(&server, "b", "B").expect(201);
    let ids = vec!["x".repeat(43); 998].join(",");
    let body = format!("_count=1&_id=a,b,{ids}");
    let page = server.post("Patient/_search").body(form, body).send().expect(200);
    let next = page.link("next").expect("there is a second page");
    assert_eq!(server.get(&next).send().expect(200).entries("match").len(), 1);
}
