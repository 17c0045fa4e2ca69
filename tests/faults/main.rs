//! What a client of Brigid sees when its MongoDB fails, over real processes and a proxy that fails as
//! it is told to. Kills of Brigid itself are in `tests/crash`, which runs on both stores.

mod cut;
mod damaged;
mod gone;
mod late;
mod load;
mod restart;
mod round_trips;
mod start;
mod tls;
mod twins;

use std::thread;
use std::time::{Duration, Instant};

use brigid_tests::{Database, Place, Proxy, Response, Server};
use serde_json::{Value, json};

/// Short enough that a test sees what happens when they are over.
const SETTINGS: [(&str, &str); 3] = [
    ("storage.mongodb_connect_ms", "1000"),
    ("storage.mongodb_request_ms", "3000"),
    ("limits.search_seconds", "3"),
];

/// The longest that a request takes with these settings: until the database is found, a command,
/// and what the server itself does.
const ANSWER_MAX: Duration = Duration::from_secs(8);

/// How soon everything works again when a fault ends.
const RECOVERY_MAX: Duration = Duration::from_secs(5);

/// Between two looks at something that takes its time.
const PAUSE: Duration = Duration::from_millis(20);

/// A proxy before the shared database, and a server behind it with databases of this name.
fn behind_a_proxy(name: &str) -> (Proxy, Server) {
    let proxy = Proxy::start(Database::shared().address());
    let server = Server::start_on(&place(&proxy, name), &SETTINGS);
    (proxy, server)
}

/// Databases whose names begin so, through this proxy.
fn place(proxy: &Proxy, name: &str) -> Place {
    Place::Database { uri: proxy.uri(), prefix: format!("{name}_") }
}

/// A patient without an id.
fn patient(identifier: &str, family: &str) -> Value {
    json!({
        "resourceType": "Patient",
        "identifier": [{"system": "http://faults", "value": identifier}],
        "name": [{"family": family}]
    })
}

/// The answer tells that the server cannot do it now, in words of its own.
#[track_caller]
fn check_refusal(answer: &Response) {
    let text = answer.text();
    assert_eq!(answer.status, 503, "{text}");
    let seconds = answer.header("retry-after").and_then(|value| value.parse::<u64>().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "Retry-After: {:?}", answer.headers);
    assert_eq!(answer.json()["resourceType"], "OperationOutcome", "{text}");
    let lower = text.to_lowercase();
    for word in ["mongo", "127.0.0.1", "topology", "server selection", "os error", "kind", "i/o"] {
        assert!(!lower.contains(word), "'{word}' is the driver's: {text}");
    }
}

/// Waits until it is so.
#[track_caller]
fn until(time_max: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < time_max, "{what}: not within {time_max:?}");
        thread::sleep(PAUSE);
    }
}

/// Versions of the patients with this identifier, one number for each patient.
fn versions(server: &Server, identifier: &str) -> Vec<u64> {
    let query = format!("Patient?identifier=http://faults|{identifier}");
    let found = server.get(&query).send().expect(200).entries("match");
    found
        .iter()
        .map(|path| {
            let history = server.get(&format!("{path}/_history")).send().expect(200).json();
            history["total"].as_u64().expect("a history has a total")
        })
        .collect()
}
