//! Parts of resources: over every example resource, and in detail.

mod packages;

use std::collections::BTreeSet;

use fhir::definitions::{Property, r4};
use fhir::json::{Json, Value};
use fhir::subset::{Subset, is_subset};

fn all() -> [Subset; 4] {
    let elements = Subset::Elements(vec!["identifier".to_owned(), "text".to_owned()]);
    [Subset::Summary, Subset::Text, Subset::Data, elements]
}

#[track_caller]
fn check(resource: &str, subset: &Subset, expected: &str) {
    let json = Json::parse(resource).expect("the example is JSON");
    assert_eq!(subset.cut(json.root(), r4().schema()), expected);
}

const TAG: &str =
    r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

fn expected(text: &str) -> String {
    text.replace("TAG", TAG)
}

#[test]
fn what_stays_is_copied_as_it_stands() {
    let resource = r#"{"resourceType":"Observation","valueQuantity":{"value":1.50,"id":"q"},"meta":{"versionId":"1"},"status":"final","code":{"text":"\u0061"},"note":[{"text":"n"}]}"#;
    check(
        resource,
        &Subset::Summary,
        &expected(
            r#"{"resourceType":"Observation","valueQuantity":{"value":1.50},"meta":{"versionId":"1","tag":[TAG]},"status":"final","code":{"text":"\u0061"}}"#,
        ),
    );
    check(
        resource,
        &Subset::Elements(vec!["note".to_owned()]),
        &expected(
            r#"{"resourceType":"Observation","meta":{"versionId":"1","tag":[TAG]},"status":"final","code":{"text":"\u0061"},"note":[{"text":"n"}]}"#,
        ),
    );
    check(resource, &Subset::Whole, resource);
}

#[test]
fn the_tag_joins_those_that_are_there() {
    check(
        r#"{"resourceType":"Patient","meta":{"tag":[{"code":"a"}]},"active":true}"#,
        &Subset::Text,
        &expected(r#"{"resourceType":"Patient","meta":{"tag":[{"code":"a"},TAG]}}"#),
    );
    check(
        r#"{"resourceType":"Patient","active":true}"#,
        &Subset::Text,
        &expected(r#"{"resourceType":"Patient","meta":{"tag":[TAG]}}"#),
    );
}

#[test]
fn an_element_that_only_says_why_it_has_no_value_stays_whole() {
    check(
        r#"{"resourceType":"Observation","meta":{},"_status":{"extension":[{"url":"u","valueCode":"x"}]},"code":{"extension":[{"url":"u","valueCode":"x"}]}}"#,
        &Subset::Summary,
        &expected(
            r#"{"resourceType":"Observation","meta":{"tag":[TAG]},"_status":{"extension":[{"url":"u","valueCode":"x"}]},"code":{"extension":[{"url":"u","valueCode":"x"}]}}"#,
        ),
    );
}

#[test]
fn what_changes_the_meaning_stays() {
    check(
        r#"{"resourceType":"Patient","meta":{},"modifierExtension":[{"url":"u","valueBoolean":true}],"gender":"male"}"#,
        &Subset::Elements(vec!["birthDate".to_owned()]),
        &expected(
            r#"{"resourceType":"Patient","meta":{"tag":[TAG]},"modifierExtension":[{"url":"u","valueBoolean":true}]}"#,
        ),
    );
}

/// The names of the top level without `_`, as far as they are elements.
fn names(resource: Value<'_>) -> BTreeSet<String> {
    let names = resource.entries().map(|member| member.key().trim_start_matches('_').to_owned());
    names.filter(|name| name != "resourceType").collect()
}

fn may_stay(subset: &Subset, name: &str, property: &Property) -> bool {
    let is_own = matches!(name, "id" | "meta");
    is_own
        || match subset {
            Subset::Whole => true,
            Subset::Summary => property.is_summary || property.is_modifier || property.min > 0,
            Subset::Text => name == "text" || property.min > 0,
            Subset::Data => name != "text",
            Subset::Elements(names) => {
                property.min > 0 || property.is_modifier || names.iter().any(|one| one == name)
            }
        }
}

#[test]
fn every_example_keeps_just_what_its_definition_says() {
    let schema = r4().schema();
    let mut count = 0;
    let files = packages::files("hl7.fhir.r4.examples.tgz");
    for (name, text) in files.iter().filter(|(path, _)| path.ends_with(".json")) {
        let json = Json::parse(text.clone()).unwrap();
        let root = json.root();
        let Some((_, table)) = root.str("resourceType").and_then(|one| schema.resource(&one))
        else {
            continue;
        };
        for subset in all() {
            let part = Json::parse(subset.cut(root, schema)).unwrap();
            assert!(is_subset(part.root()), "{name}");
            let mut wanted = names(root);
            wanted.retain(|one| {
                table.property(one).is_some_and(|(property, _)| may_stay(&subset, one, property))
            });
            wanted.insert("meta".to_owned());
            assert_eq!(names(part.root()), wanted, "{name} {subset:?}");
            let again = Json::parse(subset.cut(part.root(), schema)).unwrap();
            assert_eq!(again.text(), part.text(), "{name}: cut again it is the same");
            // What is contained is no part of a summary: what refers to it then leads nowhere.
            let mut issues = fhir::validation::structure(part.root(), r4());
            issues.retain(|issue| !issue.diagnostics.contains("(ref-1)"));
            let was_valid = fhir::validation::structure(root, r4()).is_empty();
            assert!(issues.is_empty() || !was_valid, "{name} {subset:?}: {issues:?}");
        }
        count += 1;
    }
    assert!(count > 2_000, "{count} examples");
}
