//! FHIRPath on R4: what the official suite leaves out.

use fhir::definitions::r4;
use fhir::json::{Json, Value};
use fhir::path::{Environment, Expression, Item, PathFault, Question, Resolve};
use proptest::prelude::{ProptestConfig, any, prop, proptest};

const PATIENT: &str = r##"{"resourceType":"Patient","id":"p",
    "contained":[{"resourceType":"Organization","id":"o","name":"Org"},
        {"resourceType":"Practitioner","id":"d","name":[{"family":"Doe"}]}],
    "name":[{"use":"official","given":["A",null,"B"],"_given":[null,{"id":"x"},{"id":"y"}]}],
    "birthDate":"1974-12-25","_birthDate":{"extension":[{"url":"http://example.org/time",
        "valueDateTime":"1974-12-25T14:35:45-05:00"}]},
    "_gender":{"extension":[{"url":"http://example.org/why","valueCode":"unknown"}]},
    "multipleBirthInteger":2,
    "managingOrganization":{"reference":"#o"},
    "generalPractitioner":[{"reference":"Practitioner/1"},{"reference":"#d"},
        {"reference":"https://example.org/fhir/Organization/2/_history/3"},
        {"type":"PractitionerRole","identifier":{"value":"7"}},{"reference":"urn:uuid:1"}]}"##;

fn evaluate(json: &Json, text: &str) -> Result<Vec<String>, PathFault> {
    let schema = r4().schema();
    let expression = Expression::parse(text).map_err(|error| error.fault)?;
    let env = Environment::new(schema, json.root()).at(0);
    let focus = Item::resource(schema, json.root()).expect("a resource");
    let items = expression.evaluate(&env, focus).map_err(|error| error.fault)?;
    let text = |item: &Item<'_>| match item.to_text() {
        Some(text) => text.into_owned(),
        None => item.type_name(schema).to_owned(),
    };
    Ok(items.iter().map(text).collect())
}

#[track_caller]
fn check(expression: &str, expected: &[&str]) {
    let json = Json::parse(PATIENT).expect("JSON");
    let found = evaluate(&json, expression);
    let expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
    assert_eq!(found, Ok(expected), "{expression}");
}

#[track_caller]
fn fails(expression: &str, fault: PathFault) {
    let json = Json::parse(PATIENT).expect("JSON");
    assert_eq!(evaluate(&json, expression), Err(fault), "{expression}");
}

#[test]
fn a_path_may_begin_with_the_type_of_the_focus_or_with_an_ancestor() {
    check("Patient.id", &["p"]);
    check("Resource.id", &["p"]);
    check("DomainResource.contained.id", &["o", "d"]);
    check("Practitioner.id", &[]);
    check("Patient.contained.where($this is Organization).name", &["Org"]);
    check("contained.ofType(Practitioner).name.family", &["Doe"]);
}

#[test]
fn a_primitive_has_its_value_and_its_extensions_even_where_one_is_missing() {
    check("name.given", &["A", "string", "B"]);
    check("name.given.id", &["x", "y"]);
    check("name.given.select(hasValue())", &["true", "false", "true"]);
    check("gender.hasValue()", &["false"]);
    check("gender.exists()", &["true"]);
    check("gender.extension('http://example.org/why').value", &["unknown"]);
    check("birthDate.extension.where(url.endsWith('time')).value is dateTime", &["true"]);
    check("birthDate.children().count()", &["1"]);
    check("birthDate.getValue() > today()", &["true"]);
    check("gender = 'male'", &["false"]);
}

#[test]
fn a_choice_is_found_by_its_stem() {
    check("Patient.multipleBirth", &["2"]);
    check("Patient.multipleBirthInteger", &[]);
    check("Patient.multipleBirth is integer", &["true"]);
    check("(Patient.multipleBirth as boolean)", &[]);
    check("Patient.deceased.exists()", &["false"]);
}

#[test]
fn a_reference_resolves_to_what_is_contained_or_to_an_element_of_the_type_it_names() {
    check("managingOrganization.resolve().name", &["Org"]);
    check(
        "generalPractitioner.where(resolve() is Practitioner).reference",
        &["Practitioner/1", "#d"],
    );
    check("generalPractitioner.where(resolve() is Organization).count()", &["1"]);
    check("generalPractitioner.where(resolve() is PractitionerRole).identifier.value", &["7"]);
    check("generalPractitioner.resolve().count()", &["4"]);
    check("'Patient/1'.resolve() is Patient", &["true"]);
    check("'Nothing/1'.resolve()", &[]);
    check("'Patient?identifier=https://example.org/x|1'.resolve() is Patient", &["true"]);
}

#[test]
fn an_entry_of_a_bundle_is_resolved_by_its_full_url() {
    let bundle = r#"{"resourceType":"Bundle","entry":[
        {"fullUrl":"https://example.org/fhir/Patient/1",
            "resource":{"resourceType":"Patient","id":"1","gender":"male"}},
        {"fullUrl":"urn:uuid:2","resource":{"resourceType":"Group","id":"2"}}]}"#;
    let json = Json::parse(bundle).expect("JSON");
    let one = |text: &str| evaluate(&json, text).expect("a value");
    assert_eq!(one("'Patient/1'.resolve().gender"), ["male"]);
    assert_eq!(one("'urn:uuid:2'.resolve().id"), ["2"]);
    assert_eq!(one("'atient/1'.resolve()"), [""; 0]);
}

struct Store(Json);

impl Resolve for Store {
    fn resolve(&self, reference: &str) -> Option<Value<'_>> {
        (reference == "Patient/stored").then(|| self.0.root())
    }
}

#[test]
fn a_resolver_has_the_last_word() {
    let store = Store(Json::parse(r#"{"resourceType":"Patient","id":"s"}"#).expect("JSON"));
    let json = Json::parse(PATIENT).expect("JSON");
    let schema = r4().schema();
    let env = Environment { resolver: Some(&store), ..Environment::new(schema, json.root()) };
    let expression =
        Expression::parse("('Patient/stored' | 'Patient/other').resolve().id").expect("a path");
    let focus = Item::resource(schema, json.root()).expect("a resource");
    let found = expression.evaluate(&env, focus).expect("items");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].to_text().as_deref(), Some("s"));
}

#[test]
fn variables_are_those_of_fhir_and_of_the_caller() {
    check("%resource.id", &["p"]);
    check("contained.where(name.exists()).select(%rootResource.id).first()", &["p"]);
    check(
        "%`vs-gender` & %\"ext-x\".substring(0, 4)",
        &["http://hl7.org/fhir/ValueSet/genderhttp"],
    );
    check("%context.id", &["p"]);
    fails("%nothing", PathFault::Execution);
    let json = Json::parse(PATIENT).expect("JSON");
    let schema = r4().schema();
    let env = Environment::new(schema, json.root()).with_variable("n", vec![Item::Integer(3)]);
    let expression = Expression::parse("%n + 1 = 4").expect("a path");
    let focus = Item::resource(schema, json.root()).expect("a resource");
    assert_eq!(expression.is_true(&env, focus), Ok(true));
}

#[test]
fn quantities_compare_by_ucum_and_durations_by_the_calendar() {
    check("37 'Cel' = 310.15 'K'", &["true"]);
    check("1 'kg' > 999 'g'", &["true"]);
    check("1 'kg' > 1 'm'", &[]);
    check("1 'foo' = 1 'foo'", &["true"]);
    check("1 year = 12 months", &["true"]);
    check("1 year = 365 days", &[]);
    check("1 year ~ 1 'a'", &["true"]);
    check("3 'm' + 3 'cm'", &["303 'cm'"]);
    check("(6 'cm' / 2 'cm') = 3", &["true"]);
    check("2 * 3 'mg' = 6 'mg'", &["true"]);
    check("5 'mg'.toQuantity('g') = 0.005 'g'", &["true"]);
}

#[test]
fn a_quantity_of_fhir_compares_where_it_is_one_amount() {
    let at = |quantity: &str| {
        let text = format!(r#"{{"resourceType":"Observation","valueQuantity":{quantity}}}"#);
        let json = Json::parse(text).expect("JSON");
        evaluate(&json, "Observation.value > 5 'mg'").expect("a boolean")
    };
    let ucum = r#""system":"http://unitsofmeasure.org""#;
    assert_eq!(at(&format!(r#"{{"value":1,{ucum},"code":"g"}}"#)), ["true"]);
    assert_eq!(at(&format!(r#"{{"value":6,{ucum},"code":"ug"}}"#)), ["false"]);
    assert_eq!(at(r#"{"value":6,"unit":"mg"}"#), ["true"]);
    assert_eq!(at(r#"{"value":6,"unit":"pill"}"#), [""; 0]);
    assert_eq!(at(&format!(r#"{{"value":6,{ucum},"code":"g","comparator":"<"}}"#)), [""; 0]);
    assert_eq!(at(r#"{"unit":"mg"}"#), [""; 0]);
}

#[test]
fn complex_elements_are_equal_child_by_child() {
    let json = Json::parse(
        r#"{"resourceType":"Patient","name":[{"given":["A","B"],"family":"X"},
        {"family":"X","given":["A","B"]},{"family":"x ","given":["b","A"]}]}"#,
    )
    .expect("JSON");
    let one = |text: &str| evaluate(&json, text).expect("a value");
    assert_eq!(one("name[0] = name[1]"), ["true"]);
    assert_eq!(one("name[0] = name[2]"), ["false"]);
    assert_eq!(one("name[0] ~ name[2]"), ["true"]);
    assert_eq!(one("name.distinct().count()"), ["2"]);
    assert_eq!(one("name.given.distinct()"), ["A", "B", "b"]);
    assert_eq!(one("name.isDistinct()"), ["false"]);
}

#[test]
fn dates_move_by_the_calendar() {
    check("@2020-02-29 + 1 year", &["2021-02-28"]);
    check("@2020-01-31 + 1 month", &["2020-02-29"]);
    check("@2020 + 24 months", &["2022"]);
    check("@2020-03 - 40 days", &["2020-02"]);
    check("@2020-03-01 + 36 hours", &["2020-03-02"]);
    check("@2020-03-01T23:59:59Z + 1 second", &["2020-03-02T00:00:00Z"]);
    check("@T23:30 + 45 minutes", &["00:15"]);
    check("@9999-12-31 + 1 day", &[]);
    check("@0001-01-01 - 1 day", &[]);
    check("@2020 + 99999999999999 years", &[]);
    fails("@2020 + 9999999999999999999999 years", PathFault::Execution);
}

#[test]
fn numbers_keep_their_digits_and_have_limits() {
    check("1.0 * 1.00", &["1.000"]);
    check("0.1 + 0.2 = 0.3", &["true"]);
    check("10.0.precision()", &["1"]);
    check("2.power(62) * 2", &[]);
    check("2.power(1000)", &[]);
    check("2.power(-1) | 1 / 2", &["0.5"]);
    check("9223372036854775807 + 1", &[]);
    check("(-5) div 2", &["-2"]);
    check("7 mod 0", &[]);
    check("(-1).ln()", &[]);
    check("0.ln()", &[]);
    check("1000000.exp()", &[]);
    check("'99999999999'.toInteger()", &[]);
    fails("1.round(99)", PathFault::Execution);
}

#[test]
fn patterns_are_linear_and_groups_are_numbers() {
    check("'2020-01-02'.replaceMatches('(\\\\d+)-(\\\\d+)-(\\\\d+)', '$3x$2')", &["02x01"]);
    check("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'.matches('^(a+)+$')", &["false"]);
    fails("'a'.matches('(?=a)')", PathFault::Execution);
    fails("'a'.matches('(')", PathFault::Execution);
    fails("'a'.matches('((a{100}){100}){100}')", PathFault::Execution);
}

#[test]
fn a_narrative_is_checked_as_xhtml() {
    let check = |div: &str| {
        let div = fhir::json::quote(div);
        let text =
            format!(r#"{{"resourceType":"Patient","text":{{"status":"empty","div":{div}}}}}"#);
        let json = Json::parse(text).expect("JSON");
        evaluate(&json, "text.`div`.htmlChecks()").expect("a boolean")
    };
    assert_eq!(check(r#"<div xmlns="http://www.w3.org/1999/xhtml">a</div>"#), ["true"]);
    assert_eq!(check(r#"<div xmlns="http://www.w3.org/1999/xhtml"><script/></div>"#), ["false"]);
}

#[test]
fn profiles_and_value_sets_are_asked_of_who_knows_them() {
    let json = Json::parse(PATIENT).expect("JSON");
    let schema = r4().schema();
    let answer = |question: Question<'_>, item: &Item<'_>| match question {
        Question::ConformsTo("known") => Some(item.type_name(schema) == "Patient"),
        Question::MemberOf("known") => Some(item.to_text().as_deref() == Some("official")),
        _ => None,
    };
    let env = Environment { answer: Some(&answer), ..Environment::new(schema, json.root()) };
    let ask = |text: &str| {
        let expression = Expression::parse(text).expect("a path");
        let focus = Item::resource(schema, json.root()).expect("a resource");
        expression.is_true(&env, focus).map_err(|error| error.fault)
    };
    assert_eq!(ask("conformsTo('known')"), Ok(true));
    assert_eq!(ask("contained[0].conformsTo('known')"), Ok(false));
    assert_eq!(ask("name.use.memberOf('known')"), Ok(true));
    assert_eq!(ask("link.memberOf('known').empty()"), Ok(true));
    assert_eq!(ask("conformsTo('http://trash')"), Err(PathFault::Execution));
}

#[test]
fn what_is_not_at_hand_says_so() {
    fails("conformsTo('http://example.org/x')", PathFault::NotSupported);
    fails("name.memberOf('http://example.org/x')", PathFault::NotSupported);
    fails("name.nothing()", PathFault::Syntax);
    fails("name.first(1)", PathFault::Syntax);
    fails("name.where()", PathFault::Syntax);
}

#[test]
fn an_expression_is_cut_off_when_its_fuel_is_used_up() {
    let json = Json::parse(PATIENT).expect("JSON");
    let schema = r4().schema();
    let expression = Expression::parse("descendants().select(%resource.descendants())").unwrap();
    let env = Environment { fuel: 100, ..Environment::new(schema, json.root()) };
    let focus = Item::resource(schema, json.root()).expect("a resource");
    let error = expression.evaluate(&env, focus).expect_err("must be cut off");
    assert_eq!(error.fault, PathFault::Fuel);
    let many = "(%resource.descendants()).select(%resource.descendants())".to_owned();
    fails(&(many + &".select(%resource.descendants())".repeat(4)), PathFault::Fuel);
    let doubled = "'0123456789'.toChars().repeat(toChars()).combine('0123456789'.toChars())";
    let three = format!("{doubled}.combine({doubled}).combine({doubled})");
    fails(&format!("({three}).aggregate($total & $total, 'ab')"), PathFault::Fuel);
    fails(&format!("({three}).aggregate($total.combine($total), 'ab')"), PathFault::Fuel);
    let group = ".replaceMatches('.+', '$0$0$0$0')".repeat(20);
    fails(&format!("'xyz'{group}"), PathFault::Fuel);
    let hex = ".encode('hex')".repeat(40);
    fails(&format!("'xyz'{hex}"), PathFault::Fuel);
    let double = "'x'".to_owned() + &".replace('x', 'xxxxxxxxxxxxxxxx')".repeat(12);
    fails(&double, PathFault::Fuel);
}

#[test]
fn depth_and_length_have_limits() {
    fails(&("(".repeat(5000) + "1" + &")".repeat(5000)), PathFault::Syntax);
    fails(&("-".repeat(5000) + "1"), PathFault::Syntax);
    fails(&("a".to_owned() + &".a".repeat(5000)), PathFault::Syntax);
    fails(&("1".to_owned() + &" + 1".repeat(5000)), PathFault::Syntax);
    fails(&("a".to_owned() + &"[0]".repeat(5000)), PathFault::Syntax);
    fails(&" ".repeat(70_000), PathFault::Syntax);
    let deepest = "(".repeat(98) + "id" + &")".repeat(98);
    check(&deepest, &["p"]);
    check(&("id".to_owned() + &" | id".repeat(5000)), &["p"]);
    check(&("true".to_owned() + &" and true".repeat(90)), &["true"]);
    for (open, close) in [
        ("$this.select(", ")"),
        ("$this.where(id.exists()).first().select(", ")"),
        ("iif(true, ", ")"),
        ("(1).aggregate(", ")"),
        ("$this.repeat(", ")"),
        ("'p' & ('' & ", ")"),
        ("true implies (1 = (", "))"),
    ] {
        for levels in [10, 45, 98, 200] {
            let json = Json::parse(PATIENT).expect("JSON");
            let _ = evaluate(&json, &(open.repeat(levels) + "id" + &close.repeat(levels)));
        }
    }
}

/// Pieces that arbitrary expressions are made of.
const PIECES: [&str; 48] = [
    "Patient",
    ".name",
    ".given",
    "(",
    ")",
    "[0]",
    "'a'",
    "1",
    "2.50",
    "@2020-01-01",
    "@T10:00",
    "3 days",
    "4 'mg'",
    " + ",
    " - ",
    " * ",
    " / ",
    " div ",
    " = ",
    " ~ ",
    " < ",
    " | ",
    " & ",
    " in ",
    " and ",
    " or ",
    " implies ",
    ".where(",
    ".select(",
    ".exists()",
    ".first()",
    ".descendants()",
    ".repeat(children())",
    ".toString()",
    ".toQuantity()",
    ".lowBoundary()",
    ".highBoundary(4)",
    ".power(",
    ".substring(",
    ".matches(",
    ".aggregate($this + $total, ",
    ".resolve()",
    "$this",
    "%resource",
    " is String",
    ".ofType(string)",
    "{}",
    "-",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_parsed_or_refused(text in any::<String>()) {
        let _ = Expression::parse(&text);
    }

    #[test]
    fn any_expression_gives_an_answer_within_its_fuel(
        pieces in prop::collection::vec(0..PIECES.len(), 1..14)
    ) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        let _ = evaluate(&Json::parse(PATIENT).expect("JSON"), &text);
    }
}
