//! A page of a sorted search by walking over the index in its order.
//!
//! Resources that share their first keys are a group. A small one is sorted by what is left of the
//! keys; a large one is walked over in the order of the next key.

use super::clause::Entries;
use super::groups::{Direction, Groups};
use super::ids::Ids;
use super::merge::{Docids, merge_prefix};
use super::position::{Place, Position};
use super::scan;
use super::sort::{By, Order};
use crate::StoreError;
use crate::index::order::SortKey;

/// After so many members of a type that have a value, those without are looked for otherwise.
const MEMBERS_REJECTED_MAX: usize = 200;

/// The places of up to `wanted` matches after a position; `None` when too few pass.
pub(super) fn walked(
    order: &Order<'_>,
    after: &Position,
    wanted: usize,
    rejected_max: usize,
) -> Result<Option<Vec<Place>>, StoreError> {
    let mut walk = Walk { order, after, places: Vec::new(), wanted, rejected: 0, rejected_max };
    walk.level(&mut Vec::new())?;
    walk.places.truncate(wanted);
    Ok((!walk.is_hopeless()).then_some(walk.places))
}

/// A page in the making.
struct Walk<'a> {
    order: &'a Order<'a>,
    after: &'a Position,
    places: Vec<Place>,
    wanted: usize,
    rejected: usize,
    rejected_max: usize,
}

impl Walk<'_> {
    fn is_over(&self) -> bool {
        self.places.len() >= self.wanted || self.is_hopeless()
    }

    fn is_hopeless(&self) -> bool {
        self.rejected > self.rejected_max
    }

    /// Walks in the order of the next key over all whose first keys are `fixed`.
    fn level(&mut self, fixed: &mut Vec<SortKey>) -> Result<(), StoreError> {
        let depth = fixed.len();
        let last = self.after.place().filter(|place| place.keys.starts_with(fixed));
        let from = last.and_then(|place| place.keys.get(depth));
        let is_descending = self.order.directions.is_descending(depth);
        let is_valued = from.is_none_or(Option::is_some);
        let from = from.and_then(Option::as_deref);
        let Order { view, type_id, .. } = *self.order;
        match self.order.by[depth] {
            By::Id => {
                let mut ids = Ids::new(view, type_id, is_descending, from);
                while !self.is_over()
                    && let Some(group) = ids.next()?
                {
                    fixed.push(Some(group.key));
                    self.few(fixed, group.docids.unwrap_or_default())?;
                    fixed.pop();
                }
                return Ok(());
            }
            By::Param(param) if is_valued => {
                let direction = Direction { param, is_descending };
                let mut groups = Groups::new(view, direction, from);
                while !self.is_over()
                    && let Some(group) = groups.next()?
                {
                    let prefix = groups.prefix(&group.key);
                    fixed.push(Some(group.key));
                    self.group(fixed, group.docids, prefix)?;
                    fixed.pop();
                }
            }
            By::Param(_) | By::Nothing => (),
        }
        if !self.is_over() {
            fixed.push(None);
            self.valueless(fixed)?;
            fixed.pop();
        }
        Ok(())
    }

    /// Those among which all have these first keys are; `docids` `None` when they are many.
    fn group(
        &mut self,
        fixed: &mut Vec<SortKey>,
        docids: Option<Vec<u32>>,
        prefix: Vec<u8>,
    ) -> Result<(), StoreError> {
        let view = self.order.view;
        let first = self.first_docid(fixed);
        if fixed.len() == self.order.by.len() {
            let docids = match docids {
                Some(docids) => Docids::List(docids.into_iter()),
                None => match merge_prefix(view, prefix.clone(), first)? {
                    Some(merge) => Docids::Merge(merge),
                    None => Docids::List(scan::collect_prefix(view, prefix)?.into_iter()),
                },
            };
            return self.equals(fixed, docids, first);
        }
        if let Some(docids) = docids {
            return self.few(fixed, docids);
        }
        let (places, rejected) = (self.places.len(), self.rejected);
        self.level(fixed)?;
        if self.is_hopeless() {
            self.places.truncate(places);
            self.rejected = rejected;
            self.few(fixed, scan::collect_prefix(view, prefix)?)?;
        }
        Ok(())
    }

    /// Those whose last fixed key has no value.
    fn valueless(&mut self, fixed: &mut Vec<SortKey>) -> Result<(), StoreError> {
        if fixed.len() < self.order.by.len() {
            return self.level(fixed);
        }
        let first = self.first_docid(fixed);
        let Order { view, type_id, .. } = *self.order;
        let mut members = scan::members(view, type_id, first, self.after.bound);
        let rejected = self.rejected;
        while !self.is_over()
            && let Some(docid) = members.next().transpose()?
        {
            let By::Param(param) = self.order.by[fixed.len() - 1] else {
                self.take(fixed, docid)?;
                continue;
            };
            if self.rejected - rejected < MEMBERS_REJECTED_MAX {
                self.take(fixed, docid)?;
                continue;
            }
            // Most have a value, as it seems: those without one are found by the others.
            self.rejected = rejected;
            let members = scan::members(view, type_id, docid, self.after.bound);
            let without = scan::without_sort_key(view, param, members)?;
            return self.equals(fixed, Docids::List(without.into_iter()), docid);
        }
        Ok(())
    }

    /// The first docid that may come now among those with all these keys.
    fn first_docid(&self, fixed: &[SortKey]) -> u32 {
        match self.after.place() {
            Some(last) if last.keys == *fixed => last.docid.saturating_add(1),
            _ => 0,
        }
    }

    /// Takes those that have all keys in common, as they rise.
    fn equals(
        &mut self,
        fixed: &[SortKey],
        mut docids: Docids<'_>,
        first: u32,
    ) -> Result<(), StoreError> {
        while !self.is_over()
            && let Some(docid) = docids.next()?
        {
            if docid < first || docid > self.after.bound {
                continue;
            }
            self.take(fixed, docid)?;
        }
        Ok(())
    }

    fn take(&mut self, fixed: &[SortKey], docid: u32) -> Result<(), StoreError> {
        match self.place(fixed, docid)? {
            Some(place) => self.places.push(place),
            None => self.rejected += 1,
        }
        Ok(())
    }

    /// Sorts a few that have their first keys in common.
    fn few(&mut self, fixed: &[SortKey], docids: Vec<u32>) -> Result<(), StoreError> {
        let mut places = Vec::new();
        for docid in docids {
            if self.is_hopeless() {
                return Ok(());
            }
            if docid > self.after.bound {
                continue;
            }
            match self.place(fixed, docid)? {
                Some(place) if self.order.is_after(&place, self.after) => places.push(place),
                Some(_) => (),
                None => self.rejected += 1,
            }
        }
        places.sort_unstable_by(|a, b| a.compare(b, &self.order.directions));
        self.places.append(&mut places);
        Ok(())
    }

    /// The place of a match whose keys begin so.
    fn place(&self, fixed: &[SortKey], docid: u32) -> Result<Option<Place>, StoreError> {
        let mut entries = Entries::of(self.order.view, docid);
        // A resource with several values stands where the first of them in the order stands.
        let keys = self.order.keys(&mut entries)?;
        let is_match = keys.starts_with(fixed) && entries.pass(self.order.clause)?;
        Ok(is_match.then_some(Place { docid, keys }))
    }
}
