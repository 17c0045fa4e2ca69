//! Documents as the server wrote them, to be written again and to be asked for.

use mongodb::Database;
use mongodb::bson::raw::{RawBsonRef, cstr};
use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};

/// Documents that are written again.
const WRITTEN: i64 = 200;
/// Documents that are asked for, and whose keys are: as many as the bench takes values from.
const ASKED: i64 = 500;

/// Families of keys, see `index/stem.rs`: a token with its system, and a reference to a resource.
const TOKEN: u8 = 0x30;
const LOCAL: u8 = 0x60;

/// What is written and asked for.
pub(super) struct Templates {
    /// What was created last.
    pub(super) written: Vec<RawDocumentBuf>,
    pub(super) ids: Vec<String>,
    /// What `Observation?code=` looks for.
    pub(super) tokens: Vec<String>,
    /// What `Observation?patient=` looks for.
    pub(super) references: Vec<String>,
}

impl Templates {
    pub(super) async fn take(database: &Database) -> Self {
        let written = observations(database, -1, WRITTEN).await;
        let asked = observations(database, 1, ASKED).await;
        let code = head(database, "Observation.code", TOKEN).await;
        let patient = head(database, "Observation.patient", LOCAL).await;
        let id = |document: &RawDocumentBuf| document.get_str("_id").map(str::to_owned);
        Self {
            written,
            ids: asked.iter().filter_map(|document| id(document).ok()).collect(),
            tokens: keys(&asked, &code),
            references: keys(&asked, &patient),
        }
    }
}

/// The first or the last Observations that were written.
async fn observations(database: &Database, order: i32, limit: i64) -> Vec<RawDocumentBuf> {
    let collection = database.collection::<RawDocumentBuf>("resources");
    let filter = doc! { "type": "Observation", "verb": { "$ne": 2 } };
    let found = collection.find(filter).sort(doc! { "s": order }).limit(limit).await;
    let mut cursor = found.expect("Observations can be read");
    let mut documents = Vec::new();
    while cursor.advance().await.expect("Observations can be read") {
        documents.push(cursor.current().to_owned());
    }
    assert!(!documents.is_empty(), "{} has no Observations", database.name());
    documents
}

/// What the keys of a parameter start with.
async fn head(database: &Database, name: &str, family: u8) -> String {
    let names = database.collection::<Document>("names");
    let found = names.find_one(doc! { "_id": name }).await.expect("names can be read");
    let number = found.and_then(|name| name.get_i32("n").ok()).expect("the parameter was written");
    let number = u16::try_from(number).expect("a number of a parameter has 16 bits");
    let [high, low] = number.to_be_bytes();
    [high, low, family].map(char::from).iter().collect()
}

/// All different keys that start so.
fn keys(documents: &[RawDocumentBuf], head: &str) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for document in documents {
        let Ok(own) = document.get_array("k") else { continue };
        for key in own.into_iter().flatten() {
            keys.extend(key.as_str().filter(|key| key.starts_with(head)).map(str::to_owned));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    assert!(!keys.is_empty(), "no Observation has such a key");
    keys
}

/// The same document under another id, at another place.
pub(super) fn renewed(template: &RawDocument, number: i64) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    for element in template {
        let (name, value) = element.expect("the server sends whole documents");
        match name.as_str() {
            // As long as the ids of resources that the server names.
            "_id" => document.append(cstr!("_id"), format!("Observation/{number:036x}")),
            "s" | "o" => document.append(name, RawBsonRef::Int64(number)),
            _ => document.append(name, value),
        }
    }
    document
}
