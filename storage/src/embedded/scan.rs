//! Walking over the index: the docids whose keys pass a test.

use std::collections::HashSet;
use std::sync::Arc;

use fjall::{Iter, Readable, Slice};

use fhir::search::Test;

use super::clause::{Clause, Entries};
use super::fault;
use super::keys::{self, DOCID, docid_at_end};
use super::view::View;
use crate::StoreError;
use crate::index::bounds::{Span, spans};
use crate::index::encode;
use crate::index::order::SORTED;
use crate::index::stem::INDEX_HEAD;

/// What a stem says about all its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Yes,
    No,
    /// The stem was cut: the entries of each resource decide.
    Ask,
}

pub(super) fn decide(stem: &[u8], test: Option<&Test>) -> Decision {
    match (test, encode::decode(stem)) {
        (None, _) => Decision::Yes,
        (Some(_), None) => Decision::Ask,
        (Some(test), Some(value)) if test.matches(&value) => Decision::Yes,
        _ => Decision::No,
    }
}

pub(super) fn key_of(guard: fjall::Guard) -> Result<Slice, StoreError> {
    let key = guard.key().map_err(|error| fault::reading("index", &error))?;
    if key.len() < INDEX_HEAD + DOCID {
        return Err(fault::damaged("index", "a key is too short"));
    }
    Ok(key)
}

pub(super) fn walk(view: &View, span: &Span) -> Iter {
    let space = &view.engine.index;
    match &span.end {
        Some(end) if *end <= span.start => view.snapshot.range(space, end.clone()..end.clone()),
        Some(end) => view.snapshot.range(space, span.start.clone()..end.clone()),
        None => view.snapshot.range(space, span.start.clone()..),
    }
}

pub(super) fn spans_of(param: u16, test: Option<&Test>) -> Vec<Span> {
    match test {
        Some(test) => spans(param, test),
        None => vec![Span::prefix(param.to_be_bytes().to_vec())],
    }
}

/// The docids with a value that passes (`test` `None`: with any value), rising.
pub(super) fn collect(
    view: &View,
    param: u16,
    test: Option<&Test>,
) -> Result<Vec<u32>, StoreError> {
    let mut docids = Vec::new();
    for span in spans_of(param, test) {
        let mut stem = Vec::new();
        let mut decision = Decision::No;
        for guard in walk(view, &span) {
            let key = key_of(guard)?;
            view.budget.spend(1)?;
            let (head, _) = key.split_at(key.len() - DOCID);
            if head != stem {
                head.clone_into(&mut stem);
                decision = decide(head, test);
            }
            let docid = docid_at_end(&key);
            let is_match = match (decision, test) {
                (Decision::Ask, Some(test)) => asked(view, docid, param, test)?,
                (decision, _) => decision == Decision::Yes,
            };
            if is_match {
                docids.push(docid);
            }
        }
    }
    docids.sort_unstable();
    docids.dedup();
    Ok(docids)
}

/// Do the entries of a resource pass?
pub(super) fn asked(view: &View, docid: u32, param: u16, test: &Test) -> Result<bool, StoreError> {
    Ok(Entries::of(view, docid).values(param)?.iter().any(|value| test.matches(value)))
}

/// How many keys a span holds, counted up to `max`.
pub(super) fn count_keys(view: &View, span: &Span, max: usize) -> Result<usize, StoreError> {
    let mut count = 0;
    for guard in walk(view, span).take(max) {
        key_of(guard)?;
        view.budget.spend(1)?;
        count += 1;
    }
    Ok(count)
}

/// The first key of a span.
pub(super) fn first_key(view: &View, span: &Span) -> Result<Option<Slice>, StoreError> {
    view.budget.spend(1)?;
    walk(view, span).next().map(key_of).transpose()
}

/// Calls `visit` with each key of a span as long as it says to go on.
pub(super) fn each_key(
    view: &View,
    span: &Span,
    mut visit: impl FnMut(&[u8]) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    for guard in walk(view, span) {
        let key = key_of(guard)?;
        view.budget.spend(1)?;
        if !visit(&key)? {
            break;
        }
    }
    Ok(())
}

/// Is there any key with a prefix?
pub(super) fn has_keys(view: &View, prefix: Vec<u8>) -> Result<bool, StoreError> {
    Ok(count_keys(view, &Span::prefix(prefix), 1)? > 0)
}

/// The resources of a type that are current, by docid; from `first` to `last`, both included.
pub(super) fn members(
    view: &View,
    type_id: u16,
    first: u32,
    last: u32,
) -> impl Iterator<Item = Result<u32, StoreError>> + use<> {
    // An empty range may not have its bounds the wrong way round.
    let last = last.max(first);
    let range = keys::member(type_id, first)..=keys::member(type_id, last);
    let budget = Arc::clone(&view.budget);
    view.snapshot.range(&view.engine.facts, range).map(move |guard| {
        budget.spend(1)?;
        let key = guard.key().map_err(|error| fault::reading("facts", &error))?;
        Ok(docid_at_end(&key))
    })
}

/// What a clause on a parameter asks; `None` for other clauses.
pub(super) fn asks(clause: &Clause) -> Option<(u16, Option<&Test>)> {
    match clause {
        Clause::Matches(param, test) => Some((*param, Some(test))),
        Clause::Present(param) => Some((*param, None)),
        _ => None,
    }
}

/// The greatest docid among the current resources of a type.
pub(super) fn last_member(view: &View, type_id: u16) -> Result<Option<u32>, StoreError> {
    let last = view.snapshot.prefix(&view.engine.facts, keys::member_prefix(type_id)).next_back();
    let key = last.map(|guard| guard.key().map_err(|error| fault::reading("facts", &error)));
    Ok(key.transpose()?.map(|key| docid_at_end(&key)))
}

/// All docids of the keys with a prefix, rising.
pub(super) fn collect_prefix(view: &View, prefix: Vec<u8>) -> Result<Vec<u32>, StoreError> {
    collect_keys(view, &Span::prefix(prefix), |_, _| Ok(true))
}

/// The docids of the keys of a span that `is_wanted` says yes to, by stem and docid; rising.
pub(super) fn collect_keys(
    view: &View,
    span: &Span,
    mut is_wanted: impl FnMut(&[u8], u32) -> Result<bool, StoreError>,
) -> Result<Vec<u32>, StoreError> {
    let mut docids = Vec::new();
    for guard in walk(view, span) {
        let key = key_of(guard)?;
        view.budget.spend(1)?;
        let docid = docid_at_end(&key);
        if is_wanted(&key[..key.len() - DOCID], docid)? {
            docids.push(docid);
        }
    }
    docids.sort_unstable();
    docids.dedup();
    Ok(docids)
}

/// Those of some docids that have nothing of a parameter that one could sort by.
pub(super) fn without_sort_key(
    view: &View,
    param: u16,
    docids: impl Iterator<Item = Result<u32, StoreError>>,
) -> Result<Vec<u32>, StoreError> {
    let mut valued = HashSet::new();
    for family in SORTED {
        let prefix = [&param.to_be_bytes(), family].concat();
        for guard in walk(view, &Span::prefix(prefix)) {
            view.budget.spend(1)?;
            valued.insert(docid_at_end(&key_of(guard)?));
        }
    }
    let mut without = Vec::new();
    for docid in docids {
        without.extend(Some(docid?).filter(|docid| !valued.contains(docid)));
    }
    Ok(without)
}
