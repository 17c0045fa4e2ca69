//! References and contained resources.

use super::{check, observation};

#[test]
fn a_reference_has_a_known_form_and_an_allowed_type() {
    let subject = |reference: &str, part: Option<&str>| {
        let expected = part.map(|part| ("Observation.subject.reference", part));
        let expected: Vec<(&str, &str)> = expected.into_iter().collect();
        observation(&format!(r#""subject":{{"reference":"{reference}"}}"#), &expected);
    };
    subject("Patient/1", None);
    subject("Patient/1/_history/2", None);
    subject("http://example.org/anything", None);
    subject("urn:uuid:6c8f0a5e-0000-4000-8000-000000000000", None);
    subject("Pateint/1", Some("near is Patient"));
    subject("Practitioner/1", Some("allowed are Patient, Group, Device, Location"));
    subject("Patient", Some("a reference is Type/id"));
    subject("Patient/1/2", Some("a reference is Type/id"));
    subject("Patient/a_b", Some("1 to 64 characters"));
    subject("Patient/1/_history/a_b", Some("1 to 64 characters"));
    subject("ftp://host/Patient/1", Some("no resource type"));
    subject("Patient/1 ", Some("white space"));
    subject("Patient?identifier=1", Some("in a transaction only"));
    subject("#p", Some("ref-1"));
    check(
        r#"{"resourceType":"Bundle","type":"transaction","entry":[{
            "resource":{"resourceType":"Observation","status":"final","code":{"text":"x"},
              "subject":{"reference":"Patient?identifier=1"}},
            "request":{"method":"POST","url":"Observation"}}]}"#,
        &[],
    );
}

#[test]
fn contained_resources_have_an_id_and_are_referred_to() {
    let with = |contained: &str, reference: &str, expected: &[(&str, &str)]| {
        observation(
            &format!(r#""contained":[{contained}],"subject":{{"reference":"{reference}"}}"#),
            expected,
        );
    };
    with(r##"{"resourceType":"Patient","id":"p"}"##, "#p", &[]);
    with(
        r#"{"resourceType":"Patient","id":"p"}"#,
        "Patient/1",
        &[("Observation.contained[0]", "dom-3")],
    );
    with(
        r##"{"resourceType":"Patient","id":"p",
             "link":[{"other":{"reference":"#"},"type":"refer"}]}"##,
        "Patient/1",
        &[],
    );
    with(
        r#"{"resourceType":"Patient"}"#,
        "Patient/1",
        &[("Observation.contained[0]", "needs an id")],
    );
    with(
        r#"{"resourceType":"Practitioner","id":"p"}"#,
        "#p",
        &[("Observation.subject.reference", "points to the type Practitioner")],
    );
    with(
        r#"{"resourceType":"Patient","id":"p","meta":{"versionId":"1","security":[{"code":"R"}]}}"#,
        "#p",
        &[
            ("Observation.contained[0].meta.versionId", "dom-4"),
            ("Observation.contained[0].meta.security", "dom-5"),
        ],
    );
    with(
        r#"{"resourceType":"Patient","id":"p","contained":[{"resourceType":"Patient","id":"q"}]}"#,
        "#p",
        &[("Observation.contained[0].contained[0]", "dom-2")],
    );
    with(
        r#"{"resourceType":"Patient","id":"p"},{"resourceType":"Patient","id":"p"}"#,
        "#p",
        &[("Observation.contained[1]", "second contained resource")],
    );
}

#[test]
fn a_narrative_may_refer_to_a_contained_resource() {
    observation(
        r##""contained":[{"resourceType":"Binary","id":"b","contentType":"image/png"}],
           "text":{"status":"generated","div":
           "<div xmlns=\"http://www.w3.org/1999/xhtml\"><img src=\"#b\" alt=\"x\"/></div>"}"##,
        &[],
    );
}
