//! Searches of resources [contained] in others: candidates come from the index, and each contained
//! resource is decided by its own entries.
//!
//! A page ends where its last candidate does, so that it may hold fewer matches than asked, and,
//! where several stand in one container, more.
//!
//! [contained]: https://hl7.org/fhir/R4/search.html#contained

use std::sync::Arc;
use std::time::{Duration, Instant};

use fhir::json::Json;
use fhir::search::{
    Contained, DateValue, Entry, Filter, IndexValue, Param, Query, Sort, contained_filter,
    contained_matches, matches,
};
use fhir::{Kind, Outcome};
use storage::{Page, Position, SearchPart, SearchRequest, TotalWanted, Version};

use crate::policy::Permit;

use super::links::Asked;
use super::scope::Scope;

/// Candidates of one page that are looked at for its matches, at most.
const CANDIDATES_MAX: usize = 5_000;
/// Candidates that are looked at to count the matches, at most.
const COUNTED_MAX: usize = 20_000;
/// Candidates that are read at a time for counting.
const AT_ONCE: usize = 500;

/// A candidate that matches.
pub(super) struct Hit {
    pub(super) version: Version,
    /// It is a match by itself, or what contains the matches is wanted.
    pub(super) is_whole: bool,
    /// Contained resources that match, with their ids, where they are wanted themselves.
    pub(super) contained: Vec<(String, String)>,
}

/// A page of hits. Its own `versions` are empty.
pub(super) struct Found {
    pub(super) hits: Vec<Hit>,
    pub(super) page: Page,
    pub(super) taken: Duration,
}

/// The page of a search that `_contained` is part of.
pub(super) async fn find(
    permit: &Permit<'_>,
    scope: &Scope<'_>,
    asked: &Asked,
    query: &Query,
    limit: usize,
) -> Result<Found, Outcome> {
    let search =
        Search { permit, query, filter: scope.within(&query.resource, query.filter.clone()) };
    let started = Instant::now();
    let mut found = Found { hits: Vec::new(), page: Page::default(), taken: Duration::ZERO };
    let mut request = search.request(limit);
    request.after = asked.after.clone().map(Position);
    let mut candidates = 0;
    while found.hits.len() < limit {
        request.limit = limit - found.hits.len();
        let page = permit.store().search(&request).await?;
        candidates += page.versions.len();
        for version in page.versions {
            found.hits.extend(search.hit(version)?);
        }
        if found.page.plan.is_empty() {
            found.page.plan = page.plan;
        }
        found.page.next.clone_from(&page.next);
        let Some(next) = page.next.filter(|_| candidates < CANDIDATES_MAX) else { break };
        request.after = Some(next);
    }
    let is_whole = asked.after.is_none() && found.page.next.is_none() && limit > 0;
    if is_whole {
        found.page.total = Some(found.hits.iter().map(Hit::count).sum());
    } else if super::total_wanted(query) != TotalWanted::Free {
        found.page.total = Some(search.count().await?);
    }
    found.taken = started.elapsed();
    Ok(found)
}

impl Hit {
    /// Matches in it, as the Bundle has entries for them.
    fn count(&self) -> u64 {
        u64::from(self.is_whole) + self.contained.len() as u64
    }
}

struct Search<'a> {
    permit: &'a Permit<'a>,
    query: &'a Query,
    filter: Filter,
}

impl Search<'_> {
    /// Asks all types for candidates: any may contain what is searched.
    fn request(&self, limit: usize) -> SearchRequest {
        let resource = &self.query.resource;
        let names = self.permit.definitions().schema().resource_names();
        let parts = names.into_iter().map(|name| {
            let container: Arc<str> = Arc::from(name);
            let mut filter = contained_filter(&container, resource, &self.filter);
            if self.query.contained == Contained::Both && container == *resource {
                filter = Filter::Or(vec![self.filter.clone(), filter]);
            }
            let sort = self.query.sort.iter().map(|sort| Sort {
                param: Param::new(container.clone(), sort.param.code.clone()),
                is_descending: sort.is_descending,
            });
            SearchPart { filter, sort: sort.collect(), resource: container }
        });
        SearchRequest { parts: parts.collect(), after: None, limit, total: TotalWanted::Free }
    }

    fn hit(&self, version: Version) -> Result<Option<Hit>, Outcome> {
        let json = Json::parse(version.body.to_vec()).map_err(|error| {
            Outcome::new(Kind::Fault, "A stored resource is damaged.").because(error)
        })?;
        let (indexer, bases) = (&self.permit.catalog().indexer, &self.permit.settings().bases);
        let resource = &self.query.resource;
        let inner = contained_matches(json.root(), resource, &self.filter, indexer, bases);
        let is_own = self.query.contained == Contained::Both
            && version.key.resource == *resource
            && self.is_match(&version, &json);
        let is_whole = is_own || (!self.query.is_contained_wanted && !inner.is_empty());
        let mut contained = Vec::new();
        for one in inner.iter().filter(|_| self.query.is_contained_wanted) {
            let id = one.str("id").unwrap_or_default().into_owned();
            contained.push((id, one.raw().to_owned()));
        }
        let hit = Hit { version, is_whole, contained };
        Ok(Some(hit).filter(|hit| hit.count() > 0))
    }

    /// Does the filter hold of the resource itself?
    fn is_match(&self, version: &Version, json: &Json) -> bool {
        let bases = &self.permit.settings().bases;
        let mut entries = self.permit.catalog().indexer.entries(json.root(), bases);
        let instant = version.last_updated_us;
        entries.push(Entry {
            param: Param::new(version.key.resource.clone(), "_lastUpdated"),
            value: IndexValue::Date(DateValue { low: instant, high: instant }),
        });
        matches(&self.filter, &version.key.id, &entries)
    }

    async fn count(&self) -> Result<u64, Outcome> {
        let mut request = self.request(AT_ONCE);
        let (mut count, mut candidates) = (0, 0);
        loop {
            let page = self.permit.store().search(&request).await?;
            candidates += page.versions.len();
            for version in page.versions {
                count += self.hit(version)?.map_or(0, |hit| hit.count());
            }
            let Some(next) = page.next else { return Ok(count) };
            if candidates >= COUNTED_MAX {
                return Err(Outcome::new(
                    Kind::Unprocessable,
                    format!(
                        "More than {COUNTED_MAX} resources would have to be looked into to count \
                         what is contained in them: narrow the search, or leave out _total."
                    ),
                )
                .with_code("too-costly"));
            }
            request.after = Some(next);
        }
    }
}
