//! What expressions of `_filter` mean, and where a wrong one is wrong.

mod queries;

use fhir::search::query::encode;
use queries::{check as check_query, read, show};

#[track_caller]
fn check(resource: &str, expression: &str, expected: &str) {
    check_query(&format!("{resource}?_filter={}", encode(expression)), expected);
}

#[track_caller]
fn patients(expression: &str, expected: &str) {
    check("Patient", expression, expected);
}

#[track_caller]
fn observations(expression: &str, expected: &str) {
    check("Observation", expression, expected);
}

#[test]
fn the_examples_of_the_specification_are_understood() {
    patients(r#"name co "pet""#, "name ~pet");
    patients(
        r#"given eq "peter" and birthdate ge 2014-10-10"#,
        "(given Whole 'peter' & birthdate ge 2014-10-10T00:00:00.000Z..2014-10-10T23:59:59.999Z)",
    );
    observations("code eq http://loinc.org|1234-5", "code http://loinc.org|1234-5");
    observations(
        r#"subject.name co "pet""#,
        "(subject->Patient{name ~pet} | subject->Location{name ~pet})",
    );
}

#[test]
fn and_and_or_go_from_left_to_right_and_parentheses_and_not_group() {
    patients("active eq true and gender eq male", "(active *|true & gender *|male)");
    patients(
        "active eq a or gender eq b and name eq c",
        "((active *|a | gender *|b) & name Whole 'c')",
    );
    patients(
        "active eq a or (gender eq b and name eq c)",
        "(active *|a | (gender *|b & name Whole 'c'))",
    );
    patients(
        "active eq a and active eq b and active eq c or active eq d or active eq e",
        "((active *|a & active *|b & active *|c) | active *|d | active *|e)",
    );
    patients("not (active eq a)", "!active *|a");
    patients("not(active eq a)and(not( gender eq b ) )", "(!active *|a & !gender *|b)");
    patients(" ( ( active eq a ) ) ", "active *|a");
    patients("NOT (active EQ a AND gender Eq b)", "!(active *|a & gender *|b)");
    patients("not (not (active eq a) or gender eq b)", "!(!active *|a | gender *|b)");
}

#[test]
fn strings_are_compared_as_whole_texts_without_case() {
    patients("family eq Chalmers", "family Whole 'chalmers'");
    patients("family ne Chalmers", "family Other 'chalmers'");
    patients("family co alm", "family ~alm");
    patients("family sw Chal", "family Begins 'chal'");
    patients("family ew MERS", "family Ends 'mers'");
    patients("family gt c", "family Greater 'c'");
    patients("family ge c", "family AtLeast 'c'");
    patients("family lt c", "family Less 'c'");
    patients("family le c", "family AtMost 'c'");
    patients(r#"family eq "a \"b\" \\ c,d""#, "family Whole 'a b c d'");
    patients(r#"family eq "\u0041\ud83d\ude00\n\/""#, "family Whole 'a😀'");
    patients(r"family eq a\b", "family Whole 'a b'");
    patients("family eq (a", "family Whole 'a'");
    for operator in ["ap", "sa", "eb", "po", "re"] {
        patients(
            &format!("family {operator} c"),
            &format!(
                "400 character 8: the operator '{operator}' does not go with 'family', which is a string"
            ),
        );
    }
    patients("family eq --", "400 character 11: '--' is nothing but punctuation");
    patients(r#"family eq """#, "400 character 11: '' is nothing");
}

#[test]
fn numbers_and_quantities_are_compared_by_their_prefixes() {
    let risks = |expression: &str, expected: &str| check("RiskAssessment", expression, expected);
    risks("probability eq 100", "probability eq 99.5<100<100.5");
    risks("probability ne 100", "probability ne 99.5<100<100.5");
    risks("probability gt 0.8", "probability gt 0.75<0.8<0.85");
    risks("probability ap 100", "probability ap 90<100<110");
    risks("probability sa 1 or probability eb 2", "(probability sa 0.5<1<1.5 | probability eb…");
    risks("probability co 1", "400 character 13: the operator 'co' asks how exactly a number was");
    risks("probability sw 1", "400 'sw' does not go with 'probability', which is a number: use eq");
    risks("probability eq ge1", "400 character 16: 'ge1' is no number");
    observations("value-quantity lt 5.4||mg", "value-quantity lt 5.35<5.4<5.45 'mg'");
    observations(
        "value-quantity ge 5.4|http://unitsofmeasure.org|mg",
        "value-quantity ge 0.00535<0.0054<0.00545 in g",
    );
    observations("value-quantity le 5.4|UCUM|mg", "value-quantity le 0.00535<0.0054<0.00545 in g");
    observations("value-quantity co 5", "400 'co' does not go with 'value-quantity'");
}

#[test]
fn dates_are_compared_by_their_prefixes_and_as_periods() {
    let day = "2013-01-14T00:00:00.000Z..2013-01-14T23:59:59.999Z";
    for operator in ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"] {
        patients(
            &format!("birthdate {operator} 2013-01-14"),
            &format!("birthdate {operator} {day}"),
        );
    }
    patients("birthdate po 2013-01-14", &format!("birthdate ap {day}"));
    patients(
        "birthdate co 2013-01-14",
        "birthdate ap 2013-01-14T23:59:59.999Z..2013-01-14T00:00:00.000Z",
    );
    patients("birthdate ap 2010", "birthdate ap 2009-01-…Z");
    let at = "_lastUpdated gt 2013-01-14T08:00:00.000Z..2013-01-14T08:00:00.999Z";
    patients("_lastUpdated gt 2013-01-14T10:00:00+02:00", at);
    check_query("Patient?_filter=_lastUpdated+gt+2013-01-14T10:00:00+02:00", at);
    check_query("Patient?_filter=(_lastUpdated+gt+2013-01-14T10:00:00+02:00)", at);
    patients("birthdate sw 2013", "400 'sw' does not go with 'birthdate', which is a date: use eq");
    patients("birthdate eq x", "400 character 14: 'x' is no date");
}

#[test]
fn a_period_contains_what_lies_within_it() {
    use fhir::search::{DateValue, Filter, IndexValue, Test};
    let parsed = read("Patient?_filter=birthdate+co+2013-01", false).unwrap();
    let Filter::Matches(_, test @ Test::Date(_)) = parsed.query.filter else { panic!("a date") };
    let us = |day: &str| fhir::primitive::DateTime::parse(day).expect("a date").range_us();
    for (from, to, expected) in [
        ("2013-01", "2013-01", true),
        ("2012", "2014", true),
        ("2013-01-01", "2013-01-30", false),
        ("2013-01-02", "2014", false),
        ("2013-01-10", "2013-01-10", false),
        ("2012", "2012", false),
        ("2014", "2014", false),
    ] {
        let value = IndexValue::Date(DateValue { low: us(from).0, high: us(to).1 });
        assert_eq!(test.matches(&value), expected, "{from} {to}");
    }
}

#[test]
fn tokens_references_and_uris_have_operators_of_their_own() {
    patients("identifier eq http://acme.org/mrn|1", "identifier http://acme.org/mrn|1");
    patients("identifier eq |1", "identifier |1");
    patients("identifier ne |1", "identifier not |1");
    patients(r"identifier eq a\|b", "identifier *|a|b");
    patients(r#"identifier eq "a b]c)""#, "identifier *|a b]c)");
    observations("code eq loinc|1-2", "code http://loinc.org|1-2");
    observations("code eq SNOMED|", "code http://snomed.info/sct|*");
    observations("code eq loinc", "code *|loinc");
    observations(
        "code co 1",
        "400 'co' does not go with 'code', which is a token: use eq, ne or pr",
    );
    observations("code gt 1", "400 the operator 'gt' does not go with 'code'");
    observations("subject re Patient/1", "subject [Patient]/1");
    observations("subject eq Patient/1", "subject [Patient]/1");
    observations("subject re http://own/fhir/Patient/1", "subject [Patient]/1");
    observations("subject re http://else/Patient/1", "subject <http://else/Patient/1>");
    observations(
        "subject ne Patient/1",
        "400 'ne' does not go with 'subject', which is a reference",
    );
    observations("subject re Pateint/1", "400 character 12: 'Pateint/1' starts with 'Pateint'");
    check("ValueSet", "url eq http://a/b", "url =http://a/b");
    check("ValueSet", "url eq http://a/b|1.0", "(url =http://a/b & version *|1.0)");
    check("ValueSet", "url ne http://a/b", "url Other 'http://a/b'");
    check("ValueSet", "url sw http://a", "url Starts 'http://a'");
    check("ValueSet", "url ew /b", "url Ends '/b'");
    check("ValueSet", "url co a/b", "url ~a/b");
    check("ValueSet", "url gt a", "400 the operator 'gt' does not go with 'url', which is a uri");
    observations(
        "code-value-string eq http://loinc.org|1$x",
        "code-value-string http://loinc.org|1 $ ^x",
    );
    observations("code-value-string ne a$x", "400 which is a composite: use eq or pr");
}

#[test]
fn presence_is_true_or_false() {
    patients("gender pr true", "gender?");
    patients("gender pr FALSE", "!gender?");
    patients(r#"gender pr "true""#, "gender?");
    observations("subject pr false", "!subject?");
    observations("code-value-quantity pr true", "code-value-quantity?");
    patients("_id pr false", "!all");
    observations("patient.gender pr true", "patient->Patient{gender?}");
    observations("patient.gender pr false", "!patient->Patient{gender?}");
    observations(
        "patient[active eq true].gender pr false",
        "!patient->Patient{(active *|true & gender?)}",
    );
    patients("gender pr maybe", "400 character 11: 'maybe' is neither true nor false");
}

#[test]
fn an_id_is_equal_or_not() {
    patients("_id eq a", "id=a");
    patients("_id ne a", "!id=a");
    patients("_id eq a_b", "400 character 8: 'a_b' is no id");
    patients("_id sw a", "400 'sw' does not go with '_id'");
    patients("_tag eq |x", "_tag |x");
    patients("_profile eq http://a", "_profile =http://a");
}

#[test]
fn terminology_is_not_yet_asked() {
    for operator in ["in", "ni", "ss", "sb"] {
        observations(
            &format!("code {operator} http://x"),
            &format!("400 character 6: the operator '{operator}' asks for terminology, and is not"),
        );
    }
}

#[test]
fn paths_go_over_references_forward_and_backward() {
    observations("subject:Patient.name sw a", "subject->Patient{name Begins 'a'}");
    observations("patient.organization.name eq a", "patient->Patient{organization->Organization{…");
    observations(
        "patient[name eq x].birthdate ge 2000",
        "patient->Patient{(name Whole 'x' & birthdate ge 2000…)}",
    );
    observations(
        "subject:Patient[name eq x or name eq y and active eq true].organization[active eq true].name eq z",
        "subject->Patient{((name Whole 'x' | name Whole 'y') & active *|true & \
         organization->Organization{(active *|true & name Whole 'z')})}",
    );
    observations(
        "subject[name eq x].birthdate pr true",
        "subject->Patient{(name Whole 'x' & birthdate?)}",
    );
    patients("_has:Observation:patient:code eq loinc|1", "Observation.patient<-{code …|1}");
    patients(
        "_has:Observation:patient:_has:AuditEvent:entity:agent re Practitioner/1",
        "Observation.patient<-{AuditEvent.entity<-{agent [Practitioner]/1}}",
    );
    patients(
        "not (_has:Observation:patient:encounter[status eq x].class eq AMB)",
        "!Observation.patient<-{encounter->Encounter{(status *|x & class *|amb)}}",
    );
    observations("patient._has:Group:member:_id eq 1", "patient->Patient{Group.member<-{id=1}}");
    check_query(
        "Observation?patient._filter=name+eq+a&status=final",
        "(patient->Patient{name Whole 'a'} & status *|final)",
    );
}

#[test]
fn parts_of_one_characteristic_are_compared_together() {
    let groups = |expression: &str, expected: &str| check("Group", expression, expected);
    groups(
        "characteristic[code eq gender].value eq mixed",
        "characteristic-value *|gender $ *|mixed",
    );
    groups(
        "characteristic[value eq mixed].code eq gender",
        "characteristic-value *|gender $ *|mixed",
    );
    groups(
        r#"characteristic[code eq a or code eq b].value eq "c$d""#,
        "(characteristic-value *|a $ *|c$d | characteristic-value *|b $ *|c$d)",
    );
    groups("characteristic eq gender", "characteristic *|gender");
    groups(
        "characteristic[code eq a].code eq b",
        "400 character 16: the brackets and what follows",
    );
    groups("characteristic[code eq a].foo eq b", "400 has a 'code' and a 'value', and no 'foo'");
    groups("characteristic[code ne a].value eq b", "400 character 21: 'code' of a characteristic");
    groups("characteristic[not(code eq a)].value eq b", "400 character 20: in these brackets go");
    check(
        "Observation",
        "related[type eq x].target re Observation/4",
        "400 search parameter 'related'",
    );
}

#[test]
fn a_wrong_expression_is_refused_with_its_place() {
    const AT: &str = "400 Parameter '_filter', character";
    for (expression, expected) in [
        (" ", "2: expected a search parameter, 'not (' or '(', but the expression ends."),
        ("name", "5: expected a space and an operator, but the expression ends."),
        ("name eq", "8: expected a space and a value, but the expression ends."),
        ("name eq ", "9: expected a value, with spaces in it as a text in double quotes, but"),
        ("name like a", "6: expected an operator (eq, ne, co, sw, ew, gt, lt, ge, le, ap, sa, eb"),
        ("name eq a b", "11: expected 'and', 'or' or the end, but here is 'b'."),
        ("name eq a and", "14: expected a search parameter"),
        ("name eq a and or", "17: expected a space and an operator"),
        ("(name eq a", "11: expected ')' or 'and' or 'or', but the expression ends."),
        ("name eq a)", "10: expected 'and', 'or' or the end, but here is ')'."),
        ("not name eq a", "5: expected '(' after 'not', but here is 'name'."),
        ("äname eq a", "1: expected a search parameter, 'not (' or '(', but here is 'äname'."),
        (r#"name eq "ä" foo"#, "13: expected 'and', 'or' or the end, but here is 'foo'."),
        (r#"name eq "abc"#, "9: this text has no '\"' at its end."),
        (r#"name eq "a\x""#, "11: this '\\' escapes nothing"),
        (r#"name eq "\ud800x""#, "10: this '\\' escapes nothing"),
        (r#"name eq "\u12g4""#, "10: this '\\' escapes nothing"),
        ("name:exact eq a", "11: expected '.' and a search parameter, but here is"),
        ("name: eq a", "6: expected a resource type; modifiers do not go here"),
        ("link[name eq a] eq b", "16: expected '.' and a search parameter"),
        ("link[name eq a.name eq b", "21: expected ']' or 'and' or 'or', but here is 'eq'."),
        ("link. eq b", "6: expected a search parameter, but here is"),
        ("_has:Observation eq b", "17: expected ':' as in _has:Observation:patient:code"),
        ("_has:Observation:patient: eq b", "26: expected a search parameter"),
        ("nam eq a", "1: Patient has no search parameter 'nam'. Did you mean name?"),
        ("gender eq a and link.nam eq b", "17: nothing that 'link' of Patient may refer to has"),
        ("name.family eq a", "1: 'name' of Patient is no reference"),
        (
            "link:Group.name eq a",
            "1: 'link' of Patient never refers to a Group: it may be Patient or",
        ),
        ("link:Grup.name eq a", "1: 'Grup' is no resource type. Did you mean Group?"),
        ("organization[nam eq a].name eq b", "14: Organization has no search parameter 'nam'"),
        ("organization.name sw", "21: expected a space and a value"),
        ("organization.name re a", "19: the operator 're' does not go with 'name'"),
        ("_has:Slot:schedule:start gt 2000", "1: 'schedule' is no parameter by which Slot refers"),
        ("_text eq a", "1: '_text' of Patient is not supported yet."),
        ("link:Patient._content eq a", "14: '_content' of Patient is not supported yet."),
    ] {
        patients(expression, &format!("{AT} {expected}"));
    }
    check_query("Patient?_filter:exact=a", "400 the modifier ':exact' does not go with it");
}

#[test]
fn an_expression_ends_within_its_limits() {
    let nested = |depth: usize| format!("{}name eq a{}", "(".repeat(depth), ")".repeat(depth));
    patients(&nested(32), "name Whole 'a'");
    patients(&nested(33), "400 character 34: this is nested deeper than 32");
    patients(&nested(5_000), "400 this is nested deeper than 32");
    let long = |tests: usize| vec!["_id eq a"; tests].join(" or ");
    assert!(read(&format!("Patient?_filter={}", encode(&long(1000))), false).is_ok());
    patients(&long(1001), "400 there are more than 1000 tests");
    let hops = |hops: usize| format!("{}name eq a", "link:Patient.".repeat(hops));
    assert!(read(&format!("Patient?_filter={}", encode(&hops(8))), false).is_ok());
    patients(&hops(9), "400 it goes over more than 8 references");
    let wide = vec!["target._id eq a"; 200].join(" or ");
    check("Provenance", &wide, "400 more than 20000 conditions");
}

#[test]
fn lenient_handling_does_not_leave_an_expression_out() {
    assert!(read("Patient?_filter=nam+eq+a", true).is_err());
    let parsed = read("Patient?_filter=&_filter=name+eq+a&_filter=active+eq+true", true).unwrap();
    assert_eq!(show(&parsed.query.filter), "(name Whole 'a' & active *|true)");
    assert_eq!(parsed.ignored.len(), 1);
    assert_eq!(parsed.query.applied.len(), 2);
}
