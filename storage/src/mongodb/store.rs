//! The store of one tenant on MongoDB: its reads.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, doc};

use fhir::search::{Entry, Filter, IndexValue, Param};
use tokio::sync::Semaphore;

use super::clients::Clients;
use super::documents::{PARTS, RESOURCES, VERSIONS};
use super::entries::values;
use super::locks::Locks;
use super::names::Names;
use super::open::Opened;
use super::page::Search;
use super::rows::{Access, Read, Rows};
use super::sequence::Sequence;
use super::settings::MongoSettings;
use super::{commit, fault, feed, history, record, verify};
use crate::{
    Changes, CheckReport, Commit, Committed, FeedPosition, HistoryPage, HistoryRequest, Key,
    MatchRequest, Page, SearchLimits, SearchRequest, Status, StoreError, Version,
};

/// Large transactions that may be under way at the same time: more of them press each other out of
/// the database's memory.
const LARGE_AT_ONCE: usize = 4;

/// Between two looks for a database that is away.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// One tenant's store; cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

/// What all clones share.
pub(super) struct Shared {
    pub(super) rows: Rows,
    pub(super) names: Names,
    pub(super) sequence: Sequence,
    pub(super) search: SearchLimits,
    pub(super) request_time: Duration,
    pub(super) locks: Locks,
    pub(super) large: Semaphore,
    secret: [u8; 32],
    /// Why the database could not be reached the last time, if it could not.
    away: Mutex<Option<String>>,
}

impl Store {
    pub(super) async fn new(
        clients: &Arc<Clients>,
        opened: Opened,
        settings: &MongoSettings,
    ) -> Result<Self, StoreError> {
        let request_time = settings.request_timeout;
        let answer_time = request_time + settings.connect_timeout;
        let names = Names::load(&opened.database, answer_time).await?;
        let shared = Shared {
            rows: Rows {
                database: opened.database,
                clients: Arc::clone(clients),
                request_time,
                connect_time: settings.connect_timeout,
            },
            names,
            sequence: Sequence::new(opened.node, settings.clock.clone()),
            search: settings.search,
            request_time,
            locks: Locks::new(),
            large: Semaphore::new(LARGE_AT_ONCE),
            secret: opened.secret,
            away: Mutex::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    pub(crate) async fn read(&self, key: &Key) -> Result<Option<Version>, StoreError> {
        self.noted(self.shared.one(RESOURCES, record::id(key)).await)
    }

    pub(crate) async fn read_many(&self, keys: &[Key]) -> Result<Vec<Option<Version>>, StoreError> {
        self.noted(self.shared.many(keys).await)
    }

    pub(crate) async fn vread(
        &self,
        key: &Key,
        version: u64,
    ) -> Result<Option<Version>, StoreError> {
        self.noted(self.shared.vread(key, version).await)
    }

    pub(crate) async fn history(
        &self,
        request: &HistoryRequest,
    ) -> Result<HistoryPage, StoreError> {
        self.noted(history::history(&self.shared, request).await)
    }

    pub(crate) async fn search(&self, request: &SearchRequest) -> Result<Page, StoreError> {
        let search = Search::new(&self.shared);
        self.noted(search.page(&mut Access::Free, request).await)
    }

    pub(crate) async fn ids(
        &self,
        resource: &str,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let resource = Arc::from(resource);
        let search = Search::new(&self.shared);
        self.noted(search.ids(&mut Access::Free, &resource, filter, limit).await)
    }

    pub(crate) async fn matches(
        &self,
        requests: &[MatchRequest],
    ) -> Result<Vec<Vec<Arc<str>>>, StoreError> {
        let search = Search::new(&self.shared);
        self.noted(search.many(&mut Access::Free, requests).await)
    }

    pub(crate) async fn references(
        &self,
        keys: &[Key],
        params: &[Param],
    ) -> Result<Vec<Vec<Entry>>, StoreError> {
        self.noted(self.shared.references(keys, params).await)
    }

    pub(crate) async fn commit(&self, commit: Commit) -> Result<Vec<Committed>, StoreError> {
        let shared = Arc::clone(&self.shared);
        // A caller that stops waiting does not stop the commit.
        let done = tokio::spawn(async move { commit::commit(&shared, commit).await }).await;
        let done = done.map_err(|error| StoreError::Fault(error.to_string()))?;
        self.noted(done)
    }

    pub(crate) async fn feed_end(&self) -> Result<FeedPosition, StoreError> {
        self.noted(feed::end(&self.shared).await)
    }

    pub(crate) async fn changes(
        &self,
        after: &FeedPosition,
        limit: usize,
    ) -> Result<Changes, StoreError> {
        self.noted(feed::changes(&self.shared, after, limit).await)
    }

    pub(crate) async fn counts(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        self.noted(self.shared.counts().await)
    }

    pub(crate) fn status(&self) -> Status {
        self.shared.away().clone().map_or(Status::Writable, Status::Away)
    }

    pub(crate) fn secret(&self) -> [u8; 32] {
        self.shared.secret
    }

    pub(crate) async fn disk_bytes(&self) -> Result<u64, StoreError> {
        let database = &self.shared.rows.database;
        let time = self.shared.rows.answer_time();
        let stats =
            fault::in_time(time, database.run_command(doc! { "dbStats": 1 }).into_future()).await;
        let stats = stats.map_err(|error| fault::of(&error))?;
        let size = |name: &str| match stats.get(name) {
            Some(Bson::Double(bytes)) => *bytes,
            Some(Bson::Int32(bytes)) => f64::from(*bytes),
            Some(Bson::Int64(bytes)) => *bytes as f64,
            _ => 0.0,
        };
        // Sizes of files are whole and far below 2^53.
        Ok((size("storageSize") + size("indexSize")) as u64)
    }

    pub(crate) async fn check(
        &self,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<CheckReport, StoreError> {
        verify::check(&self.shared, progress).await
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        // What was acknowledged is durable; connections end with the last clone.
        Ok(())
    }
}

impl Store {
    /// Remembers whether the database answers.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        match &result {
            Err(StoreError::Unreachable(reason)) => {
                if self.shared.away().replace(reason.clone()).is_none() {
                    tracing::error!(%reason, "the database does not answer");
                    tokio::spawn(until_back(Arc::downgrade(&self.shared)));
                }
            }
            Ok(_) => self.shared.is_back(),
            // It tells nothing: others may be in the way of who asked.
            Err(_) => (),
        }
        result
    }
}

/// Looks for a database that was away until it answers: whoever asks whether this process is ready
/// may send it nothing before.
async fn until_back(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(LOOK_PAUSE).await;
        let Some(shared) = shared.upgrade() else { return };
        if shared.away().is_none() {
            return;
        }
        let ping = shared.rows.database.run_command(doc! { "ping": 1 }).into_future();
        if fault::in_time(shared.rows.answer_time(), ping).await.is_ok() {
            return shared.is_back();
        }
    }
}

impl Shared {
    /// Why the database does not answer, if it does not.
    fn away(&self) -> MutexGuard<'_, Option<String>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_back(&self) {
        if self.away().take().is_some() {
            tracing::info!("the database answers again");
        }
    }

    /// A version from its document, and from the pieces of its body where that is long.
    pub(super) async fn version(
        &self,
        access: &mut Access<'_>,
        document: &RawDocument,
    ) -> Result<Version, StoreError> {
        let Some((sequence, count)) = record::parts(document) else {
            return record::version(document, None);
        };
        let ids: Vec<String> = (0..count).map(|at| format!("{sequence}/{at}")).collect();
        let read = Read {
            collection: PARTS,
            filter: doc! { "_id": { "$in": &ids } },
            projection: Document::new(),
            sort: Document::new(),
            limit: count,
        };
        let mut pieces = HashMap::with_capacity(count);
        for piece in self.rows.read(access, read).await? {
            if let (Ok(id), Ok(bytes)) = (piece.get_str("_id"), piece.get_binary("b")) {
                pieces.insert(id.to_owned(), bytes.bytes.to_vec());
            }
        }
        let joined: Vec<u8> = ids.iter().filter_map(|id| pieces.remove(id)).flatten().collect();
        record::version(document, Some(&joined))
    }

    async fn one(
        &self,
        collection: &'static str,
        id: String,
    ) -> Result<Option<Version>, StoreError> {
        match self.document(collection, id).await? {
            Some(document) => self.version(&mut Access::Free, &document).await.map(Some),
            None => Ok(None),
        }
    }

    /// A document with this `_id`, whole: to take what it is found by out of one document costs the
    /// database more than to send it.
    async fn document(
        &self,
        collection: &'static str,
        id: String,
    ) -> Result<Option<RawDocumentBuf>, StoreError> {
        let read = Read {
            collection,
            filter: doc! { "_id": id },
            projection: Document::new(),
            sort: Document::new(),
            limit: 1,
        };
        Ok(self.rows.read(&mut Access::Free, read).await?.into_iter().next())
    }

    async fn many(&self, keys: &[Key]) -> Result<Vec<Option<Version>>, StoreError> {
        let read = Read {
            collection: RESOURCES,
            filter: doc! { "_id": { "$in": keys.iter().map(record::id).collect::<Vec<_>>() } },
            projection: doc! { "k": 0, "e": 0, "x": 0 },
            sort: Document::new(),
            limit: keys.len(),
        };
        let mut versions = HashMap::with_capacity(keys.len());
        if !keys.is_empty() {
            for document in self.rows.read(&mut Access::Free, read).await? {
                let version = self.version(&mut Access::Free, &document).await?;
                versions.insert(version.key.clone(), version);
            }
        }
        Ok(keys.iter().map(|key| versions.get(key).cloned()).collect())
    }

    async fn vread(&self, key: &Key, version: u64) -> Result<Option<Version>, StoreError> {
        let Some(current) = self.document(RESOURCES, record::id(key)).await? else {
            return Ok(None);
        };
        match record::head(&current)?.version.cmp(&version) {
            Ordering::Equal => self.version(&mut Access::Free, &current).await.map(Some),
            // A write that came to no end may have left what is no version yet.
            Ordering::Less => Ok(None),
            Ordering::Greater => self.one(VERSIONS, record::version_id(key, version)).await,
        }
    }

    async fn references(
        &self,
        keys: &[Key],
        params: &[Param],
    ) -> Result<Vec<Vec<Entry>>, StoreError> {
        let names = self.names.now();
        let mut numbers = Vec::with_capacity(params.len());
        for param in params {
            if let Some(number) = names.find(param).await? {
                numbers.push((number, param));
            }
        }
        let is_own = |key: &&Key| numbers.iter().any(|(_, param)| param.resource == key.resource);
        let ids: Vec<String> = keys.iter().filter(is_own).map(record::id).collect();
        let mut found: HashMap<String, Vec<Entry>> = HashMap::with_capacity(ids.len());
        if !ids.is_empty() {
            let read = Read {
                collection: RESOURCES,
                limit: ids.len(),
                filter: doc! { "_id": { "$in": ids }, "e": { "$exists": true } },
                projection: doc! { "type": 1, "e": 1 },
                sort: Document::new(),
            };
            for document in self.rows.read(&mut Access::Free, read).await? {
                let resource = document.get_str("type").unwrap_or_default();
                let entries = record::entries(&document)?;
                let mut own = Vec::new();
                for (number, param) in &numbers {
                    if *param.resource != *resource {
                        continue;
                    }
                    for value in values(entries, *number)? {
                        if matches!(value, IndexValue::Reference(_)) {
                            own.push(Entry { param: (*param).clone(), value });
                        }
                    }
                }
                found.insert(document.get_str("_id").unwrap_or_default().to_owned(), own);
            }
        }
        Ok(keys.iter().map(|key| found.remove(&record::id(key)).unwrap_or_default()).collect())
    }

    async fn counts(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let stages = vec![
            doc! { "$group": {
                "_id": "$type",
                "n": { "$sum": { "$cond": [{ "$eq": ["$verb", 2] }, 0, 1] } },
            } },
            doc! { "$sort": { "_id": 1 } },
        ];
        let mut counts = Vec::new();
        let visit = |document: &RawDocument| {
            let resource = document.get_str("_id").unwrap_or_default();
            let count = document.get_i32("n").map(i64::from).or_else(|_| document.get_i64("n"));
            let count = count.ok().and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
            counts.push((Arc::from(resource), count));
            Ok(())
        };
        let limits = (1_000, self.request_time);
        self.rows.aggregate(&mut Access::Free, (RESOURCES, stages), limits, visit).await?;
        Ok(counts)
    }
}
