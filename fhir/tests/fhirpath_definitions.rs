//! What R4's own search parameters and invariants ask of FHIRPath.

mod packages;

use fhir::definitions::{Constraint, r4};
use fhir::json::Json;
use fhir::path::{Environment, Expression, Item, PathFault};

fn search_expressions() -> Vec<(String, &'static str)> {
    let parameters = r4().search_parameters().iter();
    parameters
        .flat_map(|one| {
            let own = one.expression.iter().map(|text| (one.url.clone(), text.as_str()));
            let parts = one.components.iter().map(|(_, text)| (one.url.clone(), text.as_str()));
            own.chain(parts)
        })
        .collect()
}

fn constraints() -> Vec<(String, &'static Constraint)> {
    let elements = r4().structures().flat_map(|one| &one.elements);
    elements
        .flat_map(|element| element.constraints.iter().map(|one| (element.path.clone(), one)))
        .collect()
}

#[test]
fn every_search_parameter_is_understood() {
    let all = search_expressions();
    assert!(all.len() > 1300, "{}", all.len());
    for (url, text) in all {
        if let Err(error) = Expression::parse(text) {
            panic!("{url}: {text}: {error}");
        }
    }
}

#[test]
fn every_invariant_is_understood() {
    let mut count = 0;
    for (path, constraint) in constraints() {
        let Some(text) = &constraint.expression else { continue };
        count += 1;
        if let Err(error) = Expression::parse(text) {
            panic!("{path} {}: {text}: {error}", constraint.key);
        }
    }
    assert!(count > 1000, "{count}");
}

#[test]
fn every_pattern_in_an_invariant_is_understood() {
    let schema = r4().schema();
    let json = Json::parse(r#"{"resourceType":"Patient"}"#).expect("JSON");
    let mut count = 0;
    for (path, constraint) in constraints() {
        let text = constraint.expression.as_deref().unwrap_or_default();
        for pattern in text.split("matches('").skip(1) {
            let end = pattern.find("')").unwrap_or_else(|| panic!("{path}: {text}"));
            let test = format!("'x'.matches('{}')", &pattern[..end]);
            let expression = Expression::parse(&test).expect("a pattern");
            let env = Environment::new(schema, json.root());
            let focus = Item::resource(schema, json.root()).expect("a resource");
            if let Err(error) = expression.is_true(&env, focus) {
                panic!("{path} {}: {test}: {error}", constraint.key);
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// The examples of the specification that are instances of clinical and administrative types.
fn examples() -> Vec<(String, Json)> {
    packages::files("hl7.fhir.r4.examples.tgz")
        .into_iter()
        .filter(|(name, bytes)| name.ends_with(".json") && bytes.len() < 100_000)
        .filter_map(|(name, bytes)| Some((name, Json::parse(bytes).ok()?)))
        .collect()
}

#[test]
fn search_parameters_and_invariants_evaluate_on_the_examples_of_the_specification() {
    let schema = r4().schema();
    let compiled = |text: &str| Expression::parse(text).expect("a test parses all");
    let mut evaluated = 0;
    for (name, json) in examples() {
        let Ok(focus) = Item::resource(schema, json.root()) else { continue };
        let type_name = focus.type_name(schema);
        let env = Environment::new(schema, json.root()).at(0);
        let parameters = r4().search_parameters_of(type_name);
        let kind = schema.by_name(type_name).expect("its type").1;
        let texts = parameters.iter().filter_map(|one| one.expression.as_deref());
        let invariants = kind.constraints.iter().filter_map(|one| one.expression.as_deref());
        for text in texts.chain(invariants) {
            let expression = compiled(text);
            evaluated += 1;
            match expression.evaluate(&env, focus.clone()) {
                Ok(_) => {}
                Err(error) if error.fault == PathFault::NotSupported => {}
                Err(error) => panic!("{name}: {text}: {error}"),
            }
        }
    }
    assert!(evaluated > 20_000, "{evaluated}");
}
