//! The [search] interaction on a type or a compartment: the page, its links, what it includes.
//!
//! [search]: https://hl7.org/fhir/R4/http.html#search

mod include;
pub(crate) mod page;

use std::sync::Arc;

use fhir::bundle::{BundleEntry, BundleWriter};
use fhir::outcome::outcome_tree;
use fhir::reference::is_id;
use fhir::search::{Filter, Query, Summary, Total, compartment_filter, query};
use fhir::{Issue, Kind, Outcome};
use storage::{Position, SearchPart, SearchRequest, TotalWanted};

use crate::policy::Permit;
use crate::{Answer, Condition, Search, SearchScope, clock};
use page::Bookmark;

pub(crate) async fn search(permit: &Permit<'_>, request: Search) -> Result<Answer, Outcome> {
    let scope = Scope::of(permit, &request.scope)?;
    let (parameters, after) = turn_to_page(permit, &scope, request.parameters)?;
    refuse_length(&parameters)?;
    let context = context(permit);
    let parsed = query::parse(&scope.resource, &parameters, &context)?;
    let query = parsed.query;
    refuse_parts(&query)?;
    let limit = page_size(permit, &query);
    let is_counted = query.is_count_only || query.total == Total::Accurate;
    let request = SearchRequest {
        parts: vec![SearchPart {
            resource: scope.resource.clone(),
            filter: within(&scope, query.filter.clone()),
            sort: query.sort.clone(),
        }],
        after: after.map(Position),
        limit,
        total: if is_counted { TotalWanted::Accurate } else { TotalWanted::Free },
    };
    let page = permit.store().search(&request).await?;

    let mut bundle = BundleWriter::new("searchset");
    if let Some(total) = page.total.filter(|_| query.total != Total::None || query.is_count_only) {
        bundle.total(total);
    }
    bundle.link("self", &self_link(permit, &scope, &query));
    if let Some(next) = page.next.filter(|_| limit > 0) {
        bundle.link("next", &next_link(permit, &scope, &next.0, parameters)?);
    }
    for version in &page.versions {
        entry(permit, &mut bundle, version, "match");
    }
    let mut notes = parsed.ignored;
    include::add(permit, &mut bundle, &page.versions, &query, &mut notes).await?;
    if !notes.is_empty() {
        let outcome = outcome_tree(&notes).to_string();
        bundle.entry(&BundleEntry {
            resource: Some(&outcome),
            search_mode: Some("outcome"),
            ..BundleEntry::default()
        });
    }
    Ok(Answer::found(bundle.finish()))
}

/// A page link holds the whole search and is an address itself, at most 64 KiB long.
fn refuse_length(parameters: &[(String, String)]) -> Result<(), Outcome> {
    const SEARCH_BYTES_MAX: usize = 45_000;
    // Each name and value stands in the link with its length before it, four bytes.
    let length: usize = parameters.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
    if length <= SEARCH_BYTES_MAX {
        return Ok(());
    }
    Err(Outcome::new(
        Kind::TooLarge,
        format!("The search is longer than {SEARCH_BYTES_MAX} bytes: split it into several."),
    ))
}

/// Resources are given whole: parts of them are not offered.
fn refuse_parts(query: &Query) -> Result<(), Outcome> {
    let asked = match query.summary {
        Some(Summary::True | Summary::Text | Summary::Data) => "_summary",
        _ if !query.elements.is_empty() => "_elements",
        _ => return Ok(()),
    };
    Err(Outcome::invalid(format!(
        "{asked} for parts of resources is not supported yet; _summary=count and _summary=false are."
    ))
    .with_code("not-supported")
    .at(asked))
}

/// Adds one version as an entry.
fn entry(permit: &Permit<'_>, bundle: &mut BundleWriter, version: &storage::Version, mode: &str) {
    let full_url = permit.address(&version.key.resource, &version.key.id);
    bundle.entry(&BundleEntry {
        full_url: Some(&full_url),
        resource: std::str::from_utf8(&version.body).ok(),
        search_mode: Some(mode),
        ..BundleEntry::default()
    });
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

/// Where a search runs.
struct Scope {
    resource: Arc<str>,
    /// Path under the base: what page links are bound to.
    path: String,
    compartment: Option<Filter>,
}

impl Scope {
    fn of(permit: &Permit<'_>, scope: &SearchScope) -> Result<Self, Outcome> {
        match scope {
            SearchScope::Type(resource) => Ok(Self {
                resource: resource.clone(),
                path: resource.to_string(),
                compartment: None,
            }),
            SearchScope::Compartment { compartment, id, resource } => {
                Self::of_compartment(permit, compartment, id, resource.as_ref())
            }
        }
    }

    fn of_compartment(
        permit: &Permit<'_>,
        compartment: &str,
        id: &str,
        resource: Option<&Arc<str>>,
    ) -> Result<Self, Outcome> {
        let definitions = permit.definitions();
        let Some(members) = definitions.compartment(compartment) else {
            let known: Vec<&str> =
                definitions.compartments().iter().map(|c| c.code.as_str()).collect();
            return Err(Outcome::new(
                Kind::Unknown,
                format!(
                    "{compartment} defines no compartment: those of R4 are {}.",
                    known.join(", ")
                ),
            ));
        };
        let Some(resource) = resource else {
            return Err(Outcome::new(
                Kind::NotSupported,
                format!(
                    "A search of all types of a compartment is not offered: name one type \
                     ({compartment}/{id}/Observation), or use Patient/[id]/$everything."
                ),
            ));
        };
        if !is_id(id) {
            return Err(Outcome::invalid(format!(
                "'{id}' is no id: 1 to 64 of the letters, digits, '-' and '.'."
            )));
        }
        let Some(filter) = compartment_filter(compartment, id, resource, definitions) else {
            let types: Vec<&str> = members
                .resources
                .iter()
                .filter(|(_, codes)| !codes.is_empty())
                .map(|(name, _)| name.as_str())
                .collect();
            return Err(Outcome::new(
                Kind::Unknown,
                format!(
                    "{resource} is never in a {compartment} compartment: that holds {}.",
                    types.join(", ")
                ),
            ));
        };
        Ok(Self {
            resource: resource.clone(),
            path: format!("{compartment}/{id}/{resource}"),
            compartment: Some(filter),
        })
    }
}

/// The parameters of the page's search and the page's position: for a page link those it holds.
fn turn_to_page(
    permit: &Permit<'_>,
    scope: &Scope,
    parameters: Condition,
) -> Result<(Condition, Option<Vec<u8>>), Outcome> {
    let Some((_, text)) = parameters.iter().find(|(name, _)| name == "_page") else {
        return Ok((parameters, None));
    };
    let known = ["_page", "_format", "_pretty"];
    if let Some((name, _)) = parameters.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(Outcome::invalid(format!(
            "A page link holds its whole search: '{name}' cannot be added to it."
        ))
        .at(name));
    }
    let bookmark = permit.seal().open(&scope.path, text)?;
    Ok((bookmark.parameters, Some(bookmark.position)))
}

fn page_size(permit: &Permit<'_>, query: &Query) -> usize {
    if query.is_count_only {
        return 0;
    }
    let settings = permit.settings();
    let size = query.count.unwrap_or(settings.page_size_default).min(settings.page_size_max);
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn within(scope: &Scope, filter: Filter) -> Filter {
    match (&scope.compartment, filter) {
        (None, filter) => filter,
        (Some(compartment), Filter::All) => compartment.clone(),
        (Some(compartment), Filter::And(mut parts)) => {
            parts.push(compartment.clone());
            Filter::And(parts)
        }
        (Some(compartment), filter) => Filter::And(vec![filter, compartment.clone()]),
    }
}

/// What was understood of the search, as its own address.
fn self_link(permit: &Permit<'_>, scope: &Scope, query: &Query) -> String {
    let mut link = format!("{}/{}", permit.caller().base, scope.path);
    for (index, (name, value)) in query.applied.iter().enumerate() {
        link.push(if index == 0 { '?' } else { '&' });
        link.push_str(&query::encode(name));
        link.push('=');
        link.push_str(&query::encode(value));
    }
    link
}

fn next_link(
    permit: &Permit<'_>,
    scope: &Scope,
    position: &[u8],
    parameters: Vec<(String, String)>,
) -> Result<String, Outcome> {
    let kept = parameters.into_iter().filter(|(name, _)| name != "_format" && name != "_pretty");
    let bookmark = Bookmark { position: position.to_vec(), parameters: kept.collect() };
    let text = permit.seal().close(&scope.path, &bookmark)?;
    Ok(format!("{}/{}?_page={text}", permit.caller().base, scope.path))
}

/// A warning for the client that stands in the Bundle.
fn warning(text: String) -> Issue {
    Issue { severity: fhir::Severity::Warning, ..Issue::error("incomplete", text) }
}
