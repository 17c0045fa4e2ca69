//! The embedded backend's folder: closing, opening again, damage.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fhir::json::Json;
use fhir::search::{Entry, Filter, IndexValue, Param, StringValue};
use storage::{
    Change, Commit, EmbeddedSettings, Expected, Key, Status, Storage, Store, StoreError, Tenant,
    Write,
};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().expect("a runtime").block_on(future)
}

fn open(folder: &Path) -> Result<Store, StoreError> {
    let storage = Storage::open(&EmbeddedSettings::new(folder))?;
    block_on(storage.store(&Tenant::parse("test").expect("a name")))
}

/// Resources of a kind that a dictionary is worth something for, one by one.
fn fill(store: &Store, numbers: std::ops::Range<usize>) {
    for n in numbers {
        fill_at_once(store, n..n + 1);
    }
}

/// The same in one commit.
fn fill_at_once(store: &Store, numbers: std::ops::Range<usize>) {
    let write = |n: usize| {
        let id = format!("p{n}");
        let key = Key::new("Patient", id.as_str());
        let json = format!(
            r#"{{"resourceType":"Patient","id":"{id}","name":[{{"family":"Family {n}"}}],"n":{n}}}"#
        );
        let body = Arc::new(Json::parse(json).expect("JSON"));
        let value = IndexValue::String(StringValue::new(&format!("Family {n}")));
        let entries = vec![Entry { param: Param::new("Patient", "family"), value }];
        let change = Change::Put { body, entries, is_create: true };
        Write { key, change, expected: Expected::Absent }
    };
    let writes = numbers.map(write).collect();
    block_on(store.commit(Commit { writes, checks: vec![] })).expect("a commit");
}

#[track_caller]
fn check(store: &Store, count: usize) {
    let report = block_on(store.check(|_| ())).expect("a check");
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.resources, count as u64);
    let ids = block_on(store.ids("Patient", &Filter::All, usize::MAX)).expect("ids");
    assert_eq!(ids.len(), count);
    for id in ids.iter().step_by(17) {
        let version = block_on(store.read(&Key::new("Patient", Arc::clone(id)))).expect("a read");
        let body = version.expect("a version").body;
        let json = Json::parse(body.to_vec()).expect("JSON");
        assert_eq!(json.root().str("id").as_deref(), Some(&**id));
    }
}

/// The files below a folder whose names end so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_store_dropped_without_close_opens_with_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    let secret = store.secret();
    fill(&store, 0..700);
    drop(store);
    let store = open(folder.path()).expect("a store");
    check(&store, 700);
    assert_eq!(store.secret(), secret);
    fill(&store, 700..750);
    check(&store, 750);
}

#[test]
fn a_closed_store_answers_nothing_and_opens_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    fill(&store, 0..10);
    block_on(store.close()).expect("a close");
    block_on(store.close()).expect("closing twice is no failure");
    assert!(block_on(store.read(&Key::new("Patient", "p1"))).is_err());
    assert!(block_on(store.commit(Commit::default())).is_err());
    assert_ne!(store.status(), Status::Writable);
    let again = open(folder.path()).expect("the folder is free");
    assert_eq!(again.status(), Status::Writable);
    check(&again, 10);
}

#[test]
fn a_clean_end_leaves_no_journal_to_work_off_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    for start in (0..3_000).step_by(500) {
        fill_at_once(&store, start..start + 500);
    }
    block_on(store.close()).expect("a close");
    let journals = files(folder.path(), ".jnl");
    let length: u64 = journals.iter().map(|path| fs::metadata(path).expect("a file").len()).sum();
    assert_eq!((journals.len(), length), (1, 0));
    let store = open(folder.path()).expect("a store");
    check(&store, 3_000);
    // What is written now is newer than all that is in files.
    let key = Key::new("Patient", "p7");
    let change = Change::Delete;
    let writes = vec![Write { key: key.clone(), change, expected: Expected::Version(1) }];
    block_on(store.commit(Commit { writes, checks: vec![] })).expect("a commit");
    fill(&store, 3_000..3_100);
    drop(store);
    let store = open(folder.path()).expect("a store");
    let version = block_on(store.read(&key)).expect("a read").expect("a tombstone");
    assert!(version.is_deleted());
    assert_eq!(block_on(store.check(|_| ())).expect("a check").problems, Vec::<String>::new());
    let ids = block_on(store.ids("Patient", &Filter::All, usize::MAX)).expect("ids");
    assert_eq!(ids.len(), 3_099);
}

#[test]
fn one_storage_gives_one_store_per_tenant() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(&EmbeddedSettings::new(folder.path())).expect("a storage");
    let tenant = |name: &str| block_on(storage.store(&Tenant::parse(name).expect("a name")));
    fill(&tenant("a").expect("a store"), 0..3);
    check(&tenant("a").expect("the same store"), 3);
    check(&tenant("b").expect("another store"), 0);
}

#[test]
fn a_folder_that_is_in_use_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let _store = open(folder.path()).expect("a store");
    let Err(StoreError::Held(text)) = open(folder.path()) else { panic!("two stores") };
    assert!(text.contains(&format!("process {} since 20", std::process::id())), "{text}");
}

#[test]
fn damage_in_the_middle_of_the_journal_is_noticed() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    fill(&store, 0..100);
    drop(store);
    let journal = files(folder.path(), ".jnl").pop().expect("a journal");
    let mut bytes = fs::read(&journal).expect("a file");
    let used = bytes.iter().rposition(|byte| *byte != 0).expect("something written");
    bytes[used / 2] ^= 0x40;
    fs::write(&journal, bytes).expect("a file");
    let error = open(folder.path()).expect_err("acknowledged writes are gone");
    assert!(matches!(&error, StoreError::Corrupt(_)), "{error}");
    let place = folder.path().join("tenants").join("test");
    assert!(error.to_string().contains(&*place.to_string_lossy()), "{error}");
    assert!(error.to_string().contains("brigid check"), "{error}");
}

#[test]
fn a_torn_end_of_the_journal_is_no_damage() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    fill(&store, 0..100);
    drop(store);
    let journal = files(folder.path(), ".jnl").pop().expect("a journal");
    let mut bytes = fs::read(&journal).expect("a file");
    let used = bytes.iter().rposition(|byte| *byte != 0).expect("something written") + 1;
    // The begin of a batch that was never finished.
    bytes.truncate(used);
    bytes.extend_from_slice(&[1, 0, 0, 0, 9, 0, 0]);
    fs::write(&journal, bytes).expect("a file");
    check(&open(folder.path()).expect("a store"), 100);
}

#[test]
fn damaged_files_are_noticed_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = EmbeddedSettings::new(folder.path());
    // Small enough that everything is in files.
    settings.memtable_bytes = 16 * 1024;
    let storage = Storage::open(&settings).expect("a storage");
    let store = block_on(storage.store(&Tenant::parse("test").expect("a name"))).expect("a store");
    fill(&store, 0..900);
    block_on(store.close()).expect("a close");
    drop((store, storage));
    let mut damaged = 0;
    for path in files(folder.path(), "") {
        if !path.components().any(|part| part.as_os_str() == "tables") {
            continue;
        }
        let mut bytes = fs::read(&path).expect("a file");
        for at in (40..bytes.len() / 2).step_by(512) {
            bytes[at] ^= 0x21;
        }
        fs::write(&path, bytes).expect("a file");
        damaged += 1;
    }
    assert!(damaged > 0, "there are files to damage");
    match open(folder.path()) {
        Err(error) => assert!(matches!(error, StoreError::Corrupt(_)), "{error}"),
        Ok(store) => {
            let found = block_on(store.check(|_| ()));
            let is_noticed = found.is_ok_and(|report| report.problem_count > 0);
            assert!(is_noticed, "damage is a problem of the report");
        }
    }
}

#[test]
fn a_database_that_is_gone_is_not_begun_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    fill(&store, 0..3);
    drop(store);
    let data = folder.path().join("tenants").join("test").join("data");
    fs::remove_dir_all(&data).expect("it is gone");
    let error = open(folder.path()).expect_err("nothing stands where something stood");
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}

#[test]
fn the_disk_use_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).expect("a store");
    fill(&store, 0..50);
    let bytes = block_on(store.disk_bytes()).expect("a number");
    assert!((1_000..200_000_000).contains(&bytes), "{bytes}");
}
