//! A process that is killed in the middle of writing loses nothing that it acknowledged, and leaves
//! no half of a transaction. Run without the test harness: the program calls itself to be killed.

use std::collections::HashSet;
use std::future::Future;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use fhir::json::Json;
use fhir::search::{Entry, Filter, IndexValue, Param, Test, TokenTest, TokenValue};
use storage::{
    Change, Commit, EmbeddedSettings, Expected, Key, SearchRequest, Storage, Store, StoreError,
    Tenant, Write,
};

const ROUNDS: usize = 6;
const WRITERS: usize = 4;

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [mode, folder, round] if mode == "write" => write_until_killed(Path::new(folder), round),
        [mode, folder] if mode == "fill" => write_until_refused(Path::new(folder)),
        // The harness's own arguments: a filter that names another test, or a wish for a list.
        [first, ..] if !first.starts_with('-') && !"crash".contains(first.as_str()) => (),
        _ if arguments.iter().any(|argument| argument == "--list") => (),
        _ => {
            survive();
            go_on_reading();
        }
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().expect("a runtime").block_on(future)
}

fn open(folder: &Path) -> Result<Store, StoreError> {
    let storage = Storage::open(&EmbeddedSettings::new(folder))?;
    block_on(storage.store(&Tenant::parse("test").expect("a name")))
}

fn put(resource: &str, id: &str, text: &str) -> Write {
    let key = Key::new(resource, id);
    let json = format!(r#"{{"resourceType":"{resource}","id":"{id}","language":"{text}"}}"#);
    let body = Arc::new(Json::parse(json).expect("JSON"));
    let value = IndexValue::Token(TokenValue::new(Some("s"), id));
    let entry = |code: &str, value| Entry { param: Param::new(resource, code), value };
    // What many have is counted: the check proves the counts.
    let shared = IndexValue::Token(TokenValue::new(Some("s"), &text[..1]));
    let entries = vec![entry("identifier", value), entry("language", shared)];
    Write { key, change: Change::Put { body, entries, is_create: false }, expected: Expected::Any }
}

/// Commits pairs from several threads, and tells of each one that was acknowledged.
fn write_until_killed(folder: &Path, round: &str) {
    let store = open(folder).expect("a store");
    let writers = (0..WRITERS).map(|writer| {
        let (store, round) = (store.clone(), round.to_owned());
        std::thread::spawn(move || {
            for n in 0.. {
                let id = format!("{round}-{writer}-{n}");
                let shared = put("Group", &format!("shared-{writer}"), &id);
                let writes = vec![put("Patient", &id, &id), put("Device", &id, &id), shared];
                block_on(store.commit(Commit { writes, checks: vec![] })).expect("a commit");
                // Whoever reads the lines is gone when this process is.
                let _closed = writeln!(std::io::stdout(), "{id}");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.join().expect("no panic");
    }
}

fn survive() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged = HashSet::new();
    for round in 0..ROUNDS {
        acknowledged.extend(killed(folder.path(), round));
        let store = open(folder.path()).expect("the store opens again");
        check(&store, &acknowledged);
    }
    assert!(acknowledged.len() > ROUNDS * 50);
    let count = acknowledged.len();
    let told = writeln!(std::io::stdout(), "{count} transactions survived {ROUNDS} kills");
    told.expect("someone listens");
}

/// What a writer acknowledged before it was killed.
fn killed(folder: &Path, round: usize) -> Vec<String> {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program)
        .arg("write")
        .arg(folder)
        .arg(round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let enough = 60 + round * 41;
    let mut acknowledged: Vec<_> =
        lines.by_ref().take(enough).map(|line| line.expect("a line")).collect();
    is_held(folder, &child);
    child.kill().expect("a kill");
    acknowledged.extend(lines.map_while(Result::ok).filter(|line| line.matches('-').count() == 2));
    child.wait().expect("an end");
    acknowledged
}

/// A second process is told who has the folder.
fn is_held(folder: &Path, child: &Child) {
    let Err(StoreError::Held(text)) = open(folder) else { panic!("two processes on a folder") };
    assert!(text.contains(&format!("process {}", child.id())), "{text}");
}

/// Commits until the system lets it write no more, and says what works then.
fn write_until_refused(folder: &Path) {
    let store = open(folder).expect("a store");
    let told = |text: &str| writeln!(std::io::stdout(), "{text}").expect("someone listens");
    for n in 0.. {
        let id = format!("f-{n}");
        let writes = vec![put("Patient", &id, &id), put("Device", &id, &id)];
        match block_on(store.commit(Commit { writes, checks: vec![] })) {
            Ok(_) => told(&id),
            Err(StoreError::ReadOnly(_)) => break,
            Err(error) => panic!("not refused as read-only: {error}"),
        }
    }
    assert!(matches!(store.status(), storage::Status::ReadOnly(_)));
    let patients = all(&store, "Patient");
    assert_eq!(patients, all(&store, "Device"));
    let read = block_on(store.read(&Key::new("Patient", "f-1"))).expect("reads go on");
    assert!(read.is_some());
    let writes = vec![put("Patient", "late", "late")];
    let late = block_on(store.commit(Commit { writes, checks: vec![] }));
    assert!(matches!(late, Err(StoreError::ReadOnly(_))), "nothing is written any more");
    told("reads went on");
}

/// A process that may write no more goes on reading, and loses nothing that it acknowledged.
fn go_on_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this program");
    // The shell makes the limit an error instead of the end of the process.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" fill \"$1\""])
        .args([program.as_path(), folder.path()])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut told: Vec<_> = lines.by_ref().take(50).map(|line| line.expect("a line")).collect();
    let pid = child.id().to_string();
    let limited = Command::new("prlimit").args(["--fsize=4096:4096", "--pid", &pid]).status();
    if !limited.is_ok_and(|status| status.success()) {
        // Without the tool there is no such test.
        child.kill().expect("a kill");
        child.wait().expect("an end");
        return;
    }
    told.extend(lines.map_while(Result::ok));
    assert!(child.wait().expect("an end").success());
    assert_eq!(told.pop().as_deref(), Some("reads went on"));
    let store = open(folder.path()).expect("the store opens again");
    check(&store, &told.into_iter().collect());
}

fn check(store: &Store, acknowledged: &HashSet<String>) {
    let report = block_on(store.check(|_| ())).expect("a check");
    assert_eq!(report.problems, Vec::<String>::new());
    for id in acknowledged {
        for resource in ["Patient", "Device"] {
            let version = block_on(store.read(&Key::new(resource, id.as_str())));
            assert!(version.expect("a read").is_some(), "{resource}/{id} was acknowledged");
            let test = TokenTest { system: None, code: Some(id.clone()) };
            let filter = Filter::Matches(Param::new(resource, "identifier"), Test::Token(test));
            let found = block_on(store.ids(resource, &filter, 2)).expect("a search");
            assert_eq!(found, [Arc::from(id.as_str())]);
        }
    }
    assert_eq!(all(store, "Patient"), all(store, "Device"), "a transaction is whole");
}

fn all(store: &Store, resource: &str) -> Vec<String> {
    let request = SearchRequest::of(resource, Filter::All, 1_000_000);
    let page = block_on(store.search(&request)).expect("a search");
    assert_eq!(page.total, Some(page.versions.len() as u64));
    let mut ids: Vec<_> = page.versions.iter().map(|version| version.key.id.to_string()).collect();
    ids.sort_unstable();
    ids
}
