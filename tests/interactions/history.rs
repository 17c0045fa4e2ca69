//! The [history] interaction over HTTP.
//!
//! [history]: https://hl7.org/fhir/R4/http.html#history

use brigid_tests::{Response, Server};

use super::{observation, put_patient};

/// `method url status` of every entry.
#[track_caller]
fn lines(answer: &Response) -> Vec<String> {
    let bundle = answer.json();
    assert_eq!(bundle["type"], "history");
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["request"]["method"].as_str().unwrap_or("?"),
                entry["request"]["url"].as_str().unwrap_or("?"),
                entry["response"]["status"].as_str().unwrap_or("?"),
            )
        })
        .collect()
}

#[test]
fn the_history_of_a_resource_is_newest_first_with_deletions() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    put_patient(&server, "a", "Two").expect(200);
    server.delete("Patient/a").send().expect(204);
    let history = server.get("Patient/a/_history").send().expect(200);
    assert_eq!(
        lines(&history),
        ["DELETE Patient/a 204 No Content", "PUT Patient/a 200 OK", "PUT Patient/a 201 Created"]
    );
    let bundle = history.json();
    assert!(bundle["entry"][0].get("resource").is_none());
    assert_eq!(bundle["entry"][1]["resource"]["name"][0]["family"], "Two");
    assert_eq!(bundle["entry"][1]["response"]["etag"], "W/\"2\"");
    assert_eq!(
        bundle["entry"][1]["fullUrl"].as_str(),
        Some(&*format!("{}/Patient/a", server.base()))
    );
}

#[test]
fn the_histories_of_a_type_and_of_everything_hold_what_was_written_there() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.post("Observation").json(&observation()).send().expect(201);
    assert_eq!(lines(&server.get("Patient/_history").send().expect(200)).len(), 1);
    assert_eq!(
        lines(&server.get("_history").send().expect(200)),
        ["POST Observation 201 Created", "PUT Patient/a 201 Created"]
    );
}

#[test]
fn since_and_at_choose_by_time() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let first = server.get("Patient/a").send().json()["meta"]["lastUpdated"].clone();
    put_patient(&server, "a", "Two").expect(200);
    let second = server.get("Patient/a").send().json()["meta"]["lastUpdated"].clone();
    let (first, second) = (first.as_str().unwrap(), second.as_str().unwrap());
    let count = |query: &str| {
        lines(&server.get(&format!("Patient/a/_history?{query}")).send().expect(200)).len()
    };
    assert_eq!(count(&format!("_since={first}")), 2);
    assert_eq!(count(&format!("_since={second}")), 1);
    assert_eq!(count("_since=2001-01-01T00:00:00Z"), 2);
    assert_eq!(count(&format!("_at={second}")), 1);
    assert_eq!(count("_at=2001"), 0);
    // A plus sign that was not escaped.
    assert_eq!(count("_since=2001-01-01T00:00:00+02:00"), 2);
    assert_eq!(count("_at=2001-01-01T00:00:00+02:00"), 0);
}

#[test]
fn a_history_is_paged_without_gap_or_repetition_while_others_write() {
    let server = Server::start();
    put_patient(&server, "a", "v").expect(201);
    for number in 2..=5 {
        put_patient(&server, "a", &format!("v{number}")).expect(200);
    }
    let mut versions = Vec::new();
    let mut next = Some("Patient/a/_history?_count=2".to_owned());
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        for entry in page.json()["entry"].as_array().unwrap() {
            versions.push(entry["resource"]["meta"]["versionId"].as_str().unwrap().to_owned());
        }
        put_patient(&server, "a", "later").expect(200);
        next = page.link("next");
    }
    assert_eq!(versions, ["5", "4", "3", "2", "1"]);
}

#[test]
fn what_came_back_after_its_deletion_was_created_again() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient/a").send().expect(204);
    put_patient(&server, "a", "Two").expect(201);
    put_patient(&server, "a", "Three").expect(200);
    let found = lines(&server.get("Patient/a/_history").send().expect(200));
    assert_eq!(
        found,
        [
            "PUT Patient/a 200 OK",
            "PUT Patient/a 201 Created",
            "DELETE Patient/a 204 No Content",
            "PUT Patient/a 201 Created"
        ]
    );
}

#[test]
fn the_history_of_what_never_was_is_not_found() {
    let server = Server::start();
    server.get("Patient/nobody/_history").send().expect(404);
    assert!(lines(&server.get("Patient/_history").send().expect(200)).is_empty());
}

#[test]
fn wrong_parameters_of_a_history_are_named() {
    let server = Server::start();
    for (query, says) in [
        ("_since=yesterday", "_since"),
        ("_count=-1", "_count"),
        ("_sinc=2020", "_since"),
        ("_page=abc", "page link"),
        ("name=a", "name"),
    ] {
        let answer = server.get(&format!("_history?{query}")).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{query}: {}", answer.text());
    }
}
