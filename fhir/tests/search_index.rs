//! What resources leave in the index, and that searches find them by it.

use fhir::definitions::r4;
use fhir::json::Json;
use fhir::search::query::{Context, decode_pairs, parse};
use fhir::search::{
    DateValue, Entry, IndexValue, Indexer, NumberValue, QuantityUnit, ReferenceValue, TokenValue,
    matches, stable_hash,
};

const SYSTEMS: [&str; 10] = [
    "phone",
    "email",
    "http://loinc.org",
    "http://acme.org/mrn",
    "http://hl7.org/fhir/administrative-gender",
    "http://hl7.org/fhir/observation-status",
    "http://hl7.org/fhir/group-type",
    "http://unitsofmeasure.org",
    "urn:iso:std:iso:4217",
    "http://hl7.org/fhir/document-relationship-type",
];

fn bases() -> Vec<String> {
    vec!["http://own/fhir".to_owned()]
}

fn entries(resource: &str) -> Vec<Entry> {
    let json = Json::parse(resource).expect("JSON");
    Indexer::r4().entries(json.root(), &bases())
}

/// The values of a parameter, in their order, as [`show`] writes them, joined by `; `.
#[track_caller]
fn check(resource: &str, code: &str, expected: &str) {
    let found = entries(resource);
    let shown: Vec<String> =
        found.iter().filter(|e| &*e.param.code == code).map(|e| show(&e.value)).collect();
    assert_eq!(shown.join("; "), expected, "{code} of {resource}");
}

/// Does a search find the resource, whose id is `1`?
#[track_caller]
fn finds(resource: &str, query: &str, is_found: bool) {
    let found = entries(resource);
    let json = Json::parse(resource).expect("JSON");
    let kind = json.root().str("resourceType").expect("a resource");
    let bases = bases();
    let context = Context { definitions: r4(), bases: &bases, now_us: 0, is_lenient: false };
    let query_read =
        parse(&kind, &decode_pairs(query).expect("pairs"), &context).expect("a good query");
    assert_eq!(matches(&query_read.query.filter, "1", &found), is_found, "{query} on {resource}");
}

fn show(value: &IndexValue) -> String {
    match value {
        IndexValue::Number(number) => show_number(number),
        IndexValue::Date(date) => show_date(date),
        IndexValue::String(text) if text.exact == 0 => format!("~{}", text.folded),
        IndexValue::String(text) => text.folded.clone(),
        IndexValue::Token(token) => show_token(token),
        IndexValue::Reference(ReferenceValue::Local { resource, id, version }) => {
            let version = version.as_ref().map_or(String::new(), |v| format!("/_history/{v}"));
            format!("{resource}/{id}{version}")
        }
        IndexValue::Reference(ReferenceValue::Url { url, version }) => {
            format!("<{url}>{}", version.as_ref().map_or(String::new(), |v| format!("|{v}")))
        }
        IndexValue::Reference(ReferenceValue::Identifier(token)) => {
            format!("identifier {}", show_token(token))
        }
        IndexValue::Quantity(quantity) => {
            let unit = match &quantity.unit {
                QuantityUnit::Any => "any".to_owned(),
                QuantityUnit::Bare(unit) => format!("'{unit}'"),
                QuantityUnit::Coded(system, code) => format!("{}|{code}", system_of(*system)),
                QuantityUnit::Canonical(unit) => format!("in {unit}"),
            };
            format!("{} {unit}", show_number(&quantity.number))
        }
        IndexValue::Uri(uri) => uri.0.clone(),
        IndexValue::Position(at) => format!("{} {}", at.latitude, at.longitude),
        IndexValue::Composite(values) => values.iter().map(show).collect::<Vec<_>>().join(" $ "),
    }
}

fn show_number(number: &NumberValue) -> String {
    if number.low == number.high {
        number.low.to_string()
    } else {
        format!("{}..{}", number.low, number.high)
    }
}

fn show_date(date: &DateValue) -> String {
    let text = |us| match us {
        i64::MIN | i64::MAX => String::new(),
        us => fhir::primitive::DateTime::instant_text(us),
    };
    if date.low == date.high {
        text(date.low)
    } else {
        format!("{}..{}", text(date.low), text(date.high))
    }
}

fn show_token(token: &TokenValue) -> String {
    format!("{}|{}", system_of(token.system), token.code)
}

fn system_of(hash: u64) -> &'static str {
    if hash == 0 {
        return "";
    }
    SYSTEMS.into_iter().find(|system| stable_hash(system) == hash).expect("a known system")
}

const PATIENT: &str = r##"{
    "resourceType": "Patient", "id": "1",
    "meta": {"profile": ["http://p/a|1.0"], "tag": [{"system": "http://loinc.org", "code": "T"}],
             "security": [{"code": "R"}], "source": "urn:x#1",
             "lastUpdated": "2020-01-01T00:00:00Z"},
    "identifier": [{"system": "http://acme.org/mrn", "value": "M1"}, {"value": "N2"}],
    "active": true,
    "name": [{"family": "Carreño Quiñones", "given": ["Ana", "Eva"], "prefix": ["Dra."]},
             {"text": "Anita"}],
    "telecom": [{"system": "phone", "value": "+43 1"}, {"system": "email", "value": "A@b.c"}],
    "gender": "female", "birthDate": "1970-05", "deceasedDateTime": "2020-01-01",
    "address": [{"line": ["Hauptstr. 1"], "city": "São Paulo", "country": "BR"}],
    "generalPractitioner": [{"reference": "Practitioner/p"}, {"reference": "#c"},
        {"reference": "http://own/fhir/Organization/o/_history/3"}],
    "managingOrganization": {"reference": "http://else/Organization/9",
        "identifier": {"system": "http://acme.org/mrn", "value": "ORG"}}
}"##;

#[test]
fn a_name_is_found_by_each_part_and_as_a_whole() {
    check(PATIENT, "family", "carreno quinones; ~quinones");
    check(PATIENT, "given", "ana; eva");
    check(
        PATIENT,
        "name",
        "ana; ~ana eva carreno quinones; anita; carreno quinones; dra; eva; ~quinones",
    );
    finds(PATIENT, "name=ana%20eva", true);
    finds(PATIENT, "family=Quinones", true);
    finds(PATIENT, "family:exact=Carre%C3%B1o%20Qui%C3%B1ones", true);
    finds(PATIENT, "family:exact=Qui%C3%B1ones", false);
    finds(PATIENT, "given:contains=v", true);
    finds(PATIENT, "given=v", false);
    check(PATIENT, "address", "br; hauptstr 1; ~hauptstr 1 sao paulo br; sao paulo");
    check(PATIENT, "address-city", "sao paulo");
    finds(PATIENT, "address=sao", true);
}

#[test]
fn tokens_are_codings_identifiers_contacts_codes_and_flags() {
    check(PATIENT, "identifier", "|n2; http://acme.org/mrn|m1");
    check(PATIENT, "gender", "http://hl7.org/fhir/administrative-gender|female");
    check(PATIENT, "active", "|true");
    check(PATIENT, "telecom", "phone|+43 1; email|a@b.c");
    check(PATIENT, "email", "email|a@b.c");
    check(PATIENT, "phone", "phone|+43 1");
    check(PATIENT, "deceased", "|true");
    check(r#"{"resourceType":"Patient"}"#, "deceased", "|false");
    check(r#"{"resourceType":"Patient","deceasedBoolean":false}"#, "deceased", "|false");
    check(r#"{"resourceType":"Patient","deceasedBoolean":true}"#, "deceased", "|true");
    finds(PATIENT, "identifier=http://acme.org/mrn|", true);
    finds(PATIENT, "identifier=|N2", true);
    finds(PATIENT, "identifier=|M1", false);
    finds(PATIENT, "gender=http://hl7.org/fhir/administrative-gender|female", true);
    finds(PATIENT, "gender:not=male", true);
    finds(PATIENT, "gender:not=male,female", false);
    finds(PATIENT, "gender:missing=true", false);
}

#[test]
fn the_parameters_of_all_resources_are_read_from_meta() {
    check(PATIENT, "_profile", "http://p/a; http://p/a|1.0");
    check(PATIENT, "_tag", "http://loinc.org|t");
    check(PATIENT, "_security", "|r");
    check(PATIENT, "_source", "urn:x#1");
    check(PATIENT, "_id", "");
    check(PATIENT, "_lastUpdated", "");
    finds(PATIENT, "_profile=http://p/a", true);
    finds(PATIENT, "_profile=http://p/a|2.0", false);
    finds(PATIENT, "_id=1", true);
    finds(PATIENT, "_id:not=1,2", false);
}

#[test]
fn references_are_local_elsewhere_or_by_identifier() {
    check(PATIENT, "general-practitioner", "Organization/o/_history/3; Practitioner/p; <#c>");
    check(
        PATIENT,
        "organization",
        "<http://else/Organization/9>; identifier http://acme.org/mrn|org",
    );
    finds(PATIENT, "general-practitioner=p", true);
    finds(PATIENT, "general-practitioner=Practitioner/o", false);
    finds(PATIENT, "general-practitioner:Organization=o", true);
    finds(PATIENT, "general-practitioner=http://own/fhir/Practitioner/p", true);
    finds(PATIENT, "organization=http://else/Organization/9", true);
    finds(PATIENT, "organization:identifier=http://acme.org/mrn|ORG", true);
    let observation = r#"{"resourceType":"Observation","subject":{"reference":"Group/g"},
        "performer":[{"reference":"urn:uuid:1"}]}"#;
    check(observation, "subject", "Group/g");
    check(observation, "patient", "");
    finds(observation, "patient:missing=true", true);
    check(observation, "performer", "<urn:uuid:1>");
    for reference in ["Patient/1", "Patient/1/_history/2", "http://own/fhir/Patient/1"] {
        let observation =
            format!(r#"{{"resourceType":"Observation","subject":{{"reference":"{reference}"}}}}"#);
        for query in ["patient=1", "patient=Patient/1", "patient:missing=false", "subject=1"] {
            finds(&observation, query, true);
        }
        finds(&observation, "patient=2", false);
    }
    let plan = r#"{"resourceType":"CarePlan",
        "instantiatesCanonical":["http://a/b|1","http://own/fhir/PlanDefinition/p|2","http://c"]}"#;
    check(
        plan,
        "instantiates-canonical",
        "PlanDefinition/p; <http://a/b>|1; <http://c>; <http://own/fhir/PlanDefinition/p>|2",
    );
    finds(plan, "instantiates-canonical=http://a/b", true);
    finds(plan, "instantiates-canonical=http://a/b|2", false);
    finds(plan, "instantiates-canonical=PlanDefinition/p", true);
    let bundle = r#"{"resourceType":"Bundle","type":"document",
        "entry":[{"resource":{"resourceType":"Composition","id":"c"}}]}"#;
    check(bundle, "composition", "Composition/c");
    check(bundle, "message", "");
}

#[test]
fn dates_are_ranges_and_timings_their_outer_limits() {
    check(PATIENT, "birthdate", "1970-05-01T00:00:00.000Z..1970-05-31T23:59:59.999Z");
    check(PATIENT, "death-date", "2020-01-01T00:00:00.000Z..2020-01-01T23:59:59.999Z");
    let effective = |value: &str| format!(r#"{{"resourceType":"Observation",{value}}}"#);
    check(
        &effective(r#""effectivePeriod":{"start":"2013-01-14T10:00:00+02:00"}"#),
        "date",
        "2013-01-14T08:00:00.000Z..",
    );
    check(
        &effective(r#""effectiveTiming":{"event":["2013-03-24","2013-01-31"]}"#),
        "date",
        "2013-01-31T00:00:00.000Z..2013-03-24T23:59:59.999Z",
    );
    check(
        &effective(r#""effectiveTiming":{"repeat":{"boundsPeriod":{"end":"2013"}}}"#),
        "date",
        "..2013-12-31T23:59:59.999Z",
    );
    check(
        &effective(r#""effectiveInstant":"2013-01-14T10:00:00.5Z""#),
        "date",
        "2013-01-14T10:00:00.500Z",
    );
    check(&effective(r#""effectivePeriod":{}"#), "date", "");
    check(&effective(r#""effectiveDateTime":"nonsense""#), "date", "");
    let value = effective(r#""effectiveTiming":{"event":["2013-03-24","2013-01-31"]}"#);
    finds(&value, "date=2013", true);
    finds(&value, "date=2013-02", false);
    finds(&value, "date=ap2013-02", true);
}

#[test]
fn quantities_are_kept_for_each_way_to_ask_for_them() {
    let observation = |value: &str| format!(r#"{{"resourceType":"Observation",{value}}}"#);
    let mg = observation(
        r#""valueQuantity":{"value":5.4,"unit":"Milligramm",
            "system":"http://unitsofmeasure.org","code":"mg"}"#,
    );
    check(&mg, "value-quantity", "0.0054 in g; 5.4 any; 5.4 'Milligramm'; 5.4 'mg'");
    finds(&mg, "value-quantity=0.0054|http://unitsofmeasure.org|g", true);
    finds(&mg, "value-quantity=5.4||Milligramm", true);
    finds(&mg, "value-quantity=gt5|http://unitsofmeasure.org|g", false);
    let below = observation(r#""valueQuantity":{"value":5,"comparator":"<="}"#);
    check(&below, "value-quantity", "-inf..5 any");
    let age = r#"{"resourceType":"Condition","onsetRange":{
        "low":{"value":10,"system":"http://unitsofmeasure.org","code":"a"},
        "high":{"value":20,"system":"http://unitsofmeasure.org","code":"a"}}}"#;
    check(age, "onset-age", "10..20 any; 10..20 'a'; 315576000..631152000 in s");
    let age = r#"{"resourceType":"Condition","onsetAge":{"value":52,"unit":"years",
        "system":"http://unitsofmeasure.org","code":"a"}}"#;
    finds(age, "onset-age=ge600|http://unitsofmeasure.org|mo", true);
    let price = r#"{"resourceType":"ChargeItem","priceOverride":{"value":40,"currency":"EUR"}}"#;
    check(price, "price-override", "40 any; 40 'EUR'; 40 urn:iso:std:iso:4217|EUR");
}

#[test]
fn numbers_and_uris_are_kept_as_they_are() {
    let risk = r#"{"resourceType":"RiskAssessment",
        "prediction":[{"probabilityDecimal":0.30},
            {"probabilityRange":{"low":{"value":0.4},"high":{"value":0.5}}}]}"#;
    check(risk, "probability", "0.3; 0.4..0.5");
    finds(risk, "probability=gt0.2", true);
    finds(risk, "probability=0.3", true);
    let set = r#"{"resourceType":"ValueSet","url":"http://a/b/c","version":"2"}"#;
    check(set, "url", "http://a/b/c");
    finds(set, "url:below=http://a/b", true);
    finds(set, "url:above=http://a/b/c/d", true);
    finds(set, "url=http://a/b/c|2", true);
    finds(set, "url=http://a/b/c|3", false);
}

#[test]
fn composites_join_the_values_of_one_element() {
    let pressure = r#"{"resourceType":"Observation","status":"final",
        "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
        "component":[
          {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},
           "valueQuantity":{"value":107}},
          {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},
           "valueQuantity":{"value":60}}]}"#;
    check(
        pressure,
        "component-code-value-quantity",
        "http://loinc.org|8462-4 $ 60 any; http://loinc.org|8480-6 $ 107 any",
    );
    check(
        pressure,
        "combo-code-value-quantity",
        "http://loinc.org|8462-4 $ 60 any; http://loinc.org|8480-6 $ 107 any",
    );
    check(pressure, "code-value-quantity", "");
    finds(pressure, "component-code-value-quantity=http://loinc.org|8480-6$gt100", true);
    finds(pressure, "component-code-value-quantity=http://loinc.org|8462-4$gt100", false);
    let date = r#"{"resourceType":"Observation","code":{"coding":[{"code":"a"},{"code":"b"}]},
        "valueDateTime":"2013"}"#;
    let year = "2013-01-01T00:00:00.000Z..2013-12-31T23:59:59.999Z";
    check(date, "code-value-date", &format!("|a $ {year}; |b $ {year}"));
    let document = r#"{"resourceType":"DocumentReference",
        "relatesTo":[{"code":"appends","target":{"reference":"DocumentReference/2"}}]}"#;
    check(
        document,
        "relationship",
        "DocumentReference/2 $ http://hl7.org/fhir/document-relationship-type|appends",
    );
    let group = r#"{"resourceType":"Group","characteristic":[
        {"code":{"coding":[{"code":"gender"}]},
         "valueCodeableConcept":{"coding":[{"code":"mixed"}]}},
        {"code":{"coding":[{"code":"ok"}]},"valueBoolean":true}]}"#;
    check(group, "characteristic-value", "|gender $ |mixed; |ok $ |true");
    let sequence = r#"{"resourceType":"MolecularSequence",
        "referenceSeq":{"chromosome":{"coding":[{"code":"1"}]},"windowStart":1,"windowEnd":9},
        "variant":[{"start":3,"end":4}]}"#;
    check(sequence, "chromosome-variant-coordinate", "|1 $ 3 $ 4");
    check(sequence, "chromosome-window-coordinate", "|1 $ 1 $ 9");
}

#[test]
fn what_is_no_resource_and_what_is_contained_leaves_nothing() {
    assert!(entries("{}").is_empty());
    assert!(entries("[1]").is_empty());
    assert!(entries(r#"{"resourceType":"Nothing"}"#).is_empty());
    let container = r##"{"resourceType":"Observation","contained":[{"resourceType":"Patient",
        "id":"p","name":[{"family":"X"}]}],"subject":{"reference":"#p"}}"##;
    check(container, "subject", "<#p>");
    check(container, "patient", "<#p>");
    assert_eq!(entries(container).len(), 2);
    assert!(entries(r#"{"resourceType":"Patient","gender":7,"name":"x"}"#).len() <= 2);
}

#[test]
fn an_element_without_a_code_or_a_reference_is_not_missing() {
    let procedure = r#"{"resourceType":"Procedure","reasonCode":[{"text":"a reason"}],
        "performer":[{"actor":{"display":"someone"}}]}"#;
    check(procedure, "reason-code", "|");
    check(procedure, "performer", "<>");
    finds(procedure, "reason-code:missing=true", false);
    finds(procedure, "performer:missing=false", true);
    finds(procedure, "reason-code:not=a", true);
    finds(procedure, "code:missing=true", true);
}
