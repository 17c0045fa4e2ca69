//! Commits by a transaction: all of several writes, with their checks, or nothing.
//!
//! A condition that others must not come to match is guarded by a document of its own, named by the
//! condition: of two transactions that write it one has to begin anew, and then sees what the other
//! has done.

use std::collections::HashMap;
use std::sync::Arc;

use mongodb::bson::{Bson, DateTime, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::error::Error;
use mongodb::options::{ReadConcern, WriteConcern};
use mongodb::{ClientSession, bson};
use xxhash_rust::xxh3::xxh3_64;

use fhir::search::{Filter, Test};

use super::commit::{Attempts, contended};
use super::documents::{GUARDS, PARTS, RESOURCES, VERSIONS};
use super::ending::{end, give_up};
use super::page::Search;
use super::prepare::{Done, Prepared, reindex};
use super::record::Head;
use super::rows::{Access, Read};
use super::store::Shared;
use super::text::texts;
use super::{fault, keys, record};
use crate::{Check, Key, MatchRequest, Refusal, StoreError};

/// Longest command that is sent, in bytes: the server takes 48 MB.
const COMMAND_MAX: usize = 24 * 1024 * 1024;
/// Most statements that one command has.
const STATEMENTS_MAX: usize = 10_000;

/// Why an attempt came to no end.
pub(super) enum Failed {
    /// It may go well the next time.
    Again(StoreError),
    /// It will not.
    Final(StoreError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        if fault::is_transient(&error) || fault::is_duplicate(&error) {
            return Failed::Again(contended());
        }
        match fault::of(&error) {
            error @ StoreError::Unreachable(_) => Failed::Again(error),
            error => Failed::Final(error),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            error @ (StoreError::Unreachable(_) | StoreError::Busy) => Failed::Again(error),
            error => Failed::Final(error),
        }
    }
}

/// Runs a commit as a transaction, again as long as others are in its way.
pub(super) async fn run(
    shared: &Shared,
    prepared: &Prepared,
    attempts: &mut Attempts,
) -> Result<Vec<Done>, StoreError> {
    loop {
        match attempt(shared, prepared, attempts).await {
            Ok(done) => return Ok(done),
            Err(Failed::Final(error)) => return Err(error),
            Err(Failed::Again(error)) => attempts.again(error).await?,
        }
    }
}

async fn attempt(
    shared: &Shared,
    prepared: &Prepared,
    attempts: &mut Attempts,
) -> Result<Vec<Done>, Failed> {
    let mut session = shared.client.start_session().await?;
    let mut concern = WriteConcern::majority();
    concern.journal = Some(true);
    session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(concern)
        .max_commit_time(shared.request_time)
        .await?;
    let written = write(shared, prepared, &mut session).await;
    let done = match written {
        Ok(done) => done,
        Err(failed) => {
            give_up(shared, session, &failed);
            return Err(failed);
        }
    };
    let Some(witness) = witness(prepared, &done) else {
        // Nothing was to be written.
        drop(session);
        return Ok(done);
    };
    end(shared, session, &witness, attempts).await?;
    Ok(done)
}

/// A version that is there if, and only if, the commit is.
fn witness(prepared: &Prepared, done: &[Done]) -> Option<Head> {
    let mut written = prepared.writes.iter().zip(done).filter(|(w, done)| w.is_written(done));
    written.find_map(|(_, done)| done.head().cloned())
}

async fn write(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<Vec<Done>, Failed> {
    guard(shared, prepared, session).await?;
    let current = current(shared, prepared, session).await?;
    let mut heads = Vec::with_capacity(prepared.writes.len());
    for (index, write) in prepared.writes.iter().enumerate() {
        let head = current.get(&write.key).map(|document| record::head(document)).transpose()?;
        prepared.expect(index, head.as_ref())?;
        heads.push(head);
    }
    check(shared, prepared, &current, session).await?;
    let replaced = heads.iter().flatten().map(|head| head.us).max();
    let stamps = shared.sequence.next(prepared.writes.len(), replaced);
    let (mut parts, mut older) = (Vec::new(), Vec::new());
    let (mut fresh, mut changed) = (Vec::new(), Vec::new());
    let mut all = Vec::with_capacity(heads.len());
    for (at, (write, head)) in prepared.writes.iter().zip(&heads).enumerate() {
        let done = write.done(head.as_ref(), stamps, at);
        if write.is_written(&done) {
            let document = write.document(&shared.names, &done)?;
            let id = record::id(&write.key);
            parts.extend(write.parts(&done));
            if write.is_reindex() {
                let update = reindex(&document);
                changed.push(doc! { "q": { "_id": id }, "u": update });
            } else if let Some(current) = current.get(&write.key) {
                older.push(replacement(&record::older(current, done.us())?, true)?);
                changed.push(replacement(&document, false)?);
            } else {
                fresh.push(document);
            }
        }
        all.push(done);
    }
    insert(shared, PARTS, parts, session).await?;
    update(shared, VERSIONS, older, session).await?;
    insert(shared, RESOURCES, fresh, session).await?;
    update(shared, RESOURCES, changed, session).await?;
    Ok(all)
}

/// The statement that replaces a document.
fn replacement(document: &RawDocument, is_upsert: bool) -> Result<Document, StoreError> {
    let id = document.get_str("_id").unwrap_or_default();
    let replacement = Document::try_from(document);
    let replacement = replacement.map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(doc! { "q": { "_id": id }, "u": replacement, "upsert": is_upsert })
}

async fn insert(
    shared: &Shared,
    collection: &str,
    documents: Vec<RawDocumentBuf>,
    session: &mut ClientSession,
) -> Result<(), Error> {
    let collection = shared.rows.collection(collection);
    let time = shared.rows.answer_time();
    let mut batch = Vec::new();
    let mut bytes = 0;
    for document in documents {
        let len = document.as_bytes().len();
        if bytes + len > COMMAND_MAX || batch.len() >= STATEMENTS_MAX {
            let insert = collection.insert_many(std::mem::take(&mut batch));
            fault::in_time(time, insert.session(&mut *session).into_future()).await?;
            bytes = 0;
        }
        bytes += len;
        batch.push(document);
    }
    if !batch.is_empty() {
        fault::in_time(time, collection.insert_many(batch).session(session).into_future()).await?;
    }
    Ok(())
}

async fn update(
    shared: &Shared,
    collection: &str,
    statements: Vec<Document>,
    session: &mut ClientSession,
) -> Result<(), Failed> {
    let mut batch: Vec<Document> = Vec::new();
    let mut bytes = 0;
    for statement in statements {
        let len = bson::serialize_to_vec(&statement).map(|bytes| bytes.len()).unwrap_or_default();
        if bytes + len > COMMAND_MAX || batch.len() >= STATEMENTS_MAX {
            send(shared, collection, std::mem::take(&mut batch), session).await?;
            bytes = 0;
        }
        bytes += len;
        batch.push(statement);
    }
    if !batch.is_empty() {
        send(shared, collection, batch, session).await?;
    }
    Ok(())
}

async fn send(
    shared: &Shared,
    collection: &str,
    statements: Vec<Document>,
    session: &mut ClientSession,
) -> Result<(), Failed> {
    let count = i32::try_from(statements.len()).unwrap_or(i32::MAX);
    let command = doc! { "update": collection, "updates": statements, "ordered": true };
    let asked = shared.rows.database.run_command(command).session(session);
    let answer = fault::in_time(shared.rows.answer_time(), asked.into_future()).await?;
    if let Ok(errors) = answer.get_array("writeErrors")
        && let Some(Bson::Document(first)) = errors.first()
    {
        return Err(match first.get_i32("code") {
            Ok(112 | 251 | 11_000) => Failed::Again(contended()),
            _ => Failed::Final(StoreError::Fault(format!("an update failed: {first}"))),
        });
    }
    let met = answer.get_i32("n").unwrap_or_default();
    match met == count {
        true => Ok(()),
        false => Err(Failed::Again(contended())),
    }
}

/// What guards a condition: one document for all of it, and one for each identifier that it names.
pub(super) fn guards(resource: &str, filter: &Filter) -> Vec<String> {
    let name =
        |part: &Filter| format!("{:016x}", xxh3_64(format!("{resource}?{part:?}").as_bytes()));
    let mut guards = vec![name(filter)];
    if let Filter::And(parts) = filter {
        let is_identifier = |part: &&Filter| matches!(part, Filter::Matches(param, Test::Token(_)) if &*param.code == "identifier");
        guards.extend(parts.iter().filter(is_identifier).map(name));
    }
    guards
}

async fn guard(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<(), Failed> {
    let mut names = Vec::new();
    for check in &prepared.checks {
        if let Check::Matches { resource, filter, .. } = check {
            names.extend(guards(resource, filter));
        }
    }
    names.sort_unstable();
    names.dedup();
    let now = DateTime::now();
    let statement = |name: String| {
        doc! { "q": { "_id": name }, "u": { "$set": { "u": now } }, "upsert": true }
    };
    update(shared, GUARDS, names.into_iter().map(statement).collect(), session).await
}

/// The current documents of all that is written or must exist.
async fn current(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<HashMap<Key, RawDocumentBuf>, Failed> {
    let mut ids: Vec<String> = prepared.writes.iter().map(|write| record::id(&write.key)).collect();
    for check in &prepared.checks {
        if let Check::Exists(key) = check {
            ids.push(record::id(key));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    let read = Read {
        collection: RESOURCES,
        limit: ids.len(),
        filter: doc! { "_id": { "$in": ids } },
        projection: doc! { "k": 0, "e": 0, "x": 0 },
        sort: Document::new(),
    };
    let mut current = HashMap::new();
    for document in shared.rows.read(&mut Access::Within(session), read).await? {
        current.insert(record::head(&document)?.key, document);
    }
    Ok(current)
}

async fn check(
    shared: &Shared,
    prepared: &Prepared,
    current: &HashMap<Key, RawDocumentBuf>,
    session: &mut ClientSession,
) -> Result<(), Failed> {
    let mut matches = matches(shared, prepared, session).await?.into_iter();
    for (index, check) in prepared.checks.iter().enumerate() {
        let refusal = match check {
            Check::Matches { ids, .. } => {
                let mut found = matches.next().unwrap_or_default();
                let mut wanted: Vec<Arc<str>> = ids.clone();
                found.sort_unstable();
                wanted.sort_unstable();
                wanted.dedup();
                (found != wanted).then_some(Refusal::Matches)
            }
            Check::Exists(key) => {
                let is_there = match prepared.puts(key) {
                    Some(is_put) => is_put,
                    None => current.get(key).is_some_and(|document| {
                        record::head(document).is_ok_and(|head| head.verb != crate::Verb::Delete)
                    }),
                };
                (!is_there).then(|| Refusal::Missing(key.clone()))
            }
            Check::Unreferenced(target) => referring(shared, prepared, target, session)
                .await?
                .map(|by| Refusal::Referenced { target: target.clone(), by }),
        };
        if let Some(refusal) = refusal {
            return Err(Failed::Final(StoreError::Refused { index, refusal }));
        }
    }
    Ok(())
}

/// What matches each condition, one more than there may be.
async fn matches(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<Vec<Vec<Arc<str>>>, Failed> {
    let request = |check: &Check| match check {
        Check::Matches { resource, filter, ids } => Some(MatchRequest {
            resource: Arc::clone(resource),
            filter: filter.clone(),
            limit: ids.len() + 1,
        }),
        _ => None,
    };
    let requests: Vec<MatchRequest> = prepared.checks.iter().filter_map(request).collect();
    let search = Search::new(shared);
    Ok(search.many(&mut Access::Within(session), &requests).await?)
}

/// A resource that refers to `target` once the commit is done.
async fn referring(
    shared: &Shared,
    prepared: &Prepared,
    target: &Key,
    session: &mut ClientSession,
) -> Result<Option<Key>, Failed> {
    if let Some(by) = prepared.refers(target) {
        return Ok(Some(by.clone()));
    }
    let params = shared.names.references().await?;
    let stems: Vec<Vec<u8>> =
        params.iter().map(|param| keys::local(*param, &target.resource, &target.id)).collect();
    let read = Read {
        collection: RESOURCES,
        filter: doc! { "k": { "$in": texts(&stems) } },
        projection: doc! { "_id": 1 },
        sort: Document::new(),
        // What this commit writes was judged by its new content.
        limit: prepared.writes.len() + 2,
    };
    for document in shared.rows.read(&mut Access::Within(session), read).await? {
        let key = document.get_str("_id").ok().and_then(record::key_of);
        let key = key.ok_or_else(|| fault::damaged("a document has no id"))?;
        if key != *target && prepared.puts(&key).is_none() {
            return Ok(Some(key));
        }
    }
    Ok(None)
}
