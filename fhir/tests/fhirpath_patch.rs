//! FHIRPath Patch: the public suite, and what it leaves out.

mod packages;

use fhir::definitions::r4;
use fhir::json::{Json, Tree};
use fhir::patch::fhirpath::apply;
use fhir::patch::json::PatchErrorKind;
use proptest::prelude::{ProptestConfig, proptest};

/// The XML between the tags of this name.
fn inside<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let start = xml.find(&open)? + open.len();
    Some(&xml[start..start + xml[start..].find(&close)?])
}

fn resource(xml: &str) -> Json {
    fhir::xml::to_json(xml.trim().as_bytes(), r4().schema()).expect("FHIR XML")
}

/// White space of a narrative does not count, nor how it writes a quotation mark.
fn plain(mut tree: Tree) -> Tree {
    let div = tree.get_mut("text").and_then(|text| text.get_mut("div"));
    if let Some(Tree::String(text)) = div {
        *text = text.replace("&quot;", "\"");
        text.retain(|character| !character.is_whitespace());
    }
    tree
}

#[test]
fn the_suite_of_fhir_passes() {
    let files = packages::files("patch-tests.tgz");
    let suite = files.into_iter().find(|(name, _)| name.ends_with("fhir/fhir-patch-tests.xml"));
    let suite = String::from_utf8(suite.expect("the suite").1).expect("UTF-8");
    let mut count = 0;
    for case in suite.split("<case ").skip(1) {
        let name = case.split('"').nth(1).expect("a name");
        let document = resource(inside(case, "input").expect("an input"));
        let parameters = resource(inside(case, "diff").expect("a diff"));
        let result = apply(&document, parameters.root(), r4().schema());
        match inside(case, "output") {
            Some(expected) => {
                let found = result.unwrap_or_else(|error| panic!("{name}: {error}"));
                let expected = plain(Tree::from(resource(expected).root()));
                let found = plain(Tree::from(found.root()));
                assert!(found.means_same(&expected), "{name}: {found}");
            }
            None => assert!(result.is_err(), "{name} must be refused"),
        }
        count += 1;
    }
    assert_eq!(count, 33);
}

/// One operation: its parts as JSON.
fn patched(document: &str, parts: &str) -> Result<String, (PatchErrorKind, String)> {
    let parameters = format!(
        r#"{{"resourceType":"Parameters","parameter":[{{"name":"operation","part":[{parts}]}}]}}"#
    );
    let (document, parameters) =
        (Json::parse(document).expect("JSON"), Json::parse(parameters).expect("JSON"));
    apply(&document, parameters.root(), r4().schema())
        .map(|json| json.text().to_owned())
        .map_err(|error| (error.kind, error.message))
}

fn part(name: &str, value: &str) -> String {
    format!(r#"{{"name":"{name}",{value}}}"#)
}

/// `add` and so on at a path, with further parts.
fn parts(verb: &str, path: &str, others: &[(&str, &str)]) -> String {
    let mut all = vec![
        part("type", &format!(r#""valueCode":"{verb}""#)),
        part("path", &format!(r#""valueString":"{path}""#)),
    ];
    all.extend(others.iter().map(|(name, value)| part(name, value)));
    all.join(",")
}

#[track_caller]
fn check(document: &str, verb: &str, path: &str, others: &[(&str, &str)], expected: &str) {
    let result = patched(document, &parts(verb, path, others));
    assert_eq!(result.as_deref(), Ok(expected));
}

#[track_caller]
fn refused(document: &str, verb: &str, path: &str, others: &[(&str, &str)], message: &str) {
    let (_, found) = patched(document, &parts(verb, path, others)).expect_err("must be refused");
    assert!(found.contains(message), "{found}");
}

const OBSERVATION: &str = r#"{"resourceType":"Observation","valueString":"a","status":"final"}"#;

#[test]
fn a_choice_gets_the_name_of_its_type() {
    check(
        r#"{"resourceType":"Observation"}"#,
        "add",
        "Observation",
        &[("name", r#""valueString":"value""#), ("value", r#""valueBoolean":true"#)],
        r#"{"resourceType":"Observation","valueBoolean":true}"#,
    );
    check(
        OBSERVATION,
        "replace",
        "Observation.value",
        &[("value", r#""valueQuantity":{"value":1.50}"#)],
        r#"{"resourceType":"Observation","valueQuantity":{"value":1.50},"status":"final"}"#,
    );
    refused(
        OBSERVATION,
        "add",
        "Observation",
        &[("name", r#""valueString":"value""#), ("value", r#""valueBoolean":true"#)],
        "valueString is there already",
    );
    refused(
        OBSERVATION,
        "replace",
        "Observation.value",
        &[("value", r#""valueAddress":{"city":"x"}"#)],
        "not Address",
    );
}

#[test]
fn extensions_of_a_primitive_stay_with_it() {
    let patient =
        r#"{"resourceType":"Patient","name":[{"given":["a","b"],"_given":[null,{"id":"x"}]}]}"#;
    check(
        patient,
        "move",
        "Patient.name.given",
        &[("source", r#""valueInteger":1"#), ("destination", r#""valueInteger":0"#)],
        r#"{"resourceType":"Patient","name":[{"given":["b","a"],"_given":[{"id":"x"},null]}]}"#,
    );
    check(
        patient,
        "delete",
        "Patient.name.given[1]",
        &[],
        r#"{"resourceType":"Patient","name":[{"given":["a"]}]}"#,
    );
    check(
        r#"{"resourceType":"Patient","birthDate":"2000","_birthDate":{"id":"x"}}"#,
        "replace",
        "Patient.birthDate",
        &[("value", r#""valueDate":"2001""#)],
        r#"{"resourceType":"Patient","birthDate":"2001"}"#,
    );
    check(
        r#"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"u"},{"url":"v"}]}}"#,
        "delete",
        "Patient.birthDate.extension[1]",
        &[],
        r#"{"resourceType":"Patient","_birthDate":{"extension":[{"url":"u"}]}}"#,
    );
}

#[test]
fn an_extension_is_added_by_its_parts() {
    let value = r#""part":[{"name":"url","valueUri":"http://example.org/e"},
        {"name":"value","valueString":"x"}]"#;
    check(
        r#"{"resourceType":"Patient","name":[{"given":["a","b"]}]}"#,
        "add",
        "Patient.name.given[1]",
        &[("name", r#""valueString":"extension""#), ("value", value)],
        concat!(
            r#"{"resourceType":"Patient","name":[{"given":["a","b"],"_given":[null,"#,
            r#"{"extension":[{"url":"http://example.org/e","valueString":"x"}]}]}]}"#
        ),
    );
}

#[test]
fn a_resource_is_given_as_a_resource() {
    check(
        r#"{"resourceType":"Patient"}"#,
        "add",
        "Patient",
        &[
            ("name", r#""valueString":"contained""#),
            ("value", r#""resource":{"resourceType":"Group","id":"g"}"#),
        ],
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Group","id":"g"}]}"#,
    );
    check(
        r#"{"resourceType":"List","contained":[{"resourceType":"Group","quantity":1}]}"#,
        "replace",
        "List.contained[0].quantity",
        &[("value", r#""valueUnsignedInt":2"#)],
        r#"{"resourceType":"List","contained":[{"resourceType":"Group","quantity":2}]}"#,
    );
}

#[test]
fn what_is_not_there_can_be_deleted_but_nothing_else_can_be_done_to_it() {
    let patient = r#"{"resourceType":"Patient","active":true}"#;
    check(patient, "delete", "Patient.name", &[], patient);
    let value = ("value", r#""valueString":"x""#);
    refused(patient, "replace", "Patient.gender", &[value], "no content found at Patient.gender");
    let index = ("index", r#""valueInteger":0"#);
    refused(patient, "insert", "Patient.name", &[index, value], "no content found");
    let name = ("name", r#""valueString":"nam""#);
    refused(patient, "add", "Patient", &[name, value], "did you mean name?");
    refused(patient, "test", "Patient", &[], "type is add, insert, delete, replace or move");
    refused(patient, "delete", "Patient", &[], "cannot delete the resource");
    refused(patient, "delete", "1 + 1", &[], "should lead to elements");
    refused(patient, "delete", "Patient.(", &[], "path Patient.(");
    refused(patient, "replace", "Patient.active", &[value], "Patient.active is of type boolean");
    refused(patient, "replace", "Patient.active", &[], "the part \"value\" is missing");
}

#[test]
fn an_index_lies_within_its_list() {
    let patient = r#"{"resourceType":"Patient","identifier":[{"value":"1"},{"value":"2"}]}"#;
    let value = ("value", r#""valueIdentifier":{"value":"3"}"#);
    check(
        patient,
        "insert",
        "Patient.identifier",
        &[("index", r#""valueInteger":2"#), value],
        r#"{"resourceType":"Patient","identifier":[{"value":"1"},{"value":"2"},{"value":"3"}]}"#,
    );
    let index = ("index", r#""valueInteger":3"#);
    refused(patient, "insert", "Patient.identifier", &[index, value], "index 3 is outside");
    let index = ("index", r#""valueInteger":-1"#);
    refused(patient, "insert", "Patient.identifier", &[index, value], "an integer from 0");
    let places = [("source", r#""valueInteger":0"#), ("destination", r#""valueInteger":2"#)];
    refused(patient, "move", "Patient.identifier", &places, "destination 2 is outside");
    refused(patient, "delete", "Patient.identifier", &[], "2 elements at Patient.identifier");
}

const DOCUMENTS: [&str; 3] = [
    r#"{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"x"}]},
        {"family":"f"}],"active":true,"_birthDate":{"id":"y"},"deceasedBoolean":false}"#,
    r#"{"resourceType":"Patient","name":{"given":"a"},"active":[[true]],"birthDate":{},
        "_gender":["x"],"contained":[{"resourceType":"Patient","name":[[{"given":[[]]}]]},1]}"#,
    r#"{"resourceType":"Nothing","name":1}"#,
];
const VERBS: [&str; 5] = ["add", "insert", "delete", "replace", "move"];
const PATHS: [&str; 14] = [
    "Patient",
    "Patient.name",
    "Patient.name[0]",
    "Patient.name.given",
    "Patient.name.given[1]",
    "Patient.name[0].given[0]",
    "Patient.active",
    "Patient.birthDate",
    "Patient.gender",
    "Patient.deceased",
    "Patient.contained",
    "Patient.contained.name",
    "descendants()",
    "Patient.name.given.id",
];
const NAMES: [&str; 7] = ["name", "given", "deceased", "extension", "id", "contained", "active"];
const VALUES: [&str; 7] = [
    r#""valueString":"v""#,
    r#""valueBoolean":true"#,
    r#""valueHumanName":{"family":"v"}"#,
    r#""resource":{"resourceType":"Group"}"#,
    r#""part":[{"name":"given","valueString":"v"},{"name":"url","valueUri":"u"}]"#,
    r#""_valueString":{"id":"v"}"#,
    r#""valueDateTime":"2020""#,
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn any_operation_is_applied_or_refused(
        document in 0..DOCUMENTS.len(),
        verb in 0..VERBS.len(),
        path in 0..PATHS.len(),
        name in 0..NAMES.len(),
        value in 0..VALUES.len(),
        first in 0..4_usize,
        second in 0..4_usize,
    ) {
        let name = format!("\"valueString\":\"{}\"", NAMES[name]);
        let (first, second) =
            (format!("\"valueInteger\":{first}"), format!("\"valueInteger\":{second}"));
        let parts = parts(VERBS[verb], PATHS[path], &[
            ("name", name.as_str()),
            ("value", VALUES[value]),
            ("index", first.as_str()),
            ("source", first.as_str()),
            ("destination", second.as_str()),
        ]);
        let _ = patched(DOCUMENTS[document], &parts);
    }
}
