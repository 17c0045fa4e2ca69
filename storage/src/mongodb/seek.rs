//! Looking for the resources of a type that a clause holds of, in order: the database finds
//! candidates, and where it cannot say all, their index entries decide.

use std::collections::HashMap;
use std::sync::Arc;

use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};

use super::clause::Clause;
use super::condition::{Condition, condition, document_ids};
use super::documents::RESOURCES;
use super::page::{Search, Wanted};
use super::pipeline::{Order, filter, stages};
use super::position::{Place, Position};
use super::rows::{Access, Read};
use super::{entries, record};
use crate::{Key, StoreError};

/// Candidates that one search may decide on by their index entries.
const EXAMINED_MAX: usize = 500_000;
/// Candidates that are decided on together.
const BATCH_MAX: usize = 2_000;
/// Up to so many candidates come with their bodies.
const WHOLE_MAX: usize = 200;

/// A resource that a search met.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) key: Key,
    /// All index entries; empty where they were not asked for.
    pub(super) entries: Vec<u8>,
    pub(super) place: Place,
    pub(super) document: RawDocumentBuf,
}

/// What of a document comes with a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// All that makes a version.
    Body,
    /// That, and the index entries.
    Whole,
    /// The index entries.
    Entries,
}

impl Members {
    fn projection(self) -> Document {
        match self {
            Members::Body => doc! { "k": 0, "x": 0, "e": 0 },
            Members::Whole => doc! { "k": 0, "x": 0 },
            Members::Entries => doc! { "k": 0, "x": 0, "b": 0 },
        }
    }
}

impl<'a> Search<'a> {
    /// The first rows of a type behind a position, with their bodies.
    pub(super) async fn rows(
        &self,
        access: &mut Access<'_>,
        wanted: &Wanted<'a>,
        position: &Position,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = self.rows_of(access, wanted, position, limit, Members::Body).await?;
        let bare: Vec<Arc<str>> = rows
            .iter()
            .filter(|row| row.is_without_body())
            .map(|row| Arc::clone(&row.key.id))
            .collect();
        if bare.is_empty() {
            return Ok(rows);
        }
        let read = Read {
            collection: RESOURCES,
            filter: doc! { "_id": { "$in": document_ids(wanted.resource, &bare) } },
            projection: Members::Body.projection(),
            sort: Document::new(),
            limit: bare.len(),
        };
        let mut bodies = HashMap::new();
        for document in self.store.rows.read(access, read).await? {
            bodies.insert(record::head(&document)?.key.id, document);
        }
        for row in &mut rows {
            if let Some(document) = bodies.remove(&row.key.id) {
                row.document = document;
            }
        }
        // What was deleted in between is no match any more.
        rows.retain(|row| !row.is_without_body());
        Ok(rows)
    }

    /// The first rows of a type behind a position that the clause holds of.
    pub(super) async fn rows_of(
        &self,
        access: &mut Access<'_>,
        wanted: &Wanted<'a>,
        position: &Position,
        limit: usize,
        members: Members,
    ) -> Result<Vec<Row>, StoreError> {
        let condition = condition(wanted.resource, &wanted.member, &wanted.clause);
        let is_decided = condition.is_exact && !wanted.clause.is_open();
        let mut rows = Vec::new();
        let mut position = position.clone();
        let mut examined = 0;
        let mut batch = match is_decided {
            true => limit,
            false => limit.saturating_mul(2).saturating_add(10),
        };
        loop {
            batch = batch.min(if is_decided { usize::MAX } else { BATCH_MAX });
            let members = match (members, is_decided) {
                (Members::Body, true) => Members::Body,
                (Members::Body, false) if batch <= WHOLE_MAX => Members::Whole,
                _ => Members::Entries,
            };
            let found = self.fetch(access, wanted, (&condition, &position), members, batch).await?;
            let is_last = found.len() < batch;
            examined += found.len();
            position.place = found.last().map(|row| row.place.clone());
            let passed = match is_decided {
                true => found,
                false => self.passed(access, &wanted.clause, found).await?,
            };
            rows.extend(passed);
            if rows.len() >= limit || is_last {
                break;
            }
            if examined > EXAMINED_MAX {
                return Err(StoreError::TooCostly(format!(
                    "it looked at {EXAMINED_MAX} resources without coming to its end"
                )));
            }
            batch = batch.saturating_mul(4);
        }
        rows.truncate(limit);
        self.trace.joined(format!("look up {}, and check each", condition.subject), examined);
        Ok(rows)
    }

    async fn fetch(
        &self,
        access: &mut Access<'_>,
        wanted: &Wanted<'a>,
        (condition, position): (&Condition, &Position),
        members: Members,
        batch: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let (order, time) = (&wanted.order, self.time()?);
        if let Some(filter) = filter(condition, order, position) {
            let read = Read {
                collection: RESOURCES,
                filter,
                projection: members.projection(),
                sort: doc! { "o": 1 },
                limit: batch.max(1),
            };
            let found = self.store.rows.read_within(access, read, time).await?;
            return found.into_iter().map(|document| Row::of(document, order, members)).collect();
        }
        let mut stages = stages(condition, order, position, batch);
        stages.push(doc! { "$project": members.projection() });
        let mut rows = Vec::new();
        let visit = |document: &RawDocument| {
            rows.push(Row::of(document.to_owned(), order, members)?);
            Ok(())
        };
        self.store.rows.aggregate(access, (RESOURCES, stages), (batch, time), visit).await?;
        Ok(rows)
    }

    /// Those of some rows that the clause holds of.
    async fn passed(
        &self,
        access: &mut Access<'_>,
        clause: &Clause,
        rows: Vec<Row>,
    ) -> Result<Vec<Row>, StoreError> {
        let settled;
        let clause = if clause.is_open() && !rows.is_empty() {
            settled = self.settled(access, clause.clone(), &rows).await?;
            &settled
        } else {
            clause
        };
        let mut passed = Vec::with_capacity(rows.len());
        for row in rows {
            if entries::pass(clause, &row.key.id, &row.entries)? {
                passed.push(row);
            }
        }
        Ok(passed)
    }
}

impl Row {
    fn of(document: RawDocumentBuf, order: &Order, members: Members) -> Result<Self, StoreError> {
        let head = record::head(&document)?;
        let entries = match members {
            Members::Body => Vec::new(),
            _ => record::entries(&document)?.to_vec(),
        };
        Ok(Self { place: order.place(&document, head.order), key: head.key, entries, document })
    }

    fn is_without_body(&self) -> bool {
        record::parts(&self.document).is_none() && self.document.get("b").ok().flatten().is_none()
    }
}
