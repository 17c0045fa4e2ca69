//! The built-in pack is made from HL7's definitions as Maven Central carries them. Compiling the
//! core package gives the same facts, but for what a short list beside the pack explains.

mod packages;

use std::collections::{BTreeMap, BTreeSet};

use fhir::definitions::compile::compile;
use fhir::definitions::{Facts, r4};
use serde::Serialize;
use serde_json::Value;

const LIST: &str = include_str!("../../profiles/hl7.fhir.r4.core-4.0.1.differences.txt");

/// What a line of the list allows: `what: why`, where `what` may end in `*`.
fn allowed() -> Vec<&'static str> {
    let lines = LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").expect("a line is `what: why`").0).collect()
}

fn fits(what: &str, difference: &str) -> bool {
    match what.strip_suffix('*') {
        Some(start) => difference.starts_with(start),
        None => what == difference,
    }
}

/// Every difference stands in the list, and the list has nothing else.
#[track_caller]
fn check(differences: &BTreeSet<String>) {
    let allowed = allowed();
    let unexplained: Vec<&String> =
        differences.iter().filter(|one| !allowed.iter().any(|what| fits(what, one))).collect();
    assert!(unexplained.is_empty(), "{} unexplained: {unexplained:#?}", unexplained.len());
    let idle: Vec<&&str> =
        allowed.iter().filter(|what| !differences.iter().any(|one| fits(what, one))).collect();
    assert!(idle.is_empty(), "the list explains what is no difference: {idle:#?}");
}

#[test]
fn the_core_package_compiles_to_the_built_in_pack() {
    let core = compile(packages::files("hl7.fhir.r4.core-4.0.1.tgz"), || None)
        .expect("the core package compiles")
        .facts;
    let (core, built_in) = (by_name(&core), by_name(&built_in()));
    let mut differences = BTreeSet::new();
    for name in core.keys().chain(built_in.keys()) {
        match (core.get(name), built_in.get(name)) {
            (Some(one), Some(other)) => compare(one, other, name, &mut differences),
            (Some(_), None) => drop(differences.insert(format!("{name} only in core"))),
            _ => drop(differences.insert(format!("{name} not in core"))),
        }
    }
    check(&differences);
}

fn built_in() -> Facts {
    let pack = r4();
    Facts {
        structures: pack.structures().cloned().collect(),
        search_parameters: pack.search_parameters().to_vec(),
        compartments: pack.compartments().to_vec(),
        operations: pack.operations().to_vec(),
        value_sets: pack.value_set_urls().filter_map(|url| pack.value_set(url).cloned()).collect(),
        code_systems: pack
            .code_system_urls()
            .filter_map(|url| pack.code_system(url).cloned())
            .collect(),
        concept_maps: pack.concept_maps().to_vec(),
    }
}

/// Each definition under its type and URL.
fn by_name(facts: &Facts) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    add(&mut all, "StructureDefinition", &facts.structures);
    add(&mut all, "SearchParameter", &facts.search_parameters);
    add(&mut all, "CompartmentDefinition", &facts.compartments);
    add(&mut all, "OperationDefinition", &facts.operations);
    add(&mut all, "ValueSet", &facts.value_sets);
    add(&mut all, "CodeSystem", &facts.code_systems);
    add(&mut all, "ConceptMap", &facts.concept_maps);
    all
}

fn add<T: Serialize>(all: &mut BTreeMap<String, Value>, kind: &str, definitions: &[T]) {
    for definition in definitions {
        let value = serde_json::to_value(definition).expect("facts are plain data");
        let url = value["url"].as_str().expect("a definition has a URL");
        all.insert(format!("{kind} {url}"), value);
    }
}

/// Notes the places where the two differ, elements by their ids.
fn compare(one: &Value, other: &Value, place: &str, differences: &mut BTreeSet<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for (key, value) in one {
                compare(value, &other[key], &format!("{place} {key}"), differences);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (one, other)) in one.iter().zip(other).enumerate() {
                let at = one["id"].as_str().map_or_else(|| at.to_string(), str::to_owned);
                compare(one, other, &format!("{place} {at}"), differences);
            }
        }
        _ if one != other => drop(differences.insert(place.to_owned())),
        _ => {}
    }
}
