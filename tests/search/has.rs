//! Reverse chains and lists: what is found by what refers to it.
//!
//! <https://hl7.org/fhir/R4/search.html#has>

use brigid_tests::Server;
use serde_json::json;

use super::chains::ward;
use super::check;

fn started() -> Server {
    let server = Server::start();
    server.put_all(&ward());
    server.put_all(&[json!({"resourceType": "List", "id": "l", "status": "current",
        "mode": "working", "entry": [{"item": {"reference": "Patient/ann"}},
            {"item": {"reference": "Observation/o4"}}, {"item": {"reference": "Patient/cy"}}]})]);
    server
}

#[test]
fn has_finds_by_what_refers_here() {
    let server = started();
    check(&server, "Patient?_has:Observation:patient:code=a", &["Patient/ann", "Patient/bob"]);
    check(
        &server,
        "Patient?_has:Observation:subject:code=http://loinc.org|b",
        &["Patient/ann", "Patient/cy"],
    );
    check(&server, "Patient?_has:Observation:patient:code=b&gender=male", &["Patient/cy"]);
    check(&server, "Patient?_has:Observation:patient:code=z", &[]);
    check(&server, "Patient?_has:Group:member:_id=g", &["Patient/ann", "Patient/cy"]);
    check(&server, "Device?_has:Observation:device:code=a", &[]);
    check(&server, "Device?_has:Observation:subject:code=a", &["Device/pump"]);
}

#[test]
fn each_has_is_a_condition_of_its_own() {
    let server = started();
    check(
        &server,
        "Patient?_has:Observation:patient:code=a&_has:Observation:patient:code=b",
        &["Patient/ann"],
    );
    check(&server, "Patient?_has:Observation:patient:code=a,b&birthdate=gt2000", &["Patient/cy"]);
    // One Observation with both, which there is not.
    check(&server, "Patient?_has:Observation:patient:code-value-quantity=a$gt4", &["Patient/bob"]);
}

#[test]
fn every_modifier_and_prefix_holds_at_the_end() {
    let server = started();
    check(
        &server,
        "Patient?_has:Observation:patient:value-quantity=gt4",
        &["Patient/ann", "Patient/bob"],
    );
    check(&server, "Patient?_has:Observation:patient:code:not=a", &["Patient/ann", "Patient/cy"]);
    check(
        &server,
        "Patient?_has:Observation:patient:date:missing=true&gender=female",
        &["Patient/ann"],
    );
    check(&server, "Patient?_has:Observation:patient:date:missing=false", &[]);
    check(&server, "Patient?_has:Encounter:patient:class=AMB", &["Patient/ann"]);
}

#[test]
fn has_is_nested_and_goes_with_chains() {
    let server = started();
    check(
        &server,
        "Organization?_has:Patient:organization:_has:Observation:patient:code=b",
        &["Organization/south", "Organization/north"],
    );
    check(
        &server,
        "Organization?_has:Organization:partof:_has:Patient:organization:family=baker",
        &["Organization/trust"],
    );
    check(
        &server,
        "Observation?patient._has:Group:member:_id=g&code=b",
        &["Observation/o2", "Observation/o4"],
    );
    check(
        &server,
        "Patient?_has:Group:member:member:Patient.family=carter",
        &["Patient/ann", "Patient/cy"],
    );
    check(
        &server,
        "Encounter?patient.organization._has:Patient:organization:family=baker",
        &["Encounter/e"],
    );
}

#[test]
fn what_is_deleted_refers_no_more() {
    let server = started();
    server.delete("Observation/o3").send().expect(204);
    check(&server, "Patient?_has:Observation:patient:code=a", &["Patient/ann"]);
}

#[test]
fn a_list_finds_what_it_holds() {
    let server = started();
    check(&server, "Patient?_list=l", &["Patient/ann", "Patient/cy"]);
    check(&server, "Observation?_list=l", &["Observation/o4"]);
    check(&server, "Patient?_list=l&gender=male", &["Patient/cy"]);
    check(&server, "Patient?_list=none", &[]);
    check(&server, "Observation?patient._list=l&code=a", &["Observation/o1"]);
}

#[test]
fn a_wrong_has_is_refused() {
    let server = Server::start();
    for (query, says) in [
        ("Patient?_has=1", "_has:Type:reference:parameter"),
        ("Patient?_has:Observation:patient=1", "_has:Type:reference:parameter"),
        ("Patient?_has:Observatoin:patient:code=1", "Did you mean Observation?"),
        ("Patient?_has:Observation:code:code=1", "by which Observation refers to Patient"),
        ("Patient?_has:Observation:patient:cod=1", "no search parameter 'cod'"),
        ("Patient?_list=$current-problems", "functional list"),
    ] {
        let answer = server.get(query).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{query}: {}", answer.text());
    }
}
