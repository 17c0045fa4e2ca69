//! What a query string means, and what is refused and why.

use fhir::definitions::r4;
use fhir::search::query::{Context, Parsed, decode_pairs, parse};
use fhir::search::{
    Filter, Prefix, QuantityUnit, ReferenceTest, StringMode, Test, TokenTest, Total, UriMode,
    stable_hash,
};

const SYSTEMS: [&str; 6] = [
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://acme.org/mrn",
    "http://hl7.org/fhir/administrative-gender",
    "http://other|x",
    "http://unitsofmeasure.org",
];

fn read(query: &str, is_lenient: bool) -> Result<Parsed, fhir::Outcome> {
    let (resource, query) = query.split_once('?').expect("Type?parameters");
    let bases = ["http://own/fhir".to_owned()];
    let context =
        Context { definitions: r4(), bases: &bases, now_us: 1_600_000_000_000_000, is_lenient };
    parse(resource, &decode_pairs(query)?, &context)
}

/// The filter of a query as [`show`] writes it; or `400`, and pieces of the message between `…`.
#[track_caller]
fn check(query: &str, expected: &str) {
    let shown = match read(query, false) {
        Ok(parsed) => show(&parsed.query.filter),
        Err(outcome) => {
            assert_eq!(outcome.kind, fhir::Kind::Invalid, "{query}");
            assert!(outcome.issues.iter().all(|issue| issue.expression.is_some()), "{query}");
            format!("400 {outcome}")
        }
    };
    if let Some(pieces) = expected.strip_prefix("400 ") {
        let mut rest = shown.strip_prefix("400 ").unwrap_or_else(|| panic!("{query}: {shown}"));
        for piece in pieces.split('…') {
            let at = rest.find(piece);
            let at = at.unwrap_or_else(|| panic!("{query}: no '{piece}' in: {shown}"));
            rest = &rest[at + piece.len()..];
        }
    } else {
        assert_eq!(shown, expected, "{query}");
    }
}

fn show(filter: &Filter) -> String {
    let join = |parts: &[Filter], with: &str| {
        format!("({})", parts.iter().map(show).collect::<Vec<_>>().join(with))
    };
    match filter {
        Filter::All => "all".to_owned(),
        Filter::And(parts) => join(parts, " & "),
        Filter::Or(parts) => join(parts, " | "),
        Filter::Not(part) => format!("!{}", show(part)),
        Filter::Ids(ids) => format!("id={}", ids.join(",")),
        Filter::Present(param) => format!("{}?", param.code),
        Filter::Matches(param, test) => format!("{} {}", param.code, show_test(test)),
    }
}

fn show_test(test: &Test) -> String {
    match test {
        Test::Number(test) => format!("{} {}", prefix(test.prefix), number(test)),
        Test::Quantity(test) => {
            let unit = match &test.unit {
                QuantityUnit::Any => "any".to_owned(),
                QuantityUnit::Bare(unit) => format!("'{unit}'"),
                QuantityUnit::Coded(system, code) => format!("{}|{code}", system_of(*system)),
                QuantityUnit::Canonical(unit) => format!("in {unit}"),
            };
            format!("{} {} {unit}", prefix(test.number.prefix), number(&test.number))
        }
        Test::Date(test) => {
            let text = |us| fhir::primitive::DateTime::instant_text(us);
            format!("{} {}..{}", prefix(test.prefix), text(test.low), text(test.high))
        }
        Test::String(test) => match test.mode {
            StringMode::Starts => format!("^{}", test.folded),
            StringMode::Contains => format!("~{}", test.folded),
            StringMode::Exact => format!("={}", test.folded),
        },
        Test::Token(test) => token(test),
        Test::Reference(ReferenceTest::Local { resources, id, version }) => {
            let version = version.as_ref().map_or(String::new(), |v| format!("/_history/{v}"));
            format!("[{}]/{id}{version}", resources.join(","))
        }
        Test::Reference(ReferenceTest::Url { url, version }) => {
            format!("<{url}>{}", version.as_ref().map_or(String::new(), |v| format!("|{v}")))
        }
        Test::Reference(ReferenceTest::Identifier(test)) => format!("identifier {}", token(test)),
        Test::Uri(test) => match test.mode {
            UriMode::Exact => format!("={}", test.uri),
            UriMode::Below => format!("below {}", test.uri),
            UriMode::Above => format!("above {}", test.uri),
            UriMode::Contains => format!("~{}", test.uri),
        },
        Test::Composite(tests) => tests.0.iter().map(show_test).collect::<Vec<_>>().join(" $ "),
    }
}

fn prefix(prefix: Prefix) -> String {
    format!("{prefix:?}").to_lowercase()
}

fn number(test: &fhir::search::NumberTest) -> String {
    format!("{}<{}<{}", test.low, test.exact, test.high)
}

fn token(test: &TokenTest) -> String {
    let system = test.system.map_or("*", system_of);
    format!("{system}|{}", test.code.as_deref().unwrap_or("*"))
}

fn system_of(hash: u64) -> &'static str {
    if hash == 0 {
        return "";
    }
    SYSTEMS.into_iter().find(|system| stable_hash(system) == hash).expect("a known system")
}

#[test]
fn repetition_is_and_and_a_comma_is_or() {
    check("Patient?", "all");
    check("Patient?family=a&given=b", "(family ^a & given ^b)");
    check("Patient?family=a,b", "(family ^a | family ^b)");
    check("Patient?family=a,b&family=c", "((family ^a | family ^b) & family ^c)");
    check("Patient?family=a,,b", "400 Parameter 'family': 'a,,b' has an empty part");
    check("Patient?family=,", "400 Parameter 'family'");
}

#[test]
fn what_is_escaped_is_no_separator() {
    check(r"Patient?family=a\,b", "family ^a b");
    check("Patient?family=a%5C%2Cb", "family ^a b");
    check(r"Patient?identifier=a\|b", "identifier *|a|b");
    check(r"Patient?identifier=http://other\|x|b", "identifier http://other|x|b");
    check(r"Patient?identifier=a\$b\\c", r"identifier *|a$b\c");
    check(
        r"Patient?family=xx\xx",
        r"400 Parameter 'family': 'xx\xx' has a '\' that escapes nothing",
    );
    check(
        r"Observation?code-value-string=http://loinc.org|1-2$a\$b",
        "code-value-string http://loinc.org|1-2 $ ^a b",
    );
}

#[test]
fn strings_are_folded_and_compared_as_the_modifier_says() {
    check("Patient?name=M%C3%BCller", "name ^muller");
    check("Patient?name:exact=M%C3%BCller", "name =muller");
    check("Patient?name:contains=O'B", "name ~ob");
    check("Patient?name=--", "400 Parameter 'name': '--' is nothing but punctuation");
    check(
        "Patient?name:text=a",
        "400 Parameter 'name:text': the modifier ':text' is not supported yet; allowed on a string are :exact, :contains and :missing",
    );
    check("Patient?name:not=a", "400 the modifier ':not' does not go with it… :exact, :contains");
    check("Patient?address-city=s%C3%A3o+paulo", "address-city ^sao paulo");
}

#[test]
fn tokens_have_four_forms() {
    check("Patient?identifier=123", "identifier *|123");
    check("Patient?identifier=http://acme.org/mrn|123", "identifier http://acme.org/mrn|123");
    check("Patient?identifier=|123", "identifier |123");
    check("Patient?identifier=http://acme.org/mrn|", "identifier http://acme.org/mrn|*");
    check("Patient?identifier=|", "400 Parameter 'identifier': '|' names no code and no system");
    check("Patient?identifier=a|b|c", "400 Parameter 'identifier': 'a|b|c' has more than one '|'");
    check("Patient?active=true", "active *|true");
    check("Patient?gender=MALE", "gender *|male");
    check("Patient?gender:not=male,female", "!(gender *|male | gender *|female)");
    check(
        "Condition?code:in=http://x",
        "400 ':in' is not supported yet; allowed on a token are :not",
    );
    check("Condition?code:below=1", "400 ':below' is not supported yet");
    check("Patient?identifier:of-type=a|b|c", "400 ':of-type' is not supported yet");
    check("Patient?gender:exact=male", "400 ':exact' does not go with it; allowed on a token");
    check("Patient?_tag=http://loinc.org|x", "_tag http://loinc.org|x");
    check("Patient?_security=R", "_security *|r");
}

#[test]
fn numbers_carry_their_precision() {
    check("RiskAssessment?probability=100", "probability eq 99.5<100<100.5");
    check("RiskAssessment?probability=1.00e2", "probability eq 99.5<100<100.5");
    check("RiskAssessment?probability=1e2", "probability eq 95<100<105");
    check("RiskAssessment?probability=gt8e-1", "probability gt 0.75<0.8<0.85");
    check("RiskAssessment?probability=ap100", "probability ap 90<100<110");
    check("RiskAssessment?probability=ne0", "probability ne -0.5<0<0.5");
    check("RiskAssessment?probability=-2.50", "probability eq -2.505<-2.5<-2.495");
    check(
        "RiskAssessment?probability=abc",
        "400 Parameter 'probability': 'ab' of 'abc' is no prefix: those are eq, ne",
    );
    check("RiskAssessment?probability=gt", "400 Parameter 'probability': '' is no number");
    check("RiskAssessment?probability=1,x", "400 'x' is no number");
    check(
        "RiskAssessment?probability:exact=1",
        "400 allowed on a number, date or quantity is :missing",
    );
}

#[test]
fn dates_are_the_range_of_their_precision() {
    let day = "2013-01-14T00:00:00.000Z..2013-01-14T23:59:59.999Z";
    check("Patient?birthdate=2013-01-14", &format!("birthdate eq {day}"));
    check("Patient?birthdate=ge2013-01-14", &format!("birthdate ge {day}"));
    check(
        "Patient?birthdate=lt2013",
        "birthdate lt 2013-01-01T00:00:00.000Z..2013-12-31T23:59:59.999Z",
    );
    check(
        "Patient?_lastUpdated=gt2013-01-14T10:00:00%2B02:00",
        "_lastUpdated gt 2013-01-14T08:00:00.000Z..2013-01-14T08:00:00.999Z",
    );
    check(
        "Patient?_lastUpdated=gt2013-01-14T10:00:00+02:00",
        "_lastUpdated gt 2013-01-14T08:00:00.000Z..2013-01-14T08:00:00.999Z",
    );
    check(
        "Patient?_lastUpdated=sa2013-01-14T10:00Z",
        "_lastUpdated sa 2013-01-14T10:00:00.000Z..2013-01-14T10:00:59.999Z",
    );
    check(
        "Condition?onset-date=23%20May%202009",
        "400 Parameter 'onset-date': '23 May 2009' is no date: write it as",
    );
    check("Patient?birthdate=2013-02-30", "400 '2013-02-30' is no date");
    check("Patient?birthdate=2013-01-14T10", "400 with minutes where there are hours");
    check("Patient?birthdate=foo2013", "400 'fo' of 'foo2013' is no prefix");
    check("Patient?birthdate=", "all");
}

#[test]
fn quantities_are_converted_to_canonical_units() {
    check("Observation?value-quantity=5.4", "value-quantity eq 5.35<5.4<5.45 any");
    check("Observation?value-quantity=5.4||mg", "value-quantity eq 5.35<5.4<5.45 'mg'");
    check(
        "Observation?value-quantity=5.4|http://unitsofmeasure.org|mg",
        "value-quantity eq 0.00535<0.0054<0.00545 in g",
    );
    check(
        "Observation?value-quantity=le5.40e-3|http://unitsofmeasure.org|g",
        "value-quantity le 0.005395<0.0054<0.005405 in g",
    );
    check(
        "Observation?value-quantity=7.4|http://unitsofmeasure.org|[pH]",
        "value-quantity eq 7.35<7.4<7.45 http://unitsofmeasure.org|[pH]",
    );
    check(
        "Observation?value-quantity=5.4|mg",
        "400 Parameter 'value-quantity': '5.4|mg' is no quantity: write number, number|system|code or number||unit",
    );
    check("Observation?value-quantity=mg", "400 'mg' of 'mg' is no prefix");
    check("Observation?value-quantity=gt|http://x|y", "400 '' is no number");
}

#[test]
fn references_are_local_or_absolute() {
    check("Observation?subject=1", "subject []/1");
    check("Observation?patient=1", "patient []/1");
    check("Condition?encounter=1", "encounter [Encounter]/1");
    check("Observation?subject=Patient/1", "subject [Patient]/1");
    check("Observation?subject:Patient=1", "subject [Patient]/1");
    check("Observation?subject:Patient=Patient/1", "subject [Patient]/1");
    check("Observation?subject=http://own/fhir/Patient/1", "subject [Patient]/1");
    check("Observation?subject=http://else/fhir/Patient/1", "subject <http://else/fhir/Patient/1>");
    check("Observation?subject=Patient/1/_history/2", "subject [Patient]/1/_history/2");
    check("Observation?subject=urn:uuid:0", "subject <urn:uuid:0>");
    check("Observation?subject=Patient/1,Group/2", "(subject [Patient]/1 | subject [Group]/2)");
    check(
        "Observation?subject:identifier=http://acme.org/mrn|1",
        "subject identifier http://acme.org/mrn|1",
    );
    check(
        "CarePlan?instantiates-canonical=http://a/b|1.0",
        "instantiates-canonical <http://a/b>|1.0",
    );
    check(
        "Observation?subject=Pateint/1",
        "400 'Pateint/1' starts with 'Pateint', which is no resource type; the nearest is Patient",
    );
    check(
        "Observation?subject=a b",
        "400 Parameter 'subject': 'a b' is no reference: write an id, Type/id or an absolute URL",
    );
    check(
        "Observation?subject:Patient=Group/1",
        "400 'Group/1' is a Group, and the modifier asks for a Patient",
    );
    check("Observation?subject:Practitioner=1", "400 never refers to a Practitioner: it may be");
    check(
        "Observation?subject:Pateint=1",
        "400 the modifier ':Pateint' does not go with it… :identifier, :missing and a resource type",
    );
    check("Procedure?location:below=42", "400 ':below' is not supported yet");
    check(
        "Observation?subject:Patient=http://else/1",
        "400 is no id, which is what a type modifier goes with",
    );
}

#[test]
fn uris_are_exact_or_by_their_path() {
    check("ValueSet?url=http://a/b", "url =http://a/b");
    check("ValueSet?url:below=http://a/", "url below http://a/");
    check("ValueSet?url:above=http://a/b/c", "url above http://a/b/c");
    check("ValueSet?url=http://a/b|1.0", "(url =http://a/b & version *|1.0)");
    check("ValueSet?url=urn:oid:1.2.3", "url =urn:oid:1.2.3");
    check("Patient?_profile=http://a/b", "_profile =http://a/b");
    check("Patient?_source=http://a/b", "_source =http://a/b");
}

#[test]
fn composites_have_all_their_parts() {
    check(
        "Observation?code-value-quantity=http://loinc.org|2823-3$gt5.4||mmol",
        "code-value-quantity http://loinc.org|2823-3 $ gt 5.35<5.4<5.45 'mmol'",
    );
    check(
        "Group?characteristic-value=gender$mixed,owner$Eve",
        "(characteristic-value *|gender $ *|mixed | characteristic-value *|owner $ *|eve)",
    );
    check(
        "Observation?code-value-quantity=1-2",
        "400 '1-2' has not the 2 parts of this composite, joined by '$': code$value-quantity",
    );
    check("Observation?code-value-quantity=1-2$", "400 has not the 2 parts");
    check("Observation?code-value-quantity=1-2$x", "400 'x' is no number");
    check(
        "Observation?code-value-quantity:missing=true",
        "400 composite parameters have no modifiers",
    );
}

#[test]
fn missing_goes_with_every_simple_parameter() {
    check("Patient?gender:missing=true", "!gender?");
    check("Patient?gender:missing=false", "gender?");
    check("Observation?value-quantity:missing=false", "value-quantity?");
    check("Observation?subject:missing=true", "!subject?");
    check(
        "Patient?gender:missing=maybe",
        "400 Parameter 'gender:missing': 'maybe' is neither true nor false",
    );
}

#[test]
fn an_id_is_exact_and_has_no_system() {
    check("Patient?_id=a", "id=a");
    check("Patient?_id=a,B", "id=a,B");
    check("Patient?_id:not=a", "!id=a");
    check("Patient?_id=a_b", "400 Parameter '_id': 'a_b' is no id");
    check("Patient?_id:missing=true", "400 does not go with an id");
}

#[test]
fn what_is_unknown_or_not_built_is_refused_by_name() {
    check("Patient?nam=a", "400 Patient has no search parameter 'nam'. Did you mean name?");
    check(
        "Patient?qqqqqqqqq=a",
        "400 Patient has no search parameter 'qqqqqqqqq'. Those of Patient are _id, _lastUpdated",
    );
    check(
        "Observation?subject.name=a",
        "400 Parameter 'subject.name': chained parameters are not supported yet",
    );
    check("Observation?subject:Patient.name=a", "400 chained parameters are not supported yet");
    check(
        "Patient?_has:Observation:patient:code=1",
        "400 reverse chaining with _has is not supported yet",
    );
    for name in ["_text", "_content", "_filter", "_list", "_type"] {
        check(
            &format!("Patient?{name}=a"),
            &format!("400 Parameter '{name}' is not supported yet"),
        );
    }
    check("Patient?_query=a", "400 no named queries");
    check("Location?near=1|2", "400 Parameter 'near' is not supported yet");
    check("Patient?age=1", "400 Parameter 'age' is not supported yet");
    check("Patient?a=b&birthdate=x&_count=y", "400 'a'…birthdate…_count");
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
        "Observation?_count=5&_sort=-date&_total=accurate&_elements=code,%20subject&_summary=data\
         &_format=json&_pretty=true&_contained=false&code=1",
        false,
    )
    .unwrap()
    .query;
    let sort = query.sort.unwrap();
    assert_eq!(
        (&*sort.param.code, &*sort.param.resource, sort.is_descending),
        ("date", "Observation", true)
    );
    assert_eq!((query.count, query.is_count_only, query.total), (Some(5), false, Total::Accurate));
    assert_eq!(query.elements, ["code", "subject"]);
    assert_eq!(query.summary, Some(fhir::search::Summary::Data));
    let names: Vec<&str> = query.applied.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["_count", "_sort", "_total", "_elements", "_summary", "_contained", "code"]);
    for query in ["Patient?_summary=count", "Patient?_count=0"] {
        assert!(read(query, false).unwrap().query.is_count_only, "{query}");
    }
    for key in ["_id", "_lastUpdated", "name", "gender", "-birthdate", "general-practitioner"] {
        assert!(read(&format!("Patient?_sort={key}"), false).unwrap().query.sort.is_some());
    }
}

#[test]
fn wrong_parameters_of_the_result_are_refused() {
    check("Patient?_count=-1", "400 Parameter '_count': '-1' is no whole number from 0 on");
    check("Patient?_count=x", "400 'x' is no whole number");
    check("Patient?_count=1&_count=2", "400 Parameter '_count' is given twice");
    check(
        "Patient?_sort=name,birthdate",
        "400 Parameter '_sort': 'name,birthdate' has several keys; one is supported",
    );
    check(
        "Patient?_sort=brithdate",
        "400 'brithdate' is no parameter of Patient to sort by: did you mean birthdate?",
    );
    check("Observation?_sort=code-value-quantity", "400 is composite, which has no order");
    check("Patient?_sort:asc=name", "400 the modifier ':asc' does not go with _sort");
    check("Patient?_total=many", "400 'many' is none of none, estimate or accurate");
    check("Patient?_summary=yes", "400 'yes' is none of true, text, data, count or false");
    check("Patient?_contained=true", "400 Parameter '_contained': 'true' is not supported");
    check("Patient?_containedType=contained", "400 is not supported");
    check("Patient?_summary=text&_include=*", "400 _summary=text does not go with _include");
    check("Patient?_score=1", "400 not supported");
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
        "400 'Patient' is not Type:parameter, Type:parameter:TargetType or Type:*",
    );
    check(
        "Patient?_include=Patient:name",
        "400 'name' is no reference parameter of Patient: it may be general-practitioner, link or organization",
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
    check("Patient?_revinclude=*", "400 Parameter '_revinclude': '*' is not Type:parameter");
    check(
        "Patient?_include:iterate=Patient:link",
        "400 Parameter '_include:iterate': including again from what was included is not supported yet",
    );
    check("Patient?_revinclude:recurse=Patient:link", "400 not supported yet");
}
