//! What is left out of a query or refused by its name, and the parameters of the result.

mod queries;

use fhir::search::Total;
use queries::{check, read, show};

#[test]
fn what_is_unknown_or_not_built_is_refused_by_name() {
    check("Patient?nam=a", "400 Patient has no search parameter 'nam'. Did you mean name?");
    check(
        "Patient?qqqqqqqqq=a",
        "400 Patient has no search parameter 'qqqqqqqqq'. Those of Patient are _id, _lastUpdated",
    );
    for name in ["_text", "_content"] {
        check(
            &format!("Patient?{name}=a"),
            &format!("400 Parameter '{name}' is not supported yet"),
        );
    }
    check("Patient?_query=a", "400 no named queries");
    check("Location?near=1", "400 Parameter 'near': '1' is no place: write latitude|longitude");
    check("Patient?a=b&birthdate=x&_count=y", "400 'a'…birthdate…_count");
}

#[test]
fn a_parameter_has_a_thousand_values_at_most() {
    let ids = vec!["a"; 1000].join(",");
    assert!(read(&format!("Patient?_id={ids}"), false).is_ok());
    check(&format!("Patient?_id={ids},a"), "400 Parameter '_id': it has 1001 values; at most 1000");
    check(&format!("Patient?family={ids},a"), "400 Parameter 'family': it has 1001 values");
}

#[test]
fn an_unknown_resource_type_is_none() {
    let outcome = read("Pateint?name=a", false).unwrap_err();
    assert_eq!(outcome.kind, fhir::Kind::Unknown);
    assert!(outcome.issues[0].diagnostics.contains("Patient"));
}

#[test]
fn lenient_handling_leaves_unknown_parameters_out_and_says_so() {
    let parsed = read("Patient?nmae=a&name=b&subject.x=1&_text=c", true).unwrap();
    assert_eq!(show(&parsed.query.filter), "name ^b");
    assert_eq!(parsed.query.applied, [("name".to_owned(), "b".to_owned())]);
    let names: Vec<&str> =
        parsed.ignored.iter().filter_map(|issue| issue.expression.as_deref()).collect();
    assert_eq!(names, ["nmae", "subject.x", "_text"]);
    for query in
        ["Patient?name:foo=a", "Patient?birthdate=x", "Patient?_query=a", "Patient?name:text=a"]
    {
        assert!(read(query, true).is_err(), "{query}");
    }
}

#[test]
fn a_parameter_without_a_value_is_left_out_and_named() {
    let parsed = read("Patient?name=&gender=male&_count=", false).unwrap();
    assert_eq!(show(&parsed.query.filter), "gender *|male");
    assert_eq!(parsed.ignored.len(), 2);
    assert_eq!(parsed.ignored[0].severity, fhir::Severity::Warning);
}

#[test]
fn the_parameters_of_the_result_say_what_is_wanted_of_it() {
    let query = read(
        "Observation?_count=5&_sort=-date&_total=accurate&_elements=code,%20subject&_summary=false\
         &_format=json&_pretty=true&_contained=false&code=1",
        false,
    )
    .unwrap()
    .query;
    let [sort] = query.sort.as_slice() else { panic!("one key") };
    assert_eq!(
        (&*sort.param.code, &*sort.param.resource, sort.is_descending),
        ("date", "Observation", true)
    );
    assert_eq!((query.count, query.is_count_only, query.total), (Some(5), false, Total::Accurate));
    assert_eq!(query.elements, ["code", "subject"]);
    assert_eq!(query.summary, Some(fhir::search::Summary::False));
    let names: Vec<&str> = query.applied.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["_count", "_sort", "_total", "_elements", "_summary", "_contained", "code"]);
    for query in ["Patient?_summary=count", "Patient?_count=0"] {
        assert!(read(query, false).unwrap().query.is_count_only, "{query}");
    }
    for key in ["_id", "_lastUpdated", "name", "gender", "-birthdate", "general-practitioner"] {
        assert!(read(&format!("Patient?_sort={key}"), false).unwrap().query.sort.len() == 1);
    }
}

#[test]
fn an_order_has_several_keys_and_the_first_counts_most() {
    let sort = read("Observation?_sort=status,-date,category,_id,-_lastUpdated", false)
        .expect("five keys")
        .query
        .sort;
    let shown: Vec<String> = sort
        .iter()
        .map(|key| format!("{}{}", if key.is_descending { "-" } else { "" }, key.param.code))
        .collect();
    assert_eq!(shown.join(","), "status,-date,category,_id,-_lastUpdated");
    assert!(sort.iter().all(|key| &*key.param.resource == "Observation"));
}

#[test]
fn wrong_parameters_of_the_result_are_refused() {
    check("Patient?_count=-1", "400 Parameter '_count': '-1' is no whole number from 0 on");
    check("Patient?_count=x", "400 'x' is no whole number");
    check("Patient?_count=1&_count=2", "400 Parameter '_count' is given twice");
    check("Patient?_sort=name,,_id", "400 Parameter '_sort': one of its keys is empty");
    check("Patient?_sort=name,-", "400 one of its keys is empty");
    check("Patient?_sort=name,-name", "400 'name' is a key twice");
    check("Patient?_sort=name&_sort=_id", "400 Parameter '_sort' is given twice");
    check("Patient?_sort=a,b,c,d,e,f", "400 it has 6 keys; at most 5 are allowed");
    check("Location?_sort=near", "400 'near' is");
    check(
        "Patient?_sort=brithdate",
        "400 'brithdate' is no parameter of Patient to sort by: did you mean birthdate?",
    );
    check("Observation?_sort=code-value-quantity", "400 is composite, which has no order");
    check("Patient?_sort:asc=name", "400 the modifier ':asc' does not go with _sort");
    check("Patient?_total=many", "400 'many' is none of none, estimate or accurate");
    check("Patient?_summary=yes", "400 'yes' is none of true, text, data, count or false");
    check("Patient?_contained=maybe", "400 'maybe' is none of false, true or both");
    check("Patient?_containedType=all", "400 'all' is none of container or contained");
    check("Patient?_summary=text&_include=*", "400 _summary=text does not go with _include");
    check("Patient?_score=1", "400 have no score");
}

#[track_caller]
fn includes(query: &str, expected: &str) {
    let query = read(query, false).expect("a good query").query;
    let shown: Vec<String> = query
        .include
        .iter()
        .chain(&query.revinclude)
        .map(|include| {
            let codes: Vec<&str> = include.params.iter().map(|param| &*param.code).collect();
            let target = include.target.as_deref().map_or(String::new(), |t| format!(" to {t}"));
            format!("{}:{}{target}", include.source, codes.join(","))
        })
        .collect();
    assert_eq!(shown.join(" "), expected);
}

#[test]
fn includes_name_a_type_and_a_reference_parameter() {
    includes("Observation?_include=Observation:subject", "Observation:subject");
    includes("Observation?_include=Observation:subject:Patient", "Observation:subject to Patient");
    includes("Patient?_include=Patient:*", "Patient:general-practitioner,link,organization");
    includes("Patient?_include=*", "Patient:general-practitioner,link,organization");
    includes("Patient?_revinclude=Provenance:target", "Provenance:target");
    includes("Patient?_revinclude=Goal:*", "Goal:patient,subject");
    includes(
        "Patient?_include=Patient:link&_include=Patient:organization",
        "Patient:link Patient:organization",
    );
    check(
        "Patient?_include=Patient",
        "400 'Patient' is not Type:parameter, Type:parameter:TargetType, Type:* or *",
    );
    check(
        "Patient?_include=Patient:name",
        "400 'name' is no reference parameter of Patient: it may be general-…, link or organization",
    );
    check("Patient?_include=Patient:organisation", "400 did you mean organization?");
    check(
        "Patient?_include=Pateint:link",
        "400 'Pateint' is no resource type. Did you mean Patient?",
    );
    check(
        "Patient?_include=Patient:organization:Patient",
        "400 Patient:organization never refers to a Patient: it may be Organization",
    );
    let query = read("Patient?_revinclude=*", false).unwrap().query;
    let goal = query.revinclude.iter().find(|one| &*one.source == "Goal").unwrap();
    assert_eq!(goal.params.len(), 2);
    assert!(query.revinclude.iter().all(|one| &*one.source != "Binary"));
    for name in ["_include:iterate", "_include:recurse", "_revinclude:iterate"] {
        let query = read(&format!("Patient?{name}=Patient:link"), false).unwrap().query;
        assert!(query.include.iter().chain(&query.revinclude).all(|one| one.is_iterated), "{name}");
    }
    check("Patient?_include:missing=Patient:link", "400 ':missing' does not go with _include");
}
