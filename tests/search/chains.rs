//! Chains: what is found by what it refers to.
//!
//! <https://hl7.org/fhir/R4/search.html#chaining>

use brigid_tests::Server;
use serde_json::{Value, json};

use super::check;

/// Two hospitals, one part of a trust; three patients of theirs, and what was seen of them.
pub(super) fn ward() -> Vec<Value> {
    let organization = |id: &str, name: &str| {
        json!({"resourceType": "Organization", "id": id, "name": name,
            "identifier": [{"system": "http://org", "value": id}]})
    };
    let patient = |id: &str, family: &str, born: &str, gender: &str, of: &str| {
        json!({"resourceType": "Patient", "id": id, "name": [{"family": family}],
            "birthDate": born, "gender": gender, "identifier": [{"system": "http://mrn", "value": id}],
            "managingOrganization": {"reference": format!("Organization/{of}")}})
    };
    let observation = |id: &str, of: &str, code: &str, value: u32| {
        json!({"resourceType": "Observation", "id": id, "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": of}, "valueQuantity": {"value": value}})
    };
    let mut south = organization("south", "Southern Hospital");
    south["partOf"] = json!({"reference": "Organization/trust"});
    vec![
        organization("trust", "The Trust"),
        south,
        organization("north", "Northern Hospital"),
        patient("ann", "Abel", "1980-02-03", "female", "south"),
        patient("bob", "Baker", "1950-01-01", "male", "south"),
        patient("cy", "Carter", "2001-12-31", "male", "north"),
        json!({"resourceType": "Device", "id": "pump", "type": {"text": "pump"},
            "deviceName": [{"name": "Abel pump", "type": "other"}],
            "owner": {"reference": "Organization/north"}}),
        json!({"resourceType": "Group", "id": "g", "type": "person", "actual": true,
            "member": [{"entity": {"reference": "Patient/ann"}},
                {"entity": {"reference": "Patient/cy"}}]}),
        observation("o1", "Patient/ann", "a", 1),
        observation("o2", "Patient/ann", "b", 9),
        observation("o3", "Patient/bob", "a", 5),
        observation("o4", "Patient/cy", "b", 3),
        observation("o5", "Device/pump", "a", 7),
        observation("o6", "Group/g", "c", 2),
        observation("o7", "Patient/gone", "c", 2),
        json!({"resourceType": "Encounter", "id": "e", "status": "finished",
            "class": {"code": "AMB"}, "subject": {"reference": "Patient/ann"}}),
    ]
}

fn started() -> Server {
    let server = Server::start();
    server.put_all(&ward());
    server
}

#[test]
fn a_chain_finds_by_what_is_referred_to() {
    let server = started();
    check(&server, "Observation?subject:Patient.name=abel", &["Observation/o1", "Observation/o2"]);
    check(
        &server,
        "Observation?subject:Patient.family=a,b",
        &["Observation/o1", "Observation/o2", "Observation/o3"],
    );
    check(&server, "Observation?patient.identifier=http://mrn|cy", &["Observation/o4"]);
    check(&server, "Observation?patient.name=nobody", &[]);
    check(&server, "Observation?subject:Group.identifier=ann", &[]);
    check(&server, "Encounter?subject:Patient.name=abel&status=finished", &["Encounter/e"]);
    check(&server, "Observation?subject:Device.device-name=abel", &["Observation/o5"]);
}

#[test]
fn without_a_type_every_type_that_has_the_parameter_is_asked() {
    let server = started();
    check(
        &server,
        "Observation?subject.identifier=ann,bob",
        &["Observation/o1", "Observation/o2", "Observation/o3"],
    );
    check(
        &server,
        "Observation?subject.organization.name=northern",
        &["Observation/o4", "Observation/o5"],
    );
    check(&server, "Observation?subject._id=g,pump", &["Observation/o5", "Observation/o6"]);
}

#[test]
fn every_modifier_and_prefix_holds_at_the_end() {
    let server = started();
    check(&server, "Observation?patient.family:exact=Baker", &["Observation/o3"]);
    check(&server, "Observation?patient.family:exact=baker", &[]);
    check(&server, "Observation?patient.family:contains=ART", &["Observation/o4"]);
    check(&server, "Observation?patient.birthdate=lt1960", &["Observation/o3"]);
    check(
        &server,
        "Observation?patient.birthdate=ge1980&code=b",
        &["Observation/o2", "Observation/o4"],
    );
    check(&server, "Observation?patient.gender:not=female", &["Observation/o3", "Observation/o4"]);
    check(&server, "Observation?patient.death-date:missing=false", &[]);
    check(
        &server,
        "Observation?patient.death-date:missing=true&code=a",
        &["Observation/o1", "Observation/o3"],
    );
    check(&server, "Observation?patient._lastUpdated=lt2000", &[]);
    check(&server, "Observation?patient._id=bob", &["Observation/o3"]);
}

#[test]
fn a_chain_goes_over_several_references() {
    let server = started();
    let south = ["Observation/o1", "Observation/o2", "Observation/o3"];
    check(&server, "Observation?subject:Patient.organization.name=southern", &south);
    check(&server, "Observation?patient.organization.partof.name=the", &south);
    check(&server, "Observation?patient.organization.partof.name=southern", &[]);
    check(&server, "Observation?patient.organization.partof:missing=true", &["Observation/o4"]);
    check(
        &server,
        "Patient?organization.partof.identifier=http://org|trust",
        &["Patient/ann", "Patient/bob"],
    );
}

#[test]
fn a_chain_follows_what_changes() {
    let server = started();
    server.delete("Patient/bob").send().expect(204);
    check(&server, "Observation?patient.name=baker", &[]);
    let renamed = json!({"resourceType": "Patient", "id": "ann", "name": [{"family": "Zola"}]});
    server.put("Patient/ann").json(&renamed).send().expect(200);
    check(&server, "Observation?patient.name=abel", &[]);
    check(&server, "Observation?patient.name=zola", &["Observation/o1", "Observation/o2"]);
}

#[test]
fn a_canonical_is_chained_by_its_url() {
    let server = Server::start();
    server.put_all(&[
        json!({"resourceType": "PlanDefinition", "id": "p", "url": "http://plans/p",
            "version": "2", "status": "active", "name": "PlanOne"}),
        json!({"resourceType": "CarePlan", "id": "c", "status": "active", "intent": "plan",
            "subject": {"reference": "Patient/1"}, "instantiatesCanonical": ["http://plans/p"]}),
    ]);
    let query = "CarePlan?instantiates-canonical:PlanDefinition.name=planone";
    check(&server, query, &["CarePlan/c"]);
    check(&server, "CarePlan?instantiates-canonical:PlanDefinition.name=plantwo", &[]);
}

#[test]
fn a_form_and_the_self_link_keep_the_chain() {
    let server = started();
    let form = "subject%3APatient.name=abel&_sort=-code,_id";
    let answer = server
        .post("Observation/_search")
        .body("application/x-www-form-urlencoded", form)
        .send()
        .expect(200);
    assert_eq!(answer.entries("match"), ["Observation/o2", "Observation/o1"]);
    let link = answer.link("self").expect("a self link");
    assert!(link.contains("Patient.name=abel"), "{link}");
    assert_eq!(server.get(&link).send().expect(200).entries("match").len(), 2);
}

#[test]
fn conditional_interactions_take_chains() {
    let server = started();
    let patient = json!({"resourceType": "Patient", "name": [{"family": "New"}]});
    let create = |condition: &str| {
        server.post("Patient").header("If-None-Exist", condition).json(&patient).send()
    };
    assert_eq!(create("organization.name=northern").expect(200).id(), "cy");
    create("organization.name=southern").expect(412);
    create("organization.name=eastern").expect(201);
    server.delete("Patient?_has:Observation:patient:code=b&gender=male").send().expect(204);
    server.get("Patient/cy").send().expect(410);
}

#[test]
fn a_conditional_reference_with_a_chain_looks_at_what_is_stored() {
    let server = started();
    let send = |condition: &str| {
        let reference = format!("Patient?{condition}");
        server
            .post("")
            .json(&json!({"resourceType": "Bundle", "type": "transaction", "entry": [
                {"request": {"method": "POST", "url": "Organization"},
                 "fullUrl": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02",
                 "resource": {"resourceType": "Organization", "name": "Eastern"}},
                {"request": {"method": "POST", "url": "Patient"}, "resource": {
                    "resourceType": "Patient", "managingOrganization": {
                        "reference": "urn:uuid:6e0a4c4f-36d5-4b3d-8dcb-b5c11c1d3c02"}}},
                {"request": {"method": "PUT", "url": "Condition/x"}, "resource": {
                    "resourceType": "Condition", "id": "x", "subject": {"reference": reference}}}
            ]}))
            .send()
    };
    let answer = send("organization.name=eastern").expect(412);
    assert!(answer.diagnostics().contains("nothing stored matches"), "{}", answer.text());
    send("organization.name=southern").expect(412);
    send("organization.name=northern").expect(200);
    let stored = server.get("Condition/x").send().expect(200).json();
    assert_eq!(stored["subject"]["reference"], "Patient/cy");
}

#[test]
fn a_wrong_chain_is_refused() {
    let server = Server::start();
    for (query, says) in [
        ("Observation?subject.nam=a", "'nam'"),
        ("Observation?code.name=a", "is no reference"),
        (
            "Observation?subject:Practitioner.name=a",
            "of Observation never refers to a Practitioner",
        ),
        ("Observation?subject:Pateint.name=a", "Did you mean Patient?"),
        ("Observation?subject:Patient.birthdate=x", "'x' is no date"),
        ("Organization?partof.partof.partof.partof.partof.partof.partof.partof.partof.name=a", "8"),
    ] {
        let answer = server.get(query).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{query}: {}", answer.text());
    }
}
