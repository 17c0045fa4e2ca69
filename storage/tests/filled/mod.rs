//! The store that random tests fill: the embedded one, or with `BRIGID_TEST_STORE=mongodb` the tests'
//! database, which is slow: there they fill less and ask less.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use brigid_tests::{Database, StoreKind, store_kind};
use fhir::json::Json;
use fhir::search::Entry;
use proptest::prelude::ProptestConfig;
use storage::{
    Change, Commit, EmbeddedSettings, Expected, Key, MongoSettings, Storage, Store, Tenant, Write,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// One resource to be written, with its index entries.
pub(crate) trait Drawn {
    fn key(&self) -> Key;
    fn entries(&self) -> &[Entry];
}

/// A store with random resources.
pub(crate) struct Filled<D> {
    pub(crate) store: Store,
    /// What is current, in the order of first writing.
    pub(crate) docs: Vec<D>,
    /// All that was written, what was deleted included.
    pub(crate) count: usize,
    _folder: Option<TempDir>,
}

/// What is done to resources once all are written: of so many one is drawn anew, and of so many one
/// is deleted.
#[derive(Clone, Copy)]
pub(crate) struct Changes {
    pub(crate) redrawn: usize,
    pub(crate) deleted: usize,
}

/// On a runtime that goes on between calls, for a client of a database works by itself, too.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime")).block_on(future)
}

/// A number for each store.
pub(crate) fn by_store(embedded: usize, mongodb: usize) -> usize {
    match store_kind() {
        StoreKind::Embedded => embedded,
        StoreKind::Mongodb => mongodb,
    }
}

/// So many cases on each store.
pub(crate) fn cases(embedded: usize, mongodb: usize) -> ProptestConfig {
    let cases = u32::try_from(by_store(embedded, mongodb)).expect("few cases");
    ProptestConfig { cases, ..ProptestConfig::default() }
}

/// Writes all, then some anew as `redraw` changes them, and deletes some.
pub(crate) fn fill<D: Drawn>(
    mut docs: Vec<D>,
    changes: Changes,
    mut redraw: impl FnMut(usize, &mut D),
) -> Filled<D> {
    let (store, folder) = block_on(empty());
    let commit = |writes: Vec<Write>| {
        block_on(store.commit(Commit { writes, checks: vec![] })).expect("a commit");
    };
    docs.chunks(200).for_each(|docs| commit(docs.iter().map(put).collect()));
    let count = docs.len();
    docs.iter_mut().enumerate().step_by(changes.redrawn).for_each(|(at, doc)| redraw(at, doc));
    commit(docs.iter().step_by(changes.redrawn).map(put).collect());
    let is_gone = |at: usize| at % changes.deleted == changes.deleted / 2;
    let (gone, kept): (Vec<_>, Vec<_>) =
        docs.into_iter().enumerate().partition(|(at, _)| is_gone(*at));
    commit(gone.iter().map(|(_, doc)| write(doc, Change::Delete)).collect());
    let docs = kept.into_iter().map(|(_, doc)| doc).collect();
    Filled { store, docs, count, _folder: folder }
}

fn put(doc: &impl Drawn) -> Write {
    let key = doc.key();
    let json = format!(r#"{{"resourceType":"{}","id":"{}"}}"#, key.resource, key.id);
    let body = Arc::new(Json::parse(json).expect("JSON"));
    write(doc, Change::Put { body, entries: doc.entries().to_vec(), is_create: false })
}

fn write(doc: &impl Drawn, change: Change) -> Write {
    Write { key: doc.key(), change, expected: Expected::Any }
}

async fn empty() -> (Store, Option<TempDir>) {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let (storage, folder) = match store_kind() {
        StoreKind::Embedded => {
            let folder = tempfile::tempdir().expect("a folder");
            let storage = Storage::open(&EmbeddedSettings::new(folder.path()));
            (storage.expect("a storage"), Some(folder))
        }
        StoreKind::Mongodb => {
            let mut settings = MongoSettings::new(Database::shared().uri());
            let number = OPENED.fetch_add(1, Ordering::Relaxed);
            settings.database_prefix = format!("filled{}_{number}_", std::process::id());
            settings.connect_timeout = Duration::from_secs(30);
            settings.request_timeout = Duration::from_secs(120);
            settings.search.time_max = Duration::from_secs(120);
            (Storage::connect(&settings).await.expect("a storage"), None)
        }
    };
    let store = storage.store(&Tenant::parse("test").expect("a name")).await.expect("a store");
    (store, folder)
}
