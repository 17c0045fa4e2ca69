//! How many documents and index entries each resource of a tenant has.

use std::collections::{BTreeMap, HashMap, HashSet};

use fhir::json::quote;
use mongodb::bson::raw::RawBsonRef;
use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};
use mongodb::{Collection, Database};

use super::tell;

/// Documents and index entries.
type Counts = (u64, u64);

/// Prints a line for each collection and for each resource.
pub(super) async fn print(database: &Database) {
    let mut resources: BTreeMap<String, Counts> = BTreeMap::new();
    // Pieces of bodies are named after the version that they belong to.
    let mut by_sequence: HashMap<i64, String> = HashMap::new();
    for name in ["resources", "versions", "parts", "names", "guards", "facts"] {
        let collection = database.collection::<RawDocumentBuf>(name);
        let indexes = indexes(&collection).await;
        let mut of_collection: Counts = (0, 0);
        let mut cursor = collection.find(doc! {}).await.expect("a collection can be read");
        while cursor.advance().await.expect("a collection can be read") {
            let document = cursor.current();
            let entries = indexes.iter().map(|members| entries(document, members)).sum();
            let owner = match name {
                "parts" => piece(document).and_then(|of| by_sequence.get(&of).cloned()),
                _ => owner(document),
            };
            if let Some(owner) = owner {
                if let Ok(sequence) = document.get_i64("s") {
                    by_sequence.insert(sequence, owner.clone());
                }
                add(resources.entry(owner).or_default(), entries);
            }
            add(&mut of_collection, entries);
        }
        let (documents, entries) = of_collection;
        let name = quote(name);
        tell(&format!("{{\"collection\":{name},\"documents\":{documents},\"entries\":{entries}}}"));
    }
    for (owner, (documents, entries)) in resources {
        let resource = quote(owner.split('/').next().unwrap_or_default());
        tell(&format!(
            "{{\"resource\":{resource},\"documents\":{documents},\"entries\":{entries}}}"
        ));
    }
}

fn add(counts: &mut Counts, entries: u64) {
    counts.0 += 1;
    counts.1 += entries;
}

/// `Type/id` of the resource that a version is of.
fn owner(document: &RawDocument) -> Option<String> {
    Some(format!("{}/{}", document.get_str("type").ok()?, document.get_str("id").ok()?))
}

/// The sequence number in the `_id` of a piece.
fn piece(document: &RawDocument) -> Option<i64> {
    document.get_str("_id").ok()?.split('/').next()?.parse().ok()
}

/// The members of each index, as the database tells them.
async fn indexes(collection: &Collection<RawDocumentBuf>) -> Vec<Vec<String>> {
    let mut cursor = collection.list_indexes().await.expect("indexes can be listed");
    let mut indexes = Vec::new();
    while cursor.advance().await.expect("indexes can be listed") {
        let index = cursor.deserialize_current().expect("an index is described");
        let keys: Document = index.keys;
        indexes.push(keys.keys().cloned().collect());
    }
    indexes
}

/// What one index holds of a document: an entry for each different element of an array.
fn entries(document: &RawDocument, members: &[String]) -> u64 {
    members.iter().map(|member| elements(document, member)).product()
}

fn elements(document: &RawDocument, member: &str) -> u64 {
    let Ok(Some(RawBsonRef::Array(array))) = document.get(member) else { return 1 };
    let different: HashSet<String> =
        array.into_iter().flatten().map(|element| format!("{element:?}")).collect();
    // An empty array has an entry, too.
    different.len().max(1) as u64
}
