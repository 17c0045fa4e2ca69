//! What survives: the real process is killed under mixed load, again and again, and its store is
//! opened anew.

mod ledger;
mod store;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use brigid_tests::{Client, Server};
use serde_json::{Value, json};

use ledger::Ledger;

/// How often the process is killed.
const ROUNDS: usize = 22;
const WORKERS: usize = 8;

#[test]
fn every_acknowledged_write_survives_sigkill_and_no_transaction_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut ledger = Ledger::default();
    for round in 0..ROUNDS {
        let mut server = Server::open(&data_dir, &[]);
        // The later the kill, the more lies between journal, memory and disk.
        let enough = 40 + round * 25;
        ledger.extend(load(&mut server, round, enough));
        let server = Server::open(&data_dir, &[]);
        ledger.verify_latest(server.client());
    }
    let server = Server::open(&data_dir, &[]);
    ledger.verify_all(server.client());
}

/// Mixed load from several clients until enough writes are acknowledged; then SIGKILL.
fn load(server: &mut Server, round: usize, enough: usize) -> Ledger {
    let acknowledged = AtomicUsize::new(0);
    let client = server.client().clone();
    let pid = server.id();
    let ledgers: Vec<Ledger> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (client, acknowledged) = (&client, &acknowledged);
                scope.spawn(move || {
                    work(client, &format!("r{round}w{worker}"), acknowledged, enough, pid)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    server.kill();
    let mut all = Ledger::default();
    for ledger in ledgers {
        all.extend(ledger);
    }
    all
}

fn work(
    client: &Client,
    name: &str,
    acknowledged: &AtomicUsize,
    enough: usize,
    pid: u32,
) -> Ledger {
    let mut ledger = Ledger::default();
    for number in 0.. {
        let id = format!("{name}n{number}");
        let is_alive = match number % 4 {
            0 => transact(client, &id, &mut ledger),
            1 => put(client, &id, 1, &mut ledger) && put(client, &id, 2, &mut ledger),
            2 => put(client, &id, 1, &mut ledger) && delete(client, &id, &mut ledger),
            _ => put(client, &id, 1, &mut ledger),
        };
        if !is_alive {
            break;
        }
        if acknowledged.fetch_add(1, Ordering::SeqCst) + 1 == enough {
            // The one that reaches the number kills the process while the others write.
            let killed = std::process::Command::new("kill")
                .args(["-KILL", &pid.to_string()])
                .status()
                .unwrap();
            assert!(killed.success());
        }
    }
    ledger
}

fn patient(id: &str, version: u64, group: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id,
        "identifier": [{"system": "http://crash", "value": id}],
        "meta": {"tag": [{"system": "http://group", "code": group}]},
        "name": [{"family": format!("V{version}")}]
    })
}

/// Writes a version. Is the server still there?
fn put(client: &Client, id: &str, version: u64, ledger: &mut Ledger) -> bool {
    ledger.attempt(id, version);
    let body = patient(id, version, "none");
    let answer = client.request("PUT", &format!("Patient/{id}")).json(&body).try_send();
    let is_done = answer.is_ok_and(|answer| matches!(answer.status, 200 | 201));
    if is_done {
        ledger.acknowledge(id, version, false);
    }
    is_done
}

fn delete(client: &Client, id: &str, ledger: &mut Ledger) -> bool {
    ledger.attempt(id, 2);
    let answer = client.request("DELETE", &format!("Patient/{id}")).try_send();
    let is_done = answer.is_ok_and(|answer| answer.status == 204);
    if is_done {
        ledger.acknowledge(id, 2, true);
    }
    is_done
}

/// Three patients of one group, in one transaction.
fn transact(client: &Client, group: &str, ledger: &mut Ledger) -> bool {
    let ids: Vec<String> = (0..3).map(|part| format!("{group}p{part}")).collect();
    let entries: Vec<Value> = ids
        .iter()
        .map(|id| {
            json!({
                "request": {"method": "PUT", "url": format!("Patient/{id}")},
                "resource": patient(id, 1, group)
            })
        })
        .collect();
    ledger.attempt_group(group);
    for id in &ids {
        ledger.attempt(id, 1);
    }
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let answer = client.request("POST", "").json(&bundle).try_send();
    let is_done = answer.is_ok_and(|answer| answer.status == 200);
    if is_done {
        ledger.acknowledge_group(group);
        for id in &ids {
            ledger.acknowledge(id, 1, false);
        }
    }
    is_done
}

/// A folder that exists.
fn exists(path: &Path) -> bool {
    path.exists()
}
