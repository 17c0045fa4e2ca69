//! `brigid`, `help`, `generate`, `config` and `check`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use brigid_tests::{Server, is_left_out, program};
use serde_json::json;

use super::check;

#[test]
fn alone_it_lists_its_commands_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["help"][..]] {
        check(
            folder.path(),
            arguments,
            0,
            &["demo", "serve", "import", "generate", "config", "check"],
        );
    }
    check(folder.path(), &["dance"], 2, &["dance"]);
    check(folder.path(), &["serve", "--loud"], 2, &["--loud"]);
}

/// Names and contents of a folder's files.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let generate = |seed: &str, out: &str| {
        let arguments =
            ["generate", "--patients", "13", "--seed", seed, "--today", "2026-06-01", out];
        check(folder.path(), &arguments, 0, &[]);
        files(&folder.path().join(out))
    };
    let one = generate("7", "one");
    assert!(one.len() >= 14, "{}", one.len());
    assert_eq!(one, generate("7", "two"));
    assert_ne!(one, generate("8", "three"));
}

#[test]
fn the_configuration_says_where_each_value_came_from() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("brigid.toml"), "[limits]\nbody_bytes = 1234\n").unwrap();
    let text = check(folder.path(), &["config"], 0, &["limits.body_bytes", "1234"]);
    let line = text.lines().find(|line| line.contains("limits.body_bytes")).unwrap();
    assert!(line.contains("brigid.toml"), "{line}");
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("brigid.toml"), "[limits]\nbody_byte = 1\n").unwrap();
    check(folder.path(), &["config"], 1, &["body_byte", "body_bytes", "brigid.toml"]);
    fs::write(folder.path().join("brigid.toml"), "listen = 5\n").unwrap();
    check(folder.path(), &["config"], 1, &["listen"]);
}

#[test]
fn a_check_proves_a_sound_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::open(&folder.path().join("data"), &[]);
    for number in 0..30 {
        let id = format!("p{number}");
        let body = json!({
            "resourceType": "Patient", "id": id, "name": [{"family": format!("F{number}")}],
            "identifier": [{"type": {"coding": [{"system": "urn:t", "code": "MR"}]}, "value": id}]
        });
        server.put(&format!("Patient/{id}")).json(&body).send().expect(201);
    }
    // Keys of several values at once, and of parameters that others make up.
    let code = |code: &str| json!({"coding": [{"system": "http://loinc.org", "code": code}]});
    let panel = json!({
        "resourceType": "Observation", "status": "final", "code": code("85354-9"),
        "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-03-01",
        "component": [{"code": code("8480-6"), "valueQuantity": {"value": 120, "unit": "mmHg"}}]
    });
    server.post("Observation").json(&panel).send().expect(201);
    server.stop();
    check(folder.path(), &["check", "--data-dir", "data"], 0, &["31"]);
}

#[test]
fn a_check_needs_the_folder_for_itself() {
    if is_left_out("a_check_needs_the_folder_for_itself") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::open(&folder.path().join("data"), &[]);
    check(folder.path(), &["check", "--data-dir", "data"], 1, &[&server.id().to_string()]);
    check(folder.path(), &["check", "--data-dir", "nowhere"], 1, &["nowhere"]);
}

#[test]
fn a_store_is_a_folder_or_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let both = ["--mongodb-uri", "mongodb://127.0.0.1:1", "--data-dir", "d"];
    for command in [&["serve"][..], &["demo"], &["import", "x.json"], &["check"]] {
        let output =
            program().args(command).args(both).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let text = super::printed(&output);
        assert!(text.contains("--mongodb-uri") && text.contains("--data-dir"), "{text}");
    }
}

#[test]
fn the_configuration_shows_no_credential() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[storage]\nmongodb_uri = \"mongodb://me:hidden@db:27017/?tls=true\"\n\
                mongodb_password = \"hidden\"\n";
    fs::write(folder.path().join("brigid.toml"), text).unwrap();
    let printed = check(folder.path(), &["config"], 0, &["mongodb://********@db:27017"]);
    assert!(!printed.contains("hidden"), "{printed}");
}
