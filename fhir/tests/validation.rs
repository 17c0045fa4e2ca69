//! What the structural rules refuse, and what they say.

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

/// One value of this type, as `value[x]` of an extension.
#[track_caller]
fn value(name: &str, json: &str, expected: Option<&str>) {
    let expected = expected.map(|part| ("Patient.extension[0].value", part));
    let expected: Vec<(&str, &str)> = expected.into_iter().collect();
    extension(&format!(r#""url":"http://a","value{name}":{json}"#), &expected);
}

/// The narrative of a Patient.
#[track_caller]
fn narrative(inside: &str, expected: Option<&str>) {
    let div = format!(r#"<div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div>"#);
    let expected: Vec<(&str, &str)> =
        expected.map(|part| ("Patient.text.div", part)).into_iter().collect();
    patient(&format!(r#""text":{{"status":"generated","div":"{div}"}}"#), &expected);
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
        r#""name":[{"given":["a",null],"_given":[null,{"extension":[{"url":"http://a","valueCode":"b"}]}]}]"#,
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
fn primitives_follow_their_grammar() {
    value("Date", r#""2015-02-30""#, Some("YYYY-MM-DD"));
    value("Date", r#""2015-02-07T10:00:00Z""#, Some("no time"));
    value("DateTime", r#""2015-02-07T10:00Z""#, Some("to the second"));
    value("DateTime", r#""2015-02-07T10:00:00""#, Some("a zone"));
    value("DateTime", r#""yesterday""#, Some("YYYY-MM-DDThh:mm:ss"));
    value("Instant", r#""2015-02-07""#, Some("to the second"));
    value("Time", r#""10:00""#, Some("hh:mm:ss"));
    value("Code", r#"" a""#, Some("no space at its ends"));
    value("Code", r#""a  b""#, Some("no two in a row"));
    value("Id", r#""a_b""#, Some("1 to 64 characters"));
    value("Oid", r#""1.2.3""#, Some("urn:oid:"));
    value("Uuid", r#""urn:uuid:1""#, Some("8-4-4-4-12"));
    value("Uri", r#""a b""#, Some("no white space"));
    value("Url", r#""http://a b""#, Some("no white space"));
    value("Canonical", r#""http://a|1 2""#, Some("no white space"));
    value("Base64Binary", r#""AAA""#, Some("multiple of 4"));
    value("Base64Binary", r#""AA\nAA""#, None);
    value("Integer", "2147483648", Some("from -2147483648 to 2147483647"));
    value("Integer", "1.0", Some("without decimal point"));
    value("Integer", "1e2", Some("without decimal point"));
    value("UnsignedInt", "-1", Some("from 0"));
    value("PositiveInt", "0", Some("from 1"));
    value("Decimal", "-1.50e-3", None);
    value("String", r#""a\u0001b""#, Some("U+0001"));
    value("Markdown", r#""a\u0000""#, Some("U+0000"));
    value("String", r#""a\tb\r\n""#, None);
}

#[test]
fn a_string_has_at_most_a_mebibyte_of_characters() {
    let limit = 1 << 20;
    value("String", &format!("\"{}\"", "ä".repeat(limit)), None);
    value("String", &format!("\"{}\"", "a".repeat(limit + 1)), Some("longer than 1048576"));
    value("Base64Binary", &format!("\"{}\"", "AAAA".repeat(limit)), None);
}

#[test]
fn a_required_code_is_of_its_value_set() {
    patient(r#""gender":"man""#, &[("Patient.gender", "allowed are female, male, other, unknown")]);
    patient(r#""gender":"Male""#, &[("Patient.gender", "administrative-gender")]);
    check(
        r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
            "clinicalStatus":{"coding":[{"system":"http://x","code":"active"}]}}"#,
        &[("AllergyIntolerance.clinicalStatus", "allowed are active, inactive, resolved")],
    );
    check(
        r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
            "clinicalStatus":{"text":"active"}}"#,
        &[("AllergyIntolerance.clinicalStatus", "No coding at all")],
    );
    check(
        r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
            "clinicalStatus":{"coding":[{"system":"http://x","code":"y"},
              {"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
               "code":"active"}]}}"#,
        &[],
    );
    check(
        r#"{"resourceType":"SearchParameter","url":"http://a","name":"a","status":"active",
            "description":"a","code":"a","base":["Patientt"],"type":"token"}"#,
        &[("SearchParameter.base[0]", "near is Patient")],
    );
}

#[test]
fn codes_of_external_registries_follow_their_form() {
    patient(r#""language":"en_US""#, &[("Patient.language", "BCP 47")]);
    patient(r#""language":"de-CH""#, &[]);
    patient(
        r#""photo":[{"contentType":"png"}]"#,
        &[("Patient.photo[0].contentType", "type/subtype")],
    );
    patient(
        r#""communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"e!"}]}}]"#,
        &[("Patient.communication[0].language", "BCP 47")],
    );
    patient(r#""communication":[{"language":{"text":"English"}}]"#, &[]);
    value("Money", r#"{"value":1,"currency":"EUR"}"#, None);
    extension(
        r#""url":"http://a","valueMoney":{"value":1,"currency":"Euro"}"#,
        &[("Patient.extension[0].value.currency", "ISO 4217")],
    );
}

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
        r##"{"resourceType":"Patient","id":"p","link":[{"other":{"reference":"#"},"type":"refer"}]}"##,
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
fn a_narrative_is_safe_xhtml() {
    narrative("<p>x</p>", None);
    narrative("<script>x</script>", Some("<script>"));
    narrative("<p onclick=\\\"x\\\">x</p>", Some("event attribute"));
    narrative("<p>x", Some("XML"));
    narrative(" ", Some("txt-2"));
    patient(
        r#""text":{"status":"generated","div":"<div>x</div>"}"#,
        &[("Patient.text.div", "without its namespace")],
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
