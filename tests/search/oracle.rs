//! At least 200 searches over the Synthea records agree with a brute-force reading of them.

use std::collections::{BTreeMap, BTreeSet};

use brigid_tests::{Server, StoreKind, store_kind, synthea_bundles};
use serde_json::Value;

use super::truth::{
    at, converted, folded, is_date, is_number, is_token, references, spans, texts, tokens,
};

/// Most matches in a page.
const PAGE_MAX: u32 = 3000;

const UCUM: &str = "http://unitsofmeasure.org";

/// One search: the query, and which resources of the type it must find.
struct Case {
    query: String,
    expected: BTreeSet<String>,
}

/// All current resources by type.
struct Records(BTreeMap<String, Vec<Value>>);

impl Records {
    /// Read back from the server, page by page: its ids are its own.
    fn read(server: &Server) -> Self {
        let mut by_type = BTreeMap::new();
        for name in [
            "Patient",
            "Observation",
            "Condition",
            "Encounter",
            "Procedure",
            "MedicationRequest",
            "Immunization",
            "DiagnosticReport",
            "Claim",
            "Organization",
            "Practitioner",
            "CarePlan",
            "AllergyIntolerance",
        ] {
            let mut found = Vec::new();
            let mut next = Some(format!("{name}?_count=1000"));
            while let Some(path) = next {
                let page = server.get(&path).send().expect(200);
                let bundle = page.json();
                let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
                found.extend(entries.into_iter().map(|entry| entry["resource"].clone()));
                next = page.link("next");
            }
            by_type.insert(name.to_owned(), found);
        }
        Self(by_type)
    }

    fn of(&self, name: &str) -> &[Value] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    fn case(&self, query: String, is_match: impl Fn(&Value) -> bool) -> Case {
        let name = query.split('?').next().unwrap_or_default();
        let expected = self
            .of(name)
            .iter()
            .filter(|resource| is_match(resource))
            .filter_map(|resource| resource["id"].as_str().map(str::to_owned))
            .collect();
        Case { query, expected }
    }

    /// Every `step`th distinct text of these paths.
    fn sample(&self, name: &str, paths: &[&str], most: usize) -> Vec<String> {
        let all: BTreeSet<&str> =
            self.of(name).iter().flat_map(|resource| texts(resource, paths)).collect();
        let step = (all.len() / most).max(1);
        all.into_iter().step_by(step).take(most).map(str::to_owned).collect()
    }
}

/// Percent-encodes what has a meaning in a query.
fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'|' | b':' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn strings(records: &Records, cases: &mut Vec<Case>) {
    let table: [(&str, &str, &[&str]); 7] = [
        ("Patient", "family", &["name.family"]),
        ("Patient", "given", &["name.given"]),
        ("Patient", "address-city", &["address.city"]),
        ("Patient", "address-state", &["address.state"]),
        ("Patient", "address-postalcode", &["address.postalCode"]),
        ("Organization", "name", &["name", "alias"]),
        ("Practitioner", "family", &["name.family"]),
    ];
    for (name, code, paths) in table {
        for text in records.sample(name, paths, 4) {
            let whole = folded(&text);
            let start: String = text.chars().take(3).collect();
            let start_folded = folded(&start);
            cases.push(records.case(format!("{name}?{code}={}", encode(&start)), |resource| {
                texts(resource, paths).iter().any(|held| folded(held).starts_with(&start_folded))
            }));
            cases.push(
                records.case(format!("{name}?{code}:exact={}", encode(&text)), |resource| {
                    texts(resource, paths).contains(&&*text)
                }),
            );
            let middle: String = whole.chars().skip(1).take(3).collect();
            if middle.trim() == middle && middle.len() == 3 {
                cases.push(records.case(
                    format!("{name}?{code}:contains={}", encode(&middle)),
                    |resource| {
                        texts(resource, paths).iter().any(|held| folded(held).contains(&middle))
                    },
                ));
            }
        }
    }
}

fn tokens_of(records: &Records, cases: &mut Vec<Case>) {
    let table = [
        ("Patient", "gender", "gender"),
        ("Patient", "identifier", "identifier"),
        ("Observation", "code", "code"),
        ("Observation", "category", "category"),
        ("Observation", "status", "status"),
        ("Condition", "code", "code"),
        ("Condition", "clinical-status", "clinicalStatus"),
        ("Encounter", "class", "class"),
        ("Encounter", "type", "type"),
        ("Procedure", "code", "code"),
        ("Immunization", "vaccine-code", "vaccineCode"),
        ("MedicationRequest", "status", "status"),
        ("MedicationRequest", "code", "medicationCodeableConcept"),
        ("AllergyIntolerance", "code", "code"),
        ("DiagnosticReport", "code", "code"),
    ];
    for (name, code, path) in table {
        let all: BTreeSet<(String, String)> =
            records.of(name).iter().flat_map(|resource| tokens(resource, path)).collect();
        let step = (all.len() / 3).max(1);
        for (system, value) in all.into_iter().step_by(step).take(3) {
            // An element of type code has the system of its binding, which the oracle does not know.
            let mut wanted = vec![value.clone()];
            if !system.is_empty() {
                wanted.extend([format!("{system}|{value}"), format!("{system}|")]);
            }
            for text in &wanted {
                cases.push(records.case(format!("{name}?{code}={}", encode(text)), |resource| {
                    is_token(&tokens(resource, path), text)
                }));
            }
            let most = wanted.get(1).unwrap_or(&value).clone();
            cases.push(records.case(format!("{name}?{code}:not={}", encode(&most)), |resource| {
                !is_token(&tokens(resource, path), &most)
            }));
        }
        cases.push(records.case(format!("{name}?{code}:missing=true"), |resource| {
            tokens(resource, path).is_empty()
        }));
    }
}

fn dates(records: &Records, cases: &mut Vec<Case>) {
    let table = [
        ("Patient", "birthdate", "birthDate", ""),
        ("Patient", "death-date", "deceasedDateTime", ""),
        ("Observation", "date", "effectiveDateTime", "effectivePeriod"),
        ("Condition", "onset-date", "onsetDateTime", "onsetPeriod"),
        ("Condition", "recorded-date", "recordedDate", ""),
        ("Encounter", "date", "", "period"),
        ("Procedure", "date", "performedDateTime", "performedPeriod"),
        ("Immunization", "date", "occurrenceDateTime", ""),
        ("MedicationRequest", "authoredon", "authoredOn", ""),
        ("Claim", "created", "created", ""),
    ];
    for (name, code, path, periods) in table {
        let starts = format!("{periods}.start");
        let paths: Vec<&str> = [path, if periods.is_empty() { path } else { &*starts }]
            .into_iter()
            .filter(|path| !path.is_empty())
            .collect();
        let sample = records.sample(name, &paths, 2);
        for (index, text) in sample.iter().enumerate() {
            let lengths = if index == 0 { [4, 10] } else { [7, text.len().min(25)] };
            for length in lengths {
                let Some(date) = text.get(..length) else { continue };
                for prefix in ["", "ne", "gt", "lt", "ge", "le", "sa", "eb"] {
                    let wanted = format!("{prefix}{date}");
                    let query = format!("{name}?{code}={}", encode(&wanted));
                    cases.push(
                        records.case(query, |resource| {
                            is_date(&spans(resource, path, periods), &wanted)
                        }),
                    );
                }
            }
        }
    }
}

fn quantities(records: &Records, cases: &mut Vec<Case>) {
    // One of each unit, so that what is asked does not hang on the order of the ids.
    let mut quantities = BTreeMap::new();
    for resource in records.of("Observation") {
        let held = &resource["valueQuantity"];
        if let (Some(number), Some(code)) = (held["value"].as_f64(), held["code"].as_str()) {
            assert_eq!(held["system"], UCUM);
            quantities.entry(code.to_owned()).or_insert(number);
        }
    }
    assert!(quantities.len() > 10, "{quantities:?}");
    for (code, number) in quantities {
        for (prefix, text) in [
            ("", format!("{number:.0}")),
            ("", format!("{number:.1}")),
            ("gt", format!("{number:.1}")),
            ("le", format!("{number:.1}")),
            ("ne", format!("{number:.0}")),
        ] {
            let wanted = format!("{prefix}{text}");
            let query =
                format!("Observation?value-quantity={wanted}|{}|{}", encode(UCUM), encode(&code));
            cases.push(records.case(query, |resource| {
                let held = &resource["valueQuantity"];
                let number = held["value"].as_f64().zip(held["code"].as_str());
                let number = number.and_then(|(number, unit)| converted(number, unit, &code));
                is_number(&number.into_iter().collect::<Vec<_>>(), &wanted)
            }));
        }
    }
}

fn references_of(records: &Records, cases: &mut Vec<Case>) {
    let table = [
        ("Observation", "patient", "subject"),
        ("Observation", "encounter", "encounter"),
        ("Condition", "subject", "subject"),
        ("Encounter", "service-provider", "serviceProvider"),
        ("MedicationRequest", "requester", "requester"),
        ("DiagnosticReport", "result", "result"),
    ];
    for (name, code, path) in table {
        for address in records.sample(name, &[&format!("{path}.reference")], 3) {
            let id = address.rsplit('/').next().unwrap_or_default().to_owned();
            for wanted in [address.clone(), id] {
                cases.push(records.case(format!("{name}?{code}={wanted}"), |resource| {
                    references(resource, path).contains(&&*address)
                }));
            }
        }
    }
}

/// Several conditions at once, alternatives, and the parts of one element.
fn combined(records: &Records, cases: &mut Vec<Case>) {
    for date in ["ge2010", "lt2000-06", "2015"] {
        cases.push(records.case(
            format!("Observation?category=vital-signs&date={date}&status=final"),
            |resource| {
                is_token(&tokens(resource, "category"), "vital-signs")
                    && is_date(&spans(resource, "effectiveDateTime", "effectivePeriod"), date)
                    && resource["status"] == "final"
            },
        ));
    }
    cases.push(records.case("Patient?gender=male,other&birthdate=lt1970".to_owned(), |resource| {
        resource["gender"] != "female" && is_date(&spans(resource, "birthDate", ""), "lt1970")
    }));
    for (code, wanted) in [("8867-4", "gt80"), ("29463-7", "lt60"), ("8302-2", "ge170.5")] {
        let query = format!("Observation?code-value-quantity=http://loinc.org|{code}${wanted}");
        cases.push(records.case(query, |resource| {
            let held: Vec<f64> =
                at(resource, "valueQuantity.value").into_iter().filter_map(Value::as_f64).collect();
            is_token(&tokens(resource, "code"), code) && is_number(&held, wanted)
        }));
    }
    for (code, wanted) in [("8480-6", "gt130"), ("8462-4", "le75")] {
        let query = format!("Observation?component-code-value-quantity={code}${wanted}");
        cases.push(records.case(query, |resource| {
            at(resource, "component").into_iter().any(|part| {
                let held: Vec<f64> = part["valueQuantity"]["value"].as_f64().into_iter().collect();
                is_token(&tokens(part, "code"), code) && is_number(&held, wanted)
            })
        }));
    }
}

/// Several pages for what finds most. The tests' database reads all matches for every page.
fn page_size() -> u32 {
    match store_kind() {
        StoreKind::Embedded => 700,
        StoreKind::Mongodb => PAGE_MAX,
    }
}

/// Ids of all pages.
fn search(server: &Server, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(format!("{query}&_count={}", page_size()));
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        found.extend(
            page.entries("match")
                .into_iter()
                .filter_map(|address| address.split_once('/').map(|(_, id)| id.to_owned())),
        );
        next = page.link("next");
    }
    found
}

#[test]
fn searches_over_real_records_agree_with_a_brute_force_reading() {
    let server = Server::start_with(&[("limits.page_size_max", &PAGE_MAX.to_string())]);
    for (name, bundle) in synthea_bundles() {
        let answer = server.post("").json(&bundle).send();
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    }
    let records = Records::read(&server);
    let mut cases = Vec::new();
    strings(&records, &mut cases);
    tokens_of(&records, &mut cases);
    dates(&records, &mut cases);
    quantities(&records, &mut cases);
    references_of(&records, &mut cases);
    combined(&records, &mut cases);
    assert!(cases.len() >= 200, "only {} searches", cases.len());
    // The tests' database takes long over each: of its searches those are drawn that find anything.
    if store_kind() == StoreKind::Mongodb {
        cases.retain(|case| !case.expected.is_empty());
        let step = cases.len() / 200;
        cases = cases.into_iter().step_by(step.max(1)).collect();
    }
    let telling = cases.iter().filter(|case| !case.expected.is_empty()).count();
    assert!(telling >= 200, "only {telling} searches find anything");
    let mut wrong = Vec::new();
    for case in &cases {
        let found = search(&server, &case.query);
        let distinct: BTreeSet<String> = found.iter().cloned().collect();
        if distinct.len() != found.len() {
            wrong.push(format!("{}: something is found twice", case.query));
        }
        if distinct != case.expected {
            let more: Vec<_> = distinct.difference(&case.expected).take(2).collect();
            let less: Vec<_> = case.expected.difference(&distinct).take(2).collect();
            wrong.push(format!(
                "{}: {} found, {} expected; too many {more:?}, missing {less:?}",
                case.query,
                distinct.len(),
                case.expected.len()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
