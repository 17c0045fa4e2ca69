//! Searches: a page of one type or of several, all matches of a clause, ids.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};

use fhir::search::{Filter, Param};

use super::clause::{Clause, compile};
use super::condition::{Condition, condition, document_ids};
use super::documents::RESOURCES;
use super::pipeline::{Order, stages};
use super::position::{Place, Position};
use super::rows::{Access, Read};
use super::store::Shared;
use super::trace::Trace;
use super::{entries, keys, record};
use crate::index::order::Directions;
use crate::{
    Key, PAGE_BYTES_MAX, Page, SORT_KEYS_MAX, SearchPart, SearchRequest, StoreError, TotalWanted,
};

/// Resources of the other side of a join that are worked out before the candidates are looked at.
pub(super) const JOINED_MAX: usize = 5_000;
/// Candidates that one search may decide on by their index entries.
const EXAMINED_MAX: usize = 500_000;
/// Candidates that are decided on together.
const BATCH_MAX: usize = 2_000;
/// Up to so many candidates come with their bodies.
const WHOLE_MAX: usize = 200;

/// A search under way.
pub(super) struct Search<'a> {
    pub(super) store: &'a Shared,
    pub(super) trace: Trace,
    start: Instant,
}

/// A resource that a search met.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) key: Key,
    /// All index entries; empty where they were not asked for.
    pub(super) entries: Vec<u8>,
    place: Place,
    document: RawDocumentBuf,
}

/// What is wanted of one type.
struct Wanted<'a> {
    resource: &'a Arc<str>,
    clause: Clause,
    order: Order,
    /// The key that all of the type have; `None` when there is none of it.
    member: Vec<u8>,
}

/// What of a document comes with a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Members {
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
    pub(super) fn new(store: &'a Shared) -> Self {
        Self { store, trace: Trace::default(), start: Instant::now() }
    }

    /// What is left of the time that a search may take.
    pub(super) fn time(&self) -> Result<Duration, StoreError> {
        let max = self.store.search.time_max;
        match max.checked_sub(self.start.elapsed()) {
            Some(left) if !left.is_zero() => Ok(left.max(Duration::from_millis(10))),
            _ => Err(StoreError::TooCostly(format!("it took longer than {} s", max.as_secs_f64()))),
        }
    }

    async fn wanted(
        &self,
        resource: &'a Arc<str>,
        filter: &'a Filter,
        sort: &[fhir::search::Sort],
    ) -> Result<Option<Wanted<'a>>, StoreError> {
        let names = &self.store.names;
        let id = Param::new(Arc::clone(resource), "_id");
        let Some(id) = names.find(&id).await? else { return Ok(None) };
        let clause = compile(names, resource, filter).await?;
        let order = Order::of(names, sort).await?;
        Ok(Some(Wanted { resource, clause, order, member: keys::member(id) }))
    }

    /// The page that a request asks for.
    pub(super) async fn page(
        &self,
        access: &mut Access<'_>,
        request: &'a SearchRequest,
    ) -> Result<Page, StoreError> {
        let sort = request.parts.first().map_or(&[][..], |part| &part.sort);
        if sort.len() > SORT_KEYS_MAX {
            return Err(StoreError::TooCostly(format!(
                "it sorts by more than {SORT_KEYS_MAX} keys"
            )));
        }
        let position = match &request.after {
            Some(position) => Position::read(position, sort.len())?,
            None => Position { bound: self.store.sequence.now(), place: None },
        };
        let mut wanted = Vec::with_capacity(request.parts.len());
        for SearchPart { resource, filter, sort } in &request.parts {
            wanted.extend(self.wanted(resource, filter, sort).await?);
        }
        let limit = request.limit;
        let directions = Directions::of(sort);
        let mut found: Vec<Row> = Vec::new();
        if limit > 0 {
            for part in &mut wanted {
                part.clause = self.worked_out(access, part.clause.clone()).await?;
                found.extend(self.rows(access, part, &position, limit + 1).await?);
            }
            if wanted.len() > 1 {
                found.sort_by(|a, b| a.place.compare(&b.place, &directions));
            }
        }
        let mut has_more = found.len() > limit;
        found.truncate(limit);
        let is_whole = request.after.is_none() && !has_more && limit > 0;
        let total = match is_whole {
            true => Some(found.len() as u64),
            false => self.total(access, &mut wanted, request).await?,
        };
        let (versions, last) = self.versions(access, found).await?;
        has_more |= last.is_cut;
        let next = last.place.filter(|_| has_more);
        let next = next.map(|place| Position { place: Some(place), ..position }.write());
        Ok(Page { versions, next, total, plan: self.trace.take() })
    }

    /// How many match in all parts, if it is wanted.
    async fn total(
        &self,
        access: &mut Access<'_>,
        wanted: &mut [Wanted<'a>],
        request: &SearchRequest,
    ) -> Result<Option<u64>, StoreError> {
        let is_type = |part: &Wanted<'_>| matches!(part.clause, Clause::All);
        let is_free = request.total == TotalWanted::Free && request.limit > 0;
        if is_free && !wanted.iter().all(is_type) {
            return Ok(None);
        }
        let mut total = 0;
        for part in wanted {
            if part.clause.is_open() {
                part.clause = self.worked_out(access, part.clause.clone()).await?;
            }
            total += self.count(access, part).await?;
        }
        Ok(Some(total))
    }

    async fn count(&self, access: &mut Access<'_>, wanted: &Wanted<'a>) -> Result<u64, StoreError> {
        let condition = condition(wanted.resource, &wanted.member, &wanted.clause);
        if condition.is_exact && !wanted.clause.is_open() {
            let count = self.counted(access, &condition).await?;
            self.trace.joined(format!("count {}", wanted.clause.subject()), count as usize);
            return Ok(count);
        }
        let start = Position { bound: i64::MAX, place: None };
        let all = self.rows_of(access, wanted, &start, usize::MAX, Members::Entries).await?;
        Ok(all.len() as u64)
    }

    /// The versions of the rows of a page: the first ones when all of them would be longer than a
    /// page. What cannot be read is left out, and stands in the log.
    async fn versions(
        &self,
        access: &mut Access<'_>,
        rows: Vec<Row>,
    ) -> Result<(Vec<crate::Version>, Last), StoreError> {
        let mut versions = Vec::with_capacity(rows.len());
        let mut last = Last { place: None, is_cut: false };
        let mut bytes = 0;
        for row in rows {
            if bytes >= PAGE_BYTES_MAX {
                last.is_cut = true;
                break;
            }
            last.place = Some(row.place);
            match self.store.version(access, &row.document).await {
                Ok(version) => {
                    bytes += version.body.len();
                    versions.push(version);
                }
                Err(StoreError::Corrupt(reason)) => {
                    tracing::error!(%reason, "a resource is left out of a search");
                }
                Err(error) => return Err(error),
            }
        }
        Ok((versions, last))
    }

    /// The first rows of a type behind a position, with their bodies.
    async fn rows(
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
        let mut bodies = std::collections::HashMap::new();
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
    async fn rows_of(
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
            let stages = (stages(&condition, &wanted.order, &position, batch), members);
            let found = self.fetch(access, wanted, stages, batch).await?;
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
        (mut stages, members): (Vec<Document>, Members),
        batch: usize,
    ) -> Result<Vec<Row>, StoreError> {
        stages.push(doc! { "$project": members.projection() });
        let mut rows = Vec::new();
        let time = self.time()?;
        let visit = |document: &RawDocument| {
            rows.push(Row::of(document, &wanted.order, members)?);
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

    /// A clause with its joins decided for some rows.
    fn settled<'s>(
        &'s self,
        access: &'s mut Access<'_>,
        clause: Clause,
        rows: &'s [Row],
    ) -> Later<'s, Clause> {
        Box::pin(async move {
            Ok(match clause {
                Clause::Join(mut join) if join.joined.is_none() => {
                    join.joined = Some(self.decided(access, &join, rows).await?);
                    Clause::Join(join)
                }
                Clause::And(parts) => Clause::And(self.all_settled(access, parts, rows).await?),
                Clause::Or(parts) => Clause::Or(self.all_settled(access, parts, rows).await?),
                Clause::Not(part) => {
                    Clause::Not(Box::new(self.settled(access, *part, rows).await?))
                }
                clause => clause,
            })
        })
    }

    async fn all_settled(
        &self,
        access: &mut Access<'_>,
        parts: Vec<Clause>,
        rows: &[Row],
    ) -> Result<Vec<Clause>, StoreError> {
        let mut settled = Vec::with_capacity(parts.len());
        for part in parts {
            settled.push(self.settled(access, part, rows).await?);
        }
        Ok(settled)
    }

    /// A clause with those of its joins worked out whose other side is not too many, unless few
    /// candidates are left by the other conditions.
    fn worked_out<'s>(&'s self, access: &'s mut Access<'_>, clause: Clause) -> Later<'s, Clause> {
        Box::pin(async move {
            Ok(match clause {
                Clause::Join(mut join) if join.joined.is_none() => {
                    join.joined = self.gathered(access, &join, JOINED_MAX).await?;
                    Clause::Join(join)
                }
                Clause::And(parts) if parts.iter().any(leaves_few) => Clause::And(parts),
                Clause::And(parts) => {
                    let mut out = Vec::with_capacity(parts.len());
                    for part in parts {
                        out.push(self.worked_out(access, part).await?);
                    }
                    Clause::And(out)
                }
                Clause::Or(parts) => {
                    let mut out = Vec::with_capacity(parts.len());
                    for part in parts {
                        out.push(self.worked_out(access, part).await?);
                    }
                    Clause::Or(out)
                }
                Clause::Not(part) => Clause::Not(Box::new(self.worked_out(access, *part).await?)),
                clause => clause,
            })
        })
    }

    /// All resources of a type that a clause holds of; `None` when they are more than `max`.
    pub(super) fn all<'s>(
        &'s self,
        access: &'s mut Access<'_>,
        resource: &'s Arc<str>,
        clause: &'s Clause,
        max: usize,
    ) -> Later<'s, Option<Vec<Row>>> {
        Box::pin(async move {
            let id = Param::new(Arc::clone(resource), "_id");
            let Some(id) = self.store.names.find(&id).await? else { return Ok(Some(Vec::new())) };
            let clause = self.worked_out(access, clause.clone()).await?;
            let order = Order::of(&self.store.names, &[]).await?;
            let wanted = Wanted { resource, clause, order, member: keys::member(id) };
            let start = Position { bound: i64::MAX, place: None };
            let limit = max.saturating_add(1);
            let search = Search { store: self.store, trace: Trace::default(), start: self.start };
            let rows = search.rows_of(access, &wanted, &start, limit, Members::Entries).await?;
            Ok((rows.len() <= max).then_some(rows))
        })
    }

    /// The ids of up to `limit` matches, in the order in which they were first written.
    pub(super) async fn ids(
        &self,
        access: &mut Access<'_>,
        resource: &'a Arc<str>,
        filter: &'a Filter,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let Some(mut wanted) = self.wanted(resource, filter, &[]).await? else {
            return Ok(Vec::new());
        };
        wanted.clause = self.worked_out(access, wanted.clause).await?;
        let start = Position { bound: i64::MAX, place: None };
        let rows = self.rows_of(access, &wanted, &start, limit, Members::Entries).await?;
        Ok(rows.into_iter().map(|row| row.key.id).collect())
    }

    async fn counted(
        &self,
        access: &mut Access<'_>,
        condition: &Condition,
    ) -> Result<u64, StoreError> {
        let mut stages = vec![doc! { "$match": condition.lookup.clone() }];
        if !condition.rest.is_empty() {
            stages.push(doc! { "$match": condition.rest.clone() });
        }
        stages.push(doc! { "$count": "n" });
        let mut count = 0;
        let visit = |document: &RawDocument| {
            let number = document.get_i32("n").map(i64::from).or_else(|_| document.get_i64("n"));
            count = number.ok().and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
            Ok(())
        };
        let time = self.time()?;
        self.store.rows.aggregate(access, (RESOURCES, stages), (1, time), visit).await?;
        Ok(count)
    }
}

/// A future that may call itself.
type Later<'s, T> = std::pin::Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>>;

/// Where a page ended.
struct Last {
    place: Option<Place>,
    /// It was as long as a page may be before its rows were at an end.
    is_cut: bool,
}

/// Does a clause leave few candidates, as it looks?
fn leaves_few(clause: &Clause) -> bool {
    match clause {
        Clause::Ids(_) | Clause::Combination(_) => true,
        Clause::Matches(param, fhir::search::Test::Token(_)) => &*param.param.code == "identifier",
        _ => false,
    }
}

impl Row {
    fn of(document: &RawDocument, order: &Order, members: Members) -> Result<Self, StoreError> {
        let head = record::head(document)?;
        let entries = match members {
            Members::Body => Vec::new(),
            _ => record::entries(document)?.to_vec(),
        };
        Ok(Self {
            place: order.place(document, head.order),
            key: head.key,
            entries,
            document: document.to_owned(),
        })
    }

    fn is_without_body(&self) -> bool {
        record::parts(&self.document).is_none() && self.document.get("b").ok().flatten().is_none()
    }
}
