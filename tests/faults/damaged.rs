//! Documents that are not what was written.

use brigid_tests::{Database, Place, Server, program};
use serde_json::{Value, json};

use super::patient;

/// A server on databases of its own, and the name of the tenant's.
fn server(name: &str) -> (Server, String) {
    let prefix = format!("{name}_");
    let place = Place::Database { uri: Database::shared().uri(), prefix: prefix.clone() };
    (Server::start_on(&place, &[]), format!("{prefix}default"))
}

fn put(server: &Server, id: &str) {
    let mut resource = patient(id, "Same");
    resource["id"] = json!(id);
    server.put(&format!("Patient/{id}")).json(&resource).send().expect(201);
}

/// Sets members of a document behind the server's back.
fn set(database: &str, collection: &str, id: &str, members: Value) {
    let update = json!({"q": {"_id": id}, "u": {"$set": members}});
    let command = json!({"update": collection, "updates": [update]});
    let answer = Database::shared().command(database, &command);
    assert_eq!(answer["n"], 1, "{answer}");
}

#[test]
fn a_damaged_document_is_left_out_of_a_search_that_says_so_and_reading_it_is_a_500() {
    let (server, database) = server("damaged");
    for id in ["whole", "changed", "unknown"] {
        put(&server, id);
    }
    set(&database, "resources", "Patient/changed", json!({"c": 1}));
    set(&database, "resources", "Patient/unknown", json!({"z": 9}));
    let answer = server.get("Patient?name=same").send().expect(200);
    assert_eq!(answer.entries("match"), ["Patient/whole"]);
    let entries = answer.json()["entry"].as_array().cloned().unwrap_or_default();
    let outcome = entries.iter().find(|entry| entry["search"]["mode"] == "outcome");
    let issue = &outcome.expect("an outcome")["resource"]["issue"][0];
    assert_eq!(issue["code"], "incomplete");
    let text = issue["diagnostics"].as_str().unwrap_or_default();
    assert!(text.starts_with("2 resources are left out"), "{text}");
    for id in ["changed", "unknown"] {
        let answer = server.get(&format!("Patient/{id}")).send();
        assert_eq!(answer.status, 500, "{}", answer.text());
        assert!(answer.text().contains("damaged"), "{}", answer.text());
    }
    server.get("Patient/whole").send().expect(200);
}

#[test]
fn a_check_names_each_document_whose_keys_or_content_are_others() {
    let (server, database) = server("checked");
    for id in ["whole", "changed", "keyless", "spare"] {
        put(&server, id);
    }
    drop(server);
    let place = Place::Database { uri: Database::shared().uri(), prefix: "checked_".to_owned() };
    let check = || {
        let mut check = program();
        check.arg("check").args(place.arguments()).envs(place.variables());
        let output = check.output().expect("a check");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = check();
    assert_eq!(code, Some(0), "{text}");
    set(&database, "resources", "Patient/changed", json!({"c": 1}));
    set(&database, "resources", "Patient/keyless", json!({"k": []}));
    let spare = json!({"find": "resources", "filter": {"_id": "Patient/spare"}});
    let spare = Database::shared().command(&database, &spare);
    let mut keys = spare["cursor"]["firstBatch"][0]["k"].as_array().cloned().unwrap_or_default();
    assert!(!keys.is_empty(), "{spare}");
    keys.push(json!("a key of nothing"));
    set(&database, "resources", "Patient/spare", json!({"k": keys}));
    let (code, text) = check();
    assert_eq!(code, Some(1), "{text}");
    for id in ["changed", "keyless", "spare"] {
        assert_eq!(text.matches(&format!("Patient/{id}: ")).count(), 1, "{id}: {text}");
    }
    assert!(!text.contains("Patient/whole"), "{text}");
    assert!(text.contains("spare: 1 of its index keys"), "{text}");
}

#[test]
fn a_newer_layout_is_refused_at_start() {
    let (server, database) = server("newer");
    put(&server, "a");
    drop(server);
    set(&database, "facts", "layout", json!({"n": 1_000}));
    let place = Place::Database { uri: Database::shared().uri(), prefix: "newer_".to_owned() };
    let printed = Server::try_start_on(&place, &[]).expect_err("a newer layout");
    assert!(printed.contains("layout 1000"), "{printed}");
    assert!(printed.contains("newer"), "{printed}");
}
