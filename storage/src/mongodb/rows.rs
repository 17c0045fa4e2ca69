//! Reads of the database, within a transaction or outside: each in one round trip, with a limit on
//! the time that the database may take.

use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::{Document, RawDocument, RawDocumentBuf};
use mongodb::error::Error;
use mongodb::{ClientSession, Collection, Database};

use super::clients::Clients;
use super::fault;
use crate::StoreError;

/// In whose name is read.
pub(super) enum Access<'s> {
    /// Each read sees what is acknowledged when it begins.
    Free,
    /// All reads see the state that the transaction began with, and what it has written.
    Within(&'s mut ClientSession),
}

/// The database of a tenant, as it is read.
pub(super) struct Rows {
    pub(super) database: Database,
    pub(super) clients: Arc<Clients>,
    /// Greatest time of a read that is no search.
    pub(super) request_time: Duration,
    /// How much longer than the database may take an answer may be on its way: a connection may
    /// have to be made.
    pub(super) connect_time: Duration,
}

/// A read: its answer has at most `limit` documents.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) collection: &'static str,
    pub(super) filter: Document,
    /// Members that the answer has, or has not; empty: all.
    pub(super) projection: Document,
    pub(super) sort: Document,
    pub(super) limit: usize,
}

impl Rows {
    pub(super) fn collection(&self, name: &str) -> Collection<RawDocumentBuf> {
        self.database.collection(name)
    }

    /// A transaction's reads belong to the client that it was begun with.
    fn read_by(&self, access: &Access<'_>, name: &str) -> Collection<RawDocumentBuf> {
        match access {
            Access::Free => self.clients.near().database(self.database.name()).collection(name),
            Access::Within(_) => self.collection(name),
        }
    }

    /// Greatest time until the answer to a command that is no search.
    pub(super) fn answer_time(&self) -> Duration {
        self.request_time + self.connect_time
    }

    /// The answer to a read, in its order.
    pub(super) async fn read(
        &self,
        access: &mut Access<'_>,
        read: Read,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        self.read_within(access, read, self.request_time).await
    }

    /// As [`Rows::read`], in so much of the database's time.
    pub(super) async fn read_within(
        &self,
        access: &mut Access<'_>,
        read: Read,
        time: Duration,
    ) -> Result<Vec<RawDocumentBuf>, StoreError> {
        let collection = self.read_by(access, read.collection);
        let mut find = collection
            .find(read.filter)
            .max_time(time)
            .limit(i64::try_from(read.limit).unwrap_or(i64::MAX))
            .batch_size(batch(read.limit));
        if !read.projection.is_empty() {
            find = find.projection(read.projection);
        }
        if !read.sort.is_empty() {
            find = find.sort(read.sort);
        }
        let time = time + self.connect_time;
        let mut rows = Vec::new();
        match access {
            Access::Free => {
                let found = fault::in_time(time, find.into_future()).await;
                let mut cursor = found.map_err(|error| fault::of(&error))?;
                while advanced(fault::in_time(time, cursor.advance()).await)? {
                    rows.push(cursor.current().to_owned());
                }
            }
            Access::Within(session) => {
                let found = fault::in_time(time, find.session(&mut **session).into_future()).await;
                let mut cursor = found.map_err(|error| fault::of(&error))?;
                while advanced(fault::in_time(time, cursor.advance(session)).await)? {
                    rows.push(cursor.current().to_owned());
                }
            }
        }
        Ok(rows)
    }

    /// Calls `visit` with each document that a pipeline over a collection gives.
    pub(super) async fn aggregate(
        &self,
        access: &mut Access<'_>,
        (collection, pipeline): (&str, Vec<Document>),
        (limit, time): (usize, Duration),
        mut visit: impl FnMut(&RawDocument) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let collection = self.read_by(access, collection);
        let pipeline = collection
            .aggregate(pipeline)
            .max_time(time)
            .batch_size(batch(limit))
            .allow_disk_use(true);
        let time = time + self.connect_time;
        match access {
            Access::Free => {
                let found = fault::in_time(time, pipeline.into_future()).await;
                let mut cursor = found.map_err(|error| fault::of(&error))?;
                while advanced(fault::in_time(time, cursor.advance()).await)? {
                    visit(cursor.current())?;
                }
            }
            Access::Within(session) => {
                let found =
                    fault::in_time(time, pipeline.session(&mut **session).into_future()).await;
                let mut cursor = found.map_err(|error| fault::of(&error))?;
                while advanced(fault::in_time(time, cursor.advance(session)).await)? {
                    visit(cursor.current())?;
                }
            }
        }
        Ok(())
    }
}

/// Is there a next document?
fn advanced(answer: Result<bool, Error>) -> Result<bool, StoreError> {
    answer.map_err(|error| fault::of(&error))
}

/// All of the answer in the first reply, as far as its length allows.
fn batch(limit: usize) -> u32 {
    u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX).min(10_000)
}
