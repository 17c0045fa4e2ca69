//! `_include` and `_revinclude`: by id, version and canonical URL, once and again, within limits.

use brigid_tests::Server;
use serde_json::{Value, json};

/// The search includes exactly these, in any order.
#[track_caller]
fn check(server: &Server, query: &str, expected: &[&str]) {
    let found = server.get(query).send().expect(200);
    let mut included = found.entries("include");
    included.sort();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(included, expected, "{query}");
}

fn organization(id: &str, part_of: Option<&str>) -> Value {
    let mut organization = json!({"resourceType": "Organization", "id": id, "name": id});
    if let Some(part_of) = part_of {
        organization["partOf"] = json!({"reference": format!("Organization/{part_of}")});
    }
    organization
}

fn world() -> Server {
    let server = Server::start();
    server.put_all(&[
        organization("top", None),
        organization("middle", Some("top")),
        organization("low", Some("middle")),
        organization("ring", Some("other")),
        organization("other", Some("ring")),
        json!({"resourceType": "Practitioner", "id": "p"}),
        json!({"resourceType": "Patient", "id": "a",
            "managingOrganization": {"reference": "Organization/low"},
            "generalPractitioner": [{"reference": "Practitioner/p"}, {"reference": "Organization/low"}]}),
        json!({"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"},
            "subject": {"reference": "Patient/a"}, "hasMember": [{"reference": "Observation/m"}]}),
        json!({"resourceType": "Observation", "id": "m", "status": "final", "code": {"text": "x"},
            "subject": {"reference": "Patient/a"}}),
    ]);
    server
}

#[test]
fn without_iterate_only_matches_are_followed() {
    let server = world();
    let subject = "Observation?_id=o&_include=Observation:subject";
    check(&server, subject, &["Patient/a"]);
    check(&server, &format!("{subject}&_include=Patient:organization"), &["Patient/a"]);
    check(
        &server,
        &format!("{subject}&_include:iterate=Patient:organization"),
        &["Patient/a", "Organization/low"],
    );
    check(
        &server,
        &format!("{subject}&_include:recurse=Patient:general-practitioner:Practitioner"),
        &["Patient/a", "Practitioner/p"],
    );
    check(
        &server,
        "Organization?_id=top&_revinclude=Organization:partof&_revinclude:iterate=Patient:organization",
        &["Organization/middle"],
    );
}

#[test]
fn iterated_includes_go_on_until_nothing_is_new() {
    let server = world();
    check(
        &server,
        "Patient?_include=Patient:organization&_include:iterate=Organization:partof",
        &["Organization/low", "Organization/middle", "Organization/top"],
    );
    check(
        &server,
        "Organization?_id=ring&_include:iterate=Organization:partof",
        &["Organization/other"],
    );
    check(
        &server,
        "Organization?_id=top&_revinclude:iterate=Organization:partof\
         &_revinclude:iterate=Patient:organization&_revinclude:iterate=Observation:subject",
        &["Organization/middle", "Organization/low", "Patient/a", "Observation/o", "Observation/m"],
    );
}

#[test]
fn a_match_is_not_included_and_nothing_comes_twice() {
    let server = world();
    check(&server, "Observation?_include=Observation:has-member", &[]);
    check(&server, "Observation?_id=o&_include=Observation:has-member", &["Observation/m"]);
    check(
        &server,
        "Patient?_include=Patient:organization&_include=Patient:general-practitioner",
        &["Organization/low", "Practitioner/p"],
    );
    check(&server, "Patient?_include=*", &["Organization/low", "Practitioner/p"]);
    check(&server, "Patient?_include=Patient:*", &["Organization/low", "Practitioner/p"]);
    check(&server, "Patient?_revinclude=Observation:*", &["Observation/o", "Observation/m"]);
}

#[test]
fn a_reference_to_a_version_includes_that_version() {
    let server = world();
    server
        .put("Practitioner/p")
        .json(&json!({"resourceType": "Practitioner", "id": "p",
        "name": [{"family": "New"}]}))
        .send()
        .expect(200);
    let observation = |id: &str, performer: &str| {
        json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
            "performer": [{"reference": performer}]})
    };
    server.put_all(&[
        observation("old", "Practitioner/p/_history/1"),
        observation("now", "Practitioner/p/_history/2"),
        observation("none", "Practitioner/p/_history/9"),
        observation("any", "Practitioner/p"),
    ]);
    let versions = |query: &str| -> Vec<String> {
        let found = server.get(query).send().expect(200).json();
        let entries = found["entry"].as_array().unwrap().clone();
        let included = entries.iter().filter(|entry| entry["search"]["mode"] == "include");
        let version =
            |entry: &Value| entry["resource"]["meta"]["versionId"].as_str().map(str::to_owned);
        included.filter_map(version).collect()
    };
    assert_eq!(versions("Observation?_id=old&_include=Observation:performer"), ["1"]);
    assert_eq!(versions("Observation?_id=now,any&_include=Observation:performer"), ["2"]);
    assert!(versions("Observation?_id=none&_include=Observation:performer").is_empty());
    let both = versions("Observation?_id=old,any&_include=Observation:performer");
    assert_eq!(both.len(), 2, "{both:?}");
}

#[test]
fn canonical_references_include_what_has_the_url() {
    let server = Server::start();
    let questionnaire = |id: &str, version: &str| {
        json!({"resourceType": "Questionnaire", "id": id, "status": "active", "url": "http://q",
            "version": version})
    };
    let response = |id: &str, canonical: &str| {
        json!({"resourceType": "QuestionnaireResponse", "id": id, "status": "completed",
            "questionnaire": canonical})
    };
    server.put_all(&[
        questionnaire("q1", "1"),
        questionnaire("q2", "2"),
        response("any", "http://q"),
        response("two", "http://q|2"),
        response("three", "http://q|3"),
        response("other", "http://other"),
    ]);
    let include = |id: &str| {
        format!("QuestionnaireResponse?_id={id}&_include=QuestionnaireResponse:questionnaire")
    };
    check(&server, &include("any"), &["Questionnaire/q1", "Questionnaire/q2"]);
    check(&server, &include("two"), &["Questionnaire/q2"]);
    check(&server, &include("three"), &[]);
    check(&server, &include("other"), &[]);
    check(
        &server,
        "Questionnaire?_id=q1&_revinclude=QuestionnaireResponse:questionnaire",
        &["QuestionnaireResponse/any"],
    );
    check(
        &server,
        "Questionnaire?_id=q2&_revinclude=QuestionnaireResponse:questionnaire",
        &["QuestionnaireResponse/any", "QuestionnaireResponse/two"],
    );
}

#[test]
fn depth_and_number_have_limits_that_the_answer_names() {
    let settings = [("limits.include_depth", "2"), ("limits.included_resources", "3")];
    let server = Server::start_with(&settings);
    let chain: Vec<Value> =
        (0..8).map(|n| organization(&format!("n{n}"), Some(&format!("n{}", n + 1)))).collect();
    server.put_all(&chain);
    server.put_all(
        &(0..5)
            .map(|n| {
                json!({"resourceType": "Patient", "id": format!("p{n}"),
                "managingOrganization": {"reference": "Organization/n7"}})
            })
            .collect::<Vec<Value>>(),
    );
    let note = |query: &str| {
        let found = server.get(query).send().expect(200).json();
        let last = found["entry"].as_array().unwrap().last().cloned().unwrap();
        assert_eq!(last["search"]["mode"], "outcome", "{last}");
        last["resource"]["issue"][0]["diagnostics"].as_str().unwrap().to_owned()
    };
    let deep = "Organization?_id=n0&_include:iterate=Organization:partof";
    check(&server, deep, &["Organization/n1", "Organization/n2"]);
    assert!(note(deep).contains("iterate"));
    let many = "Organization?_id=n7&_revinclude=Patient:organization";
    assert_eq!(server.get(many).send().expect(200).entries("include").len(), 3);
    assert!(note(many).contains("More than the 3"));
}

#[test]
fn a_star_means_all_references() {
    let server = world();
    check(&server, "Practitioner?_revinclude=*", &["Patient/a"]);
    check(
        &server,
        "Observation?_id=m&_include:iterate=*",
        &[
            "Patient/a",
            "Practitioner/p",
            "Organization/low",
            "Organization/middle",
            "Organization/top",
        ],
    );
    check(
        &server,
        "Practitioner?_revinclude:iterate=*",
        &["Patient/a", "Observation/m", "Observation/o"],
    );
}

#[test]
fn a_deleted_resource_is_not_included() {
    let server = world();
    server.delete("Patient/a").send().expect(204);
    check(&server, "Observation?_include=Observation:subject", &[]);
}
