//! All resources that a clause holds of, as a rising list of docids.

use super::clause::{Clause, Entries};
use super::estimate::{exact, least};
use super::merge::{Merge, merge};
use super::scan::{asks, collect, members};
use super::view::View;
use crate::StoreError;

/// How far keys are counted at most before all of a conjunction is worked out.
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
        Clause::Hot(hot) => hot.all(view),
    }
}

/// Begins with the part that has the fewest candidates.
fn conjunction(view: &View, type_id: u16, parts: &[Clause]) -> Result<Vec<u32>, StoreError> {
    let Some((first, _)) = least(view, parts, CANDIDATES_MANY)? else {
        return evaluate(view, type_id, &Clause::All);
    };
    let mut docids = evaluate(view, type_id, &parts[first])?;
    let all = view.counter(type_id)?.0;
    for (at, part) in parts.iter().enumerate() {
        // What holds of all of the type leaves nothing out.
        if at != first && exact(view, part)? != Some(all) {
            docids = intersection(view, type_id, docids, part)?;
        }
    }
    Ok(docids)
}

/// Those of some rising docids that a merge has too.
fn common(docids: Vec<u32>, merge: &mut Merge<'_>) -> Result<Vec<u32>, StoreError> {
    let mut both = Vec::new();
    for docid in docids {
        match merge.next_from_again(docid)? {
            None => break,
            Some(found) if found == docid => both.push(docid),
            Some(_) => (),
        }
    }
    Ok(both)
}

fn intersection(
    view: &View,
    type_id: u16,
    docids: Vec<u32>,
    part: &Clause,
) -> Result<Vec<u32>, StoreError> {
    // A join knows itself when it is better worked out as a whole.
    if docids.len() > CANDIDATES_FEW && !part.is_joined() {
        if let Some((param, test)) = asks(part)
            && let Some(mut merge) = merge(view, param, test, docids[0])?
        {
            return common(docids, &mut merge);
        }
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
