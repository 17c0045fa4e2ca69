//! [Sorting]: matches in the order of a parameter, those without a value last, equals in the order
//! in which they were first written.
//!
//! [Sorting]: https://hl7.org/fhir/R4/search.html#_sort

use std::cmp::Ordering;

use fhir::search::{IndexValue, Sort};

use super::clause::{Clause, Entries};
use super::encode;
use super::evaluate::{evaluate, size};
use super::groups::{Direction, Group, Groups};
use super::order::{SORT_KEY_MAX, sort_key};
use super::page::{Effort, Search};
use super::position::{Place, Position};
use super::scan::{self, Docids};
use super::view::View;
use crate::StoreError;

/// By what a search is sorted.
#[derive(Debug, Clone, Copy)]
enum By {
    Id,
    Param(u16),
    /// A parameter that no resource has: all are equal.
    Nothing,
}

/// The places of up to `wanted` matches after a position; `None` when the effort does not get that
/// far.
pub(super) fn sorted(
    search: &Search<'_>,
    sort: &Sort,
    after: &Position,
    wanted: usize,
) -> Result<Option<Vec<Place>>, StoreError> {
    let by = match (&*sort.param.code, search.view.engine.names.param_id(&sort.param)) {
        ("_id", _) => By::Id,
        (_, Some(param)) => By::Param(param),
        _ => By::Nothing,
    };
    let Search { view, type_id, clause, effort } = *search;
    let order = Order { view, type_id, clause, by, is_descending: sort.is_descending };
    let gathered_max = effort.gathered_max();
    if size(view, clause, gathered_max)? >= gathered_max {
        let walked = order.walked(after, wanted, effort.rejected_max())?;
        if walked.is_some() || effort == Effort::Light {
            return Ok(walked);
        }
    }
    order.gathered(after, wanted).map(Some)
}

struct Order<'a> {
    view: &'a View,
    type_id: u16,
    clause: &'a Clause,
    by: By,
    is_descending: bool,
}

/// A page in the making, by a walk in order.
struct Walk {
    places: Vec<Place>,
    wanted: usize,
    rejected: usize,
    rejected_max: usize,
}

impl Walk {
    fn is_over(&self) -> bool {
        self.places.len() >= self.wanted || self.is_hopeless()
    }

    fn is_hopeless(&self) -> bool {
        self.rejected > self.rejected_max
    }

    fn take(&mut self, place: Option<Place>) {
        match place {
            Some(place) => self.places.push(place),
            None => self.rejected += 1,
        }
    }
}

impl Order<'_> {
    /// Walks over the index in its order; `None` when too few pass.
    fn walked(
        &self,
        after: &Position,
        wanted: usize,
        rejected_max: usize,
    ) -> Result<Option<Vec<Place>>, StoreError> {
        let mut walk = Walk { places: Vec::new(), wanted, rejected: 0, rejected_max };
        match self.by {
            By::Id => return Ok(None),
            By::Nothing => (),
            By::Param(param) if !after.is_valueless() => {
                let direction = Direction { param, is_descending: self.is_descending };
                let from = after.valued().map(|(key, _)| key);
                let mut groups = Groups::new(self.view, direction, from);
                while !walk.is_over()
                    && let Some(group) = groups.next()?
                {
                    let prefix = groups.prefix(&group.key);
                    self.walk_group(&mut walk, param, group, prefix, after)?;
                }
            }
            By::Param(_) => (),
        }
        if !walk.is_over() {
            self.walk_valueless(&mut walk, after)?;
        }
        Ok((!walk.is_hopeless()).then_some(walk.places))
    }

    fn walk_group(
        &self,
        walk: &mut Walk,
        param: u16,
        group: Group,
        prefix: Vec<u8>,
        after: &Position,
    ) -> Result<(), StoreError> {
        let first = match after.valued() {
            Some((key, docid)) if key == group.key => docid.saturating_add(1),
            _ => 0,
        };
        let mut docids = match group.docids {
            Some(docids) => Docids::List(docids.into_iter()),
            None => match scan::merge_prefix(self.view, param, prefix.clone(), first)? {
                Some(merge) => Docids::Merge(merge),
                None => Docids::List(scan::collect_prefix(self.view, prefix)?.into_iter()),
            },
        };
        while !walk.is_over()
            && let Some(docid) = docids.next()?
        {
            if docid < first || docid > after.bound {
                continue;
            }
            let mut entries = Entries::of(self.view, docid);
            // A resource with several values stands where the first of them in the order stands.
            let is_here = self.key(&mut entries)?.as_deref() == Some(group.key.as_slice());
            let is_match = is_here && entries.pass(self.clause)?;
            walk.take(is_match.then(|| Place::sorted(Some(group.key.clone()), docid)));
        }
        Ok(())
    }

    fn walk_valueless(&self, walk: &mut Walk, after: &Position) -> Result<(), StoreError> {
        let first = if after.is_valueless() { after.first_docid() } else { 0 };
        for docid in scan::members(self.view, self.type_id, first, after.bound) {
            if walk.is_over() {
                break;
            }
            let docid = docid?;
            if docid > after.bound || docid < first {
                continue;
            }
            let mut entries = Entries::of(self.view, docid);
            let is_match = self.key(&mut entries)?.is_none() && entries.pass(self.clause)?;
            walk.take(is_match.then(|| Place::sorted(None, docid)));
        }
        Ok(())
    }

    /// Works out all matches, and sorts them.
    fn gathered(&self, after: &Position, wanted: usize) -> Result<Vec<Place>, StoreError> {
        let mut keyed = Vec::new();
        for docid in evaluate(self.view, self.type_id, self.clause)? {
            if docid > after.bound {
                continue;
            }
            let key = self.key(&mut Entries::of(self.view, docid))?;
            if self.is_after(key.as_deref(), docid, after) {
                keyed.push((key, docid));
            }
        }
        let order = |a: &(Option<Vec<u8>>, u32), b: &(Option<Vec<u8>>, u32)| {
            self.compare(a.0.as_deref(), b.0.as_deref()).then(a.1.cmp(&b.1))
        };
        if keyed.len() > wanted && wanted > 0 {
            keyed.select_nth_unstable_by(wanted - 1, order);
            keyed.truncate(wanted);
        }
        keyed.sort_unstable_by(order);
        Ok(keyed.into_iter().map(|(key, docid)| Place::sorted(key, docid)).collect())
    }

    fn is_after(&self, key: Option<&[u8]>, docid: u32, after: &Position) -> bool {
        let (last, last_docid) = match after.valued() {
            Some((last, docid)) => (Some(last), docid),
            None if after.is_valueless() => (None, after.first_docid().saturating_sub(1)),
            None => return true,
        };
        self.compare(key, last).then(docid.cmp(&last_docid)) == Ordering::Greater
    }

    fn compare(&self, a: Option<&[u8]>, b: Option<&[u8]>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.is_descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }

    /// What a resource is sorted by.
    fn key(&self, entries: &mut Entries<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        let param = match self.by {
            By::Nothing => return Ok(None),
            By::Id => {
                let mut id = self.view.member(entries.docid())?.id.into_bytes();
                id.truncate(SORT_KEY_MAX);
                return Ok(Some(id));
            }
            By::Param(param) => param,
        };
        let mut found: Option<Vec<u8>> = None;
        let mut values = entries.values(param)?;
        // The second word of a name is found, but a name is not sorted by it.
        if !values.iter().all(is_part) {
            values.retain(|value| !is_part(value));
        }
        for value in values {
            encode::stems(param, &value, |stem| {
                let Some(key) = sort_key(&stem) else { return };
                let is_better = found.as_deref().is_none_or(|best| match self.is_descending {
                    false => key < best,
                    true => key > best,
                });
                if is_better {
                    found = Some(key.to_vec());
                }
            });
        }
        Ok(found)
    }
}

/// Only a part of a text, that stands beside the whole.
fn is_part(value: &IndexValue) -> bool {
    matches!(value, IndexValue::String(text) if text.exact == 0)
}
