//! [Conditional] create, update, patch and delete: the search that decides, and the check that keeps
//! it true until the commit.
//!
//! [Conditional]: https://hl7.org/fhir/R4/http.html#cond-update

use std::sync::Arc;

use fhir::json::Json;
use fhir::search::{Filter, query};
use fhir::{Kind, Outcome};
use storage::{Check, Key, MatchRequest, Refusal, StoreError};

use crate::policy::Permit;
use crate::search::context;
use crate::write::{self, ATTEMPTS, Prepared, answer};
use crate::{Answer, Done, create};

/// As many matches tell whether there is none, one or several.
const MATCHES_WANTED: usize = 2;

/// How many resources match a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// None.
    None,
    /// This id alone.
    One(Arc<str>),
    /// Two or more.
    Many,
}

/// A condition as a filter. Unlike a search it must say something, and what is not understood
/// refuses the interaction even under lenient handling: a dropped criterion would hit other
/// resources than were meant.
pub(crate) fn filter(
    permit: &Permit<'_>,
    resource: &str,
    condition: &[(String, String)],
) -> Result<Filter, Outcome> {
    let context = query::Context { is_lenient: false, ..context(permit) };
    let parsed = query::parse(resource, condition, &context)?;
    if !parsed.ignored.is_empty() {
        return Err(Outcome::with_issues(Kind::Invalid, parsed.ignored));
    }
    if parsed.query.filter == Filter::All {
        return Err(Outcome::invalid(format!(
            "The condition holds no search parameter of {resource}: it would match every one."
        )));
    }
    Ok(parsed.query.filter)
}

/// Asks what matches now, and how to check that it still does at the commit.
pub(crate) async fn find(
    permit: &Permit<'_>,
    resource: &str,
    filter: &Filter,
) -> Result<(Found, Check), Outcome> {
    let ids = permit.store().ids(resource, filter, MATCHES_WANTED).await?;
    Ok(judge(resource.into(), filter.clone(), ids))
}

/// As [`find`], for many conditions at once.
pub(crate) async fn find_all(
    permit: &Permit<'_>,
    wanted: Vec<(Arc<str>, Filter)>,
) -> Result<Vec<(Found, Check)>, Outcome> {
    let request = |(resource, filter): (Arc<str>, Filter)| MatchRequest {
        resource,
        filter,
        limit: MATCHES_WANTED,
    };
    let requests: Vec<MatchRequest> = wanted.into_iter().map(request).collect();
    let found = permit.store().matches(&requests).await?;
    let all = requests.into_iter().zip(found);
    Ok(all.map(|(request, ids)| judge(request.resource, request.filter, ids)).collect())
}

fn judge(resource: Arc<str>, filter: Filter, ids: Vec<Arc<str>>) -> (Found, Check) {
    let found = match ids.as_slice() {
        [] => Found::None,
        [id] => Found::One(id.clone()),
        _ => Found::Many,
    };
    (found, Check::Matches { resource, filter, ids })
}

/// Conditional create: the resource is made unless one matches.
pub(crate) async fn create(
    permit: &Permit<'_>,
    resource: &Arc<str>,
    body: Json,
    condition: &[(String, String)],
) -> Result<Answer, Outcome> {
    let filter = filter(permit, resource, condition)?;
    let mut prepared = None;
    for _ in 0..ATTEMPTS {
        let (found, check) = find(permit, resource, &filter).await?;
        match found {
            Found::Many => return Err(several("If-None-Exist")),
            Found::One(id) => {
                if let Some(answer) = existing(permit, &Key::new(resource.clone(), id)).await? {
                    return Ok(answer);
                }
                // Deleted since the search: the next attempt sees that.
                continue;
            }
            Found::None => {}
        }
        let next = match &prepared {
            Some(next) => Prepared::clone(next),
            None => {
                let key = Key::new(resource.clone(), write::new_id());
                prepared.insert(write::prepare(permit, key, body.clone())?).clone()
            }
        };
        match create::commit(permit, next, vec![check]).await {
            Err(error) if is_overtaken(&error) => {}
            Err(error) => return Err(error.into()),
            Ok(committed) => return answer(committed, Done::Created),
        }
    }
    Err(contended())
}

/// What a conditional create found, as its answer: nothing is written.
async fn existing(permit: &Permit<'_>, key: &Key) -> Result<Option<Answer>, Outcome> {
    let version = permit.store().read(key).await?.filter(|version| !version.is_deleted());
    Ok(version.map(|version| {
        let mut answer = Answer::of(Done::Existing, version);
        answer.issues.push(write::note(format!(
            "{key} matches If-None-Exist already: nothing was created."
        )));
        answer
    }))
}

/// Did others change what the condition matches while it was carried out?
pub(crate) fn is_overtaken(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused { refusal: Refusal::Matches, .. })
}

/// Several resources match where one is meant.
pub(crate) fn several(what: &str) -> Outcome {
    Outcome::new(
        Kind::Precondition,
        format!("{what}: several resources match, where at most one may. Narrow the condition."),
    )
    .with_code("multiple-matches")
}

/// Others kept changing what the interaction was built on.
pub(crate) fn contended() -> Outcome {
    Outcome::new(
        Kind::Conflict,
        "Other writes kept changing the same resources while this one was carried out. Try again.",
    )
}
