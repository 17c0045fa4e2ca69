use super::Defined;
use crate::definitions::r4;
use crate::json::{Json, Tree};

/// A right one with these members instead of its own.
fn read(members: &str) -> Result<Defined, Vec<String>> {
    let right = r#"{"resourceType":"SearchParameter","url":"http://t/mood","name":"mood",
        "status":"active","description":"d","code":"mood","base":["Patient"],"type":"token",
        "expression":"Patient.extension.where(url='http://t/mood').value"}"#;
    let mut tree = Tree::from(Json::parse(right).unwrap().root());
    let changes = Json::parse(members).unwrap();
    for member in changes.root().entries() {
        tree.set(member.key(), Tree::from(member));
    }
    let json = tree.to_json().unwrap();
    Defined::read(json.root(), r4()).map_err(|issues| {
        issues
            .iter()
            .map(|one| format!("{} {}", one.expression.clone().unwrap(), one.diagnostics))
            .collect()
    })
}

#[track_caller]
fn refused(members: &str, place: &str, says: &str) {
    let issues = read(members).unwrap_err();
    let is_said = |issue: &&String| issue.starts_with(place) && issue.contains(says);
    assert!(issues.iter().any(|issue| is_said(&issue)), "{issues:?}");
}

#[test]
fn what_is_active_and_new_is_a_parameter() {
    let Ok(Defined::New(parameter)) = read("{}") else { panic!("it is right") };
    assert_eq!(parameter.code, "mood");
    assert!(parameter.is_waiting);
    for members in [
        r#"{"base":["Patient","Person"],"expression":"Patient.name.given | Person.name.given"}"#,
        r#"{"base":["Resource"],"expression":"Resource.meta.tag"}"#,
        r#"{"base":["DomainResource"],"expression":"DomainResource.extension.value"}"#,
        r#"{"type":"date","expression":"(Patient.deceased as dateTime)"}"#,
        r#"{"type":"reference","target":["Organization"],"expression":"Patient.contact.organization"}"#,
        r#"{"expression":"name.given"}"#,
    ] {
        assert!(matches!(read(members), Ok(Defined::New(_))), "{members}: {:?}", read(members));
    }
}

#[test]
fn what_is_not_active_takes_no_part() {
    for status in ["draft", "retired", "unknown"] {
        let members = format!(r#"{{"status":"{status}","type":"special","base":["Patent"]}}"#);
        assert_eq!(read(&members), Ok(Defined::Nothing));
    }
}

#[test]
fn what_r4_has_may_be_said_again() {
    let same = r#"{"url":"http://hl7.org/fhir/SearchParameter/individual-gender","code":"gender"}"#;
    assert_eq!(read(same), Ok(Defined::Known));
    let derived = r#"{"code":"gender",
        "derivedFrom":"http://hl7.org/fhir/SearchParameter/individual-gender"}"#;
    assert_eq!(read(derived), Ok(Defined::Known));
    refused(r#"{"code":"gender"}"#, "SearchParameter.code", "individual-gender");
    refused(
        r#"{"url":"http://hl7.org/fhir/SearchParameter/individual-gender"}"#,
        "SearchParameter.url",
        "another",
    );
}

#[test]
fn what_cannot_be_carried_out_is_named_with_its_place() {
    refused(r#"{"code":"a:b"}"#, "SearchParameter.code", "letters");
    refused(r#"{"code":"_mood"}"#, "SearchParameter.code", "R4's own");
    refused(r#"{"base":["Patent"]}"#, "SearchParameter.base", "Patient");
    refused(r#"{"type":"special"}"#, "SearchParameter.type", "token");
    refused(r#"{"expression":"Patient.name."}"#, "SearchParameter.expression", "FHIRPath");
    refused(r#"{"expression":"Patient.naem"}"#, "SearchParameter.expression", "name");
    refused(r#"{"expression":"Patient.name.givn"}"#, "SearchParameter.expression", "given");
    refused(r#"{"base":["Patient","Person"]}"#, "SearchParameter.expression", "Person");
    refused(r#"{"target":["Patient"]}"#, "SearchParameter.target", "reference");
    refused(r#"{"type":"reference","target":["X"]}"#, "SearchParameter.target", "'X'");
    refused(r#"{"type":"composite"}"#, "SearchParameter.component", "two");
    refused(
        r#"{"type":"composite","component":[{"definition":"http://t/x","expression":"("}]}"#,
        "SearchParameter.component[0].expression",
        "FHIRPath",
    );
}
