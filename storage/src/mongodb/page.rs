//! Searches: a page of one type or of several, all matches of a clause, ids.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mongodb::bson::{RawDocument, doc};

use fhir::search::{Filter, Param};

use super::clause::{Clause, Later, compile};
use super::condition::{Condition, condition};
use super::documents::RESOURCES;
use super::keys;
use super::names::NamesAt;
use super::pipeline::Order;
use super::position::{Place, Position};
use super::rows::Access;
use super::seek::{Members, Row};
use super::store::Shared;
use super::trace::Trace;
use crate::index::order::Directions;
use crate::{
    PAGE_BYTES_MAX, Page, SORT_KEYS_MAX, SearchPart, SearchRequest, StoreError, TotalWanted,
};

/// All resources of a type are counted so far where nobody asked how many there are.
const FREE_TOTAL_MAX: u64 = 10_000;

/// A search under way.
pub(super) struct Search<'a> {
    pub(super) store: &'a Shared,
    pub(super) trace: Trace,
    start: Instant,
}

/// What is wanted of one type.
pub(super) struct Wanted<'a> {
    pub(super) resource: &'a Arc<str>,
    pub(super) clause: Clause,
    pub(super) order: Order,
    /// The key that all of the type have; `None` when there is none of it.
    pub(super) member: Vec<u8>,
}

impl<'a> Search<'a> {
    pub(super) fn new(store: &'a Shared) -> Self {
        Self { store, trace: Trace::default(), start: Instant::now() }
    }

    /// The names of parameters, no older than the search.
    pub(super) fn names(&self) -> NamesAt<'a> {
        self.store.names.at(self.start)
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
        let names = self.names();
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
            let Some(mut part) = self.wanted(resource, filter, sort).await? else { continue };
            part.clause = self.dated(access, (resource, filter), part.clause).await?;
            wanted.push(part);
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
        Ok(Page { versions, next, total, damaged: last.damaged, plan: self.trace.take() })
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
            let max = if is_free { FREE_TOTAL_MAX } else { u64::MAX };
            let count = self.count(access, part, max).await?;
            if count > max {
                return Ok(None);
            }
            total += count;
        }
        Ok(Some(total))
    }

    /// How many match in a part: one more than `max` when there are more.
    async fn count(
        &self,
        access: &mut Access<'_>,
        wanted: &Wanted<'a>,
        max: u64,
    ) -> Result<u64, StoreError> {
        let condition = condition(wanted.resource, &wanted.member, &wanted.clause);
        if condition.is_exact && !wanted.clause.is_open() {
            let count = self.counted(access, &condition, max).await?;
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
        let mut last = Last { place: None, is_cut: false, damaged: 0 };
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
                    last.damaged += 1;
                    tracing::error!(%reason, "a resource is left out of a search");
                }
                Err(error) => return Err(error),
            }
        }
        Ok((versions, last))
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
            let Some(id) = self.names().find(&id).await? else { return Ok(Some(Vec::new())) };
            let clause = self.worked_out(access, clause.clone()).await?;
            let order = Order::of(self.names(), &[]).await?;
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
        max: u64,
    ) -> Result<u64, StoreError> {
        let mut stages = vec![doc! { "$match": condition.lookup.clone() }];
        if !condition.rest.is_empty() {
            stages.push(doc! { "$match": condition.rest.clone() });
        }
        if let Ok(limit) = i64::try_from(max.saturating_add(1)) {
            stages.push(doc! { "$limit": limit });
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

/// Where a page ended.
struct Last {
    place: Option<Place>,
    /// It was as long as a page may be before its rows were at an end.
    is_cut: bool,
    /// Rows that could not be read.
    damaged: usize,
}
