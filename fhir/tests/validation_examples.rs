//! The specification's examples and generated records pass the structural rules.

mod packages;

use std::collections::BTreeSet;

use fhir::definitions::r4;
use fhir::json::{Json, Value};
use fhir::validation::{invariants, structure};

/// Examples that break a rule of R4 without HL7's list naming them.
const WRONG: [(&str, &str); 6] = [
    ("devicemetric-example.json", "points to the type DeviceDefinition"),
    ("deviceusestatement-example.json", "points to the type Procedure"),
    ("medicationrequest0301.json", "points to the type Practitioner"),
    ("observation-example-clinical-gender.json", "points to the type Encounter"),
    ("questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json", "1 to 64"),
    // Parameters of no resource type, for extensions of all.
    ("-extensions-", "SearchParameter.base is missing"),
];

/// No error but those that this text is part of.
#[track_caller]
fn check(name: &str, resource: Value<'_>, excused: Option<&str>) {
    for issue in structure(resource, r4()) {
        let is_excused = excused.is_some_and(|reason| issue.diagnostics.contains(reason));
        assert!(is_excused || issue.expression.is_none(), "{name}: {issue:?}");
    }
}

/// The files in which HL7's validator finds errors.
fn listed(files: &[(String, Vec<u8>)]) -> BTreeSet<String> {
    let list = files.iter().find(|(name, _)| name.ends_with("hl7-validator-errors.tsv"));
    let (_, bytes) = list.expect("the list of errors");
    let text = String::from_utf8_lossy(bytes).into_owned();
    text.lines().filter_map(|line| Some(line.split_once('\t')?.0.to_owned())).collect()
}

#[test]
fn the_examples_of_the_specification_pass() {
    let files = packages::files("hl7.fhir.r4.examples.tgz");
    let listed = listed(&files);
    let mut count = 0;
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with(".json")) {
        let name = path.rsplit('/').next().expect("a file name");
        let json = Json::parse(bytes.clone()).expect("JSON");
        let wrong = WRONG.iter().find(|(file, _)| name.contains(file)).map(|(_, reason)| *reason);
        // Questionnaires generated from profiles give no linkId to the items of groups.
        let is_generated = name.ends_with("-questionnaire.json");
        let generated = is_generated.then_some("Questionnaire.item.linkId is missing");
        let narrative = listed.contains(name).then_some("(txt-2)");
        check(name, json.root(), wrong.or(generated).or(narrative));
        count += 1;
    }
    assert_eq!(count, 2905);
}

#[test]
fn generated_records_pass_as_transactions_and_one_by_one() {
    let mut count = 0;
    for (path, bytes) in packages::files("synthea-r4.tgz") {
        if !path.ends_with(".json") {
            continue;
        }
        let json = Json::parse(bytes).expect("JSON");
        check(&path, json.root(), None);
        for entry in json.root().list("entry") {
            check(&path, entry.get("resource").expect("a resource"), None);
            count += 1;
        }
    }
    assert_eq!(count, 17_916);
}

/// All values of a document.
fn values(value: Value<'_>, found: &mut Vec<std::ops::Range<usize>>) {
    found.push(value.span());
    for child in value.entries().chain(value.items()) {
        values(child, found);
    }
}

#[test]
fn no_document_makes_the_rules_fail() {
    let values_of_json =
        ["null", "[]", "{}", "\"\"", "-1.5e9", "true", "[null]", "\"#\"", "\"ä é\""];
    let mut count = 0;
    for (path, bytes) in packages::files("hl7.fhir.r4.examples.tgz") {
        if !path.ends_with("example.json") || bytes.len() > 20_000 {
            continue;
        }
        let json = Json::parse(bytes).expect("JSON");
        let mut spans = Vec::new();
        values(json.root(), &mut spans);
        for (at, span) in spans.into_iter().enumerate().skip(1).step_by(2) {
            let mut text = json.text().to_owned();
            text.replace_range(span, values_of_json[(at / 2) % values_of_json.len()]);
            let changed = Json::parse(text).expect("JSON");
            // What they say is for the other tests; here they must come to an end.
            let issues = structure(changed.root(), r4()).len();
            assert!(issues + invariants(changed.root(), r4()).len() < 400, "{path}");
            count += 1;
        }
    }
    assert!(count > 4000, "{count}");
}
