//! The [read] interaction: the current version of one resource.
//!
//! [read]: https://hl7.org/fhir/R4/http.html#read

use std::collections::HashMap;

use fhir::search::query;
use fhir::{Kind, Outcome};
use storage::{Key, Version};

use crate::policy::Permit;
use crate::{Answer, Body, Condition, Done, Read, search};

pub(crate) async fn read(permit: &Permit<'_>, request: Read) -> Result<Answer, Outcome> {
    let parts = parts(permit, &request.key, &request.parameters)?;
    let version = current(permit, &request.key).await?;
    if is_known(&request, &version) {
        let mut answer = Answer::of(Done::NotModified, version);
        answer.body = Body::default();
        return Ok(answer);
    }
    cut(permit, version, &parts)
}

/// Which part of the resource a read asks for.
pub(crate) fn parts(
    permit: &Permit<'_>,
    key: &Key,
    parameters: &Condition,
) -> Result<query::Parts, Outcome> {
    let schema = permit.definitions().schema();
    let parts = query::parts(&[&key.resource], parameters, schema)?;
    if parts.is_count_only {
        let text = "_summary=count is for searches and histories: a read gives one resource.";
        return Err(Outcome::invalid(text).at("_summary"));
    }
    Ok(parts)
}

/// The answer to a read: the version, or the part of it that is asked for.
pub(crate) fn cut(
    permit: &Permit<'_>,
    version: Version,
    parts: &query::Parts,
) -> Result<Answer, Outcome> {
    let part = search::part(permit, &version.body, &parts.subset)?;
    let mut answer = Answer::of(Done::Found, version);
    if let Some(part) = part {
        answer.body = part.into();
    }
    Ok(answer)
}

/// The current version of a resource, or the failure that says why there is none.
pub(crate) async fn current(permit: &Permit<'_>, key: &Key) -> Result<Version, Outcome> {
    present(key, permit.store().read(key).await?)
}

/// As [`current`], for many at once: what each came to.
pub(crate) async fn current_many(
    permit: &Permit<'_>,
    keys: &[Key],
) -> Result<HashMap<Key, Result<Version, Outcome>>, Outcome> {
    let versions = permit.store().read_many(keys).await?;
    let all = keys.iter().zip(versions);
    Ok(all.map(|(key, version)| (key.clone(), present(key, version))).collect())
}

fn present(key: &Key, version: Option<Version>) -> Result<Version, Outcome> {
    match version {
        None => Err(not_found(key)),
        Some(version) if version.is_deleted() => Err(gone(key, version.version)),
        Some(version) => Ok(version),
    }
}

/// `If-None-Match` decides where it is given; `If-Modified-Since` has a resolution of one second.
fn is_known(request: &Read, version: &Version) -> bool {
    const SECOND_US: i64 = 1_000_000;
    if !request.unless_versions.is_empty() {
        let is_current = |known: &String| known == "*" || known.parse() == Ok(version.version);
        return request.unless_versions.iter().any(is_current);
    }
    request.unless_since_us.is_some_and(|since_us| {
        version.last_updated_us.div_euclid(SECOND_US) <= since_us.div_euclid(SECOND_US)
    })
}

pub(crate) fn not_found(key: &Key) -> Outcome {
    Outcome::new(Kind::NotFound, format!("There is no {key} on this server."))
}

pub(crate) fn gone(key: &Key, version: u64) -> Outcome {
    Outcome::new(
        Kind::Gone,
        format!(
            "{key} was deleted; the deletion is its version {version}. Earlier versions are in \
             {key}/_history."
        ),
    )
}
