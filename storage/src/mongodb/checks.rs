//! The checks of a transaction, each kind of them in one round trip, and the documents that keep
//! them true until it ends.

use std::collections::HashMap;
use std::sync::Arc;

use mongodb::ClientSession;
use mongodb::bson::{DateTime, Document, RawDocumentBuf, doc};
use xxhash_rust::xxh3::xxh3_64;

use fhir::search::{Filter, Test};

use super::documents::{GUARDS, RESOURCES};
use super::page::Search;
use super::prepare::Prepared;
use super::rows::{Access, Read};
use super::store::Shared;
use super::text::text;
use super::transaction::{Failed, update};
use super::{fault, keys, record};
use crate::commit::are_those;
use crate::{Check, Key, MatchRequest, Refusal, StoreError};

/// What guards a condition: one document for all of it, and one for each identifier that it names.
pub(super) fn guards(resource: &str, filter: &Filter) -> Vec<String> {
    let name =
        |part: &Filter| format!("{:016x}", xxh3_64(format!("{resource}?{part:?}").as_bytes()));
    let mut guards = vec![name(filter)];
    if let Filter::And(parts) = filter {
        let is_identifier = |part: &&Filter| matches!(part, Filter::Matches(param, Test::Token(_)) if &*param.code == "identifier");
        guards.extend(parts.iter().filter(is_identifier).map(name));
    }
    guards
}

/// Writes the guards of all conditions.
pub(super) async fn guard(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<(), Failed> {
    let mut names = Vec::new();
    for check in &prepared.checks {
        if let Check::Matches { resource, filter, .. } = check {
            names.extend(guards(resource, filter));
        }
    }
    names.sort_unstable();
    names.dedup();
    let now = DateTime::now();
    let statement = |name: String| {
        doc! { "q": { "_id": name }, "u": { "$set": { "u": now } }, "upsert": true }
    };
    update(shared, GUARDS, names.into_iter().map(statement).collect(), session).await
}

/// Do all checks hold of the state that the transaction sees, and of what it makes of it?
pub(super) async fn check(
    shared: &Shared,
    prepared: &Prepared,
    current: &HashMap<Key, RawDocumentBuf>,
    session: &mut ClientSession,
) -> Result<(), Failed> {
    let mut matches = matches(shared, prepared, session).await?.into_iter();
    let referring = referring(shared, prepared, session).await?;
    for (index, check) in prepared.checks.iter().enumerate() {
        let refusal = match check {
            Check::Matches { ids, .. } => {
                let found = matches.next().unwrap_or_default();
                (!are_those(found, ids)).then_some(Refusal::Matches)
            }
            Check::Exists(key) => {
                let is_there = match prepared.puts(key) {
                    Some(is_put) => is_put,
                    None => current.get(key).is_some_and(|document| {
                        record::head(document).is_ok_and(|head| head.verb != crate::Verb::Delete)
                    }),
                };
                (!is_there).then(|| Refusal::Missing(key.clone()))
            }
            Check::Unreferenced(target) => {
                let by = prepared.refers(target).or_else(|| referring.get(target));
                by.map(|by| Refusal::Referenced { target: target.clone(), by: by.clone() })
            }
        };
        if let Some(refusal) = refusal {
            return Err(Failed::Final(StoreError::Refused { index, refusal }));
        }
    }
    Ok(())
}

/// What matches each condition, one more than there may be.
async fn matches(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<Vec<Vec<Arc<str>>>, Failed> {
    let request = |check: &Check| match check {
        Check::Matches { resource, filter, ids } => Some(MatchRequest {
            resource: Arc::clone(resource),
            filter: filter.clone(),
            limit: ids.len() + 1,
        }),
        _ => None,
    };
    let requests: Vec<MatchRequest> = prepared.checks.iter().filter_map(request).collect();
    let search = Search::new(shared);
    Ok(search.many(&mut Access::Within(session), &requests).await?)
}

/// Of what must not be referred to any more, a resource that does and that the commit leaves as it
/// is, where there is one for any: it is enough to refuse the commit.
async fn referring(
    shared: &Shared,
    prepared: &Prepared,
    session: &mut ClientSession,
) -> Result<HashMap<Key, Key>, Failed> {
    let wanted = prepared.checks.iter().filter_map(|check| match check {
        Check::Unreferenced(target) => Some(target),
        _ => None,
    });
    let wanted: Vec<&Key> = wanted.collect();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let params = shared.names.references().await?;
    let mut targets: HashMap<String, &Key> = HashMap::new();
    for target in wanted {
        let stems = params.iter().map(|param| keys::local(*param, &target.resource, &target.id));
        targets.extend(stems.map(|stem| (text(&stem), target)));
    }
    let stems: Vec<&String> = targets.keys().collect();
    let read = Read {
        collection: RESOURCES,
        filter: doc! { "k": { "$in": stems } },
        projection: doc! { "k": 1 },
        sort: Document::new(),
        // What this commit writes is judged by its new content.
        limit: prepared.writes.len() + 1,
    };
    let mut referring = HashMap::new();
    for document in shared.rows.read(&mut Access::Within(session), read).await? {
        let key = document.get_str("_id").ok().and_then(record::key_of);
        let key = key.ok_or_else(|| fault::damaged("a document has no id"))?;
        let Ok(held) = document.get_array("k") else { continue };
        if prepared.puts(&key).is_none() {
            let held = held.into_iter().filter_map(|key| targets.get(key.ok()?.as_str()?));
            referring.extend(held.map(|target| ((*target).clone(), key.clone())));
        }
    }
    Ok(referring)
}
