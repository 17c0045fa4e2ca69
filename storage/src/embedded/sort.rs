//! [Sorting]: matches in the order of some parameters, the first deciding first, those without a
//! value last, equals in the order in which they were first written.
//!
//! [Sorting]: https://hl7.org/fhir/R4/search.html#_sort

use fhir::search::Sort;

use super::clause::{Clause, Entries};
use super::estimate::size;
use super::evaluate::evaluate;
use super::hot_walk;
use super::page::{Effort, Search};
use super::position::{Place, Position};
use super::trace::subject;
use super::view::View;
use super::walk::walked;
use crate::StoreError;
use crate::index::order::{Directions, SORT_KEY_MAX, SortKey, sort_key_of};

/// By what a search is sorted, as one of its keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    Id,
    Param(u16),
    /// A parameter that no resource has: all are equal.
    Nothing,
}

/// The places of up to `wanted` matches after a position; `None` when the effort does not get that
/// far.
pub(super) fn sorted(
    search: &Search<'_>,
    sort: &[Sort],
    after: &Position,
    wanted: usize,
) -> Result<Option<Vec<Place>>, StoreError> {
    let Search { view, type_id, clause, effort } = *search;
    let by = |sort: &Sort| match (&*sort.param.code, view.engine.names.param_id(&sort.param)) {
        ("_id", _) => By::Id,
        (_, Some(param)) => By::Param(param),
        _ => By::Nothing,
    };
    let by = sort.iter().map(by).collect();
    let order = Order { view, type_id, clause, by, directions: Directions::of(sort) };
    if let Some(places) = hot_walk::walked(&order, after, wanted, search.rejected_max())? {
        return Ok(Some(places));
    }
    let gathered_max = effort.gathered_max();
    let size = size(view, clause, gathered_max)?;
    let by = order.names(sort);
    if size >= gathered_max {
        view.trace.step(format!("walk in the order of {by}, and check each"), None);
        let walked = walked(&order, after, wanted, search.rejected_max())?;
        if walked.is_some() || effort == Effort::Light {
            return Ok(walked);
        }
    }
    let matches = evaluate(view, type_id, clause)?;
    let names = &view.engine.names;
    let what = format!("find all of {} and sort them by {by}", subject(names, clause));
    view.trace.step(what, Some(size));
    view.trace.had(matches.len());
    order.gathered(matches.into_iter(), after, wanted).map(Some)
}

/// What is sorted, and by what.
pub(super) struct Order<'a> {
    pub(super) view: &'a View,
    pub(super) type_id: u16,
    pub(super) clause: &'a Clause,
    pub(super) by: Vec<By>,
    pub(super) directions: Directions,
}

impl Order<'_> {
    fn names(&self, sort: &[Sort]) -> String {
        let names = sort.iter().map(|sort| format!("{}.{}", sort.param.resource, sort.param.code));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The first places of some matches after a position.
    fn gathered(
        &self,
        matches: impl Iterator<Item = u32>,
        after: &Position,
        wanted: usize,
    ) -> Result<Vec<Place>, StoreError> {
        let mut places = Vec::new();
        for docid in matches.filter(|docid| *docid <= after.bound) {
            let keys = self.keys(&mut Entries::of(self.view, docid))?;
            let place = Place { docid, keys };
            if self.is_after(&place, after) {
                places.push(place);
            }
            if places.len() > 1_000 + 2 * wanted {
                self.cut(&mut places, wanted);
            }
        }
        self.cut(&mut places, wanted);
        places.sort_unstable_by(|a, b| a.compare(b, &self.directions));
        Ok(places)
    }

    /// Leaves the first places, in any order.
    fn cut(&self, places: &mut Vec<Place>, wanted: usize) {
        if places.len() > wanted && wanted > 0 {
            places.select_nth_unstable_by(wanted - 1, |a, b| a.compare(b, &self.directions));
            places.truncate(wanted);
        }
    }

    /// Does a place come behind a position?
    pub(super) fn is_after(&self, place: &Place, after: &Position) -> bool {
        after.place().is_none_or(|last| place.compare(last, &self.directions).is_gt())
    }

    /// What a resource is sorted by.
    pub(super) fn keys(&self, entries: &mut Entries<'_>) -> Result<Vec<SortKey>, StoreError> {
        (0..self.by.len()).map(|at| self.key(at, entries)).collect()
    }

    fn key(&self, at: usize, entries: &mut Entries<'_>) -> Result<SortKey, StoreError> {
        let param = match self.by[at] {
            By::Nothing => return Ok(None),
            By::Id => {
                let mut id = self.view.member(entries.docid())?.id.into_bytes();
                id.truncate(SORT_KEY_MAX);
                return Ok(Some(id));
            }
            By::Param(param) => param,
        };
        let is_descending = self.directions.is_descending(at);
        Ok(sort_key_of(param, entries.values(param)?, is_descending))
    }
}
