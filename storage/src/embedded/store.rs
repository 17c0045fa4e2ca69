//! The embedded store of one tenant: readers on the published view, writers through the committer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc as std_mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use arc_swap::ArcSwapOption;
use tokio::sync::{mpsc, oneshot};

use fhir::search::{Entry, Filter, Param};

use super::apply::Done;
use super::aside::{Aside, apart};
use super::committer::{Committer, Request};
use super::counts::Counts;
use super::engine::Engine;
use super::page::Effort;
use super::prepare::{Bodies, prepare};
use super::settings::EmbeddedSettings;
use super::view::View;
use super::{check, fault, history, page, references, shutdown, trainer};
use crate::index::body::stamped;
use crate::{
    Changes, CheckReport, Commit, Committed, FeedPosition, HistoryPage, HistoryRequest, Key, Page,
    SearchRequest, Status, StoreError, Version,
};

/// Commits that may wait for the committer; those beyond wait to wait.
const QUEUE: usize = 1024;
/// Commits that may be under way at all.
const UNDER_WAY_MAX: usize = 8 * 1024;
/// The entries of more resources are read where it holds up no one.
const READ_INLINE_MAX: usize = 200;
/// A commit of more writes is prepared where it holds up no one.
const WRITES_INLINE_MAX: usize = 16;

/// One tenant's store; cheap to clone. The last clone to go closes it.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    published: Arc<ArcSwapOption<View>>,
    health: Arc<Health>,
    secret: [u8; 32],
    under_way: AtomicUsize,
    aside: Aside,
    is_closing: Arc<AtomicBool>,
    /// Empty once the store is closed.
    threads: Mutex<Option<Threads>>,
    sender: Mutex<Option<mpsc::Sender<Request>>>,
}

struct Threads {
    committer: JoinHandle<()>,
    trainer: JoinHandle<()>,
}

/// Whether the store can be written; once it cannot, it must be opened again.
#[derive(Debug, Default)]
pub(super) struct Health(Mutex<Option<StoreError>>);

impl Health {
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn fail(&self, failure: &StoreError) {
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if health.is_none() {
            tracing::error!(%failure, "the store takes no more writes");
            *health = Some(failure.clone());
        }
    }
}

fn closed() -> StoreError {
    StoreError::Fault("the store is closed".to_owned())
}

fn unfinished() -> StoreError {
    StoreError::Fault("a search came to no end".to_owned())
}

impl Store {
    /// Opens a tenant's folder, or makes it.
    pub(super) fn open(folder: &Path, settings: &EmbeddedSettings) -> Result<Self, StoreError> {
        let engine = Arc::new(Engine::open(folder, settings)?);
        let progress = engine.progress()?;
        engine.watermark.raise(progress.sequence);
        let published = Arc::new(ArcSwapOption::from_pointee(engine.view()));
        let health = Arc::new(Health::default());
        let is_closing = Arc::new(AtomicBool::new(false));
        let (sender, requests) = mpsc::channel(QUEUE);
        let (trainer, types) = std_mpsc::channel();
        let secret = engine.secret;
        let committer = Committer {
            engine,
            published: Arc::clone(&published),
            health: Arc::clone(&health),
            clock: settings.clock.clone(),
            progress,
            counts: Counts::default(),
            trainer,
            written: HashMap::new(),
        };
        let threads = Threads {
            committer: spawn("committer", folder, move || committer.run(requests))?,
            trainer: {
                let (published, is_closing) = (Arc::clone(&published), Arc::clone(&is_closing));
                spawn("trainer", folder, move || trainer::run(&types, &published, &is_closing))?
            },
        };
        let shared = Shared {
            published,
            health,
            secret,
            under_way: AtomicUsize::new(0),
            aside: Aside::new(),
            is_closing,
            threads: Mutex::new(Some(threads)),
            sender: Mutex::new(Some(sender)),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    fn view(&self) -> Result<Arc<View>, StoreError> {
        self.shared.published.load_full().ok_or_else(closed)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.shared.published.load().is_some()
    }

    pub(crate) fn read(&self, key: &Key) -> Result<Option<Version>, StoreError> {
        self.view()?.read(key)
    }

    pub(crate) fn read_many(&self, keys: &[Key]) -> Result<Vec<Option<Version>>, StoreError> {
        let view = self.view()?;
        keys.iter().map(|key| view.read(key)).collect()
    }

    pub(crate) fn vread(&self, key: &Key, version: u64) -> Result<Option<Version>, StoreError> {
        self.view()?.vread(key, version)
    }

    pub(crate) async fn history(
        &self,
        request: &HistoryRequest,
    ) -> Result<HistoryPage, StoreError> {
        let view = self.view()?;
        if request.at_us.is_none() && request.limit <= 100 {
            return history::history(&view, request);
        }
        let request = request.clone();
        self.shared.aside.run(move || history::history(&view, &request)).await
    }

    pub(crate) async fn search(&self, request: &SearchRequest) -> Result<Page, StoreError> {
        let view = self.view()?;
        if let Some(page) = page::search(&view, request, Effort::Light)? {
            return Ok(page);
        }
        let request = request.clone();
        let page =
            self.shared.aside.run(move || page::search(&view, &request, Effort::Full)).await?;
        page.ok_or_else(unfinished)
    }

    pub(crate) async fn ids(
        &self,
        resource: &str,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let view = self.view()?;
        if let Some(ids) = page::ids(&view, resource, filter, limit, Effort::Light)? {
            return Ok(ids);
        }
        let (resource, filter) = (resource.to_owned(), filter.clone());
        let ids = self
            .shared
            .aside
            .run(move || page::ids(&view, &resource, &filter, limit, Effort::Full))
            .await?;
        ids.ok_or_else(unfinished)
    }

    pub(crate) async fn references(
        &self,
        keys: &[Key],
        params: &[Param],
    ) -> Result<Vec<Vec<Entry>>, StoreError> {
        let view = self.view()?;
        if keys.len() <= READ_INLINE_MAX {
            return references::references(&view, keys, params);
        }
        let (keys, params) = (keys.to_vec(), params.to_vec());
        apart(move || references::references(&view, &keys, &params)).await
    }

    pub(crate) fn feed_end(&self) -> Result<FeedPosition, StoreError> {
        let sequence = self.view()?.last_change()?;
        Ok(FeedPosition(sequence.to_be_bytes().to_vec()))
    }

    pub(crate) fn changes(
        &self,
        after: &FeedPosition,
        limit: usize,
    ) -> Result<Changes, StoreError> {
        let lost = |_| StoreError::FeedLost("it is no position of this store".to_owned());
        let after = <[u8; 8]>::try_from(after.0.as_slice()).map_err(lost)?;
        let (changes, last) = self.view()?.changes(u64::from_be_bytes(after), limit)?;
        Ok(Changes { changes, position: FeedPosition(last.to_be_bytes().to_vec()) })
    }

    pub(crate) fn counts(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let view = self.view()?;
        let types = (0_u16..).zip(view.engine.names.types());
        types.map(|(id, name)| Ok((name, view.counter(id)?.0))).collect()
    }

    pub(crate) fn status(&self) -> Status {
        match self.shared.health.failure() {
            None if self.is_open() => Status::Writable,
            None => Status::ReadOnly("the store is closed".to_owned()),
            Some(StoreError::Full(reason)) => Status::Full(reason),
            Some(failure) => Status::ReadOnly(failure.to_string()),
        }
    }

    pub(crate) fn secret(&self) -> [u8; 32] {
        self.shared.secret
    }

    pub(crate) fn disk_bytes(&self) -> Result<u64, StoreError> {
        let view = self.view()?;
        let folder = &view.engine.folder;
        check::disk_bytes(folder).map_err(|error| fault::system(folder, &error))
    }

    pub(crate) fn check(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<CheckReport, StoreError> {
        check::check(&*self.view()?, progress)
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<Vec<Committed>, StoreError> {
        if let Some(failure) = self.shared.health.failure() {
            return Err(failure);
        }
        let _place = UnderWay::take(&self.shared)?;
        let engine = Arc::clone(&self.view()?.engine);
        let keys: Vec<Key> = commit.writes.iter().map(|write| write.key.clone()).collect();
        let (commit, bodies) = if keys.len() <= WRITES_INLINE_MAX {
            prepare(&engine, commit)?
        } else {
            apart(move || prepare(&engine, commit)).await?
        };
        let sender = self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (answer, answered) = oneshot::channel();
        let sent = sender.ok_or_else(closed)?.send(Request { commit, answer }).await;
        sent.map_err(|_| closed())?;
        committed(keys, bodies, answered.await.map_err(|_| closed())??)
    }

    /// Ends both threads, writes what is in memory to files and lets the folder go.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        let store = self.clone();
        apart(move || store.shared.close(true)).await
    }
}

impl Shared {
    fn close(&self, is_flushed: bool) -> Result<(), StoreError> {
        self.is_closing.store(true, Ordering::Release);
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(threads) = threads {
            // A thread that panicked has nothing more to say; the journal has what was durable.
            let _panicked = (threads.committer.join(), threads.trainer.join());
        }
        let Some(view) = self.published.swap(None) else { return Ok(()) };
        if !is_flushed || self.health.failure().is_some() {
            return Ok(());
        }
        let engine = Arc::clone(&view.engine);
        drop(view);
        shutdown::finish(engine)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Everything acknowledged is durable already; there is no one to tell of a failure.
        let _closed = self.close(false);
    }
}

fn spawn(
    what: &str,
    folder: &Path,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    let thread = std::thread::Builder::new().name(what.to_owned()).spawn(work);
    thread.map_err(|error| fault::system(folder, &error))
}

/// A place among the commits under way, until it is dropped.
struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn take(shared: &'a Shared) -> Result<Self, StoreError> {
        let place = Self(&shared.under_way);
        if shared.under_way.fetch_add(1, Ordering::Relaxed) >= UNDER_WAY_MAX {
            return Err(StoreError::Busy);
        }
        Ok(place)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn committed(
    keys: Vec<Key>,
    bodies: Bodies,
    done: Vec<Done>,
) -> Result<Vec<Committed>, StoreError> {
    let mut all = Vec::with_capacity(keys.len());
    for ((key, body), done) in keys.into_iter().zip(bodies).zip(done) {
        let version = match done.stamp {
            None => None,
            Some(stamp) => {
                let body = match body {
                    None => bytes::Bytes::new(),
                    Some((text, splice)) => {
                        stamped(text, splice, stamp.version, stamp.last_updated_us)
                            .ok_or_else(|| StoreError::Fault("a stamp has no place".to_owned()))?
                    }
                };
                let (version, verb) = (stamp.version, stamp.verb);
                let last_updated_us = stamp.last_updated_us;
                Some(Version { key, version, last_updated_us, verb, body })
            }
        };
        all.push(Committed { version, is_new: done.is_new, is_changed: done.is_changed });
    }
    Ok(all)
}
