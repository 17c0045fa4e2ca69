//! What the structural rules refuse, and what they say.

mod references;
mod values;

use fhir::definitions::r4;
use fhir::json::Json;
use fhir::validation::structure;

/// The errors of a resource: expression and a part of the diagnostics, in document order.
#[track_caller]
fn check(resource: &str, expected: &[(&str, &str)]) {
    let json = Json::parse(resource.as_bytes()).expect("JSON");
    let issues = structure(json.root(), r4());
    let found: Vec<String> = issues
        .iter()
        .map(|one| format!("{}: {}", one.expression.as_deref().unwrap_or(""), one.diagnostics))
        .collect();
    assert_eq!(issues.len(), expected.len(), "{found:#?}");
    for (issue, (expression, part)) in issues.iter().zip(expected) {
        assert_eq!(issue.expression.as_deref(), Some(*expression), "{found:#?}");
        assert!(issue.diagnostics.contains(part), "{part}: {found:#?}");
    }
}

/// The same for a Patient with these properties.
#[track_caller]
fn patient(properties: &str, expected: &[(&str, &str)]) {
    check(&format!(r#"{{"resourceType":"Patient",{properties}}}"#), expected);
}

/// The same for an Observation that is complete without these properties.
#[track_caller]
fn observation(properties: &str, expected: &[(&str, &str)]) {
    let start = r#""resourceType":"Observation","status":"final","code":{"text":"x"}"#;
    check(&format!("{{{start},{properties}}}"), expected);
}

/// The same for an extension of a Patient.
#[track_caller]
fn extension(properties: &str, expected: &[(&str, &str)]) {
    patient(&format!(r#""extension":[{{{properties}}}]"#), expected);
}

#[test]
fn a_resource_is_an_object_of_a_known_concrete_type() {
    check("[]", &[("Resource", "JSON object")]);
    check("{}", &[("Resource", "needs its type")]);
    check(r#"{"resourceType":7}"#, &[("Resource", "7 is no resource type")]);
    check(r#"{"resourceType":"Pateint"}"#, &[("Pateint", "near are Patient")]);
    check(r#"{"resourceType":"DomainResource"}"#, &[("DomainResource", "concrete")]);
    check(r#"{"resourceType":"HumanName"}"#, &[("HumanName", "is no resource type")]);
    check(r#"{"resourceType":"Patient"}"#, &[]);
    check(r#"{"active":true,"resourceType":"Patient"}"#, &[]);
}

#[test]
fn an_unknown_element_names_the_nearest_known_one() {
    patient(r#""brithDate":"2000""#, &[("Patient.brithDate", "\"birthDate\"")]);
    patient(r#""zzzzzz":1"#, &[("Patient.zzzzzz", "it has ")]);
    patient(r#""bad name":1"#, &[("Patient.`bad name`", "no element")]);
    patient(r#""name":[{"famly":"a"}]"#, &[("Patient.name[0].famly", "\"family\"")]);
    patient(r#""contact":[{"nam":{"text":"a"}}]"#, &[("Patient.contact[0].nam", "\"name\"")]);
    patient(r#""fhir_comments":["a"]"#, &[("Patient.fhir_comments", "leave them out")]);
    patient(
        r#""name":[{"resourceType":"HumanName","text":"a"}]"#,
        &[("Patient.name[0].resourceType", "resources only")],
    );
    patient(r#""_foo":{"id":"a"}"#, &[("Patient._foo", "no element")]);
}

#[test]
fn a_long_name_is_not_repeated_at_length() {
    let name = "x".repeat(100_000);
    let json = Json::parse(format!(r#"{{"resourceType":"Patient","{name}":1,"gender":"{name}"}}"#));
    for issue in structure(json.expect("JSON").root(), r4()) {
        let length = issue.diagnostics.len() + issue.expression.map_or(0, |text| text.len());
        assert!(length < 1000, "{length}");
    }
}

#[test]
fn a_choice_is_of_one_allowed_type() {
    observation(r#""valueFoo":1"#, &[("Observation.valueFoo", "may be valueQuantity")]);
    observation(r#""valueMoney":{"value":1}"#, &[("Observation.valueMoney", "valueQuantity")]);
    observation(r#""value":1"#, &[("Observation.value", "valueQuantity")]);
    observation(
        r#""valueString":"a","valueInteger":1"#,
        &[("Observation.value", "as valueString and as valueInteger")],
    );
    observation(
        r#""valueString":"a","_valueInteger":{"extension":[{"url":"http://a","valueCode":"b"}]}"#,
        &[("Observation.value", "as valueString and as valueInteger")],
    );
    observation(r#""valueString":"a","_valueString":{"id":"b"}"#, &[]);
}

#[test]
fn what_repeats_is_an_array_and_what_does_not_is_none() {
    patient(r#""name":{"text":"a"}"#, &[("Patient.name", "an array")]);
    patient(r#""active":[true]"#, &[("Patient.active", "no array")]);
    patient(r#""name":[{"given":"a"}]"#, &[("Patient.name[0].given", "an array")]);
    patient(r#""name":[]"#, &[("Patient.name", "empty array")]);
    patient(r#""name":[[{"text":"a"}]]"#, &[("Patient.name[0]", "JSON object")]);
}

#[test]
fn a_value_is_written_as_the_json_of_its_type() {
    patient(r#""active":"true""#, &[("Patient.active", "JSON boolean")]);
    patient(r#""birthDate":2000"#, &[("Patient.birthDate", "JSON string")]);
    patient(r#""name":["a"]"#, &[("Patient.name[0]", "JSON object")]);
    patient(r#""maritalStatus":"M""#, &[("Patient.maritalStatus", "JSON object")]);
    patient(r#""birthDate":{"a":1}"#, &[("Patient.birthDate", "JSON string")]);
    observation(r#""valueInteger":"1""#, &[("Observation.value", "JSON number")]);
    observation(
        r#""valueQuantity":{"value":"1.0"}"#,
        &[("Observation.value.value", "JSON number")],
    );
    patient(r#""multipleBirthBoolean":1"#, &[("Patient.multipleBirth", "JSON boolean")]);
}

#[test]
fn what_is_required_is_there() {
    check(
        r#"{"resourceType":"Observation"}"#,
        &[("Observation.status", "1..1"), ("Observation.code", "1..1")],
    );
    patient(
        r#""communication":[{"preferred":true}]"#,
        &[("Patient.communication[0].language", "Patient.communication.language is missing")],
    );
    check(
        r#"{"resourceType":"Group","type":"person","actual":true,
            "characteristic":[{"code":{"text":"a"},"exclude":false}]}"#,
        &[("Group.characteristic[0].value", "as valueCodeableConcept, valueBoolean")],
    );
    check(
        r#"{"resourceType":"OperationOutcome","issue":[]}"#,
        &[("OperationOutcome.issue", "empty array")],
    );
    let reason = r#"{"extension":[{"url":"http://a","valueCode":"unknown"}]}"#;
    check(
        &format!(r#"{{"resourceType":"Observation","_status":{reason},"code":{{"text":"a"}}}}"#),
        &[],
    );
}

#[test]
fn null_stands_beside_an_extension_only() {
    patient(r#""birthDate":null"#, &[("Patient.birthDate", "null")]);
    patient(r#""name":[null]"#, &[("Patient.name[0]", "null")]);
    patient(r#""name":[{"given":["a",null]}]"#, &[("Patient.name[0].given[1]", "null")]);
    patient(
        r#""name":[{"given":["a",null],"_given":[{"id":"x"},null]}]"#,
        &[("Patient.name[0].given[1]", "null")],
    );
    patient(r#""name":[{"_given":[null]}]"#, &[("Patient.name[0].given[0]", "null")]);
    patient(
        r#""name":[{"given":["a",null],
            "_given":[null,{"extension":[{"url":"http://a","valueCode":"b"}]}]}]"#,
        &[],
    );
    patient(
        r#""name":[{"given":["a","b"],"_given":[{"id":"x"}]}]"#,
        &[("Patient.name[0].given", "\"given\" has 2 items and \"_given\" has 1")],
    );
    patient(r#""_name":[{"id":"a"}]"#, &[("Patient.name", "is none")]);
    patient(r#""_birthDate":"a""#, &[("Patient.birthDate", "an object with the id")]);
    patient(
        r#""_birthDate":{"value":"2000"}"#,
        &[("Patient.birthDate", "ele-1"), ("Patient.birthDate.value", "no element \"value\"")],
    );
    patient(r#""id":"a","_id":{"id":"b"}"#, &[("Patient.id", "has no extensions")]);
    patient(r#""birthDate":"2000","_birthDate":{}"#, &[("Patient.birthDate", "ele-1")]);
}

#[test]
fn an_element_has_content() {
    patient(r#""name":[{}]"#, &[("Patient.name[0]", "ele-1")]);
    patient(r#""name":[{"id":"a"}]"#, &[("Patient.name[0]", "ele-1")]);
    patient(r#""_birthDate":{"id":"a"}"#, &[("Patient.birthDate", "ele-1")]);
    patient(r#""birthDate":"2000","_birthDate":{"id":"a"}"#, &[]);
    patient(r#""name":[{"text":""}]"#, &[("Patient.name[0].text", "empty")]);
    patient(r#""name":[{"text":" \n"}]"#, &[("Patient.name[0].text", "only white space")]);
    patient(r#""name":[{"id":"a b","text":"x"}]"#, &[("Patient.name[0].id", "no spaces")]);
}

#[test]
fn an_extension_has_a_url_and_either_a_value_or_extensions() {
    extension(r#""valueString":"a""#, &[("Patient.extension[0].url", "missing")]);
    extension(r#""url":"http://a""#, &[("Patient.extension[0]", "ext-1")]);
    extension(
        r#""url":"http://a","valueString":"a","extension":[{"url":"b","valueString":"c"}]"#,
        &[("Patient.extension[0]", "ext-1")],
    );
    extension(r#""url":"a","valueString":"b""#, &[("Patient.extension[0].url", "relative")]);
    extension(r#""url":"http://a","extension":[{"url":"b","valueString":"c"}]"#, &[]);
}

#[test]
fn resources_in_bundles_and_parameters_are_checked_too() {
    check(
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":
            {"resourceType":"Patient","gender":"x"}}]}"#,
        &[("Bundle.entry[0].resource.gender", "allowed are")],
    );
    check(
        r#"{"resourceType":"Parameters","parameter":[{"name":"a","resource":{"active":true}}]}"#,
        &[("Parameters.parameter[0].resource", "needs its type")],
    );
    check(
        r#"{"resourceType":"Bundle","type":"collection","entry":[{"resource":[]}]}"#,
        &[("Bundle.entry[0].resource", "no array")],
    );
}

#[test]
fn every_error_is_found_in_document_order_up_to_a_hundred() {
    patient(
        r#""active":1,"gender":"x","birthDate":"y""#,
        &[
            ("Patient.active", "JSON boolean"),
            ("Patient.gender", "allowed are"),
            ("Patient.birthDate", "YYYY"),
        ],
    );
    let names = vec![r#"{"text":1}"#; 500].join(",");
    let json = format!(r#"{{"resourceType":"Patient","name":[{names}]}}"#);
    let json = Json::parse(json).expect("JSON");
    let issues = structure(json.root(), r4());
    assert_eq!(issues.len(), 101);
    assert!(issues[100].diagnostics.contains("More than 100 errors"));
}
