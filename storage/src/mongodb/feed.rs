//! The feed of changes: what the database tells of the current versions, in the order of commits.
//!
//! A position is the database's own token. It is good for as long as the database keeps its log.

use std::time::Duration;

use mongodb::bson::{self, Document, RawDocument, doc};
use mongodb::change_stream::ChangeStream;
use mongodb::change_stream::event::ResumeToken;
use mongodb::error::Error;

use super::documents::RESOURCES;
use super::store::Shared;
use super::{fault, record};
use crate::{Changed, Changes, FeedPosition, StoreError};

/// How long the database is given to tell what is not told yet.
const PATIENCE: Duration = Duration::from_millis(100);

/// The position after all that was committed so far.
pub(super) async fn end(shared: &Shared) -> Result<FeedPosition, StoreError> {
    let stream = open(shared, None).await.map_err(|error| of(&error))?;
    let token = stream.resume_token();
    token.ok_or_else(|| StoreError::Fault("the feed has no position".to_owned())).and_then(written)
}

/// Up to `limit` changes behind a position, and the position behind those.
pub(super) async fn changes(
    shared: &Shared,
    after: &FeedPosition,
    limit: usize,
) -> Result<Changes, StoreError> {
    let token: ResumeToken = bson::deserialize_from_slice(&after.0)
        .map_err(|_| StoreError::FeedLost("it is no position of this store".to_owned()))?;
    let mut stream = open(shared, Some(token)).await.map_err(|error| of(&error))?;
    let mut changes = Vec::new();
    let mut position = after.clone();
    // A commit may be told of a moment after it was acknowledged.
    let mut is_empty = false;
    while changes.len() < limit {
        match stream.next_if_any().await.map_err(|error| of(&error))? {
            Some(event) => changes.extend(changed(&event)?),
            None if is_empty || !changes.is_empty() => break,
            None => is_empty = true,
        }
        if let Some(token) = stream.resume_token() {
            position = written(token)?;
        }
    }
    Ok(Changes { changes, position })
}

async fn open(
    shared: &Shared,
    after: Option<ResumeToken>,
) -> Result<ChangeStream<Document>, Error> {
    let resources = shared.rows.collection(RESOURCES);
    let members = doc! {
        "fullDocument.type": 1, "fullDocument.id": 1, "fullDocument.version": 1,
        "fullDocument.us": 1, "fullDocument.verb": 1, "fullDocument.s": 1, "fullDocument.o": 1,
    };
    let stages = [
        // What is but indexed anew is an update of some members.
        doc! { "$match": { "operationType": { "$in": ["insert", "replace"] } } },
        doc! { "$project": members },
    ];
    let stream = resources.watch().pipeline(stages).resume_after(after).max_await_time(PATIENCE);
    Ok(stream.await?.with_type())
}

fn of(error: &Error) -> StoreError {
    if fault::is_feed_lost(error) {
        return StoreError::FeedLost(error.to_string());
    }
    fault::of(error)
}

fn written(token: ResumeToken) -> Result<FeedPosition, StoreError> {
    let bytes = bson::serialize_to_vec(&token);
    bytes.map(FeedPosition).map_err(|error| StoreError::Fault(error.to_string()))
}

fn changed(event: &Document) -> Result<Option<Changed>, StoreError> {
    let Ok(document) = event.get_document("fullDocument") else { return Ok(None) };
    let bytes = bson::serialize_to_vec(document);
    let bytes = bytes.map_err(|error| StoreError::Fault(error.to_string()))?;
    let raw = RawDocument::from_bytes(&bytes);
    let raw = raw.map_err(|error| StoreError::Fault(error.to_string()))?;
    let head = record::head(raw)?;
    Ok(Some(Changed { key: head.key, version: head.version, verb: head.verb }))
}
