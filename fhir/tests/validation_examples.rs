//! The specification's examples and generated records pass the structural rules.

mod packages;

use std::collections::BTreeSet;

use fhir::definitions::r4;
use fhir::json::{Json, Limits, Value};
use fhir::validation::structure;

/// The errors of a resource, one a line.
fn errors(resource: Value<'_>) -> Vec<String> {
    let issues = structure(resource, r4());
    let line = |issue: &fhir::Issue| {
        format!("{}: {}", issue.expression.as_deref().unwrap_or(""), issue.diagnostics)
    };
    issues.iter().map(line).collect()
}

#[test]
fn the_examples_of_the_specification_pass() {
    let files = packages::files("hl7.fhir.r4.examples.tgz");
    let listed: BTreeSet<String> = files
        .iter()
        .filter(|(name, _)| name.ends_with("hl7-validator-errors.tsv"))
        .flat_map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned().lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| line.split('\t').next().map(str::to_owned))
        .collect();
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, bytes) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
        let short = name.rsplit('/').next().unwrap();
        let limits = Limits { nodes_max: 4_000_000, ..Limits::default() };
        let json = Json::parse_with(bytes.clone(), limits).expect("JSON");
        count += 1;
        let errors = errors(json.root());
        if !errors.is_empty() {
            failures.push(format!("{}{short}\n    {}", if listed.contains(short) {"LISTED "} else {""}, errors.iter().take(3).cloned().collect::<Vec<_>>().join("\n    ")));
        }
    }
    assert!(count > 2800);
    assert!(failures.is_empty(), "{} fail\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn generated_records_pass() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (name, bytes) in packages::files("synthea-r4.tgz") {
        if !name.ends_with(".json") { continue }
        let json = Json::parse(bytes).expect("JSON");
        count += json.root().list("entry").count();
        for line in errors(json.root()) { failures.push(format!("{name} {line}")) }
        for entry in json.root().list("entry") {
            let resource = entry.get("resource").expect("a resource");
            for line in errors(resource) { failures.push(format!("{name} {line}")) }
        }
    }
    assert!(count > 17_000);
    assert!(failures.is_empty(), "{} fail\n{}", failures.len(), failures.join("\n"));
}
