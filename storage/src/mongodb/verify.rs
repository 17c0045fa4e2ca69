//! Proof of all that is stored: each version can be read, none is missing, and the keys of each
//! current version are those that its entries ask for.

use std::collections::{BTreeSet, HashMap};

use fhir::search::{Entry, Param};
use mongodb::bson::{Document, RawDocument, doc};

use super::documents::{RESOURCES, VERSIONS};
use super::rows::{Access, Read};
use super::store::Shared;
use super::text::text;
use super::{fault, keys, record};
use crate::index::blob;
use crate::{CheckReport, Key, StoreError, Verb};

/// More problems are counted, not told.
const PROBLEMS_MAX: usize = 100;
/// Documents that are read at once.
const BATCH: usize = 500;

/// Parameters by their numbers.
type Params = HashMap<u16, Param>;

/// Proves all that is stored; `progress` is called with the number of resources done.
pub(super) async fn check(
    shared: &Shared,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    let mut params = shared.names.all().await?;
    let mut last = String::new();
    loop {
        let documents = batch(shared, RESOURCES, &doc! { "_id": { "$gt": &last } }).await?;
        let Some(end) = documents.last() else { return Ok(report) };
        last = end.get_str("_id").map_err(|_| fault::damaged("a document has no id"))?.to_owned();
        for document in &documents {
            report.resources += 1;
            resource(shared, &mut params, document, &mut report).await?;
        }
        progress(report.resources);
    }
}

async fn batch(
    shared: &Shared,
    collection: &'static str,
    filter: &Document,
) -> Result<Vec<mongodb::bson::RawDocumentBuf>, StoreError> {
    let read = Read {
        collection,
        filter: filter.clone(),
        projection: Document::new(),
        sort: doc! { "_id": 1 },
        limit: BATCH,
    };
    shared.rows.read(&mut Access::Free, read).await
}

async fn resource(
    shared: &Shared,
    params: &mut Params,
    document: &RawDocument,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let id = document.get_str("_id").unwrap_or("?").to_owned();
    let head = match record::head(document) {
        Ok(head) if record::id(&head.key) == id => head,
        Ok(_) => {
            found(report, format!("{id} says that it is another resource"));
            return Ok(());
        }
        Err(error) => {
            found(report, format!("{id}: {error}"));
            return Ok(());
        }
    };
    report.versions += 1;
    if let Err(error) = shared.version(&mut Access::Free, document).await {
        told(report, &id, &error)?;
    }
    let keys: BTreeSet<String> = match document.get_array("k") {
        Ok(keys) => keys.into_iter().filter_map(|key| Some(key.ok()?.as_str()?.into())).collect(),
        Err(_) => BTreeSet::new(),
    };
    report.index_keys += keys.len() as u64;
    match (head.verb, document.get_binary("e")) {
        (Verb::Delete, _) if keys.is_empty() => (),
        (Verb::Delete, _) => found(report, format!("{id} is deleted and has index keys")),
        (_, Ok(entries)) => match asked(shared, params, &head, entries.bytes).await? {
            Some(asked) => {
                let missing = asked.difference(&keys).count();
                if missing > 0 {
                    found(report, format!("{id}: {missing} of its index keys are missing"));
                }
                let spare = keys.difference(&asked).count();
                if spare > 0 {
                    found(report, format!("{id}: {spare} of its index keys are of other values"));
                }
            }
            None => found(report, format!("{id}: its index entries cannot be read")),
        },
        (_, Err(_)) => found(report, format!("{id} has no index entries")),
    }
    older(shared, &head.key, head.version, report).await
}

/// The keys that the entries of a version ask for; `None` where those cannot be read.
async fn asked(
    shared: &Shared,
    params: &mut Params,
    head: &record::Head,
    blob: &[u8],
) -> Result<Option<BTreeSet<String>>, StoreError> {
    let mut values = Vec::new();
    if blob::for_each(blob, |number, value| values.push((number, value))).is_none() {
        return Ok(None);
    }
    if values.iter().any(|(number, _)| !params.contains_key(number)) {
        // Another process may have been the first to write one.
        *params = shared.names.all().await?;
    }
    let entries = values.into_iter().map(|(number, value)| {
        let param = params.get(&number)?.clone();
        Some(Entry { param, value })
    });
    let Some(entries) = entries.collect::<Option<Vec<Entry>>>() else { return Ok(None) };
    let keys = keys::keys(&shared.names, &head.key.resource, &entries, head.us);
    Ok(keys.ok().map(|keys| keys.stems.iter().map(|stem| text(stem)).collect()))
}

/// All older versions are there and can be read.
async fn older(
    shared: &Shared,
    key: &Key,
    current: u64,
    report: &mut CheckReport,
) -> Result<(), StoreError> {
    let id = record::id(key);
    let mut next = 1;
    let mut last = format!("{id}/");
    while next < current {
        let filter = doc! { "_id": { "$gt": &last, "$lt": format!("{id}0") } };
        let documents = batch(shared, VERSIONS, &filter).await?;
        let Some(end) = documents.last() else { break };
        last = end.get_str("_id").map_err(|_| fault::damaged("a document has no id"))?.to_owned();
        for document in &documents {
            let version = document.get_i64("version").ok().and_then(|v| u64::try_from(v).ok());
            let version = version.unwrap_or_default();
            if version >= current {
                continue;
            }
            while next < version {
                found(report, format!("{id}: version {next} is missing"));
                next += 1;
            }
            next = version + 1;
            report.versions += 1;
            if let Err(error) = shared.version(&mut Access::Free, document).await {
                told(report, &id, &error)?;
            }
        }
    }
    while next < current {
        found(report, format!("{id}: version {next} is missing"));
        next += 1;
    }
    Ok(())
}

fn told(report: &mut CheckReport, id: &str, error: &StoreError) -> Result<(), StoreError> {
    match error {
        StoreError::Corrupt(reason) => {
            found(report, format!("{id}: {reason}"));
            Ok(())
        }
        error => Err(error.clone()),
    }
}

fn found(report: &mut CheckReport, problem: String) {
    report.problem_count += 1;
    if report.problems.len() < PROBLEMS_MAX {
        report.problems.push(problem);
    }
}
