//! Every example of the specification is indexed, and every parameter has a value for one of them.

mod packages;

use std::collections::{BTreeMap, BTreeSet};

use fhir::definitions::r4;
use fhir::json::Json;
use fhir::search::{Indexer, searchable};

/// Parameters of which no example has a value, though some have the element at their start: what
/// stands there is of another type of the choice, refers to another type of resource, or ends
/// before the parameter's path does.
const WITHOUT_EXAMPLE: [&str; 24] = [
    "AppointmentResponse location",
    "CapabilityStatement context-quantity",
    "CapabilityStatement context-type-quantity",
    "ClinicalImpression finding-ref",
    "CodeSystem context-quantity",
    "CodeSystem context-type-quantity",
    "CompartmentDefinition context-quantity",
    "CompartmentDefinition context-type-quantity",
    "ConceptMap context-quantity",
    "ConceptMap context-type-quantity",
    "Consent source-reference",
    "MedicinalProductPharmaceutical target-species",
    "MessageDefinition context-quantity",
    "MessageDefinition context-type-quantity",
    "MolecularSequence chromosome-variant-coordinate",
    "OperationDefinition context-quantity",
    "OperationDefinition context-type-quantity",
    "Provenance patient",
    "Provenance when",
    "Questionnaire definition",
    "SearchParameter context-quantity",
    "SearchParameter context-type-quantity",
    "TestScript context-quantity",
    "TestScript context-type-quantity",
];

/// Does the expression name this path, or one under it?
fn names(expression: &str, path: &str) -> bool {
    expression.match_indices(path).any(|(at, _)| {
        !expression[at + path.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

#[test]
fn every_parameter_yields_a_value_for_some_example_with_its_element() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut examples = 0;
    for (name, bytes) in packages::files("hl7.fhir.r4.examples.tgz") {
        if !name.ends_with(".json") || name.contains("/.") || name.contains("package.json") {
            continue;
        }
        let Ok(json) = Json::parse(bytes) else { continue };
        let Some(kind) = json.root().str("resourceType") else { continue };
        let found = Indexer::r4().entries(json.root(), &[]);
        assert!(found.windows(2).all(|w| w[0].param <= w[1].param && w[0] != w[1]), "{name}");
        let codes = seen.entry(kind.into_owned()).or_default();
        codes.extend(found.iter().map(|entry| entry.param.code.to_string()));
        for member in json.root().entries() {
            codes.insert(format!(".{}", member.key()));
        }
        examples += 1;
    }
    assert!(examples > 2000, "{examples}");
    let mut silent = Vec::new();
    for (kind, seen) in &seen {
        for parameter in searchable(r4(), kind) {
            if matches!(parameter.code.as_str(), "_id" | "_lastUpdated") {
                continue;
            }
            let expression = parameter.expression.as_deref().unwrap_or_default();
            let has_element = seen.iter().filter_map(|code| code.strip_prefix('.')).any(|key| {
                let (_, table) = r4().schema().by_name(kind).expect("a resource type");
                let stem = table.property(key).map(|(property, _)| property.name.as_str());
                stem.is_some_and(|stem| names(expression, &format!("{kind}.{stem}")))
            });
            if has_element && !seen.contains(&parameter.code) {
                silent.push(format!("{kind} {}", parameter.code));
            }
        }
    }
    assert_eq!(silent, WITHOUT_EXAMPLE);
}
