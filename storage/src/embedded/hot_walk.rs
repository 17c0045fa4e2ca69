//! A page of what a combination answers, by the date that its keys end with.

use std::collections::BTreeMap;

use fjall::Iter;

use super::candidates::parts;
use super::clause::{Clause, Entries};
use super::fault;
use super::hot::HotClause;
use super::keys::docid_at_end;
use super::merge::merge_spans;
use super::position::{Place, Position};
use super::scan::{each_key, key_of, walk};
use super::sort::{By, Order};
use super::trace::subjects;
use crate::StoreError;
use crate::index::bounds::Span;
use crate::index::stem::{family, successor};

/// More resources of several dates are not sorted beside the others.
const SEVERAL_MAX: usize = 100;

/// The combination of a clause whose keys stand in the order of a sorted search, and what else the
/// clause asks.
pub(super) fn in_order<'a>(order: &Order<'a>) -> Option<(&'a HotClause, Vec<&'a Clause>)> {
    let parts = parts(order.clause);
    let [By::Param(param)] = order.by.as_slice() else { return None };
    let (Some(Clause::Hot(hot)), rest) = (parts.first(), parts.get(1..)?) else { return None };
    (hot.date == Some(*param)).then(|| (hot.as_ref(), rest.iter().collect()))
}

/// The places of up to `wanted` matches after a position; `None` when too few pass, or too many
/// have several dates.
pub(super) fn walked(
    order: &Order<'_>,
    after: &Position,
    wanted: usize,
    rejected_max: usize,
) -> Result<Option<Vec<Place>>, StoreError> {
    let Some((hot, rest)) = in_order(order) else { return Ok(None) };
    let names = &order.view.engine.names;
    let what =
        format!("walk in the order of {}", subjects(names, parts(order.clause).iter(), " and "));
    order.view.trace.step(what, None);
    let walk = HotWalk { order, hot, rest, after, wanted, rejected_max };
    let Some(mut places) = walk.several()? else { return Ok(None) };
    let last_key = after.place().and_then(|place| place.keys.first());
    if last_key.is_none_or(Option::is_some) && !walk.dated(&mut places)? {
        return Ok(None);
    }
    places.sort_unstable_by(|a, b| a.compare(b, &order.directions));
    places.truncate(wanted);
    if places.len() < wanted && !walk.dateless(&mut places)? {
        return Ok(None);
    }
    Ok(Some(places))
}

struct HotWalk<'a> {
    order: &'a Order<'a>,
    hot: &'a HotClause,
    rest: Vec<&'a Clause>,
    after: &'a Position,
    wanted: usize,
    rejected_max: usize,
}

/// The keys of one prefix in the order asked for, and the low bound, the docid and the passing of
/// the one that comes next.
struct Stream<'a> {
    prefix: &'a [u8],
    keys: Iter,
    head: Option<(Vec<u8>, u32, bool)>,
}

impl HotWalk<'_> {
    fn is_descending(&self) -> bool {
        self.order.directions.is_descending(0)
    }

    fn may_come(&self, place: &Place) -> bool {
        place.docid <= self.after.bound && self.order.is_after(place, self.after)
    }

    /// Does the rest of the clause hold?
    fn pass(&self, docid: u32) -> Result<bool, StoreError> {
        let mut entries = Entries::of(self.order.view, docid);
        for part in &self.rest {
            if !entries.pass(part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The places of all matches with several dates.
    fn several(&self) -> Result<Option<Vec<Place>>, StoreError> {
        let view = self.order.view;
        let mut docids = Vec::new();
        for prefix in &self.hot.prefixes {
            let mut is_too_much = false;
            each_key(view, &HotClause::several(prefix), |key| {
                is_too_much = docids.len() > SEVERAL_MAX;
                docids.push(docid_at_end(key));
                Ok(!is_too_much)
            })?;
            if is_too_much {
                return Ok(None);
            }
        }
        docids.sort_unstable();
        docids.dedup();
        let mut places = Vec::new();
        for docid in docids {
            let mut entries = Entries::of(view, docid);
            let place = Place { docid, keys: self.order.keys(&mut entries)? };
            if self.may_come(&place) && entries.pass(self.order.clause)? {
                places.push(place);
            }
        }
        Ok(Some(places))
    }

    /// Adds the first places of matches with one date; `false` when too few pass.
    fn dated(&self, places: &mut Vec<Place>) -> Result<bool, StoreError> {
        let mut streams = Vec::with_capacity(self.hot.prefixes.len());
        for prefix in &self.hot.prefixes {
            let keys = walk(self.order.view, &self.span(prefix));
            let mut stream = Stream { prefix, keys, head: None };
            self.advance(&mut stream)?;
            streams.push(stream);
        }
        let (mut found, mut rejected) = (0, 0);
        while found < self.wanted {
            let heads = streams.iter().filter_map(|stream| stream.head.as_ref());
            let lows = heads.map(|(low, _, _)| low);
            let low = if self.is_descending() { lows.max() } else { lows.min() };
            let Some(low) = low.cloned() else { return Ok(true) };
            for (docid, passes) in self.group(&mut streams, &low)? {
                let place = Place { docid, keys: vec![Some(sort_key(&low))] };
                if found >= self.wanted || !self.may_come(&place) {
                    continue;
                }
                if passes && (self.rest.is_empty() || self.pass(docid)?) {
                    places.push(place);
                    found += 1;
                    continue;
                }
                rejected += 1;
                if rejected > self.rejected_max {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The keys of a prefix from the position on.
    fn span(&self, prefix: &[u8]) -> Span {
        let mut span = self.hot.dated(prefix);
        let Some(Some(Some(key))) = self.after.place().map(|place| place.keys.first()) else {
            return span;
        };
        // The group that the last page ended in is entered again.
        let at = [prefix, &span.start[prefix.len()..=prefix.len()], &key[1..]].concat();
        if self.is_descending() {
            let end = successor(&at);
            span.end = match (span.end.take(), end) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        } else {
            span.start = span.start.max(at);
        }
        span
    }

    fn advance(&self, stream: &mut Stream<'_>) -> Result<(), StoreError> {
        stream.head = None;
        let next = match self.is_descending() {
            true => stream.keys.next_back(),
            false => stream.keys.next(),
        };
        if let Some(guard) = next {
            let key = key_of(guard)?;
            self.order.view.budget.spend(1)?;
            let (low, passes) = self
                .hot
                .date(stream.prefix, &key)
                .ok_or_else(|| fault::damaged("index", "a key of a combination is not readable"))?;
            stream.head = Some((low.to_vec(), docid_at_end(&key), passes));
        }
        Ok(())
    }

    /// The resources of one low bound, rising, and whether they pass.
    fn group(
        &self,
        streams: &mut [Stream<'_>],
        low: &[u8],
    ) -> Result<BTreeMap<u32, bool>, StoreError> {
        let mut docids = BTreeMap::new();
        for stream in streams {
            while let Some((own, docid, passes)) = &stream.head
                && own == low
            {
                docids.insert(*docid, *passes);
                self.advance(stream)?;
            }
        }
        Ok(docids)
    }

    /// Adds the first places of matches without a date; `false` when too few pass.
    fn dateless(&self, places: &mut Vec<Place>) -> Result<bool, StoreError> {
        let first = match self.after.place() {
            Some(Place { docid, keys }) if keys.first() == Some(&None) => docid.saturating_add(1),
            _ => 0,
        };
        let spans = self.hot.dateless().collect();
        let merge = merge_spans(self.order.view, spans, first)?;
        let Some(mut docids) = merge else { return Ok(false) };
        let mut rejected = 0;
        while places.len() < self.wanted
            && let Some(docid) = docids.next()?
        {
            let place = Place { docid, keys: vec![None] };
            if !self.may_come(&place) {
                continue;
            }
            if self.rest.is_empty() || self.pass(docid)? {
                places.push(place);
                continue;
            }
            rejected += 1;
            if rejected > self.rejected_max {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a resource with this low bound is sorted by.
fn sort_key(low: &[u8]) -> Vec<u8> {
    [&[family::DATE], low].concat()
}
