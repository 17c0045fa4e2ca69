//! Joins: [chains] lead from a resource over its references to others that a clause holds of,
//! [reverse chains] lead to it from those that refer to it.
//!
//! Either the other side is worked out first, and from it what leads to it or what it leads to; or
//! each candidate is decided alone, and what was decided of the other side is kept. Which of them is
//! cheaper depends on how the data lie, so a search begins with the candidates and turns to the
//! other side once it has spent on them what that would have cost: at most twice the better one.
//!
//! [chains]: https://hl7.org/fhir/R4/search.html#chaining
//! [reverse chains]: https://hl7.org/fhir/R4/search.html#has

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use super::budget::ENTRIES_COST;
use super::clause::{Clause, Entries};
use super::estimate::size;
use super::evaluate::evaluate;
use super::link::Link;
use super::merge::merge_spans;
use super::scan::{count_keys, members};
use super::view::View;
use crate::StoreError;
use crate::index::bounds::Span;

/// Up to so many resources of the other side are worked out at once.
const FAR_FEW: usize = 500;
/// Who has no more candidates than this from elsewhere decides on them one by one.
const CANDIDATES_FEW: usize = 16;
/// What is spent on single candidates before the other side is looked at, in index keys.
const SPENT_FIRST: u64 = 16 * ENTRIES_COST;

/// Where the other side stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A chain: the candidate refers to it.
    To,
    /// `_has`: it refers to the candidate.
    From,
}

/// A condition on the resources of another side. What was found out of them is kept for as long as
/// the search goes on.
#[derive(Debug, Clone)]
pub(super) struct Join {
    way: Way,
    link: Link,
    /// The type of the candidates.
    near_id: u16,
    /// The type of the other side, and what must hold of one there.
    far_id: u16,
    inner: Clause,
    /// What was spent on single candidates, and when the other side is looked at next.
    spent: Cell<u64>,
    look_at: Cell<u64>,
    /// All of the other side that the clause holds of, if they are few; rising.
    few: OnceCell<Option<Vec<u32>>>,
    /// All candidates that the whole holds of, once they were worked out.
    near: OnceCell<Vec<u32>>,
    decided: RefCell<HashMap<u32, bool>>,
}

impl Join {
    /// A join from the type `near_id` on; `inner` is about `far_id`.
    pub(super) fn new(way: Way, link: Link, near_id: u16, far_id: u16, inner: Clause) -> Self {
        Self {
            way,
            link,
            near_id,
            far_id,
            inner,
            spent: Cell::new(0),
            look_at: Cell::new(SPENT_FIRST),
            few: OnceCell::new(),
            near: OnceCell::new(),
            decided: RefCell::default(),
        }
    }

    /// The parameter that leads from one side to the other.
    pub(super) fn param(&self) -> u16 {
        self.link.param
    }

    /// Does it hold of a current resource?
    pub(super) fn pass(&self, candidate: &mut Entries<'_>) -> Result<bool, StoreError> {
        let (view, docid) = (candidate.view(), candidate.docid());
        if self.near.get().is_none() && self.spent.get() >= self.look_at.get() {
            self.look(view)?;
        }
        if let Some(near) = self.near.get() {
            return Ok(near.binary_search(&docid).is_ok());
        }
        let before = view.budget.spent();
        let holds = self.decide(candidate)?;
        self.spent.set(self.spent.get() + (view.budget.spent() - before));
        Ok(holds)
    }

    /// Works out the other side if that costs no more than was spent so far.
    fn look(&self, view: &View) -> Result<(), StoreError> {
        let spent = self.spent.get();
        self.look_at.set(2 * spent);
        let affordable = usize::try_from(spent / ENTRIES_COST).unwrap_or(usize::MAX);
        let affordable = affordable.min(view.budget.joined_max());
        if size(view, &self.inner, affordable.saturating_add(1))? <= affordable {
            let near = self.gathered(view)?;
            // It was empty: a search is one thread's.
            let _near = self.near.set(near);
        }
        Ok(())
    }

    fn decide(&self, candidate: &mut Entries<'_>) -> Result<bool, StoreError> {
        let few = self.few.get().and_then(Option::as_deref);
        let view = candidate.view();
        if self.way == Way::From {
            return self.is_referred_to(view, candidate.docid(), few);
        }
        for docid in self.link.targets(candidate)? {
            if self.holds_there(view, docid, few)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A resource may be referred to by very many: no further than to the first that will do.
    fn is_referred_to(
        &self,
        view: &View,
        docid: u32,
        few: Option<&[u32]>,
    ) -> Result<bool, StoreError> {
        if let Some(span) = self.link.span(view, docid)?
            && let Some(mut referring) = merge_spans(view, vec![span], 0)?
        {
            while let Some(far) = referring.next()? {
                if self.holds_there(view, far, few)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        for far in self.link.referring(view, docid)? {
            if self.holds_there(view, far, few)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does the inner clause hold of a current resource of the other side?
    fn holds_there(
        &self,
        view: &View,
        docid: u32,
        few: Option<&[u32]>,
    ) -> Result<bool, StoreError> {
        if let Some(few) = few {
            return Ok(few.binary_search(&docid).is_ok());
        }
        if matches!(self.inner, Clause::All) {
            return Ok(true);
        }
        if let Some(known) = self.decided.borrow().get(&docid) {
            return Ok(*known);
        }
        let holds = Entries::of(view, docid).pass(&self.inner)?;
        let mut decided = self.decided.borrow_mut();
        if decided.len() < view.budget.joined_max() {
            decided.insert(docid, holds);
        }
        Ok(holds)
    }

    /// All of the other side that the inner clause holds of, when they are few.
    fn few(&self, view: &View) -> Result<Option<&[u32]>, StoreError> {
        if self.few.get().is_none() {
            let few = match size(view, &self.inner, FAR_FEW + 1)? {
                ..=FAR_FEW => Some(evaluate(view, self.far_id, &self.inner)?),
                _ => None,
            };
            if let Some(few) = &few {
                self.step(view, "work out the other side of", few.len());
            }
            // It was empty: a search is one thread's.
            let _few = self.few.set(few);
        }
        Ok(self.few.get().and_then(Option::as_deref))
    }

    /// How many candidates it leaves, counted up to `max`; `usize::MAX` when that is costly to say.
    pub(super) fn size(&self, view: &View, max: usize) -> Result<usize, StoreError> {
        if let Some(near) = self.near.get() {
            return Ok(near.len().min(max));
        }
        if max <= CANDIDATES_FEW {
            return Ok(max);
        }
        let Some(few) = self.few(view)? else { return Ok(usize::MAX) };
        if self.way == Way::From {
            return Ok(few.len().min(max));
        }
        let mut count = 0;
        for docid in few {
            count += match self.link.span(view, *docid)? {
                Some(span) => count_keys(view, &span, max - count)?,
                None => self.link.referring(view, *docid)?.len(),
            };
            if count >= max {
                return Ok(max);
            }
        }
        Ok(count)
    }

    /// All current resources that it holds of, rising.
    pub(super) fn all(&self, view: &View) -> Result<&[u32], StoreError> {
        if self.near.get().is_none() {
            let near = self.worked_out(view)?;
            let _near = self.near.set(near);
        }
        Ok(self.near.get().map(Vec::as_slice).unwrap_or_default())
    }

    fn worked_out(&self, view: &View) -> Result<Vec<u32>, StoreError> {
        if self.few(view)?.is_some() {
            return self.gathered(view);
        }
        let (near, far) = (view.counter(self.near_id)?.0, view.counter(self.far_id)?.0);
        // The more there are on the other side that will do, the sooner a candidate finds the first
        // of those that refer to it.
        let worth = match self.way {
            Way::To => near,
            Way::From => near.saturating_mul(far).isqrt(),
        };
        let worth = usize::try_from(worth).unwrap_or(usize::MAX).min(view.budget.joined_max());
        if size(view, &self.inner, worth.saturating_add(1))? <= worth {
            return self.gathered(view);
        }
        match self.each(view)? {
            Some(near) => Ok(near),
            None => self.gathered(view),
        }
    }

    /// From the other side to the candidates.
    fn gathered(&self, view: &View) -> Result<Vec<u32>, StoreError> {
        let far = match self.few.get() {
            Some(Some(few)) => few.clone(),
            _ => {
                let far = evaluate(view, self.far_id, &self.inner)?;
                self.step(view, "work out the other side of", far.len());
                far
            }
        };
        let mut near = Vec::new();
        for docid in far {
            near.extend(match self.way {
                Way::To => self.link.referring(view, docid)?,
                Way::From => self.link.targets(&mut Entries::of(view, docid))?,
            });
        }
        near.sort_unstable();
        near.dedup();
        self.step(view, "come back over", near.len());
        Ok(near)
    }

    /// What was found out, for the plan.
    fn step(&self, view: &View, what: &str, real: usize) {
        let of = match view.engine.names.param(self.link.param) {
            Some(param) => format!("{}.{}", param.resource, param.code),
            None => "?".to_owned(),
        };
        view.trace.joined(format!("{what} the join over {of}"), real);
    }

    /// Decides on each candidate; `None` when by then the other side would be less.
    fn each(&self, view: &View) -> Result<Option<Vec<u32>>, StoreError> {
        self.look_at.set(u64::MAX);
        let max = view.budget.joined_max();
        let cost = ENTRIES_COST.saturating_mul(max as u64);
        let mut look_at = view.budget.spent().saturating_add(cost);
        let mut near = Vec::new();
        for docid in members(view, self.near_id, 0, u32::MAX) {
            let docid = docid?;
            if self.pass(&mut Entries::of(view, docid))? {
                near.push(docid);
            }
            if view.budget.spent() > look_at {
                look_at = u64::MAX;
                if size(view, &self.inner, max.saturating_add(1))? <= max {
                    return Ok(None);
                }
            }
        }
        self.step(view, "decide on each candidate of", near.len());
        Ok(Some(near))
    }

    /// What the index keys of all candidates start with, where that is up to so many prefixes.
    pub(super) fn spans(&self, view: &View, max: usize) -> Result<Option<Vec<Span>>, StoreError> {
        let Some(few) = self.few(view)?.filter(|few| few.len() <= max) else { return Ok(None) };
        if self.way == Way::From {
            return Ok(None);
        }
        few.iter().map(|docid| self.link.span(view, *docid)).collect()
    }
}
