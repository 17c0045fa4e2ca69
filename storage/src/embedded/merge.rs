//! Docids as they rise, from a few runs of the index at once: a page needs not all of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fjall::Iter;

use fhir::search::Test;

use super::clause::Clause;
use super::keys::{DOCID, docid_at_end};
use super::scan::{Decision, asked, asks, decide, first_key, key_of, spans_of, walk};
use super::union::Union;
use super::view::View;
use crate::StoreError;
use crate::index::bounds::Span;
use crate::index::stem::successor;

/// Greatest number of stems that are walked over side by side.
pub(super) const STEMS_MAX: usize = 32;

/// So many keys are passed over one by one before a stem is entered again further on.
const STEPS_MAX: usize = 12;

/// How many of them the values of an alternative may have.
const ALTERNATIVE_STEMS_MAX: usize = 512;

/// What decides about the keys of a stem that was cut: the values of a parameter.
type Asked<'a> = Option<(u16, &'a Test)>;

/// The docids of a few stems, merged as they rise.
pub(super) struct Merge<'a> {
    view: &'a View,
    streams: Vec<Stream<'a>>,
    heads: BinaryHeap<Reverse<(u32, usize)>>,
    last: Option<u32>,
}

/// The keys of one stem, those behind the head.
struct Stream<'a> {
    stem: Vec<u8>,
    keys: Iter,
    asked: Asked<'a>,
}

fn open(view: &View, stem: &[u8], first: u32) -> Iter {
    let mut span = Span::prefix(stem.to_vec());
    span.start.extend_from_slice(&first.to_be_bytes());
    walk(view, &span)
}

/// The stems of a test as streams of docids from `first` on; `None` when there are too many.
pub(super) fn merge<'a>(
    view: &'a View,
    param: u16,
    test: Option<&'a Test>,
    first: u32,
) -> Result<Option<Merge<'a>>, StoreError> {
    let mut stems = Vec::new();
    let is_whole = add_test(view, param, test, STEMS_MAX, &mut stems)?;
    if is_whole { Merge::new(view, stems, first).map(Some) } else { Ok(None) }
}

/// The stems of a clause on one parameter, or of alternatives each of which is one; `None` for
/// other clauses, and when there are too many.
pub(super) fn merge_clause<'a>(
    view: &'a View,
    clause: &'a Clause,
    first: u32,
) -> Result<Option<Merge<'a>>, StoreError> {
    let (parts, max) = match clause {
        Clause::Or(parts) => (parts.as_slice(), ALTERNATIVE_STEMS_MAX),
        clause => (std::slice::from_ref(clause), STEMS_MAX),
    };
    let mut stems = Vec::new();
    for part in parts {
        let is_whole = match (part, asks(part)) {
            (_, Some((param, test))) => add_test(view, param, test, max, &mut stems)?,
            (Clause::Join(join), _) => match join.spans(view, STEMS_MAX)? {
                Some(spans) => add_spans(view, spans, max, &mut stems)?,
                None => false,
            },
            _ => false,
        };
        if !is_whole {
            return Ok(None);
        }
    }
    Merge::new(view, stems, first).map(Some)
}

/// As [`merge`], all stems that start with a prefix.
pub(super) fn merge_prefix(
    view: &View,
    prefix: Vec<u8>,
    first: u32,
) -> Result<Option<Merge<'_>>, StoreError> {
    merge_spans(view, vec![Span::prefix(prefix)], first)
}

/// As [`merge`], all stems in some spans, each of which may begin with several.
pub(super) fn merge_spans(
    view: &View,
    spans: Vec<Span>,
    first: u32,
) -> Result<Option<Merge<'_>>, StoreError> {
    let mut stems = Vec::new();
    let is_whole = add_spans(view, spans, STEMS_MAX, &mut stems)?;
    if is_whole { Merge::new(view, stems, first).map(Some) } else { Ok(None) }
}

fn add_spans(
    view: &View,
    spans: Vec<Span>,
    max: usize,
    stems: &mut Vec<(Vec<u8>, Asked<'_>)>,
) -> Result<bool, StoreError> {
    for span in spans {
        if !add_stems(view, span, None, max, stems)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn add_test<'a>(
    view: &View,
    param: u16,
    test: Option<&'a Test>,
    max: usize,
    stems: &mut Vec<(Vec<u8>, Asked<'a>)>,
) -> Result<bool, StoreError> {
    for span in spans_of(param, test) {
        if !add_stems(view, span, test.map(|test| (param, test)), max, stems)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Adds the stems of a span that may pass, leaping from one to the next; `false` when there are too
/// many.
fn add_stems<'a>(
    view: &View,
    mut span: Span,
    asked: Asked<'a>,
    max: usize,
    stems: &mut Vec<(Vec<u8>, Asked<'a>)>,
) -> Result<bool, StoreError> {
    for _ in 0..=STEMS_MAX {
        let Some(key) = first_key(view, &span)? else { return Ok(true) };
        let stem = &key[..key.len() - DOCID];
        match decide(stem, asked.map(|(_, test)| test)) {
            Decision::No => (),
            Decision::Yes => stems.push((stem.to_vec(), None)),
            Decision::Ask => stems.push((stem.to_vec(), asked)),
        }
        let Some(next) = successor(stem) else { return Ok(true) };
        span.start = next;
        if stems.len() > max {
            return Ok(false);
        }
    }
    Ok(false)
}

impl<'a> Merge<'a> {
    fn new(
        view: &'a View,
        mut stems: Vec<(Vec<u8>, Asked<'a>)>,
        first: u32,
    ) -> Result<Self, StoreError> {
        // A stem that needs not be asked stands before the same one that needs to be.
        stems.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.is_some().cmp(&b.1.is_some())));
        stems.dedup_by(|a, b| a.0 == b.0 && b.1.is_none());
        let mut merge = Self { view, streams: Vec::new(), heads: BinaryHeap::new(), last: None };
        for (stem, asked) in stems {
            let keys = open(view, &stem, first);
            merge.streams.push(Stream { stem, keys, asked });
            merge.advance(merge.streams.len() - 1)?;
        }
        Ok(merge)
    }
}

impl Merge<'_> {
    fn advance(&mut self, at: usize) -> Result<(), StoreError> {
        if let Some(docid) = self.next_of(at)? {
            self.heads.push(Reverse((docid, at)));
        }
        Ok(())
    }

    fn next_of(&mut self, at: usize) -> Result<Option<u32>, StoreError> {
        let Some(guard) = self.streams[at].keys.next() else { return Ok(None) };
        self.view.budget.spend(1)?;
        key_of(guard).map(|key| Some(docid_at_end(&key)))
    }

    /// The next docid that is `least` or greater.
    pub(super) fn next_from(&mut self, least: u32) -> Result<Option<u32>, StoreError> {
        while let Some(Reverse((docid, at))) = self.heads.peek().copied()
            && docid < least
        {
            self.heads.pop();
            let mut next = self.next_of(at)?;
            for _ in 0..STEPS_MAX {
                if next.is_none_or(|docid| docid >= least) {
                    break;
                }
                next = self.next_of(at)?;
            }
            if next.is_some_and(|docid| docid < least) {
                let stream = &mut self.streams[at];
                stream.keys = open(self.view, &stream.stem, least);
                next = self.next_of(at)?;
            }
            self.heads.extend(next.map(|docid| Reverse((docid, at))));
        }
        self.next()
    }

    /// As [`Merge::next_from`], or what was given last where that is great enough.
    pub(super) fn next_from_again(&mut self, least: u32) -> Result<Option<u32>, StoreError> {
        match self.last {
            Some(last) if last >= least => Ok(Some(last)),
            _ => self.next_from(least),
        }
    }

    /// The next docid.
    pub(super) fn next(&mut self) -> Result<Option<u32>, StoreError> {
        while let Some(Reverse((docid, at))) = self.heads.pop() {
            self.advance(at)?;
            if self.last == Some(docid) {
                continue;
            }
            if let Some((param, test)) = self.streams[at].asked
                && !asked(self.view, docid, param, test)?
            {
                continue;
            }
            self.last = Some(docid);
            return Ok(Some(docid));
        }
        Ok(None)
    }
}

/// The docids that are in all of some merges.
pub(super) struct Intersection<'a> {
    /// The one that is expected to be the shortest first.
    pub(super) merges: Vec<Merge<'a>>,
}

impl Intersection<'_> {
    fn next(&mut self) -> Result<Option<u32>, StoreError> {
        let Some((lead, others)) = self.merges.split_first_mut() else { return Ok(None) };
        let mut docid = lead.next()?;
        'lead: while let Some(least) = docid {
            for other in others.iter_mut() {
                // What a merge gave last it gives again as long as it is asked for no more.
                match other.next_from_again(least)? {
                    None => return Ok(None),
                    Some(found) if found > least => {
                        docid = lead.next_from(found)?;
                        continue 'lead;
                    }
                    Some(_) => (),
                }
            }
            return Ok(Some(least));
        }
        Ok(None)
    }
}

/// Docids as they rise.
pub(super) enum Docids<'a> {
    List(std::vec::IntoIter<u32>),
    Merge(Merge<'a>),
    Intersection(Intersection<'a>),
    Union(Box<Union<'a>>),
    Members(Box<dyn Iterator<Item = Result<u32, StoreError>> + 'a>),
}

impl Docids<'_> {
    pub(super) fn next(&mut self) -> Result<Option<u32>, StoreError> {
        match self {
            Docids::List(list) => Ok(list.next()),
            Docids::Merge(merge) => merge.next(),
            Docids::Intersection(all) => all.next(),
            Docids::Union(union) => union.next(),
            Docids::Members(members) => members.next().transpose(),
        }
    }
}
