//! A page of a search in the order in which resources were first written.

use std::sync::Arc;

use super::clause::{Clause, Entries, compile};
use super::evaluate::{PROBE_MAX, evaluate, size};
use super::position::{Place, Position};
use super::scan::{self, Docids, asks};
use super::sort;
use super::view::View;
use crate::{Page, SearchRequest, StoreError};

/// After so many candidates that did not pass, all matches are worked out at once instead.
const REJECTED_MAX: usize = 2_000;

/// The page that a request asks for.
pub(super) fn search(view: &View, request: &SearchRequest) -> Result<Page, StoreError> {
    let Some(type_id) = view.engine.names.type_id(&request.resource) else {
        return Ok(Page { total: Some(0), ..Page::default() });
    };
    let clause = compile(view, type_id, &request.filter)?;
    let is_first = request.after.is_none();
    let after = match &request.after {
        Some(position) => Position::read(position)?,
        None => Position::first(bound(view, type_id)?),
    };
    let limit = request.limit;
    let (mut docids, places) = match &request.sort {
        _ if limit == 0 => (Vec::new(), None),
        None => (unsorted(view, type_id, &clause, &after, limit + 1)?, None),
        Some(sort) => {
            let sorted = sort::sorted(view, type_id, &clause, sort, &after, limit + 1)?;
            let docids = sorted.iter().map(|place| place.docid).collect();
            (docids, Some(sorted))
        }
    };
    let has_more = docids.len() > limit;
    docids.truncate(limit);
    let next = docids.last().filter(|_| has_more).map(|last| match &places {
        None => after.moved(Place::unsorted(*last)),
        Some(places) => after.moved(places[limit - 1].clone()),
    });
    let is_whole = is_first && !has_more && limit > 0;
    let total = match &clause {
        Clause::All => Some(view.counter(type_id)?.0),
        _ if is_whole => Some(docids.len() as u64),
        _ if request.is_total_wanted || limit == 0 => {
            Some(evaluate(view, type_id, &clause)?.len() as u64)
        }
        _ => None,
    };
    let versions = view.versions(&request.resource, &docids)?;
    Ok(Page { versions, next: next.map(|next| next.write()), total })
}

/// The ids of up to `limit` matches.
pub(super) fn ids(
    view: &View,
    resource: &str,
    filter: &fhir::search::Filter,
    limit: usize,
) -> Result<Vec<Arc<str>>, StoreError> {
    let Some(type_id) = view.engine.names.type_id(resource) else { return Ok(Vec::new()) };
    let clause = compile(view, type_id, filter)?;
    let docids = unsorted(view, type_id, &clause, &Position::first(u32::MAX), limit)?;
    docids.iter().map(|docid| Ok(Arc::from(view.member(*docid)?.id))).collect()
}

/// Is the search answered within a moment? Otherwise it must not hold up an async worker.
pub(super) fn is_cheap(view: &View, request: &SearchRequest) -> Result<bool, StoreError> {
    let Some(type_id) = view.engine.names.type_id(&request.resource) else { return Ok(true) };
    let clause = compile(view, type_id, &request.filter)?;
    if size(view, &clause)? < PROBE_MAX {
        return Ok(true);
    }
    let is_page = request.limit > 0 && !request.is_total_wanted && request.limit <= 100;
    let is_stream = match &clause {
        Clause::All => true,
        clause => match asks(clause) {
            Some((param, Some(test))) => scan::merge(view, param, Some(test), 0)?.is_some(),
            _ => false,
        },
    };
    Ok(request.sort.is_none() && is_page && is_stream)
}

/// The greatest docid of a type: what is written first after the first page does not appear later.
fn bound(view: &View, type_id: u16) -> Result<u32, StoreError> {
    scan::last_member(view, type_id).map(Option::unwrap_or_default)
}

/// Docids in rising order, and whether the clause is yet to be decided on each.
struct Candidates<'a> {
    docids: Docids<'a>,
    is_decided: bool,
}

fn unsorted(
    view: &View,
    type_id: u16,
    clause: &Clause,
    after: &Position,
    wanted: usize,
) -> Result<Vec<u32>, StoreError> {
    let first = after.first_docid();
    let is_in = |docid: u32| docid >= first && docid <= after.bound;
    let mut found = Vec::new();
    let mut rejected = 0;
    let mut candidates = candidates(view, type_id, clause, first, after.bound)?;
    while found.len() < wanted
        && let Some(docid) = candidates.docids.next()?
    {
        if docid > after.bound {
            break;
        }
        if docid < first {
            continue;
        }
        if candidates.is_decided || Entries::of(view, docid).pass(clause)? {
            found.push(docid);
            continue;
        }
        rejected += 1;
        if rejected > REJECTED_MAX {
            let all = evaluate(view, type_id, clause)?;
            return Ok(all.into_iter().filter(|docid| is_in(*docid)).take(wanted).collect());
        }
    }
    Ok(found)
}

fn candidates<'a>(
    view: &'a View,
    type_id: u16,
    clause: &'a Clause,
    first: u32,
    last: u32,
) -> Result<Candidates<'a>, StoreError> {
    let parts = match clause {
        Clause::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let is_decided = parts.len() == 1;
    let mut least = (usize::MAX, None);
    for part in parts {
        let size = size(view, part)?;
        if size < least.0 {
            least = (size, Some(part));
        }
    }
    if let (..PROBE_MAX, Some(part)) = least {
        let list = evaluate(view, type_id, part)?.into_iter();
        return Ok(Candidates { docids: Docids::List(list), is_decided });
    }
    for part in parts {
        if let Some((param, test)) = asks(part)
            && let Some(merge) = scan::merge(view, param, test, first)?
        {
            return Ok(Candidates { docids: Docids::Merge(merge), is_decided });
        }
    }
    let members = scan::members(view, type_id, first, last);
    let is_decided = matches!(clause, Clause::All);
    Ok(Candidates { docids: Docids::Members(Box::new(members)), is_decided })
}
