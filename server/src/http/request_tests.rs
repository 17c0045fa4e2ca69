//! Addresses, conditions and content as interactions, by way of an entry.

use fhir::json::Json;
use interactions::{EntryRequest, HistoryScope, Interaction, PatchBody, SearchScope, Target, Wire};

use crate::http::HttpWire;

fn entry(method: &str, url: &str, resource: Option<&str>) -> EntryRequest {
    EntryRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        resource: resource.map(|text| Json::parse(text).unwrap()),
        ..EntryRequest::default()
    }
}

#[track_caller]
fn ask(method: &str, url: &str, resource: Option<&str>) -> Interaction {
    HttpWire::new().interaction(entry(method, url, resource)).unwrap()
}

#[track_caller]
fn refuse(method: &str, url: &str, says: &str) {
    let outcome = HttpWire::new().interaction(entry(method, url, None)).unwrap_err();
    assert!(outcome.to_string().contains(says), "{method} {url}: {outcome}");
}

#[test]
fn an_update_is_by_id_or_by_condition() {
    let body = Some(r#"{"resourceType":"Patient"}"#);
    let Interaction::Update(by_id) = ask("PUT", "Patient/a", body) else { panic!() };
    assert!(matches!(by_id.target, Target::Id(id) if &*id == "a"));
    let Interaction::Update(other) = ask("PUT", "Patient?identifier=x%7C1&_format=json", body)
    else {
        panic!()
    };
    let Target::Condition(condition) = other.target else { panic!() };
    assert_eq!(condition, [("identifier".to_owned(), "x|1".to_owned())]);
    refuse("PUT", "Patient", "identifier");
    refuse("PUT", "Patient/a", "no body");
}

#[test]
fn histories_have_three_levels() {
    let scope = |url: &str| {
        let Interaction::History(history) = ask("GET", url, None) else { panic!() };
        history.scope
    };
    assert_eq!(scope("_history"), HistoryScope::System);
    assert_eq!(scope("Patient/_history"), HistoryScope::Type("Patient".into()));
    assert!(matches!(scope("Patient/a/_history?_count=2"), HistoryScope::Instance(_)));
}

#[test]
fn a_compartment_holds_one_type_or_all() {
    let scope = |url: &str| {
        let Interaction::Search(search) = ask("GET", url, None) else { panic!() };
        search.scope
    };
    assert!(matches!(
        scope("Patient/a/Observation?code=1"),
        SearchScope::Compartment { resource: Some(_), .. }
    ));
    assert!(matches!(scope("Patient/a/*"), SearchScope::Compartment { resource: None, .. }));
    refuse("GET", "Patient/a/Nothing", "no resource type");
}

#[test]
fn an_operation_knows_its_level_version_and_method() {
    let Interaction::Operation { code, input } = ask("GET", "Patient/a/_history/2/$meta", None)
    else {
        panic!()
    };
    assert_eq!((code.as_str(), input.version.as_deref(), input.is_get), ("meta", Some("2"), true));
    assert_eq!(input.key.unwrap().to_string(), "Patient/a");
}

#[test]
fn a_patch_in_a_binary_is_unpacked() {
    let binary = r#"{"resourceType":"Binary","contentType":"application/json-patch+json",
        "data":"W10="}"#;
    let Interaction::Patch(patch) = ask("PATCH", "Patient/a", Some(binary)) else { panic!() };
    assert!(matches!(patch.body, PatchBody::Json(json) if json.text() == "[]"));
}

#[test]
fn what_is_wrong_with_an_address_is_said() {
    refuse("GET", "Pateint/1", "Patient");
    refuse("GET", "Patient/a_b", "id");
    refuse("FETCH", "Patient/a", "method");
    refuse("POST", "Patient/a", "GET");
}

#[test]
fn conditions_that_would_not_be_judged_are_refused() {
    let mut put = entry("PUT", "Patient/a", Some(r#"{"resourceType":"Patient","id":"a"}"#));
    put.if_none_match = Some("*".to_owned());
    assert!(HttpWire::new().interaction(put).is_err());
    let mut get = entry("GET", "Patient/a", None);
    get.if_match = Some("W/\"1\"".to_owned());
    assert!(HttpWire::new().interaction(get).is_err());
}
