//! A page of a search in the order in which resources were first written.

use std::sync::Arc;

use super::clause::{Clause, Entries, compile};
use super::evaluate::{PROBE_MAX, evaluate, least, size};
use super::position::{Place, Position};
use super::scan::{self, Docids, asks};
use super::sort;
use super::view::View;
use crate::{Page, SearchRequest, StoreError, TotalWanted};

/// How much a search may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// A moment, so that no async worker is held up.
    Light,
    /// Whatever it takes.
    Full,
}

/// Larger pages are no light work.
const LIGHT_LIMIT_MAX: usize = 200;

impl Effort {
    /// After so many candidates that did not pass, all matches are worked out at once instead.
    pub(super) fn rejected_max(self) -> usize {
        match self {
            Effort::Light => 400,
            Effort::Full => 2_000,
        }
    }

    /// How many candidates may be sorted without a walk over the order.
    pub(super) fn gathered_max(self) -> usize {
        match self {
            Effort::Light => 500,
            Effort::Full => 2_000,
        }
    }

    fn is_too_much(self, limit: usize) -> bool {
        self == Effort::Light && limit > LIGHT_LIMIT_MAX
    }
}

/// The page that a request asks for; `None` when the effort does not get that far.
pub(super) fn search(
    view: &View,
    request: &SearchRequest,
    effort: Effort,
) -> Result<Option<Page>, StoreError> {
    let [part] = request.parts.as_slice() else {
        return Err(StoreError::Fault("a search of several types".to_owned()));
    };
    let Some(type_id) = view.engine.names.type_id(&part.resource) else {
        return Ok(Some(Page { total: Some(0), ..Page::default() }));
    };
    let limit = request.limit;
    if effort.is_too_much(limit) {
        return Ok(None);
    }
    let clause = compile(view, type_id, &part.filter)?;
    let search = Search { view, type_id, clause: &clause, effort };
    let after = match &request.after {
        Some(position) => Position::read(position)?,
        None => Position::first(bound(view, type_id)?),
    };
    let places = match part.sort.first() {
        _ if limit == 0 => Some(Vec::new()),
        None => search
            .unsorted(&after, limit + 1)?
            .map(|docids| docids.into_iter().map(Place::unsorted).collect()),
        Some(sort) => sort::sorted(&search, sort, &after, limit + 1)?,
    };
    let Some(mut places) = places else { return Ok(None) };
    let mut has_more = places.len() > limit;
    places.truncate(limit);
    let is_whole = request.after.is_none() && !has_more && limit > 0;
    let total = match &clause {
        Clause::All => Some(view.counter(type_id)?.0),
        _ if is_whole => Some(places.len() as u64),
        _ if request.total == TotalWanted::Accurate || limit == 0 => {
            if effort == Effort::Light && size(view, &clause, PROBE_MAX)? >= PROBE_MAX {
                return Ok(None);
            }
            Some(evaluate(view, type_id, &clause)?.len() as u64)
        }
        _ => None,
    };
    let docids: Vec<u32> = places.iter().map(|place| place.docid).collect();
    let versions = view.versions(&part.resource, &docids)?;
    has_more |= versions.len() < places.len();
    places.truncate(versions.len());
    let next = places.pop().filter(|_| has_more).map(|last| after.moved(last).write());
    Ok(Some(Page { versions, next, total, plan: Vec::new() }))
}

/// The ids of up to `limit` matches; `None` when the effort does not get that far.
pub(super) fn ids(
    view: &View,
    resource: &str,
    filter: &fhir::search::Filter,
    limit: usize,
    effort: Effort,
) -> Result<Option<Vec<Arc<str>>>, StoreError> {
    let Some(type_id) = view.engine.names.type_id(resource) else { return Ok(Some(Vec::new())) };
    if effort.is_too_much(limit) {
        return Ok(None);
    }
    let clause = compile(view, type_id, filter)?;
    let search = Search { view, type_id, clause: &clause, effort };
    let Some(docids) = search.unsorted(&Position::first(u32::MAX), limit)? else {
        return Ok(None);
    };
    docids
        .iter()
        .map(|docid| Ok(Arc::from(view.member(*docid)?.id)))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The greatest docid of a type: what is written first after the first page does not appear later.
fn bound(view: &View, type_id: u16) -> Result<u32, StoreError> {
    scan::last_member(view, type_id).map(Option::unwrap_or_default)
}

/// A search for what a clause holds of.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) view: &'a View,
    pub(super) type_id: u16,
    pub(super) clause: &'a Clause,
    pub(super) effort: Effort,
}

/// Docids in rising order, and whether the clause is yet to be decided on each.
struct Candidates<'a> {
    docids: Docids<'a>,
    is_decided: bool,
}

impl<'a> Search<'a> {
    /// Up to `wanted` matches after a position, in rising order.
    fn unsorted(&self, after: &Position, wanted: usize) -> Result<Option<Vec<u32>>, StoreError> {
        let first = after.first_docid();
        let is_in = |docid: u32| docid >= first && docid <= after.bound;
        let mut found = Vec::new();
        let mut rejected = 0;
        let mut candidates = self.candidates(first, after.bound)?;
        while found.len() < wanted
            && let Some(docid) = candidates.docids.next()?
        {
            if docid > after.bound {
                break;
            }
            if docid < first {
                continue;
            }
            if candidates.is_decided || Entries::of(self.view, docid).pass(self.clause)? {
                found.push(docid);
                continue;
            }
            rejected += 1;
            if rejected > self.effort.rejected_max() {
                if self.effort == Effort::Light {
                    return Ok(None);
                }
                let all = evaluate(self.view, self.type_id, self.clause)?;
                let rest = all.into_iter().filter(|docid| is_in(*docid));
                return Ok(Some(rest.take(wanted).collect()));
            }
        }
        Ok(Some(found))
    }

    fn candidates(&self, first: u32, last: u32) -> Result<Candidates<'a>, StoreError> {
        let parts = match self.clause {
            Clause::And(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let is_decided = parts.len() == 1;
        let least = least(self.view, parts, 10 * PROBE_MAX)?;
        if let Some((at, ..PROBE_MAX)) = least {
            let list = evaluate(self.view, self.type_id, &parts[at])?.into_iter();
            return Ok(Candidates { docids: Docids::List(list), is_decided });
        }
        // The smallest part first, then the others in their order.
        let smallest = least.map(|(at, _)| &parts[at]);
        for part in smallest.into_iter().chain(parts) {
            if let Some((param, test)) = asks(part)
                && let Some(merge) = scan::merge(self.view, param, test, first)?
            {
                return Ok(Candidates { docids: Docids::Merge(merge), is_decided });
            }
        }
        let members = scan::members(self.view, self.type_id, first, last);
        let is_decided = matches!(self.clause, Clause::All);
        Ok(Candidates { docids: Docids::Members(Box::new(members)), is_decided })
    }
}
