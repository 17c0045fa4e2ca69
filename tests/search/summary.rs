//! Parts of resources: `_summary` in all its values, in searches and beside them.

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

const SUBSETTED: &str = "SUBSETTED";

fn world() -> Server {
    let server = Server::start();
    server.put_all(&[
        json!({"resourceType": "Patient", "id": "a",
            "meta": {"tag": [{"system": "http://x", "code": "mine"}]},
            "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">A</div>"},
            "name": [{"family": "A"}], "birthDate": "1980-01-01",
            "contact": [{"name": {"family": "C"}}],
            "maritalStatus": {"text": "married"}}),
        json!({"resourceType": "Observation", "id": "o", "status": "final",
            "text": {"status": "generated", "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\">O</div>"},
            "code": {"text": "x"}, "subject": {"reference": "Patient/a"},
            "valueQuantity": {"value": 1.50, "unit": "mg"},
            "note": [{"text": "n"}],
            "component": [{"code": {"text": "c"}, "valueString": "v",
                "interpretation": [{"text": "high"}]}]}),
    ]);
    server
}

fn first(response: &Response) -> Value {
    response.json()["entry"][0]["resource"].clone()
}

#[track_caller]
fn check(resource: &Value, expected: &[&str]) {
    let names: Vec<&str> = resource.as_object().unwrap().keys().map(String::as_str).collect();
    let mut names = names.clone();
    names.sort_unstable();
    let mut expected: Vec<&str> = [expected, &["id", "meta", "resourceType"]].concat();
    expected.sort_unstable();
    assert_eq!(names, expected);
    let tags = resource["meta"]["tag"].as_array().unwrap();
    assert!(tags.iter().any(|tag| tag["code"] == SUBSETTED), "{tags:?}");
}

#[test]
fn a_summary_has_what_the_definitions_mark() {
    let server = world();
    let found = server.get("Patient?_summary=true").send().expect(200);
    let patient = first(&found);
    check(&patient, &["name", "birthDate"]);
    assert_eq!(patient["meta"]["tag"][0]["code"], "mine");
    assert!(found.link("self").unwrap().contains("_summary=true"));
    let observation = first(&server.get("Observation?_summary=true").send().expect(200));
    check(&observation, &["status", "code", "subject", "valueQuantity", "component"]);
    assert_eq!(observation["component"][0], json!({"code": {"text": "c"}, "valueString": "v"}));
}

#[test]
fn text_and_data_part_the_narrative_from_the_rest() {
    let server = world();
    check(&first(&server.get("Patient?_summary=text").send().expect(200)), &["text"]);
    let observation = first(&server.get("Observation?_summary=text").send().expect(200));
    check(&observation, &["text", "status", "code"]);
    let data = first(&server.get("Patient?_summary=data").send().expect(200));
    check(&data, &["name", "birthDate", "contact", "maritalStatus"]);
    let whole = first(&server.get("Patient?_summary=false").send().expect(200));
    assert!(whole.get("text").is_some());
    assert_eq!(whole["meta"]["tag"].as_array().unwrap().len(), 1);
    let includes = "Observation?_summary=text&_include=Observation:subject";
    server.get(includes).send().expect(400);
    server.get("Patient?_summary=some").send().expect(400);
    server.get("Patient?_summary=true&_elements=name").send().expect(400);
}

#[test]
fn a_summary_covers_what_is_included() {
    let server = world();
    let found = server.get("Observation?_summary=true&_include=*").send().expect(200);
    check(&found.json()["entry"][1]["resource"], &["name", "birthDate"]);
}

#[test]
fn decimals_and_the_order_of_members_stay() {
    let server = Server::start();
    let text = concat!(
        r#"{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.50,"unit":"mg"},"#,
        r#""status":"final","note":[{"text":"n"}],"code":{"text":"x"}}"#
    );
    server.put("Observation/o").body("application/fhir+json", text).send().expect(201);
    let part = server.get("Observation?_summary=true").send().expect(200).text();
    let kept =
        r#""valueQuantity":{"value":1.50,"unit":"mg"},"status":"final","code":{"text":"x"}}"#;
    assert!(part.contains(kept), "{part}");
}

#[test]
fn a_read_and_a_history_give_parts_too() {
    let server = world();
    let read = server.get("Patient/a?_summary=true").send().expect(200);
    check(&read.json(), &["name", "birthDate"]);
    assert_eq!(read.header("ETag"), Some("W/\"1\""));
    let vread = server.get("Patient/a/_history/1?_elements=birthDate").send().expect(200);
    check(&vread.json(), &["birthDate"]);
    let history = server.get("Patient/a/_history?_summary=text").send().expect(200);
    check(&first(&history), &["text"]);
    let all = server.get("_history?_elements=Patient.name").send().expect(200);
    let patient = all.json()["entry"].as_array().unwrap().last().cloned().unwrap();
    check(&patient["resource"], &["name"]);
    let count = server.get("Patient/_history?_summary=count").send().expect(200).json();
    assert_eq!((count["total"].clone(), count.get("entry")), (json!(1), None));
    server.get("Patient/a?_summary=count").send().expect(400);
    server.get("Patient/a?_elements=nmae").send().expect(400);
    let xml = server.get("Patient/a?_summary=true&_format=xml").send().expect(200).text();
    assert!(xml.contains("SUBSETTED") && !xml.contains("maritalStatus"), "{xml}");
}

#[test]
fn a_part_is_never_written_over_the_whole() {
    let server = world();
    let part = server.get("Patient/a?_summary=true").send().expect(200).json();
    let refused = server.put("Patient/a").json(&part).send().expect(422);
    assert!(refused.diagnostics().contains("SUBSETTED"));
    server.put("Patient?_id=a").json(&part).send().expect(422);
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": part, "request": {"method": "PUT", "url": "Patient/a"}}]});
    server.post("").json(&bundle).send().expect(422);
    assert!(server.get("Patient/a").send().expect(200).json().get("text").is_some());
}
