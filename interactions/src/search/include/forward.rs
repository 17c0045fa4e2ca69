//! What resources refer to: by id, by id and version, by canonical URL.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fhir::definitions::SearchType;
use fhir::json::Json;
use fhir::search::{Entry, Filter, Include, IndexValue, Param, ReferenceValue, canonical_filter};
use fhir::{Kind, Outcome};
use storage::{Key, SearchPart, SearchRequest, TotalWanted};

use crate::policy::Permit;

use super::{Found, Source};

/// Resources that are read at a time.
const AT_ONCE: usize = 64;

/// What the sources refer to.
#[derive(Default)]
struct Wanted {
    /// Resources, and which version where the reference names one.
    local: BTreeSet<(Key, Option<u64>)>,
    /// By type: canonical URLs, and which version where one is named.
    canonical: BTreeMap<Arc<str>, BTreeSet<(String, Option<String>)>>,
}

/// Adds what the sources refer to.
pub(super) async fn add(
    permit: &Permit<'_>,
    found: &mut Found,
    sources: &[Source],
    includes: &[&Include],
) -> Result<(), Outcome> {
    if includes.is_empty() {
        return Ok(());
    }
    let wanted = wanted(permit, sources, includes).await?;
    let local: Vec<(Key, Option<u64>)> =
        wanted.local.into_iter().filter(|(key, version)| !found.has(key, *version)).collect();
    for some in local.chunks(AT_ONCE) {
        if found.room() == 0 {
            found.is_cut = true;
            return Ok(());
        }
        let keys: Vec<Key> =
            some.iter().filter(|(_, v)| v.is_none()).map(|(key, _)| key.clone()).collect();
        for version in permit.store().read_many(&keys).await?.into_iter().flatten() {
            found.add(version, true);
        }
        for (key, number) in some {
            let Some(number) = number.filter(|number| !found.has(key, Some(*number))) else {
                continue;
            };
            if let Some(version) = permit.store().vread(key, number).await? {
                found.add(version, false);
            }
        }
    }
    if wanted.canonical.is_empty() { Ok(()) } else { named(permit, found, &wanted.canonical).await }
}

async fn wanted(
    permit: &Permit<'_>,
    sources: &[Source],
    includes: &[&Include],
) -> Result<Wanted, Outcome> {
    let params: BTreeSet<&Param> = includes.iter().flat_map(|include| &include.params).collect();
    let params: Vec<Param> = params.into_iter().cloned().collect();
    let mut wanted = Wanted::default();
    let current: Vec<Key> = sources
        .iter()
        .filter(|source| matches!(source, Source::Current(_)))
        .map(|source| source.key().clone())
        .collect();
    for entries in permit.store().references(&current, &params).await? {
        entries.into_iter().for_each(|entry| take(permit, includes, entry, &mut wanted));
    }
    for source in sources {
        let Source::Version(version) = source else { continue };
        // Only current versions are in the index.
        let body = Json::parse(version.body.to_vec()).map_err(|error| {
            Outcome::new(Kind::Fault, "A stored resource is damaged.").because(error)
        })?;
        let entries = permit.catalog().indexer.entries(body.root(), &permit.settings().bases);
        entries.into_iter().for_each(|entry| take(permit, includes, entry, &mut wanted));
    }
    Ok(wanted)
}

/// Takes in a reference, as far as an include asks for it.
fn take(permit: &Permit<'_>, includes: &[&Include], entry: Entry, wanted: &mut Wanted) {
    let IndexValue::Reference(value) = entry.value else { return };
    let asking = includes.iter().filter(|include| include.params.contains(&entry.param));
    match value {
        ReferenceValue::Local { resource, id, version } => {
            let is_wanted =
                |one: &&Include| one.target.as_deref().is_none_or(|target| target == resource);
            // A version that is no number is none of this server.
            let number = version.as_deref().map(str::parse::<u64>).transpose();
            let mut asking = asking;
            if let Ok(number) = number
                && asking.any(is_wanted)
            {
                wanted.local.insert((Key::new(resource, id), number));
            }
        }
        ReferenceValue::Url { url, version } if !url.is_empty() => {
            for include in asking {
                for target in canonical_types(permit, include, &entry.param) {
                    let named = wanted.canonical.entry(target).or_default();
                    named.insert((url.clone(), version.clone()));
                }
            }
        }
        ReferenceValue::Url { .. } | ReferenceValue::Identifier(_) => {}
    }
}

/// The types that a parameter may refer to by a canonical URL.
fn canonical_types(permit: &Permit<'_>, include: &Include, param: &Param) -> Vec<Arc<str>> {
    let definitions = permit.definitions();
    let Some(parameter) = definitions.search_parameter(&param.resource, &param.code) else {
        return Vec::new();
    };
    let may_be = |name: &&str| match include.target.as_deref() {
        Some(target) => target == *name,
        None => parameter.targets.is_empty() || parameter.targets.iter().any(|t| t == name),
    };
    let names = definitions.schema().resource_names().into_iter().filter(may_be);
    names.filter(|name| has_canonical_url(permit, name)).map(Arc::from).collect()
}

/// Have resources of this type a canonical URL to be named by?
pub(super) fn has_canonical_url(permit: &Permit<'_>, resource: &str) -> bool {
    let url = permit.definitions().search_parameter(resource, "url");
    url.is_some_and(|parameter| parameter.kind == SearchType::Uri)
}

/// Adds the resources with these canonical URLs.
async fn named(
    permit: &Permit<'_>,
    found: &mut Found,
    canonical: &BTreeMap<Arc<str>, BTreeSet<(String, Option<String>)>>,
) -> Result<(), Outcome> {
    let parts = canonical.iter().map(|(resource, urls)| {
        let any =
            urls.iter().map(|(url, version)| canonical_filter(resource, url, version.as_deref()));
        SearchPart {
            resource: resource.clone(),
            filter: Filter::Or(any.collect()),
            sort: Vec::new(),
        }
    });
    let request = SearchRequest {
        parts: parts.collect(),
        after: None,
        limit: AT_ONCE,
        total: TotalWanted::Free,
    };
    add_all(permit, found, request).await
}

/// Adds all that a search finds, as far as there is room.
pub(super) async fn add_all(
    permit: &Permit<'_>,
    found: &mut Found,
    mut request: SearchRequest,
) -> Result<(), Outcome> {
    loop {
        let page = permit.store().search(&request).await?;
        for version in page.versions {
            found.add(version, true);
        }
        let Some(next) = page.next else { return Ok(()) };
        if found.room() == 0 {
            found.is_cut = true;
            return Ok(());
        }
        request.after = Some(next);
    }
}
