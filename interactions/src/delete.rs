//! The [delete] interaction, by id or by condition. Deleting what is not there is no failure.
//!
//! [delete]: https://hl7.org/fhir/R4/http.html#delete

use std::sync::Arc;

use fhir::Outcome;
use storage::{Change, Check, Committed, Expected, Key, StoreError, Write};

use crate::conditional::{self, Found, contended, is_overtaken, several};
use crate::policy::Permit;
use crate::write::{self, ATTEMPTS};
use crate::{Answer, Body, Condition, Delete, Done, Target};

pub(crate) async fn delete(permit: &Permit<'_>, request: Delete) -> Result<Answer, Outcome> {
    let expected = write::expected(request.if_match.as_deref())?;
    match request.target {
        Target::Id(id) => {
            let key = Key::new(request.resource, id);
            Ok(answer(commit(permit, key, expected, None).await?))
        }
        Target::Condition(condition) => {
            by_condition(permit, &request.resource, &condition, expected).await
        }
    }
}

/// The checks that the settings ask for before this resource goes.
pub(crate) fn checks(permit: &Permit<'_>, key: &Key) -> Vec<Check> {
    if permit.settings().are_references_checked {
        vec![Check::Unreferenced(key.clone())]
    } else {
        Vec::new()
    }
}

async fn commit(
    permit: &Permit<'_>,
    key: Key,
    expected: Expected,
    condition: Option<Check>,
) -> Result<Committed, StoreError> {
    let mut checks = checks(permit, &key);
    checks.extend(condition);
    write::commit_one(permit, Write { key, change: Change::Delete, expected }, checks).await
}

/// The answer to a deletion: the tombstone's version, without a body.
pub(crate) fn answer(committed: Committed) -> Answer {
    match committed.version {
        Some(version) => Answer::of(Done::Deleted, version),
        None => nothing(),
    }
}

/// The answer where nothing was there.
pub(crate) fn nothing() -> Answer {
    Answer { done: Done::Deleted, ..Answer::found(Body::default()) }
}

async fn by_condition(
    permit: &Permit<'_>,
    resource: &Arc<str>,
    condition: &Condition,
    expected: Expected,
) -> Result<Answer, Outcome> {
    let filter = conditional::filter(permit, resource, condition)?;
    for _ in 0..ATTEMPTS {
        let (found, check) = conditional::find(permit, resource, &filter).await?;
        let id = match found {
            Found::None => return Ok(nothing()),
            Found::Many => return Err(several("Conditional delete")),
            Found::One(id) => id,
        };
        let key = Key::new(resource.clone(), id);
        match commit(permit, key, expected, Some(check)).await {
            Err(error) if is_overtaken(&error) => {}
            Err(error) => return Err(error.into()),
            Ok(committed) => return Ok(answer(committed)),
        }
    }
    Err(contended())
}
