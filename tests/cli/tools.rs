//! `brigid`, `help`, `generate`, `config` and `check`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use brigid_tests::Server;

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
fn a_check_proves_a_sound_store_and_finds_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut server = Server::open(&data_dir, &[]);
    for number in 0..30 {
        let id = format!("p{number}");
        let body = serde_json::json!({
            "resourceType": "Patient", "id": id, "name": [{"family": format!("F{number}")}]
        });
        server.put(&format!("Patient/{id}")).json(&body).send().expect(201);
    }
    let held = data_dir.to_string_lossy().into_owned();
    check(folder.path(), &["check", "--data-dir", &held], 1, &[&server.id().to_string()]);
    server.stop();
    check(folder.path(), &["check", "--data-dir", &held], 0, &["30"]);
    check(folder.path(), &["check", "--data-dir", "nowhere"], 1, &["nowhere"]);
}
