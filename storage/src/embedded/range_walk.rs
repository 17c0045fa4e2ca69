//! A page without an order of what has its values in a range: of dates, numbers, names, or of the
//! results of a code. To read them in the order of docids all would have to be found first.
//!
//! Each resource stands at its first value in the range that passes; those that only have a value
//! that reaches into the range from before it come last.

use fhir::search::{IndexValue, Test};

use super::candidates::{HOT_FEW, parts};
use super::clause::{Clause, Entries};
use super::estimate::{PROBE_MAX, least, size};
use super::evaluate::evaluate;
use super::keys::{DOCID, docid_at_end};
use super::page::{Effort, Search};
use super::position::{Place, Position};
use super::scan::{Decision, collect_keys, decide, each_key, first_key, spans_of};
use super::trace::subject;
use super::view::View;
use crate::StoreError;
use crate::index::bounds::Span;
use crate::index::encode;
use crate::index::order::SORT_KEY_MAX;
use crate::index::stem::successor;

/// How much of a value decides the order.
const KEY_MAX: usize = SORT_KEY_MAX - 2;
/// The key of those that come last: no family of values has it.
const LAST: u8 = 0xFF;

/// The parameter whose range a search is read by, where that is better than any other way.
pub(super) fn chosen(view: &View, clause: &Clause) -> Result<Option<u16>, StoreError> {
    let parts = parts(clause);
    let is_one = |part| matches!(part, &Clause::Matches(param, ref test) if is_range(param, test));
    if !parts.iter().any(is_one) {
        return Ok(None);
    }
    let Some((at, PROBE_MAX..)) = least(view, parts, HOT_FEW)? else { return Ok(None) };
    let Clause::Matches(param, test) = &parts[at] else { return Ok(None) };
    if !is_range(*param, test) || size(view, &parts[at], HOT_FEW)? < HOT_FEW {
        return Ok(None);
    }
    // One value alone has its resources in the order of docids.
    let mut span = spans_of(*param, Some(test))[0].clone();
    let Some(key) = first_key(view, &span)? else { return Ok(None) };
    let Some(next) = successor(&key[..key.len() - DOCID]) else { return Ok(None) };
    span.start = next;
    Ok(first_key(view, &span)?.map(|_| *param))
}

fn is_range(param: u16, test: &Test) -> bool {
    match test {
        Test::Date(_) | Test::Number(_) | Test::Quantity(_) | Test::String(_) => true,
        // A code and a range of its values stand together.
        Test::Composite(_) => spans_of(param, Some(test)).len() == 1,
        _ => false,
    }
}

/// The places of up to `wanted` matches after a position; `None` when the effort does not get that
/// far.
pub(super) fn places(
    search: &Search<'_>,
    param: u16,
    after: &Position,
    wanted: usize,
) -> Result<Option<Vec<Place>>, StoreError> {
    let asked = |part: &&Clause| matches!(part, Clause::Matches(own, _) if *own == param);
    let plain = parts(search.clause).iter().flat_map(|part| match part {
        Clause::Hot(hot) => hot.parts.as_slice(),
        part => std::slice::from_ref(part),
    });
    let Some(part @ Clause::Matches(_, test)) = plain.into_iter().find(asked) else {
        return Err(StoreError::Fault("no position of this search".to_owned()));
    };
    let what = format!("walk over the range of {}", subject(&search.view.engine.names, part));
    search.view.trace.step(what, None);
    let spans = spans_of(param, Some(test));
    let walk = RangeWalk { search, param, test, spans, after, wanted };
    walk.places()
}

struct RangeWalk<'a> {
    search: &'a Search<'a>,
    param: u16,
    test: &'a Test,
    spans: Vec<Span>,
    after: &'a Position,
    wanted: usize,
}

/// A page in the making.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    read: usize,
    rejected: usize,
}

/// What of a stem decides the order.
fn key_of(stem: &[u8]) -> &[u8] {
    &stem[2..stem.len().min(2 + KEY_MAX)]
}

impl RangeWalk<'_> {
    fn places(&self) -> Result<Option<Vec<Place>>, StoreError> {
        let mut found = Found::default();
        if self.last_key().is_none_or(|key| key != [LAST]) {
            self.main(&mut found)?;
        }
        if !self.is_over(&found) {
            self.tail(&mut found)?;
        }
        self.search.view.trace.had(found.read);
        if !self.is_hopeless(&found) {
            return Ok(Some(found.places));
        }
        if self.search.effort == Effort::Light {
            return Ok(None);
        }
        self.all().map(Some)
    }

    fn is_hopeless(&self, found: &Found) -> bool {
        found.rejected > self.search.rejected_max()
    }

    fn is_over(&self, found: &Found) -> bool {
        found.places.len() >= self.wanted || self.is_hopeless(found)
    }

    /// The key of the last place before.
    fn last_key(&self) -> Option<&[u8]> {
        self.after.place()?.keys.first()?.as_deref()?.get(2..)
    }

    fn place(&self, key: &[u8], docid: u32) -> Place {
        let key = [&self.param.to_be_bytes(), key].concat();
        Place { docid, keys: vec![Some(key)] }
    }

    /// Does a place belong to this page or a later one?
    fn may_come(&self, place: &Place) -> bool {
        let is_after = |last: &Place| (&place.keys, place.docid) > (&last.keys, last.docid);
        place.docid <= self.after.bound && self.after.place().is_none_or(is_after)
    }

    /// The key of the first value of a resource that passes within the range.
    fn first_key(&self, values: &[IndexValue]) -> Option<Vec<u8>> {
        let mut first: Option<Vec<u8>> = None;
        for value in values.iter().filter(|value| self.test.matches(value)) {
            let mut is_main = true;
            encode::stems(self.param, value, |stem| {
                let is_within = self.spans[0].start <= stem
                    && self.spans[0].end.as_ref().is_none_or(|end| stem < *end);
                if is_main && is_within {
                    let key = key_of(&stem);
                    if first.as_deref().is_none_or(|first| key < first) {
                        first = Some(key.to_vec());
                    }
                }
                is_main = false;
            });
        }
        first
    }

    /// Takes a resource if it stands at this key.
    fn take(&self, key: &[u8], docid: u32, found: &mut Found) -> Result<(), StoreError> {
        let place = self.place(key, docid);
        if self.is_over(found) || !self.may_come(&place) {
            return Ok(());
        }
        found.read += 1;
        let mut entries = Entries::of(self.search.view, docid);
        let own = self.first_key(&entries.values(self.param)?);
        if own.as_deref().unwrap_or(&[LAST]) != key {
            return Ok(());
        }
        match entries.pass(self.search.clause)? {
            true => found.places.push(place),
            false => found.rejected += 1,
        }
        Ok(())
    }

    /// Those with a value in the range.
    fn main(&self, found: &mut Found) -> Result<(), StoreError> {
        let mut span = self.spans[0].clone();
        if let Some((key, last)) = self.last_key().zip(self.after.place()) {
            let mut start = [&self.param.to_be_bytes(), key].concat();
            if key.len() < KEY_MAX {
                start.extend_from_slice(&last.docid.to_be_bytes());
            }
            span.start = span.start.max(start);
        }
        let (mut stem, mut decision) = (Vec::new(), Decision::No);
        // Resources whose values begin with the same bytes, not yet in order.
        let mut alike: Vec<u32> = Vec::new();
        let view = self.search.view;
        each_key(view, &span, |key| {
            let head = &key[..key.len() - DOCID];
            if head != stem {
                if !alike.is_empty() && key_of(head) != key_of(&stem) {
                    self.take_alike(&stem, &mut alike, found)?;
                }
                head.clone_into(&mut stem);
                decision = decide(head, Some(self.test));
            }
            if decision != Decision::No && head.len() >= 2 + KEY_MAX {
                alike.push(docid_at_end(key));
            } else if decision != Decision::No {
                self.take(key_of(head), docid_at_end(key), found)?;
            }
            Ok(!self.is_over(found))
        })?;
        self.take_alike(&stem, &mut alike, found)
    }

    fn take_alike(
        &self,
        stem: &[u8],
        alike: &mut Vec<u32>,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        alike.sort_unstable();
        alike.dedup();
        for docid in alike.drain(..) {
            self.take(key_of(stem), docid, found)?;
        }
        Ok(())
    }

    /// Those that are found by another bound alone.
    fn tail(&self, found: &mut Found) -> Result<(), StoreError> {
        let mut docids = Vec::new();
        for span in &self.spans[1..] {
            docids.extend(collect_keys(self.search.view, span, |stem, _| {
                Ok(decide(stem, Some(self.test)) != Decision::No)
            })?);
        }
        docids.sort_unstable();
        docids.dedup();
        for docid in docids {
            self.take(&[LAST], docid, found)?;
        }
        Ok(())
    }

    /// The first places, from all matches.
    fn all(&self) -> Result<Vec<Place>, StoreError> {
        let Search { view, type_id, clause, .. } = *self.search;
        let mut places = Vec::new();
        for docid in evaluate(view, type_id, clause)? {
            let values = Entries::of(view, docid).values(self.param)?;
            let key = self.first_key(&values);
            let place = self.place(key.as_deref().unwrap_or(&[LAST]), docid);
            if self.may_come(&place) {
                places.push(place);
            }
        }
        places.sort_unstable_by(|a, b| (&a.keys, a.docid).cmp(&(&b.keys, b.docid)));
        places.truncate(self.wanted);
        Ok(places)
    }
}
