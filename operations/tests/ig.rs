//! What `ig/` publishes about the operations is what the code does.

#[path = "../examples/ig/guide.rs"]
mod guide;
#[path = "../examples/ig/rules.rs"]
mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fhir::definitions;
use fhir::json::Json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ig")
}

/// Checks a published file against what the code says.
#[track_caller]
fn check(name: &str, expected: &str) {
    let published = fs::read_to_string(folder().join(name))
        .unwrap_or_else(|error| panic!("ig/{name}: {error}"));
    assert!(
        published == expected,
        "ig/{name} is not what the code says; `cargo run --package operations --example ig` \
         writes it anew"
    );
}

#[test]
fn every_operation_and_every_rule_is_published_as_it_is() {
    for (name, text) in guide::files() {
        check(&name, &text);
    }
}

#[test]
fn nothing_is_published_that_is_not_there() {
    let rendered: BTreeSet<String> = guide::files().into_iter().map(|(name, _)| name).collect();
    for entry in fs::read_dir(folder()).expect("ig/ is there") {
        let name = entry.expect("ig/ can be listed").file_name().to_string_lossy().into_owned();
        let is_definition = name.starts_with("OperationDefinition-");
        assert!(!is_definition || rendered.contains(&name), "ig/{name} defines no operation");
    }
}

#[test]
fn every_definition_is_a_valid_resource() {
    for (name, text) in guide::files().iter().filter(|(name, _)| name.ends_with(".json")) {
        let json = Json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let issues = fhir::validation::structure(json.root(), definitions::r4());
        assert!(issues.is_empty(), "{name}: {issues:?}");
    }
}
