//! The [create] interaction: a new resource under an id of the server's choice.
//!
//! [create]: https://hl7.org/fhir/R4/http.html#create

use fhir::Outcome;
use storage::{Check, Committed, Expected, Key, StoreError};

use crate::conditional;
use crate::policy::Permit;
use crate::write::{self, Prepared};
use crate::{Answer, Create, Done};

pub(crate) async fn create(permit: &Permit<'_>, request: Create) -> Result<Answer, Outcome> {
    write::check_type(&request.resource, &request.body)?;
    match request.unless_exists {
        Some(condition) => {
            conditional::create(permit, &request.resource, request.body, &condition).await
        }
        None => {
            let key = Key::new(request.resource, write::new_id());
            let prepared = write::prepare(permit, key, request.body)?;
            write::answer(commit(permit, prepared, Vec::new()).await?, Done::Created)
        }
    }
}

/// Commits a new resource under these checks.
pub(crate) async fn commit(
    permit: &Permit<'_>,
    prepared: Prepared,
    mut checks: Vec<Check>,
) -> Result<Committed, StoreError> {
    let (write, references) = prepared.into_write(permit, Expected::Absent, true);
    checks.extend(references);
    write::commit_one(permit, write, checks).await
}
