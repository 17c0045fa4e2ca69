//! Walking over the index: the docids whose keys pass a test.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use fjall::{Iter, Readable, Slice};

use fhir::search::Test;

use super::bounds::{Span, spans};
use super::clause::{Clause, Entries};
use super::keys::{self, DOCID, docid_at_end, successor};
use super::order::SORTED;
use super::union::Union;
use super::view::View;
use super::{encode, fault};
use crate::StoreError;

/// Greatest number of stems that are walked over side by side.
pub(super) const STEMS_MAX: usize = 32;

/// What a stem says about all its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Yes,
    No,
    /// The stem was cut: the entries of each resource decide.
    Ask,
}

fn decide(stem: &[u8], test: Option<&Test>) -> Decision {
    match (test, encode::decode(stem)) {
        (None, _) => Decision::Yes,
        (Some(_), None) => Decision::Ask,
        (Some(test), Some(value)) if test.matches(&value) => Decision::Yes,
        _ => Decision::No,
    }
}

fn key_of(guard: fjall::Guard) -> Result<Slice, StoreError> {
    let key = guard.key().map_err(|error| fault::reading("index", &error))?;
    if key.len() < keys::INDEX_HEAD + DOCID {
        return Err(fault::damaged("index", "a key is too short"));
    }
    Ok(key)
}

fn walk(view: &View, span: &Span) -> Iter {
    let space = &view.engine.index;
    match &span.end {
        Some(end) if *end <= span.start => view.snapshot.range(space, end.clone()..end.clone()),
        Some(end) => view.snapshot.range(space, span.start.clone()..end.clone()),
        None => view.snapshot.range(space, span.start.clone()..),
    }
}

fn spans_of(param: u16, test: Option<&Test>) -> Vec<Span> {
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
            if decision == Decision::Yes
                || decision == Decision::Ask && asked(view, docid, param, test)?
            {
                docids.push(docid);
            }
        }
    }
    docids.sort_unstable();
    docids.dedup();
    Ok(docids)
}

fn asked(view: &View, docid: u32, param: u16, test: Option<&Test>) -> Result<bool, StoreError> {
    let Some(test) = test else { return Ok(true) };
    Ok(Entries::of(view, docid).values(param)?.iter().any(|value| test.matches(value)))
}

/// How many keys a test's spans hold, counted up to `max`.
pub(super) fn probe(
    view: &View,
    param: u16,
    test: Option<&Test>,
    max: usize,
) -> Result<usize, StoreError> {
    let mut count = 0;
    for span in spans_of(param, test) {
        count += count_keys(view, &span, max - count)?;
        if count >= max {
            break;
        }
    }
    Ok(count)
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
    view.snapshot.range(&view.engine.facts, range).map(|guard| {
        let key = guard.key().map_err(|error| fault::reading("facts", &error))?;
        Ok(docid_at_end(&key))
    })
}

/// The docids of a few stems, merged as they rise: a page needs not all of them.
pub(super) struct Merge<'a> {
    view: &'a View,
    param: u16,
    test: Option<&'a Test>,
    streams: Vec<(Iter, Decision)>,
    heads: BinaryHeap<Reverse<(u32, usize)>>,
    last: Option<u32>,
}

/// The stems of a test as streams of docids from `first` on; `None` when there are too many.
pub(super) fn merge<'a>(
    view: &'a View,
    param: u16,
    test: Option<&'a Test>,
    first: u32,
) -> Result<Option<Merge<'a>>, StoreError> {
    merge_spans(view, param, test, spans_of(param, test), first)
}

/// As [`merge`], all stems that start with a prefix.
pub(super) fn merge_prefix(
    view: &View,
    param: u16,
    prefix: Vec<u8>,
    first: u32,
) -> Result<Option<Merge<'_>>, StoreError> {
    merge_spans(view, param, None, vec![Span::prefix(prefix)], first)
}

/// As [`merge`], all stems in some spans, each of which may begin with several.
pub(super) fn merge_spans<'a>(
    view: &'a View,
    param: u16,
    test: Option<&'a Test>,
    spans: Vec<Span>,
    first: u32,
) -> Result<Option<Merge<'a>>, StoreError> {
    let mut stems = Vec::new();
    for span in spans {
        if !add_stems(view, span, test, &mut stems)? {
            return Ok(None);
        }
    }
    stems.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    stems.dedup_by(|a, b| a.0 == b.0);
    let mut merge =
        Merge { view, param, test, streams: Vec::new(), heads: BinaryHeap::new(), last: None };
    for (stem, decision) in stems {
        let mut span = Span::prefix(stem);
        span.start.extend_from_slice(&first.to_be_bytes());
        merge.streams.push((walk(view, &span), decision));
        merge.advance(merge.streams.len() - 1)?;
    }
    Ok(Some(merge))
}

/// Adds the stems of a span that may pass, leaping from one to the next; `false` when there are too
/// many.
fn add_stems(
    view: &View,
    mut span: Span,
    test: Option<&Test>,
    stems: &mut Vec<(Vec<u8>, Decision)>,
) -> Result<bool, StoreError> {
    for _ in 0..=STEMS_MAX {
        let Some(guard) = walk(view, &span).next() else { return Ok(true) };
        let key = key_of(guard)?;
        let stem = &key[..key.len() - DOCID];
        let decision = decide(stem, test);
        if decision != Decision::No {
            stems.push((stem.to_vec(), decision));
        }
        let Some(next) = successor(stem) else { return Ok(true) };
        span.start = next;
        if stems.len() > STEMS_MAX {
            return Ok(false);
        }
    }
    Ok(false)
}

impl Merge<'_> {
    fn advance(&mut self, at: usize) -> Result<(), StoreError> {
        if let Some(guard) = self.streams[at].0.next() {
            self.view.budget.spend(1)?;
            self.heads.push(Reverse((docid_at_end(&key_of(guard)?), at)));
        }
        Ok(())
    }

    /// The next docid.
    pub(super) fn next(&mut self) -> Result<Option<u32>, StoreError> {
        while let Some(Reverse((docid, at))) = self.heads.pop() {
            self.advance(at)?;
            if self.last == Some(docid) {
                continue;
            }
            if self.streams[at].1 == Decision::Ask
                && !asked(self.view, docid, self.param, self.test)?
            {
                continue;
            }
            self.last = Some(docid);
            return Ok(Some(docid));
        }
        Ok(None)
    }
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
        view.budget.spend(1)?;
        without.extend(Some(docid?).filter(|docid| !valued.contains(docid)));
    }
    Ok(without)
}

/// Docids as they rise.
pub(super) enum Docids<'a> {
    List(std::vec::IntoIter<u32>),
    Merge(Merge<'a>),
    Members(Box<dyn Iterator<Item = Result<u32, StoreError>> + 'a>),
    Union(Box<Union<'a>>),
}

impl Docids<'_> {
    pub(super) fn next(&mut self) -> Result<Option<u32>, StoreError> {
        match self {
            Docids::List(list) => Ok(list.next()),
            Docids::Merge(merge) => merge.next(),
            Docids::Members(members) => members.next().transpose(),
            Docids::Union(union) => union.next(),
        }
    }
}
