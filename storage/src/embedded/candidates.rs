//! Where the candidates of a page come from.

use super::clause::Clause;
use super::evaluate::{PROBE_MAX, evaluate, least};
use super::page::Search;
use super::scan::{self, Docids, STEMS_MAX, asks};
use super::union::Union;
use crate::StoreError;

/// So many candidates at most are worked out as a list when they do not come in order.
const LIST_MAX: usize = 10 * PROBE_MAX;

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
        let least = least(self.view, parts, LIST_MAX)?;
        let smallest = least.map(|(at, size)| (&parts[at], size));
        if let Some((part, ..PROBE_MAX)) = smallest {
            return self.list(part, is_decided);
        }
        if let Some((part, size)) = smallest {
            if let Some(docids) = self.rising(part, first)? {
                return Ok(Candidates { docids, is_decided });
            }
            if size < LIST_MAX {
                return self.list(part, is_decided);
            }
        }
        for part in parts {
            if let Some(docids) = self.rising(part, first)? {
                return Ok(Candidates { docids, is_decided });
            }
        }
        let members = scan::members(self.view, self.type_id, first, last);
        let is_decided = matches!(self.clause, Clause::All);
        Ok(Candidates { docids: Docids::Members(Box::new(members)), is_decided })
    }

    fn list(&self, part: &Clause, is_decided: bool) -> Result<Candidates<'a>, StoreError> {
        let list = evaluate(self.view, self.type_id, part)?.into_iter();
        Ok(Candidates { docids: Docids::List(list), is_decided })
    }

    /// What a part holds of, as it rises in the index from a docid on; `None` where the index does
    /// not have it so.
    fn rising(&self, part: &'a Clause, first: u32) -> Result<Option<Docids<'a>>, StoreError> {
        if let Some((param, test)) = asks(part) {
            return Ok(scan::merge(self.view, param, test, first)?.map(Docids::Merge));
        }
        match part {
            Clause::Join(join) => Ok(join.merge(self.view, first)?.map(Docids::Merge)),
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
}
