//! SearchParameters of a tenant's own: posted, indexed, searched by, retired.

use brigid_tests::Server;
use serde_json::{Value, json};

use super::check;

const RACE: &str = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race";

fn parameter(id: &str, base: &str, kind: &str, expression: &str) -> Value {
    json!({"resourceType": "SearchParameter", "id": id, "url": format!("http://t/{id}"),
        "name": id, "status": "active", "description": "d", "code": id, "base": [base],
        "type": kind, "expression": expression})
}

fn race() -> Value {
    let expression = format!("Patient.extension.where(url = '{RACE}').extension.value.code");
    parameter("race", "Patient", "token", &expression)
}

fn patient(id: &str, code: &str, multiple: i32) -> Value {
    let category = json!({"url": "ombCategory", "valueCoding": {
        "system": "urn:oid:2.16.840.1.113883.6.238", "code": code}});
    json!({"resourceType": "Patient", "id": id, "multipleBirthInteger": multiple,
        "extension": [{"url": RACE, "extension": [category]}]})
}

/// Indexes everything by the parameters that are active.
fn reindex(server: &Server) {
    let answer = server.post("$reindex").send().expect(202);
    let location = answer.header("content-location").expect("the address of the Task");
    let path = location.strip_prefix(&format!("{}/", server.base())).expect("under the base");
    for _ in 0..100_000 {
        if server.get(path).send().expect(200).json()["status"] == "completed" {
            return;
        }
    }
    panic!("{path} is not completed");
}

#[track_caller]
fn refused(server: &Server, query: &str, says: &str) {
    let answer = server.get(query).send().expect(400);
    assert!(answer.diagnostics().contains(says), "{query}: {}", answer.diagnostics());
}

fn names(server: &Server, code: &str) -> bool {
    let statement = server.get("metadata").send().expect(200).json();
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    let patient = resources.iter().find(|one| one["type"] == "Patient").unwrap();
    patient["searchParam"].as_array().unwrap().iter().any(|one| one["name"] == code)
}

#[test]
fn a_parameter_is_searched_by_once_it_is_indexed() {
    let server = Server::start();
    server.put_all(&[patient("old", "2106-3", 1), patient("other", "2028-9", 2)]);
    refused(&server, "Patient?race=2106-3", "no search parameter 'race'");
    server.put_all(&[race()]);
    assert!(!names(&server, "race"));
    for query in ["Patient?race=2106-3", "Patient?_sort=race", "Observation?patient.race=2106-3"] {
        refused(&server, query, "$reindex");
    }
    server.put_all(&[patient("new", "2106-3", 3)]);
    reindex(&server);
    assert!(names(&server, "race"));
    check(&server, "Patient?race=2106-3", &["Patient/old", "Patient/new"]);
    check(&server, "Patient?race:not=2106-3", &["Patient/other"]);
    server.put_all(&[patient("newest", "2106-3", 4)]);
    check(&server, "Patient?race=2106-3", &["Patient/old", "Patient/new", "Patient/newest"]);
}

#[test]
fn it_sorts_and_chains_and_includes_like_one_of_r4() {
    let server = Server::start();
    server.put_all(&[
        patient("a", "2106-3", 3),
        patient("b", "2028-9", 1),
        json!({"resourceType": "Observation", "id": "o", "status": "final",
            "code": {"text": "x"}, "subject": {"reference": "Patient/a"},
            "extension": [{"url": "http://t/by", "valueReference": {"reference": "Patient/b"}}]}),
        race(),
        parameter("birth-order", "Patient", "number", "(Patient.multipleBirth as integer)"),
    ]);
    let mut by = parameter(
        "by",
        "Observation",
        "reference",
        "Observation.extension.where(url = 'http://t/by').value",
    );
    by["target"] = json!(["Patient"]);
    server.put_all(&[by]);
    reindex(&server);
    let sorted = server.get("Patient?_sort=birth-order").send().expect(200).entries("match");
    assert_eq!(sorted, ["Patient/b", "Patient/a"]);
    check(&server, "Patient?birth-order=gt2", &["Patient/a"]);
    check(&server, "Observation?patient.race=2106-3", &["Observation/o"]);
    check(&server, "Observation?by:Patient.race=2028-9", &["Observation/o"]);
    check(&server, "Observation?by=Patient/a", &[]);
    let answer = server.get("Observation?_include=Observation:by").send().expect(200);
    assert_eq!(answer.entries("include"), ["Patient/b"]);
    let condition = server.put("Patient?race=2028-9").json(&{
        let mut changed = patient("b", "2028-9", 9);
        changed.as_object_mut().unwrap().remove("id");
        changed
    });
    condition.send().expect(200);
    check(&server, "Patient?birth-order=9", &["Patient/b"]);
}

#[test]
fn a_composite_lives_and_ends_with_its_components() {
    let server = Server::start();
    let order = parameter("birth-order", "Patient", "number", "(Patient.multipleBirth as integer)");
    let mut pair = parameter("pair", "Patient", "composite", "Patient");
    pair["component"] = json!([
        {"definition": "http://hl7.org/fhir/SearchParameter/individual-gender",
            "expression": "gender"},
        {"definition": "http://t/birth-order", "expression": "(multipleBirth as integer)"},
    ]);
    let answer = server.put("SearchParameter/pair").json(&pair).send().expect(422);
    assert!(answer.diagnostics().contains("http://t/birth-order"), "{}", answer.diagnostics());
    let mut twin = patient("a", "2106-3", 2);
    twin["gender"] = json!("female");
    server.put_all(&[twin, patient("b", "2106-3", 2), order.clone(), pair]);
    reindex(&server);
    check(&server, "Patient?pair=female$2", &["Patient/a"]);
    check(&server, "Patient?pair=female$3", &[]);
    server.delete("SearchParameter/birth-order").send().expect(204);
    refused(&server, "Patient?pair=female$2", "no search parameter 'pair'");
    // After a restart both are there again, and neither is indexed throughout.
    server.put("SearchParameter/birth-order").json(&order).send().expect(201);
    let mut killed = server;
    killed.kill();
    let server = Server::open(killed.data_dir(), &[]);
    refused(&server, "Patient?birth-order=2", "$reindex");
    refused(&server, "Patient?pair=female$2", "$reindex");
    reindex(&server);
    check(&server, "Patient?pair=female$2", &["Patient/a"]);
}

#[test]
fn what_is_retired_or_deleted_is_unknown_again() {
    let server = Server::start();
    server.put_all(&[patient("a", "2106-3", 1), race()]);
    reindex(&server);
    let mut retired = race();
    retired["description"] = json!("the same in other words");
    server.put("SearchParameter/race").json(&retired).send().expect(200);
    check(&server, "Patient?race=2106-3", &["Patient/a"]);
    retired["status"] = json!("retired");
    server.put("SearchParameter/race").json(&retired).send().expect(200);
    refused(&server, "Patient?race=2106-3", "no search parameter 'race'");
    assert!(!names(&server, "race"));
    server.put("SearchParameter/race").json(&race()).send().expect(200);
    refused(&server, "Patient?race=2106-3", "$reindex");
    reindex(&server);
    check(&server, "Patient?race=2106-3", &["Patient/a"]);
    server.delete("SearchParameter/race").send().expect(204);
    refused(&server, "Patient?race=2106-3", "no search parameter 'race'");
}

#[test]
fn one_transaction_may_bring_a_parameter_and_what_it_finds() {
    let server = Server::start();
    let entry = |resource: Value| {
        let (kind, id) = (resource["resourceType"].clone(), resource["id"].clone());
        let url = format!("{}/{}", kind.as_str().unwrap(), id.as_str().unwrap());
        json!({"resource": resource, "request": {"method": "PUT", "url": url}})
    };
    let bundle = json!({"resourceType": "Bundle", "type": "transaction",
        "entry": [entry(race()), entry(patient("a", "2106-3", 1))]});
    server.post("").json(&bundle).send().expect(200);
    reindex(&server);
    check(&server, "Patient?race=2106-3", &["Patient/a"]);
}

#[test]
fn what_cannot_be_carried_out_is_refused_with_its_place() {
    let server = Server::start();
    let right = race();
    for (name, value, says) in [
        ("code", json!("gender"), "individual-gender"),
        ("code", json!("a:b"), "letters"),
        ("type", json!("special"), "token"),
        ("expression", json!("Patient.extension.where("), "FHIRPath"),
        ("expression", json!("Patient.naem"), "name"),
        ("expression", json!("Observation.code"), "Patient"),
    ] {
        let mut wrong = right.clone();
        wrong[name] = value.clone();
        let answer = server.put("SearchParameter/race").json(&wrong).send().expect(422);
        assert!(answer.diagnostics().contains(says), "{value}: {}", answer.diagnostics());
        let place = &answer.json()["issue"][0]["expression"][0];
        assert_eq!(*place, format!("SearchParameter.{name}"), "{value}");
    }
    for (name, value) in [("type", json!("colour")), ("base", json!(["Patent"]))] {
        let mut broken = right.clone();
        broken[name] = value;
        server.put("SearchParameter/race").json(&broken).send().expect(400);
    }
    // A draft is work in progress, and one of R4 may be said again.
    let mut broken = right.clone();
    broken["status"] = json!("draft");
    broken["base"] = json!(["Person"]);
    server.put("SearchParameter/race").json(&broken).send().expect(201);
    let mut same = parameter("gender", "Patient", "token", "Patient.gender");
    same["derivedFrom"] = json!("http://hl7.org/fhir/SearchParameter/individual-gender");
    server.put_all(&[same]);
    server.put("SearchParameter/race").json(&right).send().expect(200);
    let twice = parameter("race", "Patient", "token", "Patient.gender");
    let mut twice = twice;
    twice["id"] = json!("second");
    let answer = server.put("SearchParameter/second").json(&twice).send().expect(422);
    assert!(answer.diagnostics().contains("SearchParameter/race"), "{}", answer.diagnostics());
}
