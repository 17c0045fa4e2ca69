//! One case and more for each type of search parameter.

use brigid_tests::Server;
use serde_json::{Value, json};

use super::check;

fn patients(server: &Server) {
    server.put_all(
        &[
            json!({"resourceType": "Patient", "id": "a", "active": true, "gender": "female",
                "birthDate": "1980-05-06",
                "name": [{"family": "Müller-Lüdenscheidt", "given": ["Änne", "Beth"]}],
                "identifier": [{"system": "http://mrn", "value": "123"}],
                "telecom": [{"system": "phone", "value": "555-1"}, {"system": "email", "value": "A@x.org"}],
                "generalPractitioner": [{"reference": "Practitioner/p"}],
                "link": [{"other": {"reference": "Patient/b"}, "type": "seealso"}]}),
            json!({"resourceType": "Patient", "id": "b", "gender": "male", "birthDate": "1980",
                "name": [{"family": "Muller"}], "identifier": [{"value": "123"}],
                "deceasedBoolean": false}),
            json!({"resourceType": "Patient", "id": "c", "birthDate": "1980-05",
                "name": [{"text": "Dr Ann, Smith"}], "deceasedDateTime": "2020-01-01"}),
        ],
    );
}

#[test]
fn strings_match_from_their_start_without_case_and_accents() {
    let server = Server::start();
    patients(&server);
    check(&server, "Patient?family=MULL", &["Patient/a", "Patient/b"]);
    check(&server, "Patient?family=uller", &[]);
    check(&server, "Patient?family:contains=ULL", &["Patient/a", "Patient/b"]);
    check(&server, "Patient?family:exact=Muller", &["Patient/b"]);
    check(&server, "Patient?family:exact=muller", &[]);
    check(&server, "Patient?given=anne", &["Patient/a"]);
    check(&server, "Patient?name=beth", &["Patient/a"]);
    check(&server, "Patient?name=dr%20ann%5C,%20smith", &["Patient/c"]);
    check(&server, "Patient?family=muller&given=beth", &["Patient/a"]);
    check(&server, "Patient?name=nobody,beth", &["Patient/a"]);
}

#[test]
fn a_parameter_may_cover_elements_without_naming_their_type() {
    let server = Server::start();
    server.put_all(&[
        json!({"resourceType": "InsurancePlan", "id": "a", "name": "Gold", "alias": ["Best"]}),
    ]);
    check(&server, "InsurancePlan?name=gold", &["InsurancePlan/a"]);
    check(&server, "InsurancePlan?name=best", &["InsurancePlan/a"]);
    check(&server, "InsurancePlan?name=silver", &[]);
}

#[test]
fn tokens_match_system_and_code() {
    let server = Server::start();
    patients(&server);
    check(&server, "Patient?identifier=123", &["Patient/a", "Patient/b"]);
    check(&server, "Patient?identifier=http://mrn|123", &["Patient/a"]);
    check(&server, "Patient?identifier=|123", &["Patient/b"]);
    check(&server, "Patient?identifier=http://mrn|", &["Patient/a"]);
    check(&server, "Patient?gender=female", &["Patient/a"]);
    check(&server, "Patient?gender:not=female", &["Patient/b", "Patient/c"]);
    check(&server, "Patient?gender:missing=true", &["Patient/c"]);
    check(&server, "Patient?gender:missing=false", &["Patient/a", "Patient/b"]);
    check(&server, "Patient?active=true", &["Patient/a"]);
    check(&server, "Patient?deceased=true", &["Patient/c"]);
    check(&server, "Patient?email=a@X.org", &["Patient/a"]);
    check(&server, "Patient?phone=555-1", &["Patient/a"]);
    check(&server, "Patient?_id=a,c,zzz", &["Patient/a", "Patient/c"]);
}

#[test]
fn dates_are_ranges_of_their_precision() {
    let server = Server::start();
    patients(&server);
    check(&server, "Patient?birthdate=1980", &["Patient/a", "Patient/b", "Patient/c"]);
    check(&server, "Patient?birthdate=1980-05", &["Patient/a", "Patient/c"]);
    check(&server, "Patient?birthdate=1980-05-06", &["Patient/a"]);
    check(&server, "Patient?birthdate=ne1980-05", &["Patient/b"]);
    check(&server, "Patient?birthdate=gt1980-05-06", &["Patient/b", "Patient/c"]);
    check(&server, "Patient?birthdate=lt1980-05-06", &["Patient/b", "Patient/c"]);
    check(&server, "Patient?birthdate=sa1980-05-05", &["Patient/a"]);
    check(&server, "Patient?birthdate=eb1980-06", &["Patient/a", "Patient/c"]);
    check(&server, "Patient?birthdate=ge1980-05-07", &["Patient/b", "Patient/c"]);
    check(
        &server,
        "Patient?birthdate=ge1979&birthdate=le1980-05-06",
        &["Patient/a", "Patient/b", "Patient/c"],
    );
    check(&server, "Patient?death-date=2020", &["Patient/c"]);
}

#[test]
fn references_match_by_id_type_and_address() {
    let server = Server::start();
    patients(&server);
    server.put_all(&[observation("o1", "Patient/a"), observation("o2", "Group/a")]);
    check(&server, "Observation?subject=a", &["Observation/o1", "Observation/o2"]);
    check(&server, "Observation?subject=Patient/a", &["Observation/o1"]);
    check(&server, "Observation?subject:Patient=a", &["Observation/o1"]);
    check(&server, "Observation?patient=a", &["Observation/o1"]);
    check(
        &server,
        &format!("Observation?subject={}/Patient/a", server.base()),
        &["Observation/o1"],
    );
    check(&server, "Observation?subject=http://other/fhir/Patient/a", &[]);
    check(&server, "Patient?general-practitioner=Practitioner/p", &["Patient/a"]);
    check(&server, "Patient/a/Observation", &["Observation/o1"]);
    check(&server, "Patient/a/Observation?status=amended", &[]);
}

fn observation(id: &str, subject: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": subject}})
}

fn weight(id: &str, value: f64, unit: &str) -> Value {
    let mut weight = observation(id, "Patient/a");
    weight["valueQuantity"] = json!({
        "value": value, "system": "http://unitsofmeasure.org", "code": unit, "unit": unit
    });
    weight
}

#[test]
fn quantities_compare_across_units() {
    let server = Server::start();
    server.put_all(&[
        weight("kg", 70.0, "kg"),
        weight("g", 70_000.0, "g"),
        weight("mg", 5.0, "mg"),
    ]);
    let ucum = "http://unitsofmeasure.org";
    check(
        &server,
        &format!("Observation?value-quantity=70|{ucum}|kg"),
        &["Observation/kg", "Observation/g"],
    );
    check(&server, &format!("Observation?value-quantity=0.005|{ucum}|g"), &["Observation/mg"]);
    check(&server, "Observation?value-quantity=70||kg", &["Observation/kg"]);
    check(&server, "Observation?value-quantity=gt6", &["Observation/kg", "Observation/g"]);
    check(&server, &format!("Observation?value-quantity=lt1|{ucum}|kg"), &["Observation/mg"]);
    check(&server, "Observation?value-quantity=ap68", &["Observation/kg"]);
    check(
        &server,
        "Observation?code-value-quantity=29463-7$gt6",
        &["Observation/kg", "Observation/g"],
    );
}

#[test]
fn numbers_follow_the_precision_that_is_asked() {
    let server = Server::start();
    let risk = |id: &str, probability: f64| {
        json!({"resourceType": "RiskAssessment", "id": id, "status": "final",
            "subject": {"reference": "Patient/a"},
            "prediction": [{"probabilityDecimal": probability}]})
    };
    server.put_all(&[risk("a", 0.8), risk("b", 0.84), risk("c", 0.9)]);
    check(&server, "RiskAssessment?probability=0.8", &["RiskAssessment/a", "RiskAssessment/b"]);
    check(&server, "RiskAssessment?probability=0.80", &["RiskAssessment/a"]);
    check(&server, "RiskAssessment?probability=gt0.8", &["RiskAssessment/b", "RiskAssessment/c"]);
    check(&server, "RiskAssessment?probability=8e-1", &["RiskAssessment/a", "RiskAssessment/b"]);
}

#[test]
fn uris_match_whole() {
    let server = Server::start();
    let set = |id: &str, url: &str| json!({"resourceType": "ValueSet", "id": id, "url": url, "status": "active"});
    server.put_all(&[set("a", "http://x/vs"), set("b", "http://x/vs/b")]);
    check(&server, "ValueSet?url=http://x/vs", &["ValueSet/a"]);
    check(&server, "ValueSet?url=http://x/v", &[]);
}

#[test]
fn parameters_of_every_resource_search_its_meta() {
    let server = Server::start();
    server.put_all(&[json!({"resourceType": "Basic", "id": "a", "code": {"text": "x"}, "meta": {
            "tag": [{"system": "http://t", "code": "c"}],
            "security": [{"system": "http://s", "code": "R"}],
            "profile": ["http://p"], "source": "http://source"}})]);
    for query in [
        "_tag=http://t|c",
        "_security=http://s|R",
        "_profile=http://p",
        "_source=http://source",
        "_lastUpdated=gt2020-01-01",
        "_id=a",
    ] {
        check(&server, &format!("Basic?{query}"), &["Basic/a"]);
    }
    check(&server, "Basic?_tag=http://t|d", &[]);
    check(&server, "Basic?_lastUpdated=lt2020-01-01", &[]);
}

#[test]
fn an_update_changes_what_finds_a_resource() {
    let server = Server::start();
    patients(&server);
    let body = json!({"resourceType": "Patient", "id": "a", "name": [{"family": "Other"}]});
    server.put("Patient/a").json(&body).send().expect(200);
    check(&server, "Patient?family=muller", &["Patient/b"]);
    check(&server, "Patient?family=other", &["Patient/a"]);
    check(&server, "Patient?gender=female", &[]);
}
