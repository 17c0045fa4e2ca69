//! Searches of several types: which parameters they share, and what is refused.

use fhir::definitions::r4;
use fhir::search::Filter;
use fhir::search::query::{Context, decode_pairs, parse_types};

/// Reads a search of the whole server: its types, or what is wrong.
fn read(query: &str, is_lenient: bool) -> Result<Vec<String>, String> {
    let context = Context { definitions: r4(), bases: &[], now_us: 0, is_lenient };
    let all = r4().schema().resource_names();
    let pairs = decode_pairs(query).expect("pairs");
    match parse_types(&all, &pairs, &context) {
        Ok((queries, _)) => Ok(queries.iter().map(|one| one.resource.to_string()).collect()),
        Err(outcome) => {
            let texts: Vec<String> =
                outcome.issues.into_iter().map(|one| one.diagnostics).collect();
            Err(texts.join(" "))
        }
    }
}

#[track_caller]
fn check(query: &str, expected: &str) {
    let text = match read(query, false) {
        Ok(types) => types.join(" "),
        Err(text) => text,
    };
    assert!(text.contains(expected), "{query}: {text}");
}

#[test]
fn a_type_is_named_once_and_as_the_specification_writes_it() {
    check("_type=Patient,Observation,Patient", "Patient Observation");
    check("_type=Patient, Observation", "Patient Observation");
    check("_type=patient", "'patient' is no resource type. Did you mean Patient?");
    check("_type=Patient&_type=Group", "given twice");
    check("_type:missing=true", "the modifier ':missing' does not go with _type");
    assert_eq!(read("_id=a", false).unwrap().len(), r4().schema().resource_names().len());
}

#[test]
fn a_parameter_that_one_type_lacks_is_refused_with_its_name() {
    check("_type=Patient,Group&identifier=1", "Patient Group");
    check("_type=Patient,Group&birthdate=1980", "Group has no search parameter 'birthdate'");
    check("_type=Patient,Group&_sort=birthdate", "'birthdate' is no parameter of Group");
    check("birthdate=1980", "Name the types that you mean with _type");
    check("_type=Patient,Observation&_elements=component,name", "Patient Observation");
    check("_type=Patient,Observation&_elements=copmonent", "Did you mean component?");
}

#[test]
fn lenient_handling_leaves_a_parameter_out_of_all_types() {
    let context = Context { definitions: r4(), bases: &[], now_us: 0, is_lenient: true };
    let pairs = decode_pairs("_type=Patient,Group&birthdate=1980&identifier=1").unwrap();
    let all = r4().schema().resource_names();
    let (queries, ignored) = parse_types(&all, &pairs, &context).unwrap();
    for query in &queries {
        assert!(matches!(&query.filter, Filter::Matches(param, _) if &*param.code == "identifier"));
    }
    assert_eq!(ignored.len(), 1);
    let names: Vec<&str> = queries[0].applied.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["_type", "identifier"]);
}

#[test]
fn the_first_query_holds_the_includes_of_all_types() {
    let context = Context { definitions: r4(), bases: &[], now_us: 0, is_lenient: false };
    let pairs = decode_pairs("_type=Encounter,Observation&_include=*").unwrap();
    let all = r4().schema().resource_names();
    let (queries, _) = parse_types(&all, &pairs, &context).unwrap();
    let sources: Vec<&str> = queries[0].include.iter().map(|one| &*one.source).collect();
    assert_eq!(sources, ["Encounter", "Observation"]);
}
