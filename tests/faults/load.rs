//! Clients that write while something fails, send again what was refused, and know afterwards what
//! must be there, and how often.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use brigid_tests::{Request, Response, Server};
use serde_json::{Value, json};

use super::{check_refusal, patient, versions};

const WORKERS: usize = 4;

/// Patients of a transaction.
const GROUP: usize = 3;

/// The longest that a client tries.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between a refusal and the next attempt.
const PAUSE: Duration = Duration::from_millis(100);

/// What was acknowledged, and what it took.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Identifiers of patients with two versions.
    updated: Vec<String>,
    /// Tags of transactions, of whose patients there is one version each.
    groups: Vec<String>,
    /// Answers that said no.
    pub(crate) refusals: usize,
}

/// What a load shows of itself while it runs.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    is_enough: AtomicBool,
    acknowledged: AtomicUsize,
}

impl Progress {
    /// How many writes were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::SeqCst)
    }
}

/// Writes, from several clients, until this returns. Each write is sent until it is acknowledged.
pub(crate) fn under_load(server: &Server, fails: impl FnOnce(&Progress)) -> Written {
    let progress = Progress::default();
    thread::scope(|scope| {
        let progress = &progress;
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| scope.spawn(move || work(server, worker, progress)))
            .collect();
        // A load that nobody ends would hang the test instead of failing it.
        let stops = Stops(progress);
        fails(progress);
        drop(stops);
        let mut all = Written::default();
        for worker in workers {
            let written = worker.join().expect("a client saw what it must not see");
            all.updated.extend(written.updated);
            all.groups.extend(written.groups);
            all.refusals += written.refusals;
        }
        all
    })
}

struct Stops<'a>(&'a Progress);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.is_enough.store(true, Ordering::SeqCst);
    }
}

fn work(server: &Server, worker: usize, progress: &Progress) -> Written {
    let mut written = Written::default();
    for number in 0.. {
        if progress.is_enough.load(Ordering::SeqCst) {
            break;
        }
        let name = format!("w{worker}n{number}");
        if number % 3 == 2 {
            persist(&transaction(server, &name), &[200], &mut written.refusals);
            written.groups.push(name);
        } else {
            update(server, &name, &mut written.refusals);
            written.updated.push(name);
        }
        progress.acknowledged.fetch_add(1, Ordering::SeqCst);
    }
    written
}

/// A conditional create, and an update of what it made.
fn update(server: &Server, name: &str, refusals: &mut usize) {
    let create = server
        .post("Patient")
        .header("If-None-Exist", &format!("identifier=http://faults|{name}"))
        .json(&patient(name, "V1"));
    let id = persist(&create, &[200, 201], refusals).id();
    let mut body = patient(name, "V2");
    body["id"] = json!(id);
    let path = format!("Patient/{id}");
    let change = server.put(&path).header("If-Match", "W/\"1\"").json(&body);
    // An update that was not acknowledged may have been done: then there is no version 1 to match.
    let answer = persist(&change, &[200, 412], refusals);
    if answer.status == 412 {
        assert!(*refusals > 0, "nobody else writes {name}: {}", answer.text());
        let current = persist(&server.get(&path), &[200], refusals).json();
        assert_eq!(current["name"][0]["family"], "V2", "{name}: {current}");
    }
}

/// A transaction of conditional creates, all with one tag.
pub(crate) fn transaction(server: &Server, name: &str) -> Request {
    let entries: Vec<Value> = (0..GROUP)
        .map(|part| {
            let identifier = format!("{name}p{part}");
            let mut body = patient(&identifier, "V1");
            body["meta"] = json!({"tag": [{"system": "http://group", "code": name}]});
            let condition = format!("identifier=http://faults|{identifier}");
            let request = json!({"method": "POST", "url": "Patient", "ifNoneExist": condition});
            json!({"resource": body, "request": request})
        })
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    server.post("").json(&bundle)
}

/// Sends a request until its answer has one of these statuses; all others must say that the server
/// cannot do it now.
pub(crate) fn persist(request: &Request, wanted: &[u16], refusals: &mut usize) -> Response {
    let start = Instant::now();
    loop {
        let answer = request.clone().send();
        if wanted.contains(&answer.status) {
            return answer;
        }
        check_refusal(&answer);
        *refusals += 1;
        assert!(start.elapsed() < PATIENCE, "refused for {PATIENCE:?}: {}", answer.text());
        thread::sleep(PAUSE);
    }
}

impl Written {
    /// Everything that was acknowledged is there, is found, and is there once.
    pub(crate) fn verify(&self, server: &Server) {
        assert!(!self.updated.is_empty() && !self.groups.is_empty(), "the load did nothing");
        let (updated, groups) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let next = |counter: &AtomicUsize| counter.fetch_add(1, Ordering::SeqCst);
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Some(name) = self.updated.get(next(&updated)) {
                        assert_eq!(versions(server, name), [2], "{name}");
                    }
                    while let Some(group) = self.groups.get(next(&groups)) {
                        verify_group(server, group);
                    }
                });
            }
        });
    }
}

/// All patients of a transaction are there, each of them once.
#[track_caller]
pub(crate) fn verify_group(server: &Server, group: &str) {
    let query = format!("Patient?_tag=http://group|{group}");
    let found = server.get(&query).send().expect(200).entries("match");
    assert_eq!(found.len(), GROUP, "{group}");
    for part in 0..GROUP {
        assert_eq!(versions(server, &format!("{group}p{part}")), [1], "{group}");
    }
}
