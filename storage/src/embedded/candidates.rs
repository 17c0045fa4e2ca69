//! Where the candidates of a page come from.

use super::clause::Clause;
use super::evaluate::{PROBE_MAX, evaluate, least};
use super::page::Search;
use super::scan::{self, Docids, asks};
use crate::StoreError;

/// Docids in rising order, and whether the clause is yet to be decided on each.
pub(super) struct Candidates<'a> {
    pub(super) docids: Docids<'a>,
    pub(super) is_decided: bool,
}

impl<'a> Search<'a> {
    /// What may match, from a docid on.
    pub(super) fn candidates(&self, first: u32, last: u32) -> Result<Candidates<'a>, StoreError> {
        let parts = match self.clause {
            Clause::And(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let is_decided = parts.len() == 1;
        let least = least(self.view, parts, 10 * PROBE_MAX)?;
        if let Some((at, ..PROBE_MAX)) = least {
            let list = evaluate(self.view, self.type_id, &parts[at])?.into_iter();
            return Ok(Candidates { docids: Docids::List(list), is_decided });
        }
        // The smallest part first, then the others in their order.
        let smallest = least.map(|(at, _)| &parts[at]);
        for part in smallest.into_iter().chain(parts) {
            if let Clause::Join(join) = part
                && let Some(merge) = join.merge(self.view, first)?
            {
                return Ok(Candidates { docids: Docids::Merge(merge), is_decided });
            }
            if let Some((param, test)) = asks(part)
                && let Some(merge) = scan::merge(self.view, param, test, first)?
            {
                return Ok(Candidates { docids: Docids::Merge(merge), is_decided });
            }
        }
        let members = scan::members(self.view, self.type_id, first, last);
        let is_decided = matches!(self.clause, Clause::All);
        Ok(Candidates { docids: Docids::Members(Box::new(members)), is_decided })
    }
}
