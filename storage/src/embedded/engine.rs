//! One tenant's database: its folder, its lock, its key spaces.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fjall::config::{BlockSizePolicy, CompressionPolicy, FilterPolicy};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::budget::{Budget, SearchLimits};
use super::dictionary::Dictionaries;
use super::fault;
use super::keys::{LAYOUT, LAYOUT_KEY, SECRET_KEY, change_prefix};
use super::lock::{Lock, Watermark};
use super::names::Names;
use super::settings::EmbeddedSettings;
use super::{change, view::View};
use crate::StoreError;
use crate::index::cursor::Cursor;

/// The open database of a tenant.
pub(super) struct Engine {
    // The fields are dropped in this order: the lock goes last.
    pub(super) facts: Keyspace,
    pub(super) versions: Keyspace,
    pub(super) entries: Keyspace,
    pub(super) index: Keyspace,
    pub(super) db: Database,
    pub(super) names: Names,
    pub(super) dictionaries: Dictionaries,
    pub(super) secret: [u8; 32],
    pub(super) watermark: Watermark,
    pub(super) folder: PathBuf,
    pub(super) limits: SearchLimits,
    lock: Lock,
}

/// Where the store stands when it is opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Progress {
    /// The last sequence number used.
    pub(super) sequence: u64,
    /// The instant of the last change.
    pub(super) last_updated_us: i64,
    /// The next docid.
    pub(super) docid: u32,
}

impl Engine {
    /// Opens the database in a folder, or makes one.
    pub(super) fn open(folder: &Path, settings: &EmbeddedSettings) -> Result<Self, StoreError> {
        make(folder).map_err(|error| fault::system(folder, &error))?;
        let lock = Lock::take(folder, settings.clock.now_us())?;
        let (watermark, durable) = Watermark::open(folder)?;
        let db = database(&folder.join("data"), settings, durable > 0)?;
        let space = |name: &str, options: KeyspaceCreateOptions| {
            let part = if name == "index" { 1 } else { 2 };
            db.keyspace(name, || options.max_memtable_size(settings.memtable_bytes / part))
                .map_err(|error| fault::reading(name, &error))
        };
        let facts = space("facts", point_reads(4))?;
        let secret = identity(&db, &facts)?;
        let engine = Self {
            // Bodies are compressed one by one and read one by one: of a longer block a page would
            // read, and the cache would keep, mostly what nobody asked for.
            versions: space("versions", point_reads(4).data_block_compression_policy(no_lz4()))?,
            entries: space("entries", point_reads(16))?,
            index: space("index", scans())?,
            names: Names::load(&facts)?,
            dictionaries: Dictionaries::load(&facts)?,
            facts,
            db,
            secret,
            watermark,
            folder: folder.to_path_buf(),
            limits: settings.search,
            lock,
        };
        let found = engine.progress()?.sequence;
        if found < durable {
            return Err(StoreError::Corrupt(format!(
                "{}: changes {} to {durable} were written and are gone, so a journal is damaged; \
                 run `brigid check`, or restore a backup",
                folder.display(),
                found + 1
            )));
        }
        Ok(engine)
    }

    /// Where the store stands now.
    pub(super) fn progress(&self) -> Result<Progress, StoreError> {
        let mut progress = Progress::default();
        if let Some(guard) = self.facts.prefix(change_prefix(None)).next_back() {
            let (key, value) = guard.into_inner().map_err(|e| fault::reading("facts", &e))?;
            let damaged = || fault::damaged("facts", "the last change is not readable");
            progress.sequence = Cursor(&key[1..]).u64().ok_or_else(damaged)?;
            progress.last_updated_us = change::decode(&value).ok_or_else(damaged)?.last_updated_us;
        }
        if let Some(guard) = self.versions.last_key_value() {
            let key = guard.key().map_err(|error| fault::reading("versions", &error))?;
            let last = Cursor(&key).u32();
            let last = last.ok_or_else(|| fault::damaged("versions", "a key is no docid"))?;
            progress.docid = last;
        }
        Ok(progress)
    }

    /// What stands in the store now, durable or not.
    pub(super) fn view(self: &Arc<Self>) -> View {
        View {
            snapshot: Arc::new(self.db.snapshot()),
            engine: Arc::clone(self),
            budget: Arc::new(Budget::endless()),
            trace: Arc::default(),
        }
    }

    /// All key spaces.
    pub(super) fn spaces(&self) -> [&Keyspace; 4] {
        [&self.facts, &self.versions, &self.entries, &self.index]
    }

    /// Closes the database, and gives the lock on its folder.
    pub(super) fn into_lock(self) -> Lock {
        let Self { lock, .. } = self;
        lock
    }
}

/// Makes a folder that outlasts a loss of power.
fn make(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    for made in folder.ancestors().take(3).filter(|path| !path.as_os_str().is_empty()) {
        std::fs::File::open(made)?.sync_all()?;
    }
    Ok(())
}

fn database(
    path: &Path,
    settings: &EmbeddedSettings,
    must_exist: bool,
) -> Result<Database, StoreError> {
    let place = path.display().to_string();
    // Without its marker the engine would begin an empty database in the place of a damaged one.
    if must_exist && !path.join("version").exists() {
        return Err(StoreError::Corrupt(format!("{place}: the database is gone")));
    }
    let open = || {
        Database::builder(path)
            .cache_size(settings.cache_bytes)
            .max_journaling_size(settings.journal_bytes.max(64 * 1024 * 1024))
            .journal_compression(CompressionType::None)
            .manual_journal_persist(true)
            .worker_threads(2)
            .open()
    };
    // The engine panics at some kinds of damage to its files.
    match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(db)) => Ok(db),
        Ok(Err(fjall::Error::Locked)) => {
            Err(StoreError::Held(format!("{place} is held by another process")))
        }
        Ok(Err(fjall::Error::Io(error))) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(fault::system(path, &error))
        }
        Ok(Err(error)) => Err(fault::reading(&place, &error)),
        Err(_) => Err(StoreError::Corrupt(format!(
            "{place}: the files are not readable; run `brigid check`"
        ))),
    }
}

/// Checks the layout, and gives the store's secret; a new store gets both.
fn identity(db: &Database, facts: &Keyspace) -> Result<[u8; 32], StoreError> {
    let read = |key: &[u8]| facts.get(key).map_err(|error| fault::reading("facts", &error));
    let Some(layout) = read(LAYOUT_KEY)? else { return found(db, facts) };
    let layout = Cursor(&layout).u32();
    if layout != Some(LAYOUT) {
        return Err(StoreError::Corrupt(format!(
            "the store has layout {}, and this program reads layout {LAYOUT}",
            layout.map_or("?".to_owned(), |layout| layout.to_string())
        )));
    }
    let secret = read(SECRET_KEY)?.and_then(|secret| <[u8; 32]>::try_from(&*secret).ok());
    secret.ok_or_else(|| fault::damaged("facts", "the secret is gone"))
}

fn found(db: &Database, facts: &Keyspace) -> Result<[u8; 32], StoreError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| StoreError::Fault(format!("no random bytes: {error}")))?;
    let mut batch = db.batch();
    batch.insert(facts, LAYOUT_KEY, LAYOUT.to_be_bytes());
    batch.insert(facts, SECRET_KEY, secret);
    let written = batch.commit().and_then(|()| db.persist(PersistMode::SyncAll));
    written.map_err(|error| fault::writing(facts.path(), &error))?;
    Ok(secret)
}

fn no_lz4() -> CompressionPolicy {
    CompressionPolicy::disabled()
}

fn lz4() -> CompressionPolicy {
    CompressionPolicy::all(CompressionType::Lz4)
}

fn point_reads(block_kib: u32) -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .data_block_size_policy(BlockSizePolicy::all(block_kib * 1024))
        .data_block_compression_policy(lz4())
}

/// Keys that are only walked over need no filters.
fn scans() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .data_block_size_policy(BlockSizePolicy::all(8 * 1024))
        .data_block_compression_policy(lz4())
        .filter_policy(FilterPolicy::disabled())
}
