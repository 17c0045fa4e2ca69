//! The fixed resources of the table: one resource type for each kind of parameter, with what each
//! resource holds of it said once as JSON and once as the rules read it.

use serde_json::{Value, json};

use super::ordered::{composites, dates, numbers, places, quantities};
use super::rules::{Answer, Held, Kind};
use super::tokens::{booleans, codes, codings, contacts, identifiers};

/// A parameter with its resources and the values that are asked for.
pub(super) struct Subject {
    pub(super) resource: &'static str,
    pub(super) code: &'static str,
    pub(super) kind: Kind,
    pub(super) rows: Vec<Row>,
    pub(super) values: Vec<&'static str>,
}

/// A resource, and the values that it has of the parameter.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) resource: Value,
    pub(super) held: Vec<Held>,
}

impl Subject {
    pub(super) fn new(
        (resource, code, kind): (&'static str, &'static str, Kind),
        base: &Value,
        rows: Vec<(Value, Vec<Held>)>,
        values: &[&'static str],
    ) -> Self {
        let row = |(at, (part, held)): (usize, (Value, Vec<Held>))| {
            let id = format!("r{at}");
            let mut resource_json = base.clone();
            resource_json["resourceType"] = json!(resource);
            resource_json["id"] = json!(id);
            for (key, value) in part.as_object().expect("an object") {
                resource_json[key] = value.clone();
            }
            Row { id, resource: resource_json, held }
        };
        let rows = rows.into_iter().enumerate().map(row).collect();
        Self { resource, code, kind, rows, values: values.to_vec() }
    }

    /// What R4 has this search answer.
    pub(super) fn answer(&self, modifier: &str, value: &str) -> Answer {
        if let Err(hint) = self.kind.modifier(modifier) {
            return Answer::Refuses(vec![modifier.to_owned(), hint.to_owned()]);
        }
        let ids = |is_meant: &dyn Fn(&Row) -> bool| {
            let meant = self.rows.iter().filter(|row| is_meant(row));
            Answer::Finds(meant.map(|row| row.id.clone()).collect())
        };
        if modifier == "missing" {
            return match value {
                "true" => ids(&|row| row.held.is_empty()),
                "false" => ids(&|row| !row.held.is_empty()),
                _ => Answer::Refuses(vec![value.to_owned(), "true".to_owned()]),
            };
        }
        let parts = value.split(',');
        let judge = |part: &str, held: &Held| self.kind.judge(modifier, part, held);
        let sample = self.kind.any_held(modifier);
        if let Some(Err(says)) = parts.clone().map(|part| judge(part, &sample)).find(Result::is_err)
        {
            return Answer::Refuses(says);
        }
        let is_one = |held: &Held| parts.clone().any(|part| judge(part, held).unwrap_or(false));
        let is_match = |row: &Row| row.held.iter().any(is_one);
        // A resource without the element has no value that it could be.
        ids(&|row| is_match(row) != (modifier == "not"))
    }
}

pub(super) fn subjects() -> Vec<Subject> {
    let mut all = vec![numbers(), dates(), strings(), codings(), codes(), booleans(), contacts()];
    all.extend([identifiers(), references(), canonicals(), quantities(), uris(), composites()]);
    all.push(places());
    all
}

fn strings() -> Subject {
    let family = |text: &'static str| (json!({"name": [{"family": text}]}), vec![Held::Text(text)]);
    let mut rows: Vec<_> =
        ["Müller", "Muller-Lüdenscheidt", "muller", "Straße", "O'Brien", "Søren", "Mu\u{308}ller"]
            .map(family)
            .into();
    rows.push((json!({"name": [{"given": ["Muller"]}]}), vec![]));
    rows.push((json!({}), vec![]));
    Subject::new(
        ("Patient", "family", Kind::String),
        &json!({}),
        rows,
        &[
            "Mül",
            "mul",
            "MULLER",
            "Müller",
            "ller",
            "lüdenscheidt",
            "obrien",
            "O'Brien",
            "STRASSE",
            "soren",
            "zz",
            "straß,obr",
            "gtm",
        ],
    )
}

fn references() -> Subject {
    let to =
        |text: &'static str| (json!({"subject": {"reference": text}}), vec![Held::Reference(text)]);
    let contained = (
        json!({"subject": {"reference": "#p"}, "contained": [{"resourceType": "Patient", "id": "p"}]}),
        vec![Held::Reference("#p")],
    );
    let identified = (
        json!({"subject": {"identifier": {"system": "http://s", "value": "A"}}}),
        vec![Held::Token("http://s", "A", "")],
    );
    Subject::new(
        ("Specimen", "subject", Kind::Reference),
        &json!({}),
        vec![
            to("Patient/a"),
            to("Group/a"),
            to("Patient/a/_history/2"),
            to("Patient/p"),
            to("http://else/fhir/Patient/a"),
            to("urn:uuid:9d4c6b1c-0f3b-4c55-9d51-2f8b8a3b9d11"),
            to("urn:oid:1.2.3"),
            contained,
            identified,
            (json!({"subject": {"display": "words"}}), vec![Held::Nameless]),
            (json!({}), vec![]),
        ],
        &[
            "a",
            "p",
            "Patient/a",
            "Group/a",
            "Practitioner/a",
            "Patient/a/_history/2",
            "Patient/a/_history/3",
            "http://else/fhir/Patient/a",
            "http://else/fhir/Patient/b",
            "urn:uuid:9d4c6b1c-0f3b-4c55-9d51-2f8b8a3b9d11",
            "urn:oid:1.2.3",
            "a_b",
            "Pateint/a",
            "http://s|A",
            "|A",
            "http://s|",
        ],
    )
}

fn canonicals() -> Subject {
    let of = |text: &'static str| (json!({"questionnaire": text}), vec![Held::Reference(text)]);
    Subject::new(
        ("QuestionnaireResponse", "questionnaire", Kind::Canonical),
        &json!({"status": "completed"}),
        vec![
            of("http://x/q"),
            of("http://x/q|1"),
            of("http://x/q|1.2"),
            of("http://x/q|1.2.3"),
            of("http://x/q|12"),
            of("http://x/r|1.2"),
            (json!({}), vec![]),
        ],
        &["http://x/q", "http://x/q|1", "http://x/q|1.2", "http://x/q|2", "http://x/z", "q_1"],
    )
}

fn uris() -> Subject {
    let of = |text: &'static str| (json!({"url": text}), vec![Held::Text(text)]);
    Subject::new(
        ("ValueSet", "url", Kind::Uri),
        &json!({"status": "active"}),
        vec![
            of("http://x/vs"),
            of("http://x/vs/b"),
            of("http://x/vsb"),
            of("urn:oid:1.2.3"),
            (json!({}), vec![]),
        ],
        &[
            "http://x/vs",
            "http://x/vs/b",
            "http://x/vs/b/c",
            "http://x/v",
            "http://x",
            "HTTP://X/VS",
            "urn:oid:1.2.3",
            "urn:oid:1.2",
        ],
    )
}
