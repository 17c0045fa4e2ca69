//! The [patch] interaction: JSON Patch and FHIRPath Patch, by id or by condition.
//!
//! [patch]: https://hl7.org/fhir/R4/http.html#patch

use std::sync::Arc;

use fhir::json::{Json, Tree};
use fhir::patch::fhirpath;
use fhir::patch::json::{self, PatchError, PatchErrorKind};
use fhir::{Kind, Outcome};
use storage::{Check, Expected, Key, Refusal, StoreError, Version};

use crate::conditional::{self, Found, contended, is_overtaken, several};
use crate::policy::Permit;
use crate::read::current;
use crate::write::{self, ATTEMPTS, Prepared};
use crate::{Answer, Condition, Done, Patch, PatchBody, Target};

pub(crate) async fn patch(permit: &Permit<'_>, request: Patch) -> Result<Answer, Outcome> {
    let Patch { resource, target, body, if_match } = request;
    let expected = write::expected(if_match.as_deref())?;
    for _ in 0..ATTEMPTS {
        let (key, checks) = locate(permit, &resource, &target).await?;
        let version = current(permit, &key).await?;
        let prepared = patched(permit, &version, &body, expected)?;
        // The patch was worked out on this version: it must still be the current one.
        let based_on = Expected::Version(version.version);
        let (write, references) = prepared.into_write(permit, based_on, false);
        let checks = checks.into_iter().chain(references).collect();
        match write::commit_one(permit, write, checks).await {
            Err(error) if is_overtaken(&error) || is_outdated(&error, expected) => {}
            Err(error) => return Err(error.into()),
            Ok(committed) => return write::answer(committed, Done::Updated),
        }
    }
    Err(contended())
}

/// Which resource is meant, and what must still hold of the condition at the commit.
async fn locate(
    permit: &Permit<'_>,
    resource: &Arc<str>,
    target: &Target,
) -> Result<(Key, Vec<Check>), Outcome> {
    match target {
        Target::Id(id) => Ok((Key::new(resource.clone(), id.clone()), Vec::new())),
        Target::Condition(condition) => by_condition(permit, resource, condition).await,
    }
}

async fn by_condition(
    permit: &Permit<'_>,
    resource: &Arc<str>,
    condition: &Condition,
) -> Result<(Key, Vec<Check>), Outcome> {
    let filter = conditional::filter(permit, resource, condition)?;
    let (found, check) = conditional::find(permit, resource, &filter).await?;
    Ok((the_one(resource, found)?, vec![check]))
}

/// The one resource that a conditional patch is about.
pub(crate) fn the_one(resource: &Arc<str>, found: Found) -> Result<Key, Outcome> {
    match found {
        Found::One(id) => Ok(Key::new(resource.clone(), id)),
        Found::Many => Err(several("Conditional patch")),
        Found::None => Err(Outcome::new(
            Kind::NotFound,
            format!("No {resource} matches the condition: there is nothing to patch."),
        )),
    }
}

/// Someone else's version came first, and the client did not insist on one.
fn is_outdated(error: &StoreError, expected: Expected) -> bool {
    expected == Expected::Any
        && matches!(error, StoreError::Refused { refusal: Refusal::Version { .. }, .. })
}

/// The patched resource, ready to be written as the version after `version`.
pub(crate) fn patched(
    permit: &Permit<'_>,
    version: &Version,
    body: &PatchBody,
    expected: Expected,
) -> Result<Prepared, Outcome> {
    if let Expected::Version(wanted) = expected
        && wanted != version.version
    {
        return Err(StoreError::Refused {
            index: 0,
            refusal: Refusal::Version { current: Some(version.version) },
        }
        .into());
    }
    let stored = Json::parse(version.body.to_vec()).map_err(|error| {
        Outcome::new(Kind::Fault, "A stored resource is damaged.").because(error)
    })?;
    let json = apply(permit, &stored, body)?;
    keeps_identity(&version.key, &json)?;
    write::prepare(permit, version.key.clone(), json).map_err(as_unprocessable)
}

fn apply(permit: &Permit<'_>, stored: &Json, body: &PatchBody) -> Result<Json, Outcome> {
    match body {
        PatchBody::Json(patch) => {
            let mut tree = Tree::from(stored.root());
            json::apply(&mut tree, patch.root()).map_err(refused)?;
            tree.to_json().map_err(|error| {
                let text = format!("The patched resource is too large: {error}.");
                Outcome::new(Kind::Unprocessable, text)
            })
        }
        PatchBody::FhirPath(parameters) => {
            fhirpath::apply(stored, parameters.root(), permit.definitions().schema())
                .map_err(refused)
        }
    }
}

/// A document that is no JSON Patch is a bad request; a patch that does not fit the resource is
/// well formed and cannot be carried out.
fn refused(error: PatchError) -> Outcome {
    let kind = match error.kind {
        PatchErrorKind::Malformed => Kind::Invalid,
        _ => Kind::Unprocessable,
    };
    Outcome::new(kind, error.to_string())
}

fn keeps_identity(key: &Key, json: &Json) -> Result<(), Outcome> {
    let is_kept = json.root().str("resourceType").as_deref() == Some(&*key.resource)
        && json.root().str("id").as_deref() == Some(&*key.id);
    if is_kept {
        return Ok(());
    }
    Err(Outcome::new(
        Kind::Unprocessable,
        format!("The patch would change the type or id of {key}: neither can be patched."),
    ))
}

/// The request was well formed; what the patch would make of the resource is not.
fn as_unprocessable(mut outcome: Outcome) -> Outcome {
    if outcome.kind == Kind::Invalid {
        outcome.kind = Kind::Unprocessable;
    }
    outcome
}
