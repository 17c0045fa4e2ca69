//! Two server processes on one database.

use std::sync::Barrier;
use std::thread;

use brigid_tests::{Database, Place, Server};
use serde_json::json;

use super::patient;

/// Requests at the same time.
const PARALLEL: usize = 64;

/// Two servers that were started at the same moment, on no databases yet.
fn twins(name: &str) -> [Server; 2] {
    let place = Place::Database { uri: Database::shared().uri(), prefix: format!("{name}_") };
    thread::scope(|scope| {
        let start = || Server::start_on(&place, &[]);
        let (one, other) = (scope.spawn(start), scope.spawn(start));
        [one.join().expect("one starts"), other.join().expect("the other starts")]
    })
}

#[test]
fn parallel_identical_conditional_creates_make_one_resource() {
    let servers = twins("twins_create");
    let barrier = Barrier::new(PARALLEL);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let clients: Vec<_> = (0..PARALLEL)
            .map(|number| {
                let (server, barrier) = (&servers[number % 2], &barrier);
                scope.spawn(move || {
                    let request = server
                        .post("Patient")
                        .header("If-None-Exist", "identifier=http://faults|same")
                        .json(&patient("same", "V1"));
                    barrier.wait();
                    request.send().status
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    // Who comes second is told of the first, or that it did not go this time.
    assert!(statuses.iter().all(|status| [200, 201, 409, 503].contains(status)), "{statuses:?}");
    for server in &servers {
        assert_eq!(super::versions(server, "same"), [1]);
    }
}

#[test]
fn one_of_two_updates_of_the_same_version_is_done() {
    let [one, other] = twins("twins_update");
    let id = one.post("Patient").json(&patient("same", "V1")).send().expect(201).id();
    let mut body = patient("same", "V2");
    body["id"] = json!(id);
    for version in 1..=10 {
        let tag = format!("W/\"{version}\"");
        let send = |server: &Server| {
            server.put(&format!("Patient/{id}")).header("If-Match", &tag).json(&body).send().status
        };
        let mut statuses = thread::scope(|scope| {
            let sent = [scope.spawn(|| send(&one)), scope.spawn(|| send(&other))];
            sent.map(|one| one.join().unwrap())
        });
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "version {version}: {statuses:?}");
        assert!([409, 412].contains(&statuses[1]), "version {version}: {statuses:?}");
    }
    assert_eq!(super::versions(&other, "same"), [11]);
}

#[test]
fn what_one_writes_the_other_reads_searches_and_pages_through() {
    let [one, other] = twins("twins_pages");
    for number in 0..5 {
        let path = format!("Patient/p{number}");
        let mut body = patient("many", "V1");
        body["id"] = json!(format!("p{number}"));
        one.put(&path).json(&body).send().expect(201);
        other.get(&path).send().expect(200);
    }
    let first = one.get("Patient?_count=2&_sort=_id").send().expect(200);
    let next = first.json()["link"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["relation"] == "next")
        .map(|link| link["url"].as_str().unwrap().replace(one.base(), other.base()))
        .expect("there are more");
    let second = other.get(&next).send().expect(200).entries("match");
    assert_eq!(second, ["Patient/p2", "Patient/p3"]);
}

#[test]
fn a_bundle_of_1_600_entries_succeeds_every_time() {
    const ENTRIES: usize = 1_600;
    let servers = twins("twins_large");
    let bundle = |number: usize| {
        let entry = |at: usize| {
            json!({
                "request": {"method": "POST", "url": "Patient"},
                "resource": patient(&format!("{number}-{at}"), &format!("Large{number}"))
            })
        };
        let entries: Vec<_> = (0..ENTRIES).map(entry).collect();
        json!({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    };
    thread::scope(|scope| {
        for number in 0..4 {
            let (server, bundle) = (&servers[number % 2], bundle(number));
            scope.spawn(move || {
                server.post("").json(&bundle).send().expect(200);
            });
        }
    });
    for number in 0..4 {
        let search = format!("Patient?family=Large{number}&_summary=count");
        let found = servers[number % 2].get(&search).send().expect(200).json();
        assert_eq!(found["total"], ENTRIES);
    }
}
