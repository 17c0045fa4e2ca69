//! Values taken from what a server holds, so that queries ask for what is there.

use std::collections::BTreeMap;
use std::time::Instant;

use fhir::json::{Json, Value};

use super::http::{Connection, Request, Target, encoded};
use super::measure::Worker;
use super::page;

/// Pages read per type.
const PAGES: usize = 10;

/// A table of sampled resources: its name, the search that fills it, and its columns.
struct Table {
    name: &'static str,
    query: &'static str,
    /// Name and place: keys and positions joined by dots, then what is made of the value.
    columns: &'static [(&'static str, &'static str, Form)],
}

/// What is made of a value.
#[derive(Debug, Clone, Copy)]
enum Form {
    Text,
    /// The first ten characters: a date.
    Day,
    /// The first four characters: a year.
    Year,
    /// A Coding as `system|code`.
    Token,
    /// The id at the end of a reference.
    Id,
}

const TABLES: [Table; 9] = [
    Table {
        name: "patient",
        query: "Patient?_count=200",
        columns: &[
            ("id", "id", Form::Text),
            ("family", "name.0.family", Form::Text),
            ("given", "name.0.given.0", Form::Text),
            ("birth", "birthDate", Form::Day),
            ("city", "address.0.city", Form::Text),
            ("identifier", "identifier.0.value", Form::Text),
        ],
    },
    Table {
        name: "observation",
        query: "Observation?_count=200",
        columns: &[
            ("id", "id", Form::Text),
            ("code", "code.coding.0", Form::Token),
            ("category", "category.0.coding.0", Form::Token),
            ("patient", "subject.reference", Form::Id),
            ("encounter", "encounter.reference", Form::Id),
            ("date", "effectiveDateTime", Form::Day),
            ("year", "effectiveDateTime", Form::Year),
            ("value", "valueQuantity.value", Form::Text),
            ("unit", "valueQuantity.code", Form::Text),
        ],
    },
    Table {
        name: "pressure",
        query: "Observation?code=85354-9,55284-4&_count=200",
        columns: &[
            ("code", "component.0.code.coding.0", Form::Token),
            ("value", "component.0.valueQuantity.value", Form::Text),
        ],
    },
    Table {
        name: "condition",
        query: "Condition?_count=200",
        columns: &[
            ("id", "id", Form::Text),
            ("code", "code.coding.0", Form::Token),
            ("patient", "subject.reference", Form::Id),
        ],
    },
    Table {
        name: "procedure",
        query: "Procedure?_count=200",
        columns: &[("id", "id", Form::Text), ("code", "code.coding.0", Form::Token)],
    },
    Table {
        name: "encounter",
        query: "Encounter?_count=200",
        columns: &[
            ("id", "id", Form::Text),
            ("patient", "subject.reference", Form::Id),
            ("type", "type.0.coding.0", Form::Token),
            ("class", "class", Form::Token),
            ("participant", "participant.0.individual.reference", Form::Id),
            ("location", "location.0.location.reference", Form::Id),
            ("organization", "serviceProvider.reference", Form::Id),
            ("date", "period.start", Form::Day),
        ],
    },
    Table {
        name: "medication",
        query: "MedicationRequest?_count=200",
        columns: &[
            ("id", "id", Form::Text),
            ("patient", "subject.reference", Form::Id),
            ("code", "medicationCodeableConcept.coding.0", Form::Token),
        ],
    },
    Table {
        name: "organization",
        query: "Organization?_count=200",
        columns: &[("id", "id", Form::Text), ("name", "name", Form::Text)],
    },
    Table {
        name: "practitioner",
        query: "Practitioner?_count=200",
        columns: &[("id", "id", Form::Text), ("family", "name.0.family", Form::Text)],
    },
];

/// A sampled resource: its columns, encoded for a query.
type Row = BTreeMap<&'static str, String>;

/// What was sampled, and what the server refused to say.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    tables: BTreeMap<&'static str, Vec<Row>>,
    pub(crate) refused: Vec<String>,
    /// The code that a tenth of the sampled Observations has, most nearly.
    pub(crate) tenth: Option<String>,
}

impl Samples {
    /// Reads the first pages of each type.
    pub(crate) fn take(target: &Target) -> Result<Self, String> {
        let connection =
            Connection::open(target).map_err(|error| format!("{}: {error}", target.authority))?;
        let mut worker = Worker::new(connection, 0, Instant::now());
        let mut samples = Self::default();
        for table in &TABLES {
            let rows = samples.tables.entry(table.name).or_default();
            let mut path = table.query.to_owned();
            for _ in 0..PAGES {
                if !worker.send(&Request::get(&path)) {
                    break;
                }
                let body = worker.answer().body();
                table.read(body, rows);
                match page::next(body) {
                    Some(next) => path = next,
                    None => break,
                }
            }
        }
        samples.refused.extend(worker.first_error().map(str::to_owned));
        samples.tenth = samples.nearest_to_a_tenth();
        Ok(samples)
    }

    /// The queries that a template stands for: `{patient.id}` is a column of a table; all columns
    /// of one table in a query are of the same resource. Nothing if no resource has all of them.
    pub(crate) fn render(&self, template: &str, most: usize) -> Vec<String> {
        let slots = slots(template);
        if slots.is_empty() {
            return vec![template.to_owned()];
        }
        let mut fitting: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for (table, _) in &slots {
            let wanted: Vec<&str> =
                slots.iter().filter(|slot| slot.0 == *table).map(|slot| slot.1).collect();
            let has_all = |row: &&Row| wanted.iter().all(|column| row.contains_key(column));
            let rows = self.tables.get(table).map(Vec::as_slice).unwrap_or_default();
            let rows: Vec<&Row> = rows.iter().filter(has_all).take(most).collect();
            if rows.is_empty() {
                return Vec::new();
            }
            fitting.insert(table, rows);
        }
        let longest = fitting.values().map(Vec::len).max().unwrap_or(0);
        let query = |at: usize| {
            slots.iter().fold(template.to_owned(), |query, (table, column)| {
                let rows = &fitting[table];
                let value = &rows[at % rows.len()][column];
                query.replacen(&format!("{{{table}.{column}}}"), value, 1)
            })
        };
        let mut queries: Vec<String> = (0..longest).map(query).collect();
        queries.sort();
        queries.dedup();
        queries
    }

    /// One column of a table.
    pub(crate) fn column(&self, table: &str, column: &str) -> Vec<String> {
        let rows = self.tables.get(table).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(|row| row.get(column).cloned()).collect()
    }

    fn nearest_to_a_tenth(&self) -> Option<String> {
        let codes = self.column("observation", "code");
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for code in &codes {
            *counts.entry(code).or_default() += 1;
        }
        let nearest = counts.iter().min_by_key(|(_, count)| (**count * 10).abs_diff(codes.len()));
        nearest.map(|(code, _)| (*code).to_owned())
    }
}

/// The columns that a template names.
fn slots(template: &str) -> Vec<(&str, &str)> {
    let inside = template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    inside.filter_map(|slot| slot.split_once('.')).collect()
}

impl Table {
    fn read(&self, body: &[u8], rows: &mut Vec<Row>) {
        let Ok(json) = Json::parse(body) else { return };
        for entry in json.root().list("entry") {
            let Some(resource) = entry.get("resource") else { continue };
            let value = |(name, place, form): &(&'static str, &str, Form)| {
                Some((*name, encoded(&form.of(at(resource, place)?)?)))
            };
            rows.push(self.columns.iter().filter_map(value).collect());
        }
    }
}

impl Form {
    fn of(self, value: Value<'_>) -> Option<String> {
        let text = || value.as_str().map_or_else(|| value.raw().to_owned(), |t| t.into_owned());
        match self {
            Self::Text => Some(escaped(&text())),
            Self::Day => text().get(..10).map(str::to_owned),
            Self::Year => text().get(..4).map(str::to_owned),
            Self::Id => text().rsplit(['/', ':']).next().map(str::to_owned),
            Self::Token => {
                Some(format!("{}|{}", escaped(&value.str("system")?), escaped(&value.str("code")?)))
            }
        }
    }
}

/// The value with its separators [escaped](https://hl7.org/fhir/R4/search.html#escaping).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | ',' | '|' | '$') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn at<'a>(resource: Value<'a>, place: &str) -> Option<Value<'a>> {
    place.split('.').try_fold(resource, |value, step| match step.parse::<usize>() {
        Ok(position) => value.items().nth(position),
        Err(_) => value.get(step),
    })
}

#[cfg(test)]
mod tests {
    use super::{Row, Samples};

    #[track_caller]
    fn check(template: &str, expected: &[&str]) {
        let row = |id: &str, code: Option<&str>| -> Row {
            let id = Some(("id", id.to_owned()));
            id.into_iter().chain(code.map(|code| ("code", code.to_owned()))).collect()
        };
        let mut samples = Samples::default();
        let rows = vec![row("1", Some("a")), row("2", None), row("3", Some("b"))];
        samples.tables.insert("condition", rows);
        samples.tables.insert("patient", vec![row("p", None)]);
        assert_eq!(samples.render(template, 9), expected);
    }

    #[test]
    fn all_columns_of_a_query_are_of_one_resource() {
        check("C/{condition.id}?code={condition.code}", &["C/1?code=a", "C/3?code=b"]);
    }

    #[test]
    fn two_tables_may_stand_in_one_query() {
        check("C?p={patient.id}&c={condition.code}", &["C?p=p&c=a", "C?p=p&c=b"]);
    }

    #[test]
    fn a_query_for_what_is_not_there_is_none() {
        check("P?x={patient.code}", &[]);
        check("P?x={nothing.code}", &[]);
        check("P?x=1", &["P?x=1"]);
    }
}
