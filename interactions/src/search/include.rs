//! [`_include` and `_revinclude`], one level: resolved after the page is cut.
//!
//! [`_include` and `_revinclude`]: https://hl7.org/fhir/R4/search.html#include

use std::collections::{BTreeSet, HashSet};

use fhir::bundle::BundleWriter;
use fhir::json::Json;
use fhir::search::{Filter, Include, IndexValue, Query, ReferenceTest, ReferenceValue, Test};
use fhir::{Issue, Kind, Outcome};
use storage::{Key, SearchRequest, Version};

use crate::policy::Permit;

use super::{entry, warning};

/// Adds what the page's matches refer to, and what refers to them, each resource once.
pub(super) async fn add(
    permit: &Permit<'_>,
    bundle: &mut BundleWriter,
    matches: &[Version],
    query: &Query,
    notes: &mut Vec<Issue>,
) -> Result<(), Outcome> {
    if matches.is_empty() || (query.include.is_empty() && query.revinclude.is_empty()) {
        return Ok(());
    }
    let mut room = permit.settings().include_max;
    let mut held: HashSet<Key> = matches.iter().map(|version| version.key.clone()).collect();
    let mut added = forward(permit, matches, &query.include, &held, room).await?;
    for version in &added {
        held.insert(version.key.clone());
    }
    room = room.saturating_sub(added.len());
    // A page of long versions ends earlier than asked.
    let mut is_cut = false;
    for include in &query.revinclude {
        let (found, has_more) = backward(permit, matches, include, room + 1).await?;
        is_cut |= has_more;
        for version in found {
            if held.insert(version.key.clone()) {
                added.push(version);
            }
        }
        room = permit.settings().include_max.saturating_sub(added.len());
    }
    if is_cut || added.len() > permit.settings().include_max {
        added.truncate(permit.settings().include_max);
        notes.push(warning(format!(
            "More than the {} resources here would be included: the rest is left out. Ask for a \
             smaller page with _count.",
            added.len()
        )));
    }
    for version in &added {
        entry(permit, bundle, version, "include");
    }
    Ok(())
}

/// Resources that the matches refer to.
async fn forward(
    permit: &Permit<'_>,
    matches: &[Version],
    includes: &[Include],
    held: &HashSet<Key>,
    room: usize,
) -> Result<Vec<Version>, Outcome> {
    let mut wanted = BTreeSet::new();
    for version in matches {
        let own: Vec<&Include> =
            includes.iter().filter(|include| include.source == version.key.resource).collect();
        if own.is_empty() {
            continue;
        }
        for (include, resource, id) in references(permit, version, &own)? {
            let is_wanted = include.target.as_deref().is_none_or(|target| target == resource);
            let key = Key::new(resource, id);
            if is_wanted && !held.contains(&key) {
                wanted.insert(key);
            }
        }
    }
    let keys: Vec<Key> = wanted.into_iter().take(room + 1).collect();
    let found = permit.store().read_many(&keys).await?;
    Ok(found.into_iter().flatten().filter(|version| !version.is_deleted()).collect())
}

/// The local references of a version that stand in the parameters of these includes.
fn references<'a>(
    permit: &Permit<'_>,
    version: &Version,
    includes: &[&'a Include],
) -> Result<Vec<(&'a Include, String, String)>, Outcome> {
    let body = Json::parse(version.body.to_vec()).map_err(|error| {
        Outcome::new(Kind::Fault, "A stored resource is damaged.").because(error)
    })?;
    let mut found = Vec::new();
    for entry in permit.catalog().indexer.entries(body.root(), &permit.settings().bases) {
        let IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) = entry.value else {
            continue;
        };
        for include in includes {
            if include.params.contains(&entry.param) {
                found.push((*include, resource.clone(), id.clone()));
            }
        }
    }
    Ok(found)
}

/// Resources that refer to the matches, and whether there are more.
async fn backward(
    permit: &Permit<'_>,
    matches: &[Version],
    include: &Include,
    limit: usize,
) -> Result<(Vec<Version>, bool), Outcome> {
    let targets: Vec<&Version> = matches
        .iter()
        .filter(|v| include.target.as_deref().is_none_or(|target| target == &*v.key.resource))
        .collect();
    if targets.is_empty() {
        return Ok((Vec::new(), false));
    }
    let mut parts = Vec::new();
    for param in &include.params {
        for version in &targets {
            let test = ReferenceTest::Local {
                resources: vec![version.key.resource.to_string()],
                id: version.key.id.to_string(),
                version: None,
            };
            parts.push(Filter::Matches(param.clone(), Test::Reference(test)));
        }
    }
    let page = permit
        .store()
        .search(&SearchRequest::of(include.source.clone(), Filter::Or(parts), limit))
        .await?;
    Ok((page.versions, page.next.is_some()))
}
