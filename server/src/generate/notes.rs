//! Clinical notes as text, composed of what the record holds on the day of the visit.
//!
//! <https://hl7.org/fhir/R4/documentreference.html>

use serde_json::json;

use super::code::{Code, loinc};
use super::conditions::capitalized;
use super::practitioners::{organization, organization_name};
use super::record::Record;
use super::visits::Visit;

pub(crate) const PROGRESS: Code = loinc("11506-3", "Progress note");
pub(crate) const DISCHARGE: Code = loinc("18842-5", "Discharge summary");
pub(crate) const HISTORY_AND_PHYSICAL: Code = loinc("34117-2", "History and physical note");
pub(crate) const CONSULTATION: Code = loinc("11488-4", "Consult note");
pub(crate) const OPERATION: Code = loinc("11504-8", "Surgical operation note");

/// What the story says; problems, medicines, allergies, vital signs and results come from the
/// chart and the visit.
pub(crate) struct Note<'a> {
    pub(crate) kind: Code,
    /// History, continuing after "Ada Quist is a 61-year-old woman ".
    pub(crate) history: &'a str,
    /// Symptoms that the patient does not have.
    pub(crate) denies: &'a str,
    pub(crate) examination: &'a str,
    pub(crate) assessment: &'a str,
    pub(crate) plan: &'a [&'a str],
}

impl Record {
    pub(crate) fn note(&mut self, visit: &Visit, note: &Note<'_>) {
        let text = self.text(visit, note);
        let body = json!({
            "status": "current",
            "docStatus": "final",
            "type": note.kind.concept(),
            "category": [{
                "coding": [{
                    "system": "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
                    "code": "clinical-note",
                    "display": "Clinical Note"
                }]
            }],
            "subject": self.subject(),
            "date": visit.moment(25),
            "author": [visit.by.reference()],
            "custodian": organization(visit.by.organization),
            "content": [{
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "language": "en",
                    "data": base64(text.as_bytes()),
                    "title": format!("{} of {}", note.kind.display, visit.date),
                    "creation": visit.moment(25)
                }
            }],
            "context": {
                "encounter": [self.reference(visit.at)],
                "period": { "start": visit.moment(0), "end": visit.moment(25) }
            }
        });
        self.add("DocumentReference", body);
    }

    fn text(&self, visit: &Visit, note: &Note<'_>) -> String {
        let person = &self.person;
        let age = visit.date.age(person.birth);
        let (name, noun) = (person.name(), person.noun(visit.date));
        let mut text = format!(
            "{}\n{}\n\nPatient: {name}\nDate of birth: {}\nDate of service: {}\nAuthor: {}, {}\n",
            organization_name(visit.by.organization),
            note.kind.display.to_uppercase(),
            person.birth,
            visit.date,
            visit.by.signature(),
            visit.by.specialty,
        );
        let years = match age {
            0 => format!("{}-month-old", visit.date.days_since(person.birth) / 30),
            _ => format!("{age}-year-old"),
        };
        let article = if matches!(age, 8 | 11 | 18 | 80..=89) { "an" } else { "a" };
        section(
            &mut text,
            "History of present illness",
            &format!("{name} is {article} {years} {noun} {}", note.history),
        );
        if !note.denies.is_empty() {
            text.push_str(&format!("Denies {}.\n", note.denies));
        }
        section(
            &mut text,
            "Problems",
            &list(
                self.chart.problems.iter().map(|(_, name)| capitalized(name)),
                "No active problems.",
            ),
        );
        section(
            &mut text,
            "Medicines",
            &list(
                self.chart.medicines.iter().map(|(_, line)| capitalized(line)),
                "No regular medicines.",
            ),
        );
        let allergies = self.chart.allergies.iter().map(|name| (*name).to_owned());
        section(&mut text, "Allergies", &list(allergies, "No known allergies."));
        let vitals = if visit.vitals.is_empty() { "Not taken." } else { &visit.vitals };
        section(&mut text, "Vital signs", vitals);
        section(&mut text, "Examination", note.examination);
        if !visit.results.is_empty() {
            section(&mut text, "Results", &list(visit.results.iter().cloned(), ""));
        }
        section(&mut text, "Assessment", note.assessment);
        let plan = note.plan.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1));
        section(&mut text, "Plan", &plan.collect::<Vec<_>>().join("\n"));
        text.push_str(&format!("\nSigned by {} on {}\n", visit.by.signature(), visit.date));
        text
    }
}

fn section(text: &mut String, title: &str, body: &str) {
    text.push_str(&format!("\n{title}\n{body}\n"));
}

fn list(items: impl Iterator<Item = String>, none: &str) -> String {
    let lines: Vec<String> = items.map(|item| format!("- {item}")).collect();
    if lines.is_empty() { none.to_owned() } else { lines.join("\n") }
}

/// Base64 of RFC 4648 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = ALPHABET[(group >> (18 - 6 * place)) as usize & 63];
            encoded.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_padded_as_rfc_4648_shows() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
