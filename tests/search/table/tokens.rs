//! Resources of the table with codes, flags, contacts and identifiers.

use serde_json::{Value, json};

use super::rules::{Held, Kind};
use super::subjects::Subject;

/// The token forms of a code and a system.
const TOKENS: [&str; 10] = [
    "A",
    "a",
    "http://s|A",
    "http://s|a",
    "|A",
    "http://s|",
    "http://t|A",
    "|",
    "a|b|c",
    "B,http://t|A",
];

pub(super) fn codings() -> Subject {
    let concept = |codings: Value, held: Vec<Held>| {
        (json!({"type": [{"coding": codings, "text": "words"}]}), held)
    };
    let token = |system, code| Held::Token(system, code, "");
    Subject::new(
        ("Encounter", "type", Kind::Token),
        &json!({"status": "planned", "class": {"code": "AMB"}}),
        vec![
            concept(json!([{"system": "http://s", "code": "A"}]), vec![token("http://s", "A")]),
            concept(json!([{"code": "A"}]), vec![token("", "A")]),
            concept(json!([{"system": "http://s", "code": "B"}]), vec![token("http://s", "B")]),
            concept(
                json!([{"system": "http://t", "code": "A"}, {"system": "http://s", "code": "C"}]),
                vec![token("http://t", "A"), token("http://s", "C")],
            ),
            (json!({"type": [{"text": "A"}]}), vec![Held::Nameless]),
            (json!({}), vec![]),
        ],
        &TOKENS,
    )
}

pub(super) fn codes() -> Subject {
    let gender = |code: &'static str| {
        let system = "http://hl7.org/fhir/administrative-gender";
        (json!({"gender": code}), vec![Held::Token(system, code, "")])
    };
    Subject::new(
        ("Practitioner", "gender", Kind::Token),
        &json!({}),
        vec![gender("female"), gender("male"), (json!({}), vec![])],
        &[
            "female",
            "FEMALE",
            "http://hl7.org/fhir/administrative-gender|female",
            "http://hl7.org/fhir/administrative-gender|",
            "|female",
            "http://s|female",
            "nothing",
            "a|b|c",
        ],
    )
}

pub(super) fn booleans() -> Subject {
    let flag = |is_active: bool| {
        let code = if is_active { "true" } else { "false" };
        let system = "http://hl7.org/fhir/special-values";
        let held = vec![Held::Token("", code, ""), Held::Token(system, code, "")];
        (json!({"active": is_active}), held)
    };
    Subject::new(
        ("Organization", "active", Kind::Token),
        &json!({"name": "one"}),
        vec![flag(true), flag(false), (json!({}), vec![])],
        &[
            "true",
            "false",
            "|true",
            "http://hl7.org/fhir/special-values|true",
            "http://s|true",
            "|",
        ],
    )
}

pub(super) fn contacts() -> Subject {
    let contact = |system: &'static str, value: &'static str| {
        let part = json!({"telecom": [{"system": system, "value": value}]});
        (part, vec![Held::Token(system, value, "")])
    };
    Subject::new(
        ("RelatedPerson", "telecom", Kind::Token),
        &json!({"patient": {"display": "someone"}}),
        vec![
            contact("phone", "555-1"),
            contact("email", "A@x.org"),
            (json!({"telecom": [{"value": "555-1"}]}), vec![Held::Token("", "555-1", "")]),
            (json!({}), vec![]),
        ],
        &["555-1", "phone|555-1", "email|555-1", "|555-1", "a@X.org", "email|", "a|b|c"],
    )
}

pub(super) fn identifiers() -> Subject {
    let typed = |value: &'static str| {
        let kind = json!({"coding": [{"system": "http://t", "code": "MR"}]});
        let part = json!({"identifier": [{"type": kind, "system": "http://s", "value": value}]});
        (part, vec![Held::Token("http://s", value, "http://t|MR")])
    };
    Subject::new(
        ("Device", "identifier", Kind::Identifier),
        &json!({}),
        vec![
            typed("A"),
            typed("B"),
            (json!({"identifier": [{"value": "A"}]}), vec![Held::Token("", "A", "")]),
            (json!({}), vec![]),
        ],
        &[
            "A",
            "a",
            "http://s|A",
            "|A",
            "http://s|",
            "http://t|MR|A",
            "http://t|mr|a",
            "http://t|XX|A",
            "MR|A",
            "|MR|A",
            "http://t|MR|",
            "http://t|MR|A|x",
            "|",
        ],
    )
}
