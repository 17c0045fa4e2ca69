//! The store of one tenant, whatever the backend.

use std::fmt;
use std::sync::Arc;

use fhir::search::{Entry, Filter, Param};

use crate::embedded::{self, EmbeddedSettings};
use crate::{
    Changed, Commit, Committed, HistoryPage, HistoryRequest, Key, MongoSettings, Page,
    SearchRequest, StoreError, Tenant, Version,
};

/// The backend that keeps all tenants.
pub enum Storage {
    /// Files in a folder of this machine.
    Embedded(embedded::Storage),
}

impl Storage {
    /// Takes the folder of the embedded backend, making it when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made or written.
    pub fn open(settings: &EmbeddedSettings) -> Result<Self, StoreError> {
        embedded::Storage::open(settings).map(Storage::Embedded)
    }

    /// Connects to the database that keeps all tenants.
    ///
    /// # Errors
    /// [`StoreError::Setup`] and [`StoreError::Unreachable`].
    pub async fn connect(settings: &MongoSettings) -> Result<Self, StoreError> {
        Err(StoreError::Unreachable(settings.database_prefix.clone()))
    }

    /// The store of a tenant; made when it is new, the same one when it is open.
    ///
    /// # Errors
    /// [`StoreError::Held`] when another process has it, [`StoreError::Corrupt`] when its files are
    /// damaged; what the system says otherwise.
    pub async fn store(&self, tenant: &Tenant) -> Result<Store, StoreError> {
        match self {
            Storage::Embedded(storage) => {
                storage.store(tenant).map(|store| Store { backend: Backend::Embedded(store) })
            }
        }
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
        }
    }

    /// As [`Store::read`], of many at the same moment.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn read_many(&self, keys: &[Key]) -> Result<Vec<Option<Version>>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.read_many(keys),
        }
    }

    /// One version, a deletion included.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn vread(&self, key: &Key, version: u64) -> Result<Option<Version>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.vread(key, version),
        }
    }

    /// Versions, newest first.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn history(&self, request: &HistoryRequest) -> Result<HistoryPage, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.history(request).await,
        }
    }

    /// Current versions of a type.
    ///
    /// # Errors
    /// [`StoreError::Fault`] too when `after` is no position of this store.
    pub async fn search(&self, request: &SearchRequest) -> Result<Page, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.search(request).await,
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
        }
    }

    /// Up to `limit` changes after a sequence number (0: from the first on), oldest first.
    ///
    /// # Errors
    /// Only as said of the store.
    pub async fn changes(&self, after: u64, limit: usize) -> Result<Vec<Changed>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.changes(after, limit),
        }
    }

    /// The number of current resources of each type that was ever written.
    ///
    /// # Errors
    /// Only as said of the store.
    pub fn counts(&self) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.counts(),
        }
    }

    /// Can it be written?
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.backend {
            Backend::Embedded(store) => store.status(),
        }
    }

    /// Random bytes, made once with the store: the key of its page links.
    #[must_use]
    pub fn secret(&self) -> [u8; 32] {
        match &self.backend {
            Backend::Embedded(store) => store.secret(),
        }
    }

    /// Bytes that the store takes on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.disk_bytes(),
        }
    }

    /// Reads and proves all that is stored; takes long, and blocks. `progress` is called now and
    /// then with the number of resources done.
    ///
    /// # Errors
    /// When there is no going on; what is damaged stands in the report otherwise.
    pub fn check(&self, mut progress: impl FnMut(u64)) -> Result<CheckReport, StoreError> {
        match &self.backend {
            Backend::Embedded(store) => store.check(&mut progress),
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
        }
    }
}
