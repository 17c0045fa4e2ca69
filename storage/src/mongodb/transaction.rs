//! Commits by a transaction: all of several writes, with their checks, or nothing.
//!
//! A condition that others must not come to match is guarded by a document of its own, named by the
//! condition: of two transactions that write it one has to begin anew, and then sees what the other
//! has done.

use std::collections::HashMap;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};
use mongodb::error::Error;
use mongodb::options::{ReadConcern, WriteConcern};
use mongodb::{ClientSession, bson};

use super::checks::{check, guard};
use super::commit::{Attempts, contended};
use super::documents::{PARTS, RESOURCES, VERSIONS};
use super::ending::{end, give_up};
use super::prepare::{Done, Prepared, reindex};
use super::record::Head;
use super::rows::{Access, Read};
use super::store::Shared;
use super::{fault, record};
use crate::{Check, Key, StoreError};

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
        // Asked first: in a transaction the driver calls what the network cut transient, too.
        if fault::is_gone(&error) {
            return Failed::Again(fault::of(&error));
        }
        if fault::is_transient(&error) || fault::is_duplicate(&error) {
            return Failed::Again(contended());
        }
        Failed::Final(fault::of(&error))
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
    let mut session = shared.rows.clients.main().start_session().await?;
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
            // The database itself has ended one that met another.
            if !matches!(failed, Failed::Again(StoreError::Busy)) {
                give_up(shared, session);
            }
            return Err(failed);
        }
    };
    let Some(witness) = witness(prepared, &done) else {
        // Nothing was to be written.
        give_up(shared, session);
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
    if changed.is_empty() {
        insert(shared, RESOURCES, fresh, session).await?;
    } else {
        // One command for both.
        let fresh = fresh.iter().map(|document| replacement(document, true));
        changed.extend(fresh.collect::<Result<Vec<_>, _>>()?);
        update(shared, RESOURCES, changed, session).await?;
    }
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

/// Sends the statements of an update of one collection.
pub(super) async fn update(
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
