//! All resources that a clause holds of, as a rising list of docids.

use super::clause::{Clause, Entries};
use super::scan::{asks, collect, members, probe};
use super::view::View;
use crate::StoreError;

/// How far keys are counted to compare clauses, at first.
pub(super) const PROBE_MAX: usize = 200;
/// How far they are counted at most before all of a conjunction is worked out.
const CANDIDATES_MANY: usize = 20_000;
/// Up to this many candidates, reading the entries of each is cheaper than walking the index again.
const CANDIDATES_FEW: usize = 1_000;

/// Everything of a type that the clause holds of and that is current.
pub(super) fn evaluate(view: &View, type_id: u16, clause: &Clause) -> Result<Vec<u32>, StoreError> {
    match clause {
        Clause::All => members(view, type_id, 0, u32::MAX).collect(),
        Clause::And(parts) => conjunction(view, type_id, parts),
        Clause::Or(parts) => {
            let mut docids = Vec::new();
            for part in parts {
                docids.extend(evaluate(view, type_id, part)?);
            }
            docids.sort_unstable();
            docids.dedup();
            Ok(docids)
        }
        Clause::Not(part) => {
            let without = evaluate(view, type_id, part)?;
            let mut docids = evaluate(view, type_id, &Clause::All)?;
            docids.retain(|docid| without.binary_search(docid).is_err());
            Ok(docids)
        }
        Clause::Docs(docids) => {
            let mut current = Vec::with_capacity(docids.len());
            for docid in docids {
                if view.current(*docid)?.is_some_and(|record| !record.is_deleted()) {
                    current.push(*docid);
                }
            }
            Ok(current)
        }
        Clause::Matches(param, test) => collect(view, *param, Some(test)),
        Clause::Present(param) => collect(view, *param, None),
        Clause::Join(join) => join.all(view).map(<[u32]>::to_vec),
    }
}

/// Begins with the part that has the fewest candidates.
fn conjunction(view: &View, type_id: u16, parts: &[Clause]) -> Result<Vec<u32>, StoreError> {
    let Some((first, _)) = least(view, parts, CANDIDATES_MANY)? else {
        return evaluate(view, type_id, &Clause::All);
    };
    let mut docids = evaluate(view, type_id, &parts[first])?;
    for (at, part) in parts.iter().enumerate() {
        if at != first {
            docids = intersection(view, type_id, docids, part)?;
        }
    }
    Ok(docids)
}

/// The part with the fewest candidates, and how many these are. Counts further, up to `max`, while
/// all parts have more than were counted.
pub(super) fn least(
    view: &View,
    parts: &[Clause],
    max: usize,
) -> Result<Option<(usize, usize)>, StoreError> {
    let mut counted = PROBE_MAX;
    loop {
        let mut least: Option<(usize, usize)> = None;
        for (at, part) in parts.iter().enumerate() {
            // No more than the least so far needs to be counted.
            let limit = least.map_or(counted, |(_, size)| size.min(counted));
            let size = size(view, part, limit)?;
            if least.is_none_or(|(_, best)| size < best) {
                least = Some((at, size));
            }
        }
        let is_found = least.is_none_or(|(_, size)| size < counted || size == usize::MAX);
        if is_found || counted >= max || parts.len() == 1 {
            return Ok(least);
        }
        counted *= 10;
    }
}

fn intersection(
    view: &View,
    type_id: u16,
    docids: Vec<u32>,
    part: &Clause,
) -> Result<Vec<u32>, StoreError> {
    // A join knows itself when it is better worked out as a whole.
    if docids.len() > CANDIDATES_FEW && !part.is_joined() {
        let others = evaluate(view, type_id, part)?;
        return Ok(docids
            .into_iter()
            .filter(|docid| others.binary_search(docid).is_ok())
            .collect());
    }
    let mut passed = Vec::with_capacity(docids.len());
    for docid in docids {
        if Entries::of(view, docid).pass(part)? {
            passed.push(docid);
        }
    }
    Ok(passed)
}

/// How many candidates a clause has, counted up to `max`; what needs all of the type has too many.
pub(super) fn size(view: &View, clause: &Clause, max: usize) -> Result<usize, StoreError> {
    if let Some((param, test)) = asks(clause) {
        return probe(view, param, test, max);
    }
    match clause {
        Clause::Docs(docids) => Ok(docids.len().min(max)),
        Clause::Join(join) => join.size(view, max),
        Clause::Or(parts) => {
            let mut sum = 0_usize;
            for part in parts {
                sum = sum.saturating_add(size(view, part, max)?);
                if sum >= max {
                    break;
                }
            }
            Ok(sum)
        }
        Clause::And(parts) => {
            let mut least = usize::MAX;
            for part in parts {
                least = least.min(size(view, part, max)?);
            }
            Ok(least)
        }
        _ => Ok(usize::MAX),
    }
}
