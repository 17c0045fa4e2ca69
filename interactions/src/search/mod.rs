//! The [search] interaction on a type, a compartment or everything: the page, its links, what it
//! includes.
//!
//! [search]: https://hl7.org/fhir/R4/http.html#search

mod contained;
mod explain;
mod include;
mod links;
pub(crate) mod page;
mod scope;

use std::time::{Duration, Instant};

use bytes::Bytes;
use fhir::bundle::{BundleEntry, BundleWriter};
use fhir::json::Json;
use fhir::outcome::outcome_tree;
use fhir::search::{Contained, Query, Total, query};
use fhir::subset::Subset;
use fhir::{Issue, Kind, Outcome};
use storage::{Page, Position, SearchPart, SearchRequest, TotalWanted, Version};

use crate::policy::Permit;
use crate::{Answer, Body, Search, clock};
use contained::Hit;
use links::Asked;
pub(crate) use links::address;
use scope::{Scope, Types};

pub(crate) async fn search(permit: &Permit<'_>, request: Search) -> Result<Answer, Outcome> {
    let scope = Scope::of(permit, &request.scope)?;
    let asked = Asked::read(permit, &scope, request.parameters)?;
    let (queries, mut notes) = queries(permit, &scope, &asked)?;
    let Some(query) = queries.first() else {
        return Err(Outcome::invalid("The search is about no type."));
    };
    let limit = page_size(permit, query);
    let (page, hits) = if query.contained == Contained::False {
        let (page, taken) = find(permit, &scope, &asked, &queries, limit).await?;
        explain::add(permit, &queries, &page.plan, taken, &mut notes);
        (page, Vec::new())
    } else {
        let [query] = queries.as_slice() else { return Err(contained_in_several()) };
        let found = contained::find(permit, &scope, &asked, query, limit).await?;
        explain::add(permit, &queries, &found.page.plan, found.taken, &mut notes);
        (found.page, found.hits)
    };

    notes.extend(damaged(page.damaged));
    let mut bundle = BundleWriter::new("searchset");
    if let Some(total) = page.total.filter(|_| query.total != Total::None || query.is_count_only) {
        bundle.total(total);
    }
    bundle.link("self", &asked.self_link(permit, &scope, query, limit));
    if let Some(next) = page.next.filter(|_| limit > 0) {
        bundle.link("next", &asked.next_link(permit, &scope, &next.0)?);
    }
    let subset = query.subset();
    let mut matches = page.versions;
    let mut resources = Vec::new();
    for version in &matches {
        resources.push(entry(permit, &mut bundle, version, "match", &subset)?);
    }
    for hit in hits {
        resources.extend(entries_of(permit, &mut bundle, &hit, &subset)?);
        matches.extend(Some(hit.version).filter(|_| hit.is_whole));
    }
    let included = include::find(permit, &matches, query, &mut notes).await?;
    let subset = included_subset(query);
    for version in &included {
        resources.push(entry(permit, &mut bundle, version, "include", &subset)?);
    }
    if !notes.is_empty() {
        let outcome = outcome_tree(&notes).to_string();
        bundle.entry(&BundleEntry {
            resource: Some(&outcome),
            search_mode: Some("outcome"),
            ..BundleEntry::default()
        });
    }
    Ok(Answer::found(Body::bundle(bundle, resources)))
}

/// What is said of matches that are left out.
fn damaged(count: usize) -> Option<Issue> {
    let which = match count {
        0 => return None,
        1 => "A resource is left out of this page: what is stored of it".to_owned(),
        count => format!("{count} resources are left out of this page: what is stored of them"),
    };
    let text = format!("{which} cannot be read. The operator's log says which.");
    Some(Issue::error("incomplete", text))
}

fn contained_in_several() -> Outcome {
    Outcome::invalid("Parameter '_contained': it goes with a search of one type alone.")
        .at("_contained")
}

/// Adds what matches in one container, it or what it contains; gives the resources that belong into
/// the entries.
fn entries_of(
    permit: &Permit<'_>,
    bundle: &mut BundleWriter,
    hit: &Hit,
    subset: &Subset,
) -> Result<Vec<Bytes>, Outcome> {
    let mut resources = Vec::new();
    if hit.is_whole {
        resources.push(entry(permit, bundle, &hit.version, "match", subset)?);
    }
    let container = permit.address(&hit.version.key.resource, &hit.version.key.id);
    for (id, resource) in &hit.contained {
        bundle.hole(&BundleEntry {
            full_url: Some(&format!("{container}#{id}")),
            search_mode: Some("match"),
            ..BundleEntry::default()
        });
        let part = part(permit, resource.as_bytes(), subset)?;
        resources.push(Bytes::from(part.unwrap_or_else(|| resource.clone())));
    }
    Ok(resources)
}

/// A query for each type that is searched.
fn queries(
    permit: &Permit<'_>,
    scope: &Scope<'_>,
    asked: &Asked,
) -> Result<(Vec<Query>, Vec<Issue>), Outcome> {
    let context = context(permit);
    match &scope.types {
        Types::One(resource) => {
            let parsed = query::parse(resource, &asked.parameters, &context)?;
            Ok((vec![parsed.query], parsed.ignored))
        }
        Types::Some(types) => query::parse_types(types, &asked.parameters, &context),
    }
}

/// The page that the queries ask for, and how long the store took.
async fn find(
    permit: &Permit<'_>,
    scope: &Scope<'_>,
    asked: &Asked,
    queries: &[Query],
    limit: usize,
) -> Result<(Page, Duration), Outcome> {
    let part = |query: &Query| SearchPart {
        resource: query.resource.clone(),
        filter: scope.within(&query.resource, query.filter.clone()),
        sort: query.sort.clone(),
    };
    let request = SearchRequest {
        parts: queries.iter().map(part).collect(),
        after: asked.after.clone().map(Position),
        limit,
        total: queries.first().map_or(TotalWanted::Free, total_wanted),
    };
    let started = Instant::now();
    let page = permit.store().search(&request).await?;
    Ok((page, started.elapsed()))
}

fn total_wanted(query: &Query) -> TotalWanted {
    match query.total {
        Total::Estimate => TotalWanted::Estimate,
        Total::Accurate => TotalWanted::Accurate,
        _ if query.is_count_only => TotalWanted::Accurate,
        Total::None | Total::Unstated => TotalWanted::Free,
    }
}

/// `_summary` is about all that is in the answer, `_elements` about the [matches] alone.
///
/// [matches]: https://hl7.org/fhir/R4/search.html#elements
fn included_subset(query: &Query) -> Subset {
    match query.subset() {
        Subset::Elements(_) => Subset::Whole,
        subset => subset,
    }
}

/// Adds one version as an entry; gives the resource that belongs into it.
fn entry(
    permit: &Permit<'_>,
    bundle: &mut BundleWriter,
    version: &Version,
    mode: &str,
    subset: &Subset,
) -> Result<Bytes, Outcome> {
    let full_url = permit.address(&version.key.resource, &version.key.id);
    bundle.hole(&BundleEntry {
        full_url: Some(&full_url),
        search_mode: Some(mode),
        ..BundleEntry::default()
    });
    let part = part(permit, &version.body, subset)?;
    Ok(part.map_or_else(|| version.body.clone(), Bytes::from))
}

/// The part of a stored resource that is wanted; `None` when all of it is.
pub(crate) fn part(
    permit: &Permit<'_>,
    body: &[u8],
    subset: &Subset,
) -> Result<Option<String>, Outcome> {
    if subset.is_whole() {
        return Ok(None);
    }
    let json = Json::parse(body.to_vec()).map_err(|error| {
        Outcome::new(Kind::Fault, "A stored resource is damaged.").because(error)
    })?;
    Ok(Some(subset.cut(json.root(), permit.definitions().schema())))
}

/// What parsing a query needs to know of this tenant.
pub(crate) fn context<'a>(permit: &'a Permit<'_>) -> query::Context<'a> {
    query::Context {
        definitions: permit.definitions(),
        bases: &permit.settings().bases,
        now_us: clock::now_us(),
        is_lenient: permit.caller().is_lenient,
    }
}

fn page_size(permit: &Permit<'_>, query: &Query) -> usize {
    if query.is_count_only {
        return 0;
    }
    let settings = permit.settings();
    let size = query.count.unwrap_or(settings.page_size_default).min(settings.page_size_max);
    usize::try_from(size).unwrap_or(usize::MAX)
}
