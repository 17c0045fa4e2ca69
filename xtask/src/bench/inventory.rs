//! How many documents and index entries the resources of a tenant have in MongoDB.

use std::collections::BTreeMap;
use std::fmt::Write;

use fhir::json::Json;

use super::raw::{self, DATABASE, number};
use super::results::Results;
use super::store::Place;

/// Most index entries of a resource that are as it should be.
pub(crate) const ENTRIES_MAX: u64 = 60;
/// Most documents of a resource that are as it should be.
pub(crate) const DOCUMENTS_MAX: u64 = 3;

/// Facts that gates look at.
pub(crate) const DOCUMENTS: &str = "documents per Synthea resource, most";
pub(crate) const ENTRIES: &str = "index entries per Synthea resource, most";

/// What the example of `storage` printed.
#[derive(Debug, Default)]
struct Inventory {
    /// Name, documents, index entries of each collection.
    collections: Vec<(String, u64, u64)>,
    /// Documents and index entries of each resource, by type.
    resources: BTreeMap<String, Vec<(u64, u64)>>,
}

/// Counts what a tenant has, for gates and as a table.
pub(crate) fn count(place: &Place, results: &mut Results) -> Result<(), String> {
    let Some(database) = place.database() else { return Ok(()) };
    let inventory = Inventory::read(&raw::run(&["inventory", &database.uri(), DATABASE])?)?;
    let all: Vec<(u64, u64)> = inventory.resources.values().flatten().copied().collect();
    let documents = Spread::of(all.iter().map(|(documents, _)| *documents));
    let entries = Spread::of(all.iter().map(|(_, entries)| *entries));
    let above = all.iter().filter(|(_, entries)| *entries > ENTRIES_MAX).count() as f64;
    let share = 100.0 * above / all.len().max(1) as f64;
    results.know(0, DOCUMENTS, documents.most as f64, "");
    results.know(0, "documents per Synthea resource, mean", documents.mean, "");
    results.know(0, ENTRIES, entries.most as f64, "");
    results.know(0, "index entries per Synthea resource, mean", entries.mean, "");
    results.know(0, "Synthea resources with more than 60 index entries", share, "%");
    results.tables.push(inventory.markdown());
    Ok(())
}

/// Mean, 99th percentile and maximum.
#[derive(Debug, Default, PartialEq)]
struct Spread {
    mean: f64,
    p99: u64,
    most: u64,
}

impl Spread {
    fn of(numbers: impl Iterator<Item = u64>) -> Self {
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        let Some(most) = numbers.last().copied() else { return Self::default() };
        let rank = (0.99 * numbers.len() as f64).ceil() as usize;
        Self {
            mean: numbers.iter().sum::<u64>() as f64 / numbers.len() as f64,
            p99: numbers[rank.saturating_sub(1)],
            most,
        }
    }
}

impl Inventory {
    fn read(printed: &str) -> Result<Self, String> {
        let mut inventory = Self::default();
        for line in printed.lines() {
            let wrong = || format!("a line of the inventory cannot be read: {line}");
            let json = Json::parse(line.as_bytes().to_vec()).map_err(|_| wrong())?;
            let root = json.root();
            let number = |name: &str| number(root, name).ok_or_else(wrong);
            let counts = (number("documents")? as u64, number("entries")? as u64);
            if let Some(collection) = root.str("collection") {
                inventory.collections.push((collection.into_owned(), counts.0, counts.1));
            } else {
                let resource = root.str("resource").ok_or_else(wrong)?.into_owned();
                inventory.resources.entry(resource).or_default().push(counts);
            }
        }
        Ok(inventory)
    }

    fn markdown(&self) -> String {
        let mut out = "### Documents and index entries per Synthea resource\n\n\
                       | type | resources | documents: mean | p99 | most | index entries: mean | p99 \
                       | most | above 60 |\n|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
        for (resource, counts) in &self.resources {
            row(&mut out, resource, counts);
        }
        let all: Vec<(u64, u64)> = self.resources.values().flatten().copied().collect();
        row(&mut out, "all", &all);
        out += "\n| collection | documents | index entries |\n|---|---|---|\n";
        for (name, documents, entries) in &self.collections {
            // A string takes all that is written.
            let _ = writeln!(out, "| `{name}` | {documents} | {entries} |");
        }
        out
    }
}

fn row(out: &mut String, name: &str, counts: &[(u64, u64)]) {
    let documents = Spread::of(counts.iter().map(|(documents, _)| *documents));
    let entries = Spread::of(counts.iter().map(|(_, entries)| *entries));
    let above = counts.iter().filter(|(_, entries)| *entries > ENTRIES_MAX).count();
    // A string takes all that is written.
    let _ = writeln!(
        out,
        "| {name} | {} | {:.2} | {} | {} | {:.1} | {} | {} | {above} |",
        counts.len(),
        documents.mean,
        documents.p99,
        documents.most,
        entries.mean,
        entries.p99,
        entries.most
    );
}

#[cfg(test)]
mod tests {
    use super::{Inventory, Spread};

    const PRINTED: &str = "{\"collection\":\"resources\",\"documents\":3,\"entries\":90}\n\
                           {\"resource\":\"Patient\",\"documents\":1,\"entries\":20}\n\
                           {\"resource\":\"Claim\",\"documents\":2,\"entries\":61}\n\
                           {\"resource\":\"Claim\",\"documents\":1,\"entries\":9}\n";

    #[test]
    fn resources_are_told_by_type_and_together() {
        let text = Inventory::read(PRINTED).unwrap().markdown();
        for row in [
            "| Claim | 2 | 1.50 | 2 | 2 | 35.0 | 61 | 61 | 1 |",
            "| Patient | 1 | 1.00 | 1 | 1 | 20.0 | 20 | 20 | 0 |",
            "| all | 3 | 1.33 | 2 | 2 | 30.0 | 61 | 61 | 1 |",
            "| `resources` | 3 | 90 |",
        ] {
            assert!(text.contains(row), "{row} is not in\n{text}");
        }
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told() {
        let message = Inventory::read("{\"resource\":\"Patient\"}").expect_err("it has no counts");
        assert!(message.contains("Patient"), "{message}");
    }

    #[test]
    fn the_spread_of_nothing_is_nothing() {
        assert_eq!(Spread::of([].into_iter()), Spread::default());
        let hundred = Spread::of(1..=100);
        assert_eq!(hundred, Spread { mean: 50.5, p99: 99, most: 100 });
    }
}
