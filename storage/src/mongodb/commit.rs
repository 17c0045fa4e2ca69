//! A commit: one resource by single writes in an order that leaves no trace of half of them, several
//! or any with checks by a transaction.
//!
//! A single write first keeps the version that it replaces, under a name that nothing reads as long
//! as that version is the current one, and then replaces it if it is still there. So whatever ends
//! between the two leaves what was before.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use mongodb::bson::{Document, RawDocument, RawDocumentBuf, doc};
use mongodb::error::Error;

use super::documents::{PARTS, RESOURCES, VERSIONS};
use super::keys::params;
use super::prepare::{Done, Prepared, PreparedWrite, prepare, reindex};
use super::rows::{Access, Read};
use super::sequence::Stamps;
use super::store::Shared;
use super::{checks, ending, fault, record, transaction};
use crate::{Change, Check, Commit, Committed, StoreError};

/// A commit of more writes is prepared where it holds up no one.
const WRITES_INLINE_MAX: usize = 16;
/// A commit of more writes is large.
pub(super) const LARGE: usize = 200;

/// Writes all of a commit, or nothing.
pub(super) async fn commit(shared: &Shared, commit: Commit) -> Result<Vec<Committed>, StoreError> {
    let mut keys = HashSet::with_capacity(commit.writes.len());
    if let Some(twice) = commit.writes.iter().find(|write| !keys.insert(&write.key)) {
        return Err(StoreError::Fault(format!("a commit writes {} twice", twice.key)));
    }
    drop(keys);
    name(shared, &commit).await?;
    let prepared = if commit.writes.len() <= WRITES_INLINE_MAX {
        prepare(commit)?
    } else {
        let prepared = tokio::task::spawn_blocking(move || prepare(commit)).await;
        prepared.map_err(|error| StoreError::Fault(error.to_string()))??
    };
    let start = Instant::now();
    // Who waits for those that wait for a database that is away is told so in time.
    let time = shared.request_time;
    let held = tokio::time::timeout(time, shared.locks.hold(stripes(shared, &prepared))).await;
    let Ok(_held) = held else { return Err(contended()) };
    let mut attempts = Attempts::new(time.saturating_sub(start.elapsed()));
    let _large = match prepared.writes.len() > LARGE {
        true => {
            let large = shared.large.acquire().await.ok();
            // They wait for each other as long as it takes.
            attempts = Attempts::new(time);
            large
        }
        false => None,
    };
    let done = if prepared.writes.len() == 1 && prepared.checks.is_empty() {
        single(shared, &prepared, &mut attempts).await?
    } else {
        transaction::run(shared, &prepared, &mut attempts).await?
    };
    prepared.committed(done)
}

/// All parameters have their numbers before a commit begins.
async fn name(shared: &Shared, commit: &Commit) -> Result<(), StoreError> {
    let mut wanted = Vec::new();
    for write in &commit.writes {
        if let Change::Put { entries, .. } | Change::Reindex { entries } = &write.change {
            wanted.extend(params(&write.key.resource, entries));
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    shared.names.give(&wanted).await
}

/// What a commit must have alone, and what it must not see go.
fn stripes(shared: &Shared, prepared: &Prepared) -> Vec<(usize, bool)> {
    let stripe = |key: &crate::Key| shared.locks.stripe(&(&*key.resource, &*key.id));
    let mut wanted: Vec<(usize, bool)> =
        prepared.writes.iter().map(|write| (stripe(&write.key), true)).collect();
    for check in &prepared.checks {
        match check {
            Check::Exists(key) => wanted.push((stripe(key), false)),
            Check::Unreferenced(key) => wanted.push((stripe(key), true)),
            Check::Matches { resource, filter, .. } => {
                let guards = checks::guards(resource, filter);
                wanted.extend(guards.iter().map(|guard| (shared.locks.stripe(guard), true)));
            }
        }
    }
    wanted
}

/// How often, and how long, something is tried again.
pub(super) struct Attempts {
    end: Instant,
    wait: Duration,
    count: u32,
}

impl Attempts {
    fn new(time: Duration) -> Self {
        Self { end: Instant::now() + time, wait: Duration::from_millis(2), count: 0 }
    }

    /// Waits a little longer each time; `error` when there is no time left.
    pub(super) async fn again(&mut self, error: StoreError) -> Result<(), StoreError> {
        if Instant::now() + self.wait >= self.end {
            return Err(error);
        }
        self.count += 1;
        // Those that met go apart.
        let mut random = [0; 1];
        let _filled = getrandom::fill(&mut random);
        tokio::time::sleep(self.wait.mul_f64(0.5 + f64::from(random[0]) / 255.0)).await;
        self.wait = (self.wait * 2).min(Duration::from_millis(250));
        Ok(())
    }
}

/// What is said when others were always faster.
pub(super) fn contended() -> StoreError {
    StoreError::Busy
}

/// Writes one resource without a transaction.
async fn single(
    shared: &Shared,
    prepared: &Prepared,
    attempts: &mut Attempts,
) -> Result<Vec<Done>, StoreError> {
    let write = &prepared.writes[0];
    // An id of the server's own choice is new.
    let mut is_known_new = write.is_create();
    // What an attempt that was cut off may have written.
    let mut tried: Option<(Stamps, Done)> = None;
    loop {
        let current = if is_known_new { None } else { current(shared, write).await? };
        is_known_new = false;
        if let Some((_, done)) = &tried
            && let Some(head) = done.head()
            && ending::is_written(shared, head).await?
        {
            return Ok(vec![done.clone()]);
        }
        let current_head = current.as_deref().map(record::head).transpose()?;
        prepared.expect(0, current_head.as_ref())?;
        let replaced = current_head.as_ref().map(|head| head.us);
        let stamps = match &tried {
            // The same again, unless it must be later now.
            Some((stamps, _)) if replaced.is_none_or(|us| us < stamps.us) => *stamps,
            _ => shared.sequence.next(1, replaced),
        };
        let done = write.done(current_head.as_ref(), stamps, 0);
        if !done.is_changed && !write.is_reindex() {
            return Ok(vec![done]);
        }
        let document = write.document(&shared.names, &done)?;
        let older = match &current {
            Some(current) => Some(record::older(current, done.us())?),
            None => None,
        };
        let written = put(shared, write, older.as_deref(), (&document, &done)).await;
        let failed = match written {
            Ok(true) => return Ok(vec![done]),
            // Another version is current by now: it may be this one, written by an attempt of the
            // driver's whose answer was lost.
            Ok(false) => contended(),
            Err(error) if fault::is_duplicate(&error) || fault::is_transient(&error) => contended(),
            Err(error) if fault::is_gone(&error) => fault::of(&error),
            Err(error) => return Err(fault::of(&error)),
        };
        // Indexing anew makes no version, and may be done twice.
        if !write.is_reindex() {
            tried = Some((stamps, done));
        }
        attempts.again(failed).await?;
    }
}

async fn current(
    shared: &Shared,
    write: &PreparedWrite,
) -> Result<Option<RawDocumentBuf>, StoreError> {
    let read = Read {
        collection: RESOURCES,
        filter: doc! { "_id": record::id(&write.key) },
        projection: doc! { "k": 0, "e": 0, "x": 0 },
        sort: Document::new(),
        limit: 1,
    };
    Ok(shared.rows.read(&mut Access::Free, read).await?.pop())
}

/// Writes a version; `false` when another one is current by now. `older` is what it replaces.
async fn put(
    shared: &Shared,
    write: &PreparedWrite,
    older: Option<&RawDocument>,
    (document, done): (&RawDocument, &Done),
) -> Result<bool, Error> {
    let resources = shared.rows.collection(RESOURCES);
    let time = shared.rows.answer_time();
    let id = record::id(&write.key);
    if write.is_reindex() {
        let filter = doc! { "_id": id, "s": done.head_sequence() };
        let updated = resources.update_one(filter, reindex(document)).into_future();
        return Ok(fault::in_time(time, updated).await?.matched_count == 1);
    }
    for part in write.parts(done) {
        let filter = doc! { "_id": part.get_str("_id").unwrap_or_default() };
        let parts = shared.rows.collection(PARTS);
        let replaced = parts.replace_one(filter, &part).upsert(true).into_future();
        fault::in_time(time, replaced).await?;
    }
    let Some(older) = older else {
        fault::in_time(time, resources.insert_one(document.to_owned()).into_future()).await?;
        return Ok(true);
    };
    let name = doc! { "_id": older.get_str("_id").unwrap_or_default() };
    let sequence = older.get_i64("s").unwrap_or_default();
    let versions = shared.rows.collection(VERSIONS);
    let kept = versions.replace_one(name, older.to_owned()).upsert(true).into_future();
    fault::in_time(time, kept).await?;
    let filter = doc! { "_id": id, "s": sequence };
    let replaced = resources.replace_one(filter, document.to_owned()).into_future();
    Ok(fault::in_time(time, replaced).await?.matched_count == 1)
}
