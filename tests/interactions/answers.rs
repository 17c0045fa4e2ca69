//! Every resource that the server makes itself is valid: it takes it back, in JSON and in XML.

use brigid_tests::Server;
use serde_json::{Value, json};

use super::{observation, put_patient};

/// The resource as a client would send it: without what each write gives anew.
fn bare(mut resource: Value) -> Value {
    if let Some(members) = resource.as_object_mut() {
        members.remove("id");
        members.remove("meta");
    }
    resource
}

/// Stores the answer to this request again, in both forms, and finds it unchanged.
#[track_caller]
fn check(server: &Server, method: &str, path: &str, body: Option<&Value>) {
    let ask = |form: &str| {
        let request = server.client().request(method, path).header("Accept", form);
        body.map_or(request.clone(), |body| request.json(body)).send()
    };
    let (json, xml) = (ask("application/fhir+json"), ask("application/fhir+xml"));
    assert_eq!(json.status, xml.status, "{method} {path}");
    let kind = json.json()["resourceType"].as_str().unwrap().to_owned();
    for (form, answer) in [("application/fhir+json", json), ("application/fhir+xml", xml)] {
        assert!(answer.header("content-type").unwrap().starts_with(form), "{method} {path}");
        let stored = server.post(&kind).body(form, answer.body.clone()).send();
        assert_eq!(stored.status, 201, "{method} {path}: {}\n{}", stored.text(), answer.text());
        if form.ends_with("json") {
            assert_eq!(bare(stored.json()), bare(answer.json()), "{method} {path}");
        }
    }
}

#[test]
fn what_the_server_makes_itself_is_valid_in_json_and_xml() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    put_patient(&server, "a", "Two").expect(200);
    put_patient(&server, "gone", "Three").expect(201);
    server.delete("Patient/gone").send().expect(204);
    for path in [
        "metadata",
        "metadata?mode=normative",
        "metadata?mode=terminology",
        "Patient?_include=*&_revinclude=Observation:patient&_total=accurate",
        "Patient?family=nobody",
        "Patient?_summary=count",
        "Patient?_count=0",
        "Patient/a/Observation?_count=1",
        "Patient/_history",
        "Patient/gone/_history?_count=1",
        "_history?_count=0",
        "Patient/a/$everything",
        "Patient/a/$summary",
        "Patient/gone",
        "Patient/none",
        "Nothing/a",
        "Patient?birthdate=soon&famly=x",
        "Patient/a/$nothing",
    ] {
        check(&server, "GET", path, None);
    }
}

#[test]
fn answers_to_bundles_and_refusals_are_valid_in_json_and_xml() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let entries = json!([
        {"request": {"method": "GET", "url": "Patient/a"}},
        {"request": {"method": "GET", "url": "/Patient/a?_format=json"}},
        {"request": {"method": "GET", "url": "Patient"}},
        {"request": {"method": "GET", "url": "Patient/a", "ifNoneMatch": "W/\"1\""}},
        {"request": {"method": "POST", "url": "Observation"}, "resource": observation()},
        {"request": {"method": "DELETE", "url": "Observation/none"}}
    ]);
    for kind in ["batch", "transaction"] {
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": entries});
        check(&server, "POST", "", Some(&bundle));
        let empty = json!({"resourceType": "Bundle", "type": kind});
        check(&server, "POST", "", Some(&empty));
        let wrong = json!({"resourceType": "Bundle", "type": kind, "entry": [
            {"request": {"method": "POST", "url": "Patient"},
             "resource": {"resourceType": "Patient", "gender": "?", "name": {}}}
        ]});
        check(&server, "POST", "", Some(&wrong));
    }
    let wrong = json!({"resourceType": "Patient", "gender": "?", "birthDate": "soon", "x": []});
    check(&server, "POST", "Patient", Some(&wrong));
    check(&server, "PUT", "Patient/b", Some(&json!({"resourceType": "Patient", "id": "c"})));
    check(&server, "PUT", "metadata", Some(&wrong));
}

#[test]
fn a_resource_that_several_entries_read_is_named_once() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let read = json!({"request": {"method": "GET", "url": "Patient/a"}});
    for kind in ["batch", "transaction"] {
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": [read, read]});
        let answer = server.post("").json(&bundle).send().expect(200).json();
        let entries = answer["entry"].as_array().unwrap();
        assert!(entries.iter().all(|entry| entry["resource"]["id"] == "a"), "{answer}");
        let named = entries.iter().filter(|entry| entry.get("fullUrl").is_some()).count();
        assert_eq!(named, 1, "{answer}");
    }
}
