//! The store of one tenant, whatever the backend.

use std::fmt;
use std::sync::Arc;

use fhir::search::{Entry, Filter, Param};

use crate::embedded::{self, EmbeddedSettings};
use crate::mongodb::{self, MongoSettings};
use crate::{
    Changes, Commit, Committed, FeedPosition, HistoryPage, HistoryRequest, Key, MatchRequest, Page,
    SearchRequest, StoreError, Tenant, Version,
};

/// The backend that keeps all tenants.
pub enum Storage {
    /// Files in a folder of this machine.
    Embedded(embedded::Storage),
    /// Databases of a MongoDB replica set.
    MongoDb(mongodb::Storage),
}

impl Storage {
    /// Connects to a MongoDB replica set.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when it cannot be used, with one sentence that says why.
    pub async fn connect(settings: &MongoSettings) -> Result<Self, StoreError> {
        mongodb::Storage::connect(settings).await.map(Storage::MongoDb)
    }

    /// Takes the folder of the embedded backend, making it when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(settings: &EmbeddedSettings) -> Result<Self, StoreError> {
        embedded::Storage::open(settings).map(Storage::Embedded)
    }

    /// The store of a tenant; made when it is new, the same one when it is open.
    ///
    /// # Errors
    /// [`StoreError::Held`] when another process has it, [`StoreError::Corrupt`] when its files are
    /// damaged; what the system says otherwise.
    pub async fn store(&self, tenant: &Tenant) -> Result<Store, StoreError> {
        let backend = match self {
            Storage::Embedded(storage) => storage.store(tenant).map(Backend::Embedded),
            Storage::MongoDb(storage) => storage.store(tenant).await.map(Backend::MongoDb),
        };
        backend.map(|backend| Store { backend })
    }
}

/// Keeps the versions and index entries of one tenant. Cheap to clone; all clones are one store.
///
/// Every reader sees one durable state: what a [`Store::commit`] answered is in every read that
/// begins after it. Any call may fail with [`StoreError::Corrupt`] or [`StoreError::Fault`].
#[derive(Clone)]
pub struct Store {
    backend: Backend,
}

#[derive(Clone)]
enum Backend {
    Embedded(embedded::Store),
    MongoDb(mongodb::Store),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

/// Can the store be written?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Writable,
    /// No, until it is opened again; the text says why.
    ReadOnly(String),
    /// Neither written nor read, until the database answers again; the text says why.
    Away(String),
    /// No, the disk is full: not until there is room and it is opened again.
    Full(String),
}

/// What [`Store::check`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Logical ids, those of deleted resources included.
    pub resources: u64,
    /// Versions, deletions included.
    pub versions: u64,
    /// Keys of the search index.
    pub index_keys: u64,
    /// How much is wrong.
    pub problem_count: u64,
    /// What is wrong: the first of it, as sentences.
    pub problems: Vec<String>,
}

impl Store {
    /// The current version, a deletion included; `None` when there never was one.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn read(&self, key: &Key) -> Result<Option<Version>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.read(key),
            Backend::MongoDb(store) => store.read(key).await,
        }
    }

    /// As [`Store::read`], of many at the same moment.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn read_many(&self, keys: &[Key]) -> Result<Vec<Option<Version>>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.read_many(keys),
            Backend::MongoDb(store) => store.read_many(keys).await,
        }
    }

    /// One version, a deletion included.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn vread(&self, key: &Key, version: u64) -> Result<Option<Version>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.vread(key, version),
            Backend::MongoDb(store) => store.vread(key, version).await,
        }
    }

    /// Versions, newest first.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn history(&self, request: &HistoryRequest) -> Result<HistoryPage, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.history(request).await,
            Backend::MongoDb(store) => store.history(request).await,
        }
    }

    /// Current versions of a type.
    ///
    /// # Errors
    /// [`StoreError::Fault`] too when `after` is no position of this store.
    pub async fn search(&self, request: &SearchRequest) -> Result<Page, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.search(request).await,
            Backend::MongoDb(store) => store.search(request).await,
        }
    }

    /// The ids of up to `limit` current resources of a type, in the order in which they were first
    /// written.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn ids(
        &self,
        resource: &str,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.ids(resource, filter, limit).await,
            Backend::MongoDb(store) => store.ids(resource, filter, limit).await,
        }
    }

    /// As [`Store::ids`], for many conditions at once: for each its matches.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn matches(
        &self,
        requests: &[MatchRequest],
    ) -> Result<Vec<Vec<Arc<str>>>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => {
                let mut all = Vec::with_capacity(requests.len());
                for MatchRequest { resource, filter, limit } in requests {
                    all.push(store.ids(resource, filter, *limit).await?);
                }
                Ok(all)
            }
            Backend::MongoDb(store) => store.matches(requests).await,
        }
    }

    /// What current resources refer to by these parameters, by their own type's alone: for each key
    /// its index entries that are references, none for what is not there or has none.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn references(
        &self,
        keys: &[Key],
        params: &[Param],
    ) -> Result<Vec<Vec<Entry>>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.references(keys, params).await,
            Backend::MongoDb(store) => store.references(keys, params).await,
        }
    }

    /// Writes all of a commit, or nothing. When it answers, all of it is durable and seen by every
    /// read. A caller that stops waiting does not stop the commit.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when a precondition does not hold; [`StoreError::Busy`],
    /// [`StoreError::Full`], [`StoreError::ReadOnly`]: nothing was acknowledged.
    pub async fn commit(&self, commit: Commit) -> Result<Vec<Committed>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.commit(commit).await,
            Backend::MongoDb(store) => store.commit(commit).await,
        }
    }

    /// The position in the feed of changes behind all that was acknowledged so far. Whoever builds
    /// on the feed takes it first, then what is current, and then the changes from there on.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn feed_end(&self) -> Result<FeedPosition, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.feed_end(),
            Backend::MongoDb(store) => store.feed_end().await,
        }
    }

    /// Up to `limit` changes behind a position: every committed version once, those of one resource
    /// in their order. What was acknowledged a moment ago may not be among them yet.
    ///
    /// # Errors
    /// [`StoreError::FeedLost`] when changes behind the position are not kept any more.
    pub async fn changes(&self, after: &FeedPosition, limit: usize) -> Result<Changes, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.changes(after, limit),
            Backend::MongoDb(store) => store.changes(after, limit).await,
        }
    }

    /// The number of current resources of each type that was ever written.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn counts(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.counts(),
            Backend::MongoDb(store) => store.counts().await,
        }
    }

    /// Can it be written?
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.backend {
            Backend::Embedded(store) => store.status(),
            Backend::MongoDb(store) => store.status(),
        }
    }

    /// Random bytes, made once with the store: the key of its page links.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        match &self.backend {
            Backend::Embedded(store) => store.secret(),
            Backend::MongoDb(store) => store.secret(),
        }
    }

    /// Bytes that the store takes on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub async fn disk_bytes(&self) -> Result<u64, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.disk_bytes(),
            Backend::MongoDb(store) => store.disk_bytes().await,
        }
    }

    /// Reads and proves all that is stored; takes long, and blocks on the embedded backend. `progress` is called now and
    /// then with the number of resources done.
    ///
    /// # Errors
    /// When there is no going on; what is damaged stands in the report otherwise.
    pub async fn check(
        &self,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<CheckReport, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.check(&mut progress),
            Backend::MongoDb(store) => store.check(&mut progress).await,
        }
    }

    /// Finishes what was begun, writes what is in memory to files and lets the folder go. Every
    /// call after it fails.
    ///
    /// # Errors
    /// When the files cannot be written; what was acknowledged is durable all the same.
    pub async fn close(&self) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.close().await,
            Backend::MongoDb(store) => store.close().await,
        }
    }
}
