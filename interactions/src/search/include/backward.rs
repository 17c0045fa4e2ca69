//! What refers to resources.

use std::collections::BTreeMap;
use std::sync::Arc;

use fhir::Outcome;
use fhir::search::{Filter, Include, Param, ReferenceTest, Test};
use storage::SearchRequest;

use crate::policy::Permit;

use super::forward::{add_all, has_canonical_url};
use super::{Found, Source};

/// Resources that one search asks for what refers to them.
const TARGETS_AT_ONCE: usize = 500;
/// Resources of one page of such a search.
const PAGE: usize = 500;

/// Adds what refers to the sources.
pub(super) async fn add(
    permit: &Permit<'_>,
    found: &mut Found,
    sources: &[Source],
    includes: &[&Include],
) -> Result<(), Outcome> {
    for include in includes {
        let mut targets: BTreeMap<&Arc<str>, Vec<&Arc<str>>> = BTreeMap::new();
        for key in sources.iter().map(Source::key) {
            if include.target.as_deref().is_none_or(|target| target == &*key.resource) {
                targets.entry(&key.resource).or_default().push(&key.id);
            }
        }
        for (resource, ids) in targets {
            for ids in ids.chunks(TARGETS_AT_ONCE) {
                let filter = refers_to(permit, include, resource, ids);
                if filter == Filter::Or(Vec::new()) {
                    continue;
                }
                if found.room() == 0 {
                    found.is_cut = true;
                    return Ok(());
                }
                let limit = PAGE.min(found.room() + 1);
                let request = SearchRequest::of(include.source.clone(), filter, limit);
                add_all(permit, found, request).await?;
            }
        }
    }
    Ok(())
}

/// Refers to one of these by a parameter of the include.
fn refers_to(
    permit: &Permit<'_>,
    include: &Include,
    resource: &Arc<str>,
    ids: &[&Arc<str>],
) -> Filter {
    let mut parts = Vec::new();
    for param in include.params.iter().filter(|param| may_refer_to(permit, param, resource)) {
        if has_canonical_url(permit, resource) {
            let ids = ids.iter().map(|id| id.to_string()).collect();
            let filter = Box::new(Filter::Ids(ids));
            parts.push(Filter::Chain(param.clone(), resource.clone(), filter));
            continue;
        }
        parts.extend(ids.iter().map(|id| {
            let test = ReferenceTest::Local {
                resources: vec![resource.to_string()],
                id: id.to_string(),
                version: None,
            };
            Filter::Matches(param.clone(), Test::Reference(test))
        }));
    }
    Filter::Or(parts)
}

fn may_refer_to(permit: &Permit<'_>, param: &Param, resource: &str) -> bool {
    let parameter = permit.definitions().search_parameter(&param.resource, &param.code);
    parameter.is_none_or(|parameter| {
        parameter.targets.is_empty() || parameter.targets.iter().any(|target| target == resource)
    })
}
