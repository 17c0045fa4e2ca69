//! Where the candidates of a page come from.

use super::clause::Clause;
use super::estimate::{PROBE_MAX, least, size as size_of};
use super::evaluate::evaluate;
use super::merge::{Docids, Intersection, Merge, STEMS_MAX, merge_clause};
use super::page::Search;
use super::scan::members;
use super::trace::subjects;
use super::union::Union;
use crate::StoreError;

/// Up to so many matches of a combination are put in the order of docids.
pub(super) const HOT_FEW: usize = 1_000;
/// Up to so many candidates of a join are put in that order: they are known by keys alone.
const JOINED_FEW: usize = 10_000;
/// A run up to so many times as long as the shortest is read beside it; a longer one costs more
/// than asking the entries of each candidate.
const RUN_RATIO: usize = 8;

const RUNS: &str = "read in the order of first writing";

/// Docids in rising order, and whether the clause is yet to be decided on each.
pub(super) struct Candidates<'a> {
    pub(super) docids: Docids<'a>,
    pub(super) is_decided: bool,
}

/// The conditions that must hold together.
pub(super) fn parts(clause: &Clause) -> &[Clause] {
    match clause {
        Clause::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    }
}

impl<'a> Search<'a> {
    /// What may match, from a docid on.
    pub(super) fn candidates(&self, first: u32, last: u32) -> Result<Candidates<'a>, StoreError> {
        let Search { view, type_id, clause, .. } = *self;
        let own = parts(clause);
        if let Some((at, size)) = least(view, own, HOT_FEW)?
            && (size < PROBE_MAX || size < HOT_FEW && matches!(own[at], Clause::Hot(_)))
        {
            self.step("list", [&own[at]].into_iter(), size);
            let list = evaluate(view, type_id, &own[at])?.into_iter();
            return Ok(Candidates { docids: Docids::List(list), is_decided: own.len() == 1 });
        }
        // A combination with many matches has them in another order than this one.
        let plain = |part: &'a Clause| match part {
            Clause::Hot(hot) => hot.parts.as_slice(),
            part => std::slice::from_ref(part),
        };
        let mut sized = Vec::with_capacity(own.len());
        for part in own.iter().flat_map(plain) {
            sized.push((size_of(view, part, HOT_FEW)?, part));
        }
        sized.sort_by_key(|(size, _)| *size);
        for (at, (size, part)) in sized.iter().enumerate() {
            if let Some(merges) = self.merges(&sized[at..], first)? {
                let is_decided = merges.len() == sized.len();
                let docids = Docids::Intersection(Intersection { merges });
                return Ok(Candidates { docids, is_decided });
            }
            let is_decided = sized.len() == 1;
            if let Some(docids) = self.rising(part, first)? {
                self.step(RUNS, [*part].into_iter(), *size);
                return Ok(Candidates { docids, is_decided });
            }
            let size = match part {
                Clause::Join(_) if at == 0 => size_of(view, part, JOINED_FEW)?,
                _ => *size,
            };
            let is_few = size < HOT_FEW || size < JOINED_FEW && matches!(part, Clause::Join(_));
            if at == 0 && is_few {
                self.step("list", [*part].into_iter(), size);
                let list = evaluate(view, type_id, part)?.into_iter();
                return Ok(Candidates { docids: Docids::List(list), is_decided });
            }
        }
        view.trace.step("read all of the type", None);
        let members = members(view, type_id, first, last);
        let is_decided = matches!(clause, Clause::All);
        Ok(Candidates { docids: Docids::Members(Box::new(members)), is_decided })
    }

    /// The runs of the first part, if it has some, and of those that are not much longer.
    fn merges(
        &self,
        sized: &[(usize, &'a Clause)],
        first: u32,
    ) -> Result<Option<Vec<Merge<'a>>>, StoreError> {
        let Some(((least, lead), others)) = sized.split_first() else { return Ok(None) };
        let Some(merge) = merge_clause(self.view, lead, first)? else { return Ok(None) };
        let (mut merges, mut read) = (vec![merge], vec![*lead]);
        for (size, part) in others {
            // Without a count there may be too many runs.
            if *size > least.saturating_mul(RUN_RATIO) || *size == HOT_FEW {
                continue;
            }
            if let Some(merge) = merge_clause(self.view, part, first)? {
                merges.push(merge);
                read.push(*part);
            }
        }
        self.step(RUNS, read.into_iter(), *least);
        Ok(Some(merges))
    }

    /// What an alternative holds of, as it rises in the index from a docid on; `None` where the
    /// index does not have it so.
    fn rising(&self, part: &'a Clause, first: u32) -> Result<Option<Docids<'a>>, StoreError> {
        if let Some(merge) = merge_clause(self.view, part, first)? {
            return Ok(Some(Docids::Merge(merge)));
        }
        match part {
            Clause::Or(parts) if parts.len() <= STEMS_MAX => {
                let mut streams = Vec::with_capacity(parts.len());
                for part in parts {
                    let Some(stream) = self.rising(part, first)? else { return Ok(None) };
                    streams.push(stream);
                }
                Union::of(streams).map(|union| Some(Docids::Union(Box::new(union))))
            }
            _ => Ok(None),
        }
    }

    fn step<'c>(&self, what: &str, clauses: impl Iterator<Item = &'c Clause>, size: usize) {
        let subjects = subjects(&self.view.engine.names, clauses, " and ");
        self.view.trace.step(format!("{what}: {subjects}"), Some(size));
    }
}
