//! The table of search: every type of parameter × modifier × prefix × form of value, each with the
//! resources that it finds or the refusal that it gets, as rules of the test's own have it.
//!
//! [R4]: https://hl7.org/fhir/R4/search.html

mod capabilities;
mod measures;
mod ordered;
mod rules;
mod subjects;
mod tokens;

use brigid_tests::Server;

use rules::{Answer, Kind};
use subjects::{Subject, subjects};

/// What R4 lets stand after a parameter's name, a type, and one that is none.
const MODIFIERS: [&str; 15] = [
    "",
    "missing",
    "exact",
    "contains",
    "not",
    "text",
    "in",
    "not-in",
    "above",
    "below",
    "of-type",
    "identifier",
    "Patient",
    "Medication",
    "nonsense",
];

/// All prefixes of R4, none, and one that is none.
const PREFIXES: [&str; 11] = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap", "xx"];

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// What is wrong with the answer to one search; `None`: nothing.
fn fault(server: &Server, subject: &Subject, modifier: &str, value: &str) -> Option<String> {
    let colon = if modifier.is_empty() { "" } else { ":" };
    let name = format!("{}{colon}{modifier}", subject.code);
    let query = format!("{}?{name}={}&_count=100", subject.resource, encode(value));
    let answer = server.get(&query).send();
    let shown = format!("{}?{name}={value}", subject.resource);
    match subject.answer(modifier, value) {
        Answer::Finds(ids) => {
            if answer.status != 200 {
                return Some(format!("{shown}: {} {}", answer.status, answer.text()));
            }
            let mut found = answer.entries("match");
            found.sort();
            let of = |id: &String| format!("{}/{id}", subject.resource);
            let mut wanted: Vec<String> = ids.iter().map(of).collect();
            wanted.sort();
            (found != wanted).then(|| format!("{shown}: found {found:?}, not {wanted:?}"))
        }
        Answer::Refuses(says) => {
            if answer.status != 400 {
                return Some(format!("{shown}: {} and not 400", answer.status));
            }
            let text = answer.diagnostics();
            let mut parts = vec![subject.code];
            parts.extend(says.iter().map(String::as_str));
            let absent = parts.into_iter().find(|part| !text.contains(*part))?;
            Some(format!("{shown}: '{absent}' is not in: {text}"))
        }
    }
}

/// Every combination that a subject's type gives.
fn combinations(subject: &Subject) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for modifier in MODIFIERS {
        let values: Vec<&str> = match modifier {
            "missing" => vec!["true", "false", "maybe"],
            _ => subject.values.clone(),
        };
        for value in values {
            let has_prefix = subject.kind.is_ordered() && modifier != "missing";
            let prefixes = if has_prefix { &PREFIXES[..] } else { &PREFIXES[..1] };
            all.extend(prefixes.iter().map(|prefix| {
                let value = match (subject.kind, value.split_once('$')) {
                    // The prefix of a composite stands before its own component.
                    (Kind::Composite, Some((code, rest))) => format!("{code}${prefix}{rest}"),
                    _ => format!("{prefix}{value}"),
                };
                (modifier, value)
            }));
        }
    }
    all
}

#[test]
fn every_type_modifier_prefix_and_form_is_answered_rightly_or_refused_with_the_reason() {
    let server = Server::start();
    let all = subjects();
    for subject in &all {
        let path = |id: &str| format!("{}/{id}", subject.resource);
        for row in &subject.rows {
            server.put(&path(&row.id)).json(&row.resource).send().expect(201);
        }
    }
    let (mut count, mut faults) = (0, Vec::new());
    for subject in &all {
        for (modifier, value) in combinations(subject) {
            count += 1;
            faults.extend(fault(&server, subject, modifier, &value));
        }
    }
    assert!(count > 3000, "the table has {count} rows");
    let shown = faults.iter().take(60).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} of {count} are wrong:\n{shown}", faults.len());
}
