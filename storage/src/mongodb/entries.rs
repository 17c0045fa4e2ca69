//! Deciding on a resource by its index entries, where the database cannot say all.

use super::clause::Clause;
use super::fault;
use super::join::Joined;
use crate::StoreError;
use crate::index::blob;

/// Does a clause hold of a current resource with this id and these entries?
pub(super) fn pass(clause: &Clause, id: &str, entries: &[u8]) -> Result<bool, StoreError> {
    Ok(match clause {
        Clause::All | Clause::Between(_) => true,
        Clause::Combination(hot) => pass(&hot.plain, id, entries)?,
        Clause::And(parts) => {
            for part in parts {
                if !pass(part, id, entries)? {
                    return Ok(false);
                }
            }
            true
        }
        Clause::Or(parts) => {
            for part in parts {
                if pass(part, id, entries)? {
                    return Ok(true);
                }
            }
            false
        }
        Clause::Not(part) => !pass(part, id, entries)?,
        Clause::Ids(ids) => ids.binary_search_by(|one| (**one).cmp(id)).is_ok(),
        Clause::Matches(param, test) => {
            values(entries, param.number)?.iter().any(|value| test.matches(value))
        }
        Clause::Present(param) => !values(entries, param.number)?.is_empty(),
        Clause::Join(join) => match &join.joined {
            Some(Joined::Ids(ids)) => ids.binary_search_by(|one| (**one).cmp(id)).is_ok(),
            Some(Joined::Targets(targets)) => {
                values(entries, join.link.param.number)?.iter().any(|value| targets.holds(value))
            }
            None => return Err(StoreError::Fault("a join was not worked out".to_owned())),
        },
    })
}

/// The values of a parameter.
pub(super) fn values(
    entries: &[u8],
    param: u16,
) -> Result<Vec<fhir::search::IndexValue>, StoreError> {
    blob::values(entries, param).ok_or_else(|| fault::damaged("index entries are not readable"))
}
