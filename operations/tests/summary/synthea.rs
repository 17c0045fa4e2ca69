//! Summaries of whole synthetic records: every sentence is cited, and no active problem, allergy or
//! current medicine is missing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use crate::support::{self, BASE, Summary, options};
use fhir::json::{Json, Value};
use flate2::read::GzDecoder;
use operations::Found;
use operations::summary::Audience;

const ARCHIVE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/synthea-r4.tgz");

/// Records in which the references are those that a server would have written.
fn records(most: usize) -> Vec<(Found, Vec<Found>)> {
    let file = File::open(ARCHIVE).expect("the sample data beside the repository");
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let mut records = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_string_lossy().into_owned();
        if !path.ends_with(".json") || path.contains("Information") {
            continue;
        }
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        let record = record(&text);
        records.extend(record);
        if records.len() == most {
            break;
        }
    }
    records
}

fn record(text: &str) -> Option<(Found, Vec<Found>)> {
    let bundle = Json::parse(text).unwrap();
    let mut names = BTreeMap::new();
    for entry in bundle.root().list("entry") {
        let resource = entry.get("resource").unwrap();
        let address = support::address(resource);
        names.insert(entry.str("fullUrl").unwrap().into_owned(), address);
    }
    let resources = bundle.root().list("entry").map(|entry| {
        let mut text = entry.get("resource").unwrap().raw().to_owned();
        for (urn, address) in &names {
            if text.contains(urn.as_str()) {
                text = text.replace(urn.as_str(), address);
            }
        }
        let meta = r#""meta":{"versionId":"1","lastUpdated":"2024-01-01T00:00:00Z","#;
        support::found(&text.replacen(r#""meta":{"#, meta, 1).replacen(r#""meta": {"#, meta, 1))
    });
    let (patients, others): (Vec<Found>, Vec<Found>) =
        resources.partition(|found| found.kind == "Patient");
    patients.into_iter().next().map(|patient| (patient, others))
}

fn has_code(found: &Found, element: &str, code: &str) -> bool {
    let concept = found.root().get(element);
    let mut codings = concept.into_iter().flat_map(|concept| concept.list("coding"));
    codings.any(|coding| coding.str("code").as_deref() == Some(code))
}

/// Every resource that the condition holds for is in the section's entries and behind a sentence.
#[track_caller]
fn check(summary: &Summary, code: &str, resources: &[Found], is_wanted: impl Fn(&Found) -> bool) {
    let said = summary.said(code);
    let section = summary.section(code).unwrap();
    for found in resources.iter().filter(|found| is_wanted(found)) {
        let address = found.address();
        let is_entry = section
            .list("entry")
            .any(|entry| entry.str("reference").as_deref() == Some(address.as_str()));
        assert!(is_entry, "{address} is not in section {code}");
        let citation = found.citation();
        assert!(said.iter().any(|said| said.sources.contains(&citation)), "{address} is not told");
    }
}

#[test]
fn nothing_that_counts_is_left_out_of_a_synthetic_record() {
    for audience in [Audience::Clinician, Audience::Patient] {
        let mut options = options();
        options.audience = audience;
        for (patient, resources) in records(10) {
            let summary = Summary::of(&patient, &resources, &options);
            check(&summary, "11450-4", &resources, |found| {
                found.kind == "Condition" && has_code(found, "clinicalStatus", "active")
            });
            check(&summary, "48765-2", &resources, |found| {
                found.kind == "AllergyIntolerance" && has_code(found, "clinicalStatus", "active")
            });
            check(&summary, "10160-0", &resources, |found| {
                found.kind == "MedicationRequest"
                    && found.root().str("status").as_deref() == Some("active")
            });
            check_references(&summary);
            support::check_structure(summary.bundle());
        }
    }
}

/// Every reference between entries resolves inside the document, where the record has its target.
#[track_caller]
fn check_references(summary: &Summary) {
    let addresses = summary.addresses();
    for entry in summary.entries() {
        walk(entry, &mut |reference| {
            let address = reference.split("/_history/").next().unwrap();
            let address = address.strip_prefix(BASE).unwrap_or(address);
            assert!(addresses.contains(address), "{reference} of {}", support::address(entry));
        });
    }
}

fn walk(value: Value<'_>, visit: &mut impl FnMut(&str)) {
    for member in value.entries().chain(value.items()) {
        match member.as_str() {
            Some(text) if member.key() == "reference" => visit(&text),
            _ => walk(member, visit),
        }
    }
}
