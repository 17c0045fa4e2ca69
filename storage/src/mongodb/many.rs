//! Many conditions at once, such as those of a transaction's conditional creates: what can be looked
//! up by keys is looked up together, in one round trip.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use mongodb::bson::{Document, RawDocument, doc};

use super::clause::{Clause, compile};
use super::condition::points;
use super::documents::RESOURCES;
use super::page::Search;
use super::rows::{Access, Read};
use super::text::{text, texts};
use super::{entries, record};
use crate::{MatchRequest, StoreError};

/// Keys that are looked up together.
const KEYS_MAX: usize = 4_000;
/// Resources that are read together; where there are more, each condition is asked alone.
const ROWS_MAX: usize = 20_000;

impl Search<'_> {
    /// For each request the ids of its first matches, in the order in which they were first written.
    pub(super) async fn many(
        &self,
        access: &mut Access<'_>,
        requests: &[MatchRequest],
    ) -> Result<Vec<Vec<Arc<str>>>, StoreError> {
        let mut found = vec![Vec::new(); requests.len()];
        let mut alone = Vec::new();
        let mut together: Vec<(usize, Clause)> = Vec::new();
        let mut keys: HashMap<String, Vec<usize>> = HashMap::new();
        let mut stems = Vec::new();
        for (at, request) in requests.iter().enumerate() {
            let clause = compile(self.names(), &request.resource, &request.filter).await?;
            match conjunct(&clause) {
                Some(own) if requests.len() > 1 => {
                    for stem in own {
                        keys.entry(text(&stem)).or_default().push(together.len());
                        stems.push(stem);
                    }
                    together.push((at, clause));
                }
                _ => alone.push(at),
            }
        }
        stems.sort_unstable();
        stems.dedup();
        for stems in stems.chunks(KEYS_MAX) {
            let read = Read {
                collection: RESOURCES,
                filter: doc! { "k": { "$in": texts(stems) } },
                projection: doc! { "b": 0, "x": 0 },
                sort: Document::new(),
                limit: ROWS_MAX,
            };
            let mut rows = self.store.rows.read(access, read).await?;
            if rows.len() == ROWS_MAX {
                alone = (0..requests.len()).collect();
                break;
            }
            rows.sort_by_cached_key(|row| row.get_i64("o").unwrap_or_default());
            for row in &rows {
                let id: Arc<str> = record::head(row)?.key.id;
                for own in candidates(row, &keys) {
                    let (at, clause) = &together[own];
                    let matches: &mut Vec<Arc<str>> = &mut found[*at];
                    if matches.len() < requests[*at].limit
                        && !matches.contains(&id)
                        && entries::pass(clause, &id, record::entries(row)?)?
                    {
                        matches.push(Arc::clone(&id));
                    }
                }
            }
        }
        for at in alone {
            let MatchRequest { resource, filter, limit } = &requests[at];
            let search = Search::new(self.store);
            found[at] = search.ids(access, resource, filter, *limit).await?;
        }
        Ok(found)
    }
}

/// The keys of which a match has one; `None` where no condition is about keys, or one is about other
/// resources.
fn conjunct(clause: &Clause) -> Option<Vec<Vec<u8>>> {
    if clause.is_open() {
        return None;
    }
    let parts = match clause {
        Clause::And(parts) => parts.as_slice(),
        other => std::slice::from_ref(other),
    };
    let of = |part: &Clause| match part {
        Clause::Combination(hot) => Some((0, hot.stems.clone())),
        part => points(part),
    };
    parts.iter().filter_map(of).min_by_key(|(rank, _)| *rank).map(|(_, stems)| stems)
}

/// Which requests a document's keys lead to.
fn candidates(row: &RawDocument, keys: &HashMap<String, Vec<usize>>) -> BTreeSet<usize> {
    let Ok(own) = row.get_array("k") else { return BTreeSet::new() };
    own.into_iter().filter_map(|key| keys.get(key.ok()?.as_str()?)).flatten().copied().collect()
}
