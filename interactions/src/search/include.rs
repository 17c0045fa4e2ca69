//! [`_include` and `_revinclude`], resolved after the page is cut: each resource once, and none that
//! is a match.
//!
//! A round goes from some resources to all that they include; those of `:iterate` go on from what
//! the round found, until nothing new is found or a limit is reached, which a warning says.
//!
//! [`_include` and `_revinclude`]: https://hl7.org/fhir/R4/search.html#include

mod backward;
mod forward;

use std::collections::HashSet;

use fhir::search::{Include, Query};
use fhir::{Issue, Outcome};
use storage::{Key, PAGE_BYTES_MAX, Version};

use crate::policy::Permit;

use super::explain::warning;

/// What the matches refer to, and what refers to them.
pub(super) async fn find(
    permit: &Permit<'_>,
    matches: &[Version],
    query: &Query,
    notes: &mut Vec<Issue>,
) -> Result<Vec<Version>, Outcome> {
    let mut found = Found::of(permit, matches);
    let mut sources: Vec<Source> =
        matches.iter().map(|one| Source::Current(one.key.clone())).collect();
    for round in 0.. {
        let forward = meant(&query.include, round);
        let backward = meant(&query.revinclude, round);
        if sources.is_empty() || (forward.is_empty() && backward.is_empty()) {
            break;
        }
        let start = found.added.len();
        forward::add(permit, &mut found, &sources, &forward).await?;
        backward::add(permit, &mut found, &sources, &backward).await?;
        if round >= permit.settings().include_depth_max && found.added.len() > start {
            found.added.truncate(start);
            notes.push(warning("incomplete", too_deep(round)));
            break;
        }
        sources = found.added[start..].iter().map(Source::of).collect();
    }
    if found.is_cut {
        notes.push(warning("incomplete", too_many(found.added.len())));
    }
    Ok(found.added.into_iter().map(|one| one.version).collect())
}

fn meant(includes: &[Include], round: usize) -> Vec<&Include> {
    includes.iter().filter(|include| round == 0 || include.is_iterated).collect()
}

fn too_deep(rounds: usize) -> String {
    format!(
        "_include:iterate and _revinclude:iterate were followed {rounds} times: what they lead to \
         from there on is left out. Search for the resources included last to go on."
    )
}

fn too_many(count: usize) -> String {
    format!(
        "More than the {count} resources here would be included: the rest is left out. Ask for a \
         smaller page with _count."
    )
}

/// Where includes start from.
enum Source {
    /// The current version of a resource.
    Current(Key),
    /// An older version, which a reference named.
    Version(Version),
}

impl Source {
    fn of(included: &Included) -> Self {
        match included.is_current {
            true => Source::Current(included.version.key.clone()),
            false => Source::Version(included.version.clone()),
        }
    }

    fn key(&self) -> &Key {
        match self {
            Source::Current(key) => key,
            Source::Version(version) => &version.key,
        }
    }
}

struct Included {
    version: Version,
    is_current: bool,
}

/// What stands in the page, and what is to come into it.
struct Found {
    added: Vec<Included>,
    /// Resources whose current version is here.
    current: HashSet<Key>,
    /// All versions that are here.
    versions: HashSet<(Key, u64)>,
    bytes: usize,
    count_max: usize,
    /// There would be more.
    is_cut: bool,
}

impl Found {
    fn of(permit: &Permit<'_>, matches: &[Version]) -> Self {
        Self {
            added: Vec::new(),
            current: matches.iter().map(|version| version.key.clone()).collect(),
            versions: matches.iter().map(|one| (one.key.clone(), one.version)).collect(),
            bytes: 0,
            count_max: permit.settings().include_max,
            is_cut: false,
        }
    }

    /// How many more there is room for.
    fn room(&self) -> usize {
        if self.bytes >= PAGE_BYTES_MAX { 0 } else { self.count_max - self.added.len() }
    }

    /// Is the resource here: this version of it, or the current one?
    fn has(&self, key: &Key, version: Option<u64>) -> bool {
        match version {
            None => self.current.contains(key),
            Some(version) => self.versions.contains(&(key.clone(), version)),
        }
    }

    /// Adds a version unless it is here or deleted.
    fn add(&mut self, version: Version, is_current: bool) {
        if version.is_deleted() {
            return;
        }
        let id = (version.key.clone(), version.version);
        if self.versions.contains(&id) {
            if is_current {
                self.current.insert(id.0);
            }
            return;
        }
        if self.room() == 0 {
            self.is_cut = true;
            return;
        }
        if is_current {
            self.current.insert(id.0.clone());
        }
        self.versions.insert(id);
        self.bytes += version.body.len();
        self.added.push(Included { version, is_current });
    }
}
