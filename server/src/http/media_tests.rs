//! What the client accepts, and what it gets.

use fhir::Kind;

use super::{BodyType, Form, body_type, is_native_wanted, negotiate};

#[track_caller]
fn check(accept: &str, format: &str, expected: Option<Form>) {
    let accept = (accept != "-").then_some(accept);
    let format = (format != "-").then_some(format);
    assert_eq!(negotiate(accept, format).ok(), expected, "{accept:?} {format:?}");
}

#[test]
fn an_accept_header_chooses_the_form() {
    check("-", "-", Some(Form::Json));
    check("", "-", Some(Form::Json));
    check("*/*", "-", Some(Form::Json));
    check("application/*", "-", Some(Form::Json));
    check("Application/FHIR+XML", "-", Some(Form::Xml));
    check("text/xml", "-", Some(Form::Xml));
    check("text/csv", "-", None);
    check("application/fhir+json;q=0", "-", None);
    check("application/fhir+turtle, */*;q=0", "-", None);
}

#[test]
fn the_higher_quality_wins_and_of_equal_ones_the_first() {
    check("application/fhir+json;q=0.5, application/fhir+xml", "-", Some(Form::Xml));
    check("application/fhir+xml;q=0.5, */*", "-", Some(Form::Json));
    check("application/fhir+xml, application/fhir+json", "-", Some(Form::Xml));
    check("application/fhir+json, application/fhir+xml", "-", Some(Form::Json));
    check("*/*;q=0.8, application/fhir+json;q=0", "-", Some(Form::Xml));
}

#[test]
fn a_browser_is_shown_json() {
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    check(accept, "-", Some(Form::Json));
}

#[test]
fn format_wins_over_accept() {
    check("application/fhir+json", "xml", Some(Form::Xml));
    check("text/csv", "json", Some(Form::Json));
    check("*/*", "application/fhir xml", Some(Form::Xml));
    check("*/*", "application/fhir+json; fhirVersion=4.0", Some(Form::Json));
    check("application/fhir+json", "ttl", None);
    check("*/*", "", Some(Form::Json));
}

#[test]
fn another_version_of_fhir_is_not_acceptable() {
    check("application/fhir+json; fhirVersion=4.0", "-", Some(Form::Json));
    check("application/fhir+json; fhirVersion=\"4.0.1\"", "-", Some(Form::Json));
    check("application/fhir+json; fhirVersion=5.0", "-", None);
    check("*/*", "application/fhir+json; fhirVersion=3.0", None);
}

#[test]
fn a_binary_is_native_unless_fhir_is_asked_for() {
    let native = |accept: &str| is_native_wanted(accept, "application/pdf");
    assert!(native("").unwrap());
    assert!(native("*/*").unwrap());
    assert!(native("application/pdf").unwrap());
    assert!(native("text/html, */*;q=0.1").unwrap());
    assert!(!native("application/fhir+json").unwrap());
    assert!(!native("application/xml").unwrap());
    assert_eq!(native("image/png").unwrap_err().kind, Kind::NotAcceptable);
    assert!(is_native_wanted("application/json", "application/json").unwrap());
}

#[test]
fn a_body_is_what_its_type_says() {
    assert_eq!(body_type("application/fhir+json; charset=UTF-8").unwrap(), BodyType::FhirJson);
    assert_eq!(body_type("text/xml").unwrap(), BodyType::Xml);
    assert_eq!(body_type("text/csv; charset=latin1").unwrap(), BodyType::Other);
    assert!(body_type("application/json; charset=latin1").is_err());
    assert!(body_type("application/fhir+json; fhirVersion=5.0").is_err());
}
