//! Primitive values, codes and narratives.

use super::{check, extension, patient};

/// One value of this type, as `value[x]` of an extension.
#[track_caller]
fn value(name: &str, json: &str, expected: Option<&str>) {
    let expected = expected.map(|part| ("Patient.extension[0].value", part));
    let expected: Vec<(&str, &str)> = expected.into_iter().collect();
    extension(&format!(r#""url":"http://a","value{name}":{json}"#), &expected);
}

/// The narrative of a Patient.
#[track_caller]
fn narrative(inside: &str, expected: Option<&str>) {
    let div = format!(r#"<div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div>"#);
    let expected: Vec<(&str, &str)> =
        expected.map(|part| ("Patient.text.div", part)).into_iter().collect();
    patient(&format!(r#""text":{{"status":"generated","div":"{div}"}}"#), &expected);
}

#[test]
fn primitives_follow_their_grammar() {
    value("Date", r#""2015-02-30""#, Some("YYYY-MM-DD"));
    value("Date", r#""2015-02-07T10:00:00Z""#, Some("no time"));
    value("DateTime", r#""2015-02-07T10:00Z""#, Some("to the second"));
    value("DateTime", r#""2015-02-07T10:00:00""#, Some("a zone"));
    value("DateTime", r#""yesterday""#, Some("YYYY-MM-DDThh:mm:ss"));
    value("Instant", r#""2015-02-07""#, Some("to the second"));
    value("Time", r#""10:00""#, Some("hh:mm:ss"));
    value("Code", r#"" a""#, Some("no space at its ends"));
    value("Code", r#""a  b""#, Some("no two in a row"));
    value("Id", r#""a_b""#, Some("1 to 64 characters"));
    value("Oid", r#""1.2.3""#, Some("urn:oid:"));
    value("Uuid", r#""urn:uuid:1""#, Some("8-4-4-4-12"));
    value("Uri", r#""a b""#, Some("no white space"));
    value("Url", r#""http://a b""#, Some("no white space"));
    value("Canonical", r#""http://a|1 2""#, Some("no white space"));
    value("Base64Binary", r#""AAA""#, Some("multiple of 4"));
    value("Base64Binary", r#""AA\nAA""#, None);
    value("Integer", "2147483648", Some("from -2147483648 to 2147483647"));
    value("Integer", "1.0", Some("without decimal point"));
    value("Integer", "1e2", Some("without decimal point"));
    value("UnsignedInt", "-1", Some("from 0"));
    value("PositiveInt", "0", Some("from 1"));
    value("Decimal", "-1.50e-3", None);
    value("String", r#""a\u0001b""#, Some("U+0001"));
    value("Markdown", r#""a\u0000""#, Some("U+0000"));
    value("String", r#""a\tb\r\n""#, None);
}

#[test]
fn a_string_has_at_most_a_mebibyte_of_characters() {
    let limit = 1 << 20;
    value("String", &format!("\"{}\"", "ä".repeat(limit)), None);
    value("String", &format!("\"{}\"", "a".repeat(limit + 1)), Some("longer than 1048576"));
    value("Base64Binary", &format!("\"{}\"", "AAAA".repeat(limit)), None);
}

#[test]
fn a_required_code_is_of_its_value_set() {
    patient(r#""gender":"man""#, &[("Patient.gender", "allowed are female, male, other, unknown")]);
    patient(r#""gender":"Male""#, &[("Patient.gender", "administrative-gender")]);
    check(
        r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
            "clinicalStatus":{"coding":[{"system":"http://x","code":"active"}]}}"#,
        &[("AllergyIntolerance.clinicalStatus", "allowed are active, inactive, resolved")],
    );
    check(
        r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
            "clinicalStatus":{"text":"active"}}"#,
        &[("AllergyIntolerance.clinicalStatus", "No coding at all")],
    );
    check(
        r#"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},
            "clinicalStatus":{"coding":[{"system":"http://x","code":"y"},
              {"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
               "code":"active"}]}}"#,
        &[],
    );
    check(
        r#"{"resourceType":"SearchParameter","url":"http://a","name":"a","status":"active",
            "description":"a","code":"a","base":["Patientt"],"type":"token"}"#,
        &[("SearchParameter.base[0]", "near is Patient")],
    );
}

#[test]
fn codes_of_external_registries_follow_their_form() {
    patient(r#""language":"en_US""#, &[("Patient.language", "BCP 47")]);
    patient(r#""language":"de-CH""#, &[]);
    patient(
        r#""photo":[{"contentType":"png"}]"#,
        &[("Patient.photo[0].contentType", "type/subtype")],
    );
    patient(
        r#""communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"e!"}]}}]"#,
        &[("Patient.communication[0].language", "BCP 47")],
    );
    patient(r#""communication":[{"language":{"text":"English"}}]"#, &[]);
    value("Money", r#"{"value":1,"currency":"EUR"}"#, None);
    extension(
        r#""url":"http://a","valueMoney":{"value":1,"currency":"Euro"}"#,
        &[("Patient.extension[0].value.currency", "ISO 4217")],
    );
}

#[test]
fn a_narrative_is_safe_xhtml() {
    narrative("<p>x</p>", None);
    narrative("<script>x</script>", Some("<script>"));
    narrative("<p onclick=\\\"x\\\">x</p>", Some("event attribute"));
    narrative("<p>x", Some("XML"));
    narrative(" ", Some("txt-2"));
    patient(
        r#""text":{"status":"generated","div":"<div>x</div>"}"#,
        &[("Patient.text.div", "without its namespace")],
    );
}
