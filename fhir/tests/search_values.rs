//! That searches find resources by what their elements mean: one test per kind of value.

use fhir::definitions::r4;
use fhir::json::Json;
use fhir::search::query::{Context, decode_pairs, parse};
use fhir::search::{Indexer, matches};

/// Does a search find the resource?
#[track_caller]
fn finds(resource: &str, query: &str, is_found: bool) {
    let bases = vec!["http://own/fhir".to_owned()];
    let json = Json::parse(resource).expect("JSON");
    let entries = Indexer::r4().entries(json.root(), &bases);
    let kind = json.root().str("resourceType").expect("a resource");
    let context = Context { definitions: r4(), bases: &bases, now_us: 0, is_lenient: false };
    let pairs = decode_pairs(query).expect("pairs");
    let read = parse(&kind, &pairs, &context).expect("a good query");
    assert_eq!(matches(&read.query.filter, "1", &entries), is_found, "{query} on {resource}");
}

const PATIENT: &str = r#"{"resourceType": "Patient", "id": "1", "active": true,
    "meta": {"profile": ["http://p/a|1.0"]},
    "telecom": [{"system": "phone", "value": "+43 1"}, {"system": "email", "value": "A@b.c"}]}"#;

#[test]
fn a_contact_is_found_with_and_without_its_system() {
    finds(PATIENT, "telecom=%2B43%201", true);
    finds(PATIENT, "telecom=phone%7C%2B43%201", true);
    finds(PATIENT, "telecom=email%7C%2B43%201", false);
    finds(PATIENT, "email=a@b.c", true);
    finds(PATIENT, "phone=a@b.c", false);
}

#[test]
fn a_boolean_is_found_with_the_system_of_the_special_values() {
    finds(PATIENT, "active=true", true);
    finds(PATIENT, "active=http://hl7.org/fhir/special-values%7Ctrue", true);
    finds(PATIENT, "active=http://hl7.org/fhir/special-values%7Cfalse", false);
    finds(PATIENT, "active=http://loinc.org%7Ctrue", false);
}

const TYPED: &str = r#"{"resourceType": "Patient", "id": "1", "identifier": [
    {"type": {"coding": [{"system": "http://t", "code": "MR"}]}, "system": "http://acme.org/mrn",
     "value": "12x"}, {"value": "untyped"}]}"#;

#[test]
fn an_identifier_is_found_by_its_type_and_value() {
    finds(TYPED, "identifier:of-type=http://t%7CMR%7C12x", true);
    finds(TYPED, "identifier:of-type=http://t%7CMRT%7C12x", false);
    finds(TYPED, "identifier:of-type=http://t%7CMR%7Cuntyped", false);
    finds(TYPED, "identifier=12x", true);
    finds(TYPED, "identifier=MR", false);
}

#[test]
fn a_location_is_found_near_a_position() {
    let location = r#"{"resourceType": "Location", "id": "1",
        "position": {"latitude": 52.52, "longitude": 13.405}}"#;
    finds(location, "near=52.5%7C13.4", true);
    finds(location, "near=52.4%7C13.4%7C5%7Ckm", false);
    finds(location, "near:missing=false", true);
    finds(r#"{"resourceType": "Location", "id": "1"}"#, "near:missing=true", true);
    let wrong = r#"{"resourceType": "Location", "position": {"latitude": 95, "longitude": 0}}"#;
    finds(wrong, "near:missing=true", true);
}

#[test]
fn a_versioned_canonical_is_found_above_and_below_a_version() {
    let response = r#"{"resourceType": "QuestionnaireResponse", "id": "1",
        "questionnaire": "http://x/q|1.2.3", "status": "completed"}"#;
    finds(response, "questionnaire=http://x/q", true);
    finds(response, "questionnaire=http://x/q%7C1.2", false);
    finds(response, "questionnaire:below=http://x/q%7C1.2", true);
    finds(response, "questionnaire:below=http://x/q%7C1.3", false);
    finds(response, "questionnaire:above=http://x/q%7C1.2.3.4", true);
    finds(PATIENT, "_profile:below=http://p/a%7C1", true);
    finds(PATIENT, "_profile:below=http://p/a%7C1.1", false);
    finds(PATIENT, "_profile:below=http://p", true);
}

#[test]
fn sampled_data_is_the_range_of_its_values() {
    let sampled = r#"{"resourceType": "Observation", "id": "1", "status": "final", "code": {},
        "valueSampledData": {"origin": {"value": 10, "unit": "mm", "code": "mm",
            "system": "http://unitsofmeasure.org"},
        "period": 10, "dimensions": 1, "factor": 2, "lowerLimit": -3, "data": "5 E -1 L 0.5 7"}}"#;
    finds(sampled, "value-quantity=ge24", true);
    finds(sampled, "value-quantity=gt24", false);
    finds(sampled, "value-quantity=lt4.1", true);
    finds(sampled, "value-quantity=lt4", false);
    finds(sampled, "value-quantity=gt2.3%7Chttp://unitsofmeasure.org%7Ccm", true);
    finds(sampled, "value-quantity=gt2.5%7Chttp://unitsofmeasure.org%7Ccm", false);
    finds(sampled, "value-quantity:missing=false", true);
}

#[test]
fn money_is_found_by_its_currency() {
    let invoice = r#"{"resourceType": "Invoice", "id": "1", "status": "issued",
        "totalGross": {"value": 5.25, "currency": "USD"}}"#;
    for (query, is_found) in [
        ("5.25", true),
        ("5.25%7Curn:iso:std:iso:4217%7CUSD", true),
        ("5.25%7C%7CUSD", true),
        ("5.25%7C%7CEUR", false),
        ("5.2", false),
        ("ap5%7C%7CUSD", true),
    ] {
        finds(invoice, &format!("totalgross={query}"), is_found);
    }
}

#[test]
fn a_timing_is_from_its_first_to_its_last_limit() {
    let request = r#"{"resourceType": "ServiceRequest", "id": "1", "status": "active",
        "intent": "order", "occurrenceTiming": {"event": ["2020-03-02", "2020-05-01"],
            "repeat": {"boundsPeriod": {"start": "2020-02-01"}}}}"#;
    finds(request, "occurrence=ge2020-02-01", true);
    finds(request, "occurrence=sa2020-01-31", true);
    finds(request, "occurrence=lt2020-02-01", false);
    finds(request, "occurrence=2020", false);
    finds(request, "occurrence=gt2030", true);
}
