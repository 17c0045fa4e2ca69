//! [`$meta`, `$meta-add`, `$meta-delete`](https://hl7.org/fhir/R4/resource-operation-meta.html)

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

fn meta(server: &Server, operation: &str, tag: &str) -> Response {
    let parameters = json!({"resourceType": "Parameters", "parameter": [
        {"name": "meta", "valueMeta": {"tag": [{"system": "http://t", "code": tag}]}}
    ]});
    server.post(&format!("Patient/a/${operation}")).json(&parameters).send()
}

fn codes(answer: &Response) -> Vec<String> {
    let body = answer.json();
    assert_eq!(body["resourceType"], "Parameters");
    assert_eq!(body["parameter"][0]["name"], "return");
    let tags = body["parameter"][0]["valueMeta"]["tag"].as_array().cloned().unwrap_or_default();
    tags.iter().filter_map(|tag: &Value| tag["code"].as_str().map(str::to_owned)).collect()
}

#[test]
fn tags_are_added_and_taken_away() {
    let server = Server::start();
    server.put_all(&[json!({"resourceType": "Patient", "id": "a", "active": true})]);
    assert_eq!(codes(&meta(&server, "meta-add", "one").expect(200)), ["one"]);
    assert_eq!(codes(&meta(&server, "meta-add", "one").expect(200)), ["one"]);
    assert_eq!(codes(&meta(&server, "meta-add", "two").expect(200)), ["one", "two"]);
    assert_eq!(codes(&meta(&server, "meta-delete", "one").expect(200)), ["two"]);
    assert_eq!(codes(&server.get("Patient/a/$meta").send().expect(200)), ["two"]);
    let found = server.get("Patient?_tag=http://t|two").send().expect(200);
    assert_eq!(found.entries("match"), ["Patient/a"]);
    assert_eq!(server.get("Patient/a").send().expect(200).json()["active"], true);
}

#[test]
fn wrong_calls_are_explained() {
    let server = Server::start();
    server.put_all(&[json!({"resourceType": "Patient", "id": "a"})]);
    server.get("Patient/nobody/$meta").send().expect(404);
    server.get("Patient/a/$meta-add").send().expect(405);
    let empty = json!({"resourceType": "Parameters"});
    server.post("Patient/a/$meta-add").json(&empty).send().expect(400);
}
