//! The [update] interaction: a resource's next version, or its first one under the client's id; by
//! id or by condition.
//!
//! [update]: https://hl7.org/fhir/R4/http.html#update

use std::sync::Arc;

use fhir::json::Json;
use fhir::reference::is_id;
use fhir::{Kind, Outcome, subset};
use storage::{Check, Committed, Expected, Key, StoreError};

use crate::conditional::{self, Found, contended, is_overtaken, several};
use crate::policy::Permit;
use crate::write::{self, ATTEMPTS, Prepared};
use crate::{Answer, Condition, Done, Target, Update, create};

pub(crate) async fn update(permit: &Permit<'_>, request: Update) -> Result<Answer, Outcome> {
    let Update { resource, target, body, if_match } = request;
    write::check_type(&resource, &body)?;
    check_whole(&body)?;
    match target {
        Target::Id(id) => {
            let key = Key::new(resource, id);
            check_id(&key, &body)?;
            let expected = write::expected(if_match.as_deref())?;
            let prepared = write::prepare(permit, key, body)?;
            answer(commit(permit, prepared, expected, Vec::new()).await?)
        }
        Target::Condition(condition) => {
            let expected = write::expected(if_match.as_deref())?;
            by_condition(permit, resource, &condition, body, expected).await
        }
    }
}

/// A part of a resource would [overwrite] the whole.
///
/// [overwrite]: https://hl7.org/fhir/R4/resource.html#tags
pub(crate) fn check_whole(body: &Json) -> Result<(), Outcome> {
    if !subset::is_subset(body.root()) {
        return Ok(());
    }
    Err(Outcome::new(
        Kind::Unprocessable,
        "The resource is a part of one (meta.tag SUBSETTED): written, it would lose the rest. Read \
         it whole, without _summary and _elements, and send it without that tag.",
    )
    .with_code("business-rule")
    .at("meta.tag"))
}

/// The body must carry the id of the address.
pub(crate) fn check_id(key: &Key, body: &Json) -> Result<(), Outcome> {
    match body.root().str("id").as_deref() {
        Some(id) if id == &*key.id => Ok(()),
        Some(id) if is_id(id) => Err(Outcome::invalid(format!(
            "The body has id '{id}', but the address names '{}': they must be the same.",
            key.id
        ))
        .at(format!("{}.id", key.resource))),
        _ => Err(Outcome::invalid(format!(
            "The body of an update must have the id of its address: \"id\":\"{}\".",
            key.id
        ))
        .at(format!("{}.id", key.resource))),
    }
}

async fn commit(
    permit: &Permit<'_>,
    prepared: Prepared,
    expected: Expected,
    mut checks: Vec<Check>,
) -> Result<Committed, StoreError> {
    let (write, references) = prepared.into_write(permit, expected, false);
    checks.extend(references);
    write::commit_one(permit, write, checks).await
}

fn answer(committed: Committed) -> Result<Answer, Outcome> {
    let done = if committed.is_new { Done::Created } else { Done::Updated };
    write::answer(committed, done)
}

/// What a conditional update amounts to.
pub(crate) enum Resolved {
    /// A new resource under an id of the server's choice.
    Create,
    /// A new or next version of this id, under this expectation.
    Update(Arc<str>, Expected),
}

/// Settles a conditional update by what matched and by the id in the body, as R4 has it.
pub(crate) fn resolve(
    resource: &str,
    found: Found,
    body: &Json,
    expected: Expected,
) -> Result<Resolved, Outcome> {
    let own = body.root().str("id").map(|id| Arc::from(id.as_ref()));
    match (found, own) {
        (Found::Many, _) => Err(several("Conditional update")),
        (Found::One(id), own) if own.is_none() || own.as_deref() == Some(&*id) => {
            Ok(Resolved::Update(id, expected))
        }
        (Found::One(id), _) => Err(Outcome::invalid(format!(
            "The condition matches {resource}/{id}, but the body has another id: leave it out, or \
             send '{id}'."
        ))
        .at(format!("{resource}.id"))),
        (Found::None, _) if matches!(expected, Expected::Version(_)) => Err(Outcome::new(
            Kind::Precondition,
            "If-Match names a version, but nothing matches the condition.",
        )),
        (Found::None, None) => Ok(Resolved::Create),
        // An id that does not match the condition but is in use would be overwritten unseen.
        (Found::None, Some(id)) => Ok(Resolved::Update(id, Expected::Absent)),
    }
}

async fn by_condition(
    permit: &Permit<'_>,
    resource: Arc<str>,
    condition: &Condition,
    body: Json,
    expected: Expected,
) -> Result<Answer, Outcome> {
    let filter = conditional::filter(permit, &resource, condition)?;
    for _ in 0..ATTEMPTS {
        let (found, check) = conditional::find(permit, &resource, &filter).await?;
        let committed = match resolve(&resource, found, &body, expected)? {
            Resolved::Create => {
                let key = Key::new(resource.clone(), write::new_id());
                let prepared = write::prepare(permit, key, body.clone())?;
                create::commit(permit, prepared, vec![check]).await
            }
            Resolved::Update(id, expected) => {
                let key = Key::new(resource.clone(), id);
                let prepared = write::prepare(permit, key, body.clone())?;
                commit(permit, prepared, expected, vec![check]).await
            }
        };
        match committed {
            Err(error) if is_overtaken(&error) => {}
            Err(error) => return Err(error.into()),
            Ok(committed) => return answer(committed),
        }
    }
    Err(contended())
}
