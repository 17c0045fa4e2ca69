//! The catalog that is in force, and how it changes: with every write of a SearchParameter, and at
//! the end of a job that indexed one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use fhir::definitions::SearchParameter;
use fhir::json::Json;
use fhir::search::Filter;
use storage::{Change, Commit, Expected, Key, SearchRequest, Store, StoreError, Version, Write};
use tokio::sync::{Mutex as AsyncMutex, Notify, OnceCell};

use crate::catalog::{
    Catalog, OWN_MAX, Own, SEARCH_PARAMETER, admit, drop_broken, mark, mark_param,
};
use crate::write;

/// SearchParameters that one page of loading holds.
const PAGE: usize = 200;

/// The tenant's catalog over time. Readers take it without a lock.
pub(crate) struct Catalogs {
    store: Store,
    bases: Vec<String>,
    current: ArcSwap<Catalog>,
    loaded: OnceCell<()>,
    /// Held while the catalog is replaced.
    changing: AsyncMutex<()>,
    /// Commits whose callers went away before they were settled.
    orphans: Mutex<Vec<Orphan>>,
    has_orphans: AtomicBool,
    /// A Task was written: perhaps there is a job.
    pub(crate) jobs: Notify,
}

/// Keys of a commit, and the epoch under which they were indexed.
type Orphan = (Vec<Key>, u64);

impl Catalogs {
    pub(crate) fn new(store: Store, bases: Vec<String>) -> Self {
        Self {
            store,
            bases,
            current: ArcSwap::from_pointee(Catalog::new(Vec::new(), 0)),
            loaded: OnceCell::new(),
            changing: AsyncMutex::new(()),
            orphans: Mutex::default(),
            has_orphans: AtomicBool::new(false),
            jobs: Notify::new(),
        }
    }

    /// The catalog in force; the first caller loads it from the store.
    pub(crate) async fn current(&self) -> Result<Arc<Catalog>, StoreError> {
        if !self.loaded.initialized() {
            self.loaded.get_or_try_init(|| self.load()).await?;
        }
        if self.has_orphans.load(Ordering::Relaxed) {
            self.heal().await?;
        }
        Ok(self.current.load_full())
    }

    async fn load(&self) -> Result<(), StoreError> {
        let mut request = SearchRequest::of(SEARCH_PARAMETER, Filter::All, PAGE);
        let mut resources = Vec::new();
        loop {
            let page = self.store.search(&request).await?;
            resources.extend(page.versions.into_iter().filter_map(active));
            let Some(next) = page.next else { break };
            request.after = Some(next);
        }
        if resources.is_empty() {
            return Ok(());
        }
        let filter = Filter::Present(mark_param());
        let marked = self.store.ids(SEARCH_PARAMETER, &filter, 2 * OWN_MAX).await?;
        let mut own = Vec::new();
        admit(&mut own, resources, 0);
        for one in &mut own {
            one.parameter.is_waiting = !marked.contains(&one.key.id);
        }
        self.current.store(Arc::new(Catalog::new(own, 0)));
        Ok(())
    }

    /// To be called before a commit of these keys, whose entries were made under this epoch.
    pub(crate) fn begin(&self, keys: Vec<Key>, epoch: u64) -> Written<'_> {
        Written { catalogs: self, keys, epoch }
    }

    /// Settles what was left behind. The committer takes one commit after the other: when an empty
    /// one is through, those that were sent before it are.
    async fn heal(&self) -> Result<(), StoreError> {
        self.store.commit(Commit::default()).await?;
        self.has_orphans.store(false, Ordering::Relaxed);
        let orphans =
            std::mem::take(&mut *self.orphans.lock().unwrap_or_else(PoisonError::into_inner));
        // All are begun at once: whoever stops waiting here leaves them behind again.
        let begun: Vec<Written<'_>> =
            orphans.into_iter().map(|(keys, epoch)| self.begin(keys, epoch)).collect();
        for written in begun {
            written.settle().await?;
        }
        Ok(())
    }

    /// Takes over what these SearchParameters are now.
    async fn refresh(&self, keys: &[Key]) -> Result<(), StoreError> {
        let _changing = self.changing.lock().await;
        let before = self.current.load_full();
        let epoch = before.epoch + 1;
        let (touched, mut own): (Vec<Own>, Vec<Own>) =
            before.own.iter().cloned().partition(|one| keys.contains(&one.key));
        let versions = self.store.read_many(keys).await?;
        let resources = versions.into_iter().flatten().filter_map(active).collect();
        admit(&mut own, resources, epoch);
        drop_broken(&mut own);
        for one in keep(&mut own, &touched, epoch) {
            self.mark(&one).await?;
        }
        let is_same = own.len() == before.own.len()
            && own.iter().all(|one| before.own.iter().any(|old| is_one(old, one)));
        if is_same && touched.is_empty() {
            return Ok(());
        }
        let is_kept = |old: &Own| keys.contains(&old.key) || own.iter().any(|one| is_one(old, one));
        let broken: Vec<Key> =
            before.own.iter().filter(|old| !is_kept(old)).map(|old| old.key.clone()).collect();
        let epoch = if is_same { before.epoch } else { epoch };
        self.current.store(Arc::new(Catalog::new(own, epoch)));
        // Composites whose components went away or changed: they are not indexed throughout any
        // more, and must not say so after a restart.
        let versions = self.store.read_many(&broken).await?;
        self.index(versions.into_iter().flatten().collect()).await?;
        Ok(())
    }

    /// Lets searches use these, as far as they are the same still; gives how many.
    pub(crate) async fn indexed(&self, covered: &[Own]) -> Result<usize, StoreError> {
        let _changing = self.changing.lock().await;
        let before = self.current.load_full();
        let mut own = before.own.clone();
        let mut count = 0;
        for one in &mut own {
            if covered.iter().any(|old| is_one(old, one)) && self.mark(one).await? {
                one.parameter.is_waiting = false;
                count += 1;
            }
        }
        self.current.store(Arc::new(Catalog::new(own, before.epoch)));
        Ok(count)
    }

    /// Has the resource keep that it is indexed; `false` when it has another version by now.
    async fn mark(&self, one: &Own) -> Result<bool, StoreError> {
        let Some(version) = self.store.read(&one.key).await? else { return Ok(false) };
        if version.version != one.version {
            return Ok(false);
        }
        let Some((key, _, body)) = parsed(version) else { return Ok(false) };
        let catalog = self.current.load_full();
        let (mut entries, _) = write::index(&catalog, &self.bases, &key.resource, &body);
        entries.push(mark());
        let change = Change::Reindex { entries };
        let write = Write { key, change, expected: Expected::Version(one.version) };
        match self.store.commit(Commit { writes: vec![write], checks: Vec::new() }).await {
            Ok(_) => Ok(true),
            Err(StoreError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Indexes current versions by the catalog in force. A version that is replaced meanwhile is
    /// left to the write that replaces it.
    pub(crate) async fn index(&self, versions: Vec<Version>) -> Result<usize, StoreError> {
        let catalog = self.current.load_full();
        let writes: Vec<Write> =
            versions.into_iter().filter_map(|one| self.reindex(&catalog, one)).collect();
        let count = writes.len();
        let again: Vec<Write> = writes.iter().map(copy).collect();
        match self.store.commit(Commit { writes, checks: Vec::new() }).await {
            Ok(_) => return Ok(count),
            Err(StoreError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
        for write in again {
            match self.store.commit(Commit { writes: vec![write], checks: Vec::new() }).await {
                Ok(_) | Err(StoreError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }

    fn reindex(&self, catalog: &Catalog, version: Version) -> Option<Write> {
        let (key, number, body) = parsed(version)?;
        let (mut entries, _) = write::index(catalog, &self.bases, &key.resource, &body);
        if catalog.is_indexed(&key, number) {
            entries.push(mark());
        }
        let change = Change::Reindex { entries };
        Some(Write { key, change, expected: Expected::Version(number) })
    }
}

/// Lets parameters that were written again and say the same stay what they were; gives those that
/// are indexed throughout, whose new versions do not have it yet that they are. Composites whose
/// components say something else are new.
fn keep(own: &mut [Own], touched: &[Own], epoch: u64) -> Vec<Own> {
    let mut changed: Vec<String> = Vec::new();
    let mut marks = Vec::new();
    for one in own.iter_mut().filter(|one| one.since == epoch) {
        let old = touched.iter().find(|old| old.key == one.key && says_same(old, one));
        let Some(old) = old else {
            changed.push(one.parameter.url.clone());
            continue;
        };
        one.since = old.since;
        one.parameter.is_waiting = old.parameter.is_waiting;
        if !one.parameter.is_waiting {
            marks.push(one.clone());
        }
    }
    for one in own.iter_mut() {
        let is_made_of_new = one.parameter.components.iter().any(|(url, _)| changed.contains(url));
        if is_made_of_new && one.since != epoch {
            one.since = epoch;
            one.parameter.is_waiting = true;
            marks.retain(|mark| mark.key != one.key);
        }
    }
    marks
}

fn says_same(a: &Own, b: &Own) -> bool {
    let is_waiting = a.parameter.is_waiting;
    a.parameter == SearchParameter { is_waiting, ..b.parameter.clone() }
}

/// The same parameter, indexed since the same moment.
fn is_one(a: &Own, b: &Own) -> bool {
    a.key == b.key && a.since == b.since
}

fn copy(write: &Write) -> Write {
    let change = match &write.change {
        Change::Reindex { entries } => Change::Reindex { entries: entries.clone() },
        _ => Change::Reindex { entries: Vec::new() },
    };
    Write { key: write.key.clone(), change, expected: write.expected }
}

/// A current version as a resource.
fn parsed(version: Version) -> Option<(Key, u64, Json)> {
    if version.is_deleted() {
        return None;
    }
    let body = Json::parse(version.body.to_vec()).ok()?;
    Some((version.key, version.version, body))
}

fn active(version: Version) -> Option<(Key, u64, Json)> {
    parsed(version).filter(|(_, _, body)| body.root().str("status").as_deref() == Some("active"))
}

/// A commit that the catalog does not know of yet.
pub(crate) struct Written<'a> {
    catalogs: &'a Catalogs,
    /// Emptied when it is settled.
    keys: Vec<Key>,
    epoch: u64,
}

impl Written<'_> {
    /// To be called when the commit was refused: nothing was written.
    pub(crate) fn abandon(mut self) {
        self.keys.clear();
    }

    /// To be called after the commit: SearchParameters come into force, and what was indexed under
    /// an epoch that is over is indexed anew.
    pub(crate) async fn settle(mut self) -> Result<(), StoreError> {
        let catalogs = self.catalogs;
        let parameters: Vec<Key> =
            self.keys.iter().filter(|key| &*key.resource == SEARCH_PARAMETER).cloned().collect();
        if !parameters.is_empty() {
            catalogs.refresh(&parameters).await?;
        }
        if self.keys.iter().any(|key| &*key.resource == "Task") {
            catalogs.jobs.notify_one();
        }
        if catalogs.current.load().epoch != self.epoch {
            let versions = catalogs.store.read_many(&self.keys).await?;
            catalogs.index(versions.into_iter().flatten().collect()).await?;
        }
        self.keys.clear();
        Ok(())
    }
}

impl Drop for Written<'_> {
    fn drop(&mut self) {
        if self.keys.is_empty() {
            return;
        }
        let keys = std::mem::take(&mut self.keys);
        let mut orphans = self.catalogs.orphans.lock().unwrap_or_else(PoisonError::into_inner);
        orphans.push((keys, self.epoch));
        self.catalogs.has_orphans.store(true, Ordering::Relaxed);
    }
}
