//! Whether a commit may be: what its writes expect, and what it checks besides.

use std::sync::Arc;

use fhir::search::{ReferenceTest, Test};

use super::page::{self, Effort};
use super::prepare::{Prepared, PreparedWrite};
use super::record::Record;
use super::scan;
use super::view::View;
use crate::commit::are_those;
use crate::{Check, Expected, Key, Refusal, StoreError};

/// Does the current state of a resource fit what its write expects?
pub(super) fn expect(
    index: usize,
    expected: Expected,
    current: Option<&Record>,
) -> Result<(), StoreError> {
    let live = current.filter(|record| !record.is_deleted()).map(|record| record.version);
    let refusal = match (expected, live) {
        (Expected::Absent, Some(_)) => Refusal::Present,
        (Expected::Version(version), live) if live != Some(version) => {
            Refusal::Version { current: live }
        }
        _ => return Ok(()),
    };
    Err(StoreError::Refused { index, refusal })
}

/// Do all checks of a commit hold?
pub(super) fn check(view: &View, commit: &Prepared) -> Result<(), StoreError> {
    for (index, check) in commit.checks.iter().enumerate() {
        let refusal = match check {
            Check::Matches { resource, filter, ids } => {
                let found = page::ids(view, resource, filter, ids.len() + 1, Effort::Check)?;
                let none = || StoreError::Fault("a check came to no end".to_owned());
                (!are_those(found.ok_or_else(none)?, ids)).then_some(Refusal::Matches)
            }
            Check::Exists(key) => {
                (!exists(view, commit, key)?).then(|| Refusal::Missing(key.clone()))
            }
            Check::Unreferenced(target) => referring(view, commit, target)?
                .map(|by| Refusal::Referenced { target: target.clone(), by }),
        };
        if let Some(refusal) = refusal {
            return Err(StoreError::Refused { index, refusal });
        }
    }
    Ok(())
}

fn write_of<'a>(commit: &'a Prepared, key: &Key) -> Option<&'a PreparedWrite> {
    commit.writes.iter().find(|write| write.key == *key)
}

fn exists(view: &View, commit: &Prepared, key: &Key) -> Result<bool, StoreError> {
    if let Some(write) = write_of(commit, key) {
        return Ok(write.put.is_some());
    }
    let Some(docid) = view.docid_of(key)? else { return Ok(false) };
    Ok(view.current(docid)?.is_some_and(|record| !record.is_deleted()))
}

/// A resource that refers to `target` once the commit is done.
fn referring(view: &View, commit: &Prepared, target: &Key) -> Result<Option<Key>, StoreError> {
    for write in &commit.writes {
        let is_other = write.key != *target;
        if is_other && write.put.as_ref().is_some_and(|put| put.targets.contains(target)) {
            return Ok(Some(write.key.clone()));
        }
    }
    let test = Test::Reference(ReferenceTest::Local {
        resources: vec![target.resource.to_string()],
        id: target.id.to_string(),
        version: None,
    });
    let params = view.engine.names.params();
    for param in view.engine.names.reference_params() {
        let Some(name) = params.get(usize::from(param)) else { continue };
        for docid in scan::collect(view, param, Some(&test))? {
            let key = Key::new(Arc::clone(&name.resource), view.member(docid)?.id);
            // What this commit writes was judged by its new content.
            if key != *target && write_of(commit, &key).is_none() {
                return Ok(Some(key));
            }
        }
    }
    Ok(None)
}
