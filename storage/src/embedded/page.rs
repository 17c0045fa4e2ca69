//! A page of a search: of one type or of several, in the order in which resources were first
//! written or in that of some parameters.

use std::sync::Arc;

use fhir::search::{Param, Sort};

use super::candidates::{HOT_FEW, parts as parts_of};
use super::clause::{Clause, Entries, compile, compile_for};
use super::estimate::{PROBE_MAX, estimate, exact, size};
use super::evaluate::evaluate;
use super::position::{Own, Place, Position};
use super::range_walk;
use super::scan;
use super::sort;
use super::view::View;
use crate::index::order::Directions;
use crate::{Page, SORT_KEYS_MAX, SearchPart, SearchRequest, StoreError, TotalWanted};

/// How much a search may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// A moment, so that no async worker is held up.
    Light,
    /// Whatever its limits allow.
    Full,
    /// As much as others that wait for the committer can wait.
    Check,
}

/// Larger pages are no light work.
const LIGHT_LIMIT_MAX: usize = 200;

impl Effort {
    /// After so many candidates that did not pass, all matches are worked out at once instead.
    fn rejected_max(self) -> usize {
        match self {
            Effort::Light => 400,
            Effort::Full | Effort::Check => 2_000,
        }
    }

    /// How many candidates may be sorted without a walk over the order.
    pub(super) fn gathered_max(self) -> usize {
        match self {
            Effort::Light => 500,
            Effort::Full | Effort::Check => 2_000,
        }
    }

    fn is_too_much(self, limit: usize) -> bool {
        self == Effort::Light && limit > LIGHT_LIMIT_MAX
    }

    /// Light work that costs more than it may is not done; other work fails.
    fn done<T>(self, result: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
        match result {
            Err(StoreError::TooCostly(_)) if self == Effort::Light => Ok(None),
            result => result,
        }
    }
}

/// The page that a request asks for; `None` when the effort does not get that far.
pub(super) fn search(
    view: &View,
    request: &SearchRequest,
    effort: Effort,
) -> Result<Option<Page>, StoreError> {
    if effort.is_too_much(request.limit) {
        return Ok(None);
    }
    let view = view.limited(effort);
    effort.done(page(&view, request, effort))
}

fn page(view: &View, request: &SearchRequest, effort: Effort) -> Result<Option<Page>, StoreError> {
    let limit = request.limit;
    let sort: &[Sort] = request.parts.first().map_or(&[], |part| &part.sort);
    if sort.len() > SORT_KEYS_MAX {
        return Err(StoreError::TooCostly(format!("it sorts by more than {SORT_KEYS_MAX} keys")));
    }
    let mut parts = parts(view, request)?;
    let own = own_order(view, request, &parts)?;
    let by_date = match (own, request.parts.as_slice()) {
        (Own::Date, [part]) => by_date(part),
        _ => None,
    };
    if let (Some(sort), [part]) = (&by_date, parts.as_mut_slice()) {
        part.sort = std::slice::from_ref(sort);
    }
    let sort = by_date.as_ref().map_or(sort, std::slice::from_ref);
    let after = match &request.after {
        Some(position) => Position::read(position, sort.len() + usize::from(own.is_range()))?,
        None => Position::first(bound(view, &parts)?, own),
    };
    let mut found = Vec::new();
    if limit > 0 {
        let directions = Directions::of(sort);
        let mut reach = after.clone();
        for (at, part) in parts.iter().enumerate() {
            let search = Search { view, type_id: part.type_id, clause: &part.clause, effort };
            let Some(places) = search.places(own, part.sort, &reach, limit + 1)? else {
                return Ok(None);
            };
            found.extend(places.into_iter().map(|place| (place, at)));
            if at > 0 {
                found.sort_by(|(a, _), (b, _)| a.compare(b, &directions));
                found.truncate(limit + 1);
            }
            // By docid no other part can come before those that fill the page.
            if let Some((place, _)) = found.get(limit).filter(|_| sort.is_empty()) {
                reach.bound = place.docid;
            }
        }
    }
    let mut has_more = found.len() > limit;
    found.truncate(limit);
    let is_whole = request.after.is_none() && !has_more && limit > 0;
    let total = match is_whole {
        true => Some(found.len() as u64),
        false => match total(view, &parts, request, effort)? {
            Some(total) => total,
            None => return Ok(None),
        },
    };
    let keys = found.iter().map(|(place, at)| (Arc::clone(parts[*at].resource), place.docid));
    let versions = view.versions(keys)?;
    has_more |= versions.len() < found.len();
    found.truncate(versions.len());
    let next = found.pop().filter(|_| has_more).map(|(last, _)| after.moved(last).write());
    Ok(Some(Page { versions, next, total, damaged: 0, plan: view.trace.take() }))
}

/// The order of a search that asks for none, where that of docids would cost much more: its pages
/// stay in the order that the first one had.
fn own_order(view: &View, request: &SearchRequest, parts: &[Part<'_>]) -> Result<Own, StoreError> {
    let ([asked], [part]) = (request.parts.as_slice(), parts) else { return Ok(Own::Docid) };
    if !asked.sort.is_empty() || request.limit == 0 {
        return Ok(Own::Docid);
    }
    if let Some(position) = &request.after {
        return Ok(Position::own(position));
    }
    if let Some(Clause::Hot(hot)) = parts_of(&part.clause).first()
        && hot.size(view, HOT_FEW)? >= HOT_FEW
    {
        return Ok(Own::Date);
    }
    Ok(range_walk::chosen(view, &part.clause)?.map_or(Own::Docid, Own::Range))
}

/// The order of the dates that combinations end with.
fn by_date(part: &SearchPart) -> Option<Sort> {
    let hot = fhir::search::hot(&part.resource).next()?;
    let param = Param::new(Arc::clone(&part.resource), hot.date);
    Some(Sort { param, is_descending: false })
}

/// What is asked of a type that was written at least once.
struct Part<'a> {
    resource: &'a Arc<str>,
    type_id: u16,
    clause: Clause,
    sort: &'a [Sort],
}

fn parts<'a>(view: &View, request: &'a SearchRequest) -> Result<Vec<Part<'a>>, StoreError> {
    let mut parts = Vec::with_capacity(request.parts.len());
    for part in &request.parts {
        if let Some(type_id) = view.engine.names.type_id(&part.resource) {
            let order = part.sort.first().map(|sort| &*sort.param.code);
            let clause = compile_for(view, type_id, &part.filter, order)?;
            parts.push(Part { resource: &part.resource, type_id, clause, sort: &part.sort });
        }
    }
    Ok(parts)
}

/// How many match in all parts, if it is wanted or known; `None` when the effort does not get that
/// far.
fn total(
    view: &View,
    parts: &[Part<'_>],
    request: &SearchRequest,
    effort: Effort,
) -> Result<Option<Option<u64>>, StoreError> {
    let is_estimate = request.total == TotalWanted::Estimate;
    let is_wanted = request.total == TotalWanted::Accurate || request.limit == 0;
    let mut total = 0;
    for part in parts {
        if let Clause::All = part.clause {
            total += view.counter(part.type_id)?.0;
            continue;
        }
        if !is_wanted && !is_estimate {
            return Ok(Some(None));
        }
        if let Some(count) = exact(view, &part.clause)? {
            view.trace.step("take the total from the counts", None);
            total += count;
        } else if is_estimate && !is_wanted {
            total += estimate(view, part.type_id, &part.clause)?;
        } else {
            if effort == Effort::Light && size(view, &part.clause, PROBE_MAX)? >= PROBE_MAX {
                return Ok(None);
            }
            view.trace.step("count all matches", None);
            let count = evaluate(view, part.type_id, &part.clause)?.len();
            view.trace.had(count);
            total += count as u64;
        }
    }
    Ok(Some(Some(total)))
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
    let view = &view.limited(effort);
    let found = compile(view, type_id, filter).and_then(|clause| {
        let search = Search { view, type_id, clause: &clause, effort };
        search.unsorted(&Position::first(u32::MAX, Own::Docid), limit)
    });
    let Some(docids) = effort.done(found)? else { return Ok(None) };
    docids
        .iter()
        .map(|docid| Ok(Arc::from(view.member(*docid)?.id)))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The greatest docid of some types: what is written first after the first page does not appear
/// later.
fn bound(view: &View, parts: &[Part<'_>]) -> Result<u32, StoreError> {
    let mut bound = 0;
    for part in parts {
        bound = bound.max(scan::last_member(view, part.type_id)?.unwrap_or_default());
    }
    Ok(bound)
}

/// A search for what a clause holds of.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) view: &'a View,
    pub(super) type_id: u16,
    pub(super) clause: &'a Clause,
    pub(super) effort: Effort,
}

impl<'a> Search<'a> {
    /// The places of up to `wanted` matches after a position, in order.
    fn places(
        &self,
        own: Own,
        sort: &[Sort],
        after: &Position,
        wanted: usize,
    ) -> Result<Option<Vec<Place>>, StoreError> {
        if let Own::Range(param) = own {
            return range_walk::places(self, param, after, wanted);
        }
        if !sort.is_empty() {
            return sort::sorted(self, sort, after, wanted);
        }
        let docids = self.unsorted(after, wanted)?;
        let place = |docid| Place { docid, keys: Vec::new() };
        Ok(docids.map(|docids| docids.into_iter().map(place).collect()))
    }

    /// After so many candidates that did not pass, all matches are worked out at once instead.
    pub(super) fn rejected_max(&self) -> usize {
        // What was found out for the candidates of a join serves those to come.
        let patience = if self.clause.is_joined() { 10 } else { 1 };
        self.effort.rejected_max() * patience
    }

    /// Up to `wanted` matches after a position, in rising order.
    fn unsorted(&self, after: &Position, wanted: usize) -> Result<Option<Vec<u32>>, StoreError> {
        let first = after.first_docid();
        let is_in = |docid: u32| docid >= first && docid <= after.bound;
        let mut found = Vec::new();
        let (mut read, mut rejected) = (0, 0);
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
            read += 1;
            if candidates.is_decided || Entries::of(self.view, docid).pass(self.clause)? {
                found.push(docid);
                continue;
            }
            rejected += 1;
            if rejected > self.rejected_max() {
                if self.effort == Effort::Light {
                    return Ok(None);
                }
                let all = evaluate(self.view, self.type_id, self.clause)?;
                let rest = all.into_iter().filter(|docid| is_in(*docid));
                return Ok(Some(rest.take(wanted).collect()));
            }
        }
        self.view.trace.had(read);
        Ok(Some(found))
    }
}
