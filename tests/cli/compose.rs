//! Containers cannot run here: what `compose.yaml` names is checked instead.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The file's values by their dotted keys: those in brackets or quotes as JSON, others as text.
/// Nothing but what our file uses of YAML is read.
fn values() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(root().join("compose.yaml")).unwrap();
    let mut values = BTreeMap::new();
    let mut path: Vec<(usize, String)> = Vec::new();
    for line in text.lines() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let indent = line.len() - content.len();
        assert!(indent % 2 == 0 && !content.starts_with('-'), "not read by this test: {line}");
        while path.last().is_some_and(|(held, _)| *held >= indent) {
            path.pop();
        }
        let (key, value) = content.split_once(':').unwrap_or_else(|| panic!("no key: {line}"));
        path.push((indent, key.to_owned()));
        let key = path.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join(".");
        let value = value.trim();
        let value = match value.chars().next() {
            Some('[' | '"') => serde_json::from_str(value)
                .unwrap_or_else(|error| panic!("{line}: {error}: not read by this test")),
            _ => Value::from(value),
        };
        values.insert(key, value);
    }
    values
}

/// The text of a value, or the texts of a list, one after the other.
fn text(values: &BTreeMap<String, Value>, key: &str) -> String {
    let value = values.get(key).unwrap_or_else(|| panic!("{key} is missing"));
    match value {
        Value::Array(items) => {
            items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(" ")
        }
        value => value.as_str().unwrap().to_owned(),
    }
}

/// What stands between these.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split(after).next().unwrap_or(rest)
}

#[test]
fn every_variable_of_the_container_is_a_setting() {
    let values = values();
    let start = "services.brigid.environment.";
    let variables: Vec<(&str, &str)> = values
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(start)?, value.as_str()?)))
        .collect();
    assert!(!variables.is_empty(), "Brigid is told of no database");
    let folder = tempfile::tempdir().unwrap();
    let output = brigid_tests::brigid(folder.path(), &["config"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let printed = super::printed(&output);
    assert!(output.status.success(), "{printed}");
    for (name, _) in variables {
        assert!(printed.contains(&format!("# {name}")), "{name} in\n{printed}");
    }
}

#[test]
fn the_database_is_the_replica_set_that_brigid_is_told_of() {
    let values = values();
    let uri = text(&values, "services.brigid.environment.BRIGID_STORAGE__MONGODB_URI");
    let set = between(&uri, "replicaSet=", "&");
    let host = between(&uri, "mongodb://", "/");
    let command = text(&values, "services.mongodb.command");
    assert!(command.contains(&format!("--replSet {set}")), "{command}");
    let check = text(&values, "services.mongodb.healthcheck.test");
    assert!(check.starts_with("CMD mongosh "), "{check}");
    assert!(check.contains(&format!("rs.initiate({{_id: '{set}'")), "{check}");
    assert!(check.contains(&format!("host: '{host}'")), "{check}");
    assert!(check.contains("isWritablePrimary"), "{check}");
    let port = host.rsplit_once(':').unwrap().1;
    assert_eq!(text(&values, "services.mongodb.ports"), format!("{host}:{port}"));
}

#[test]
fn nothing_is_reached_from_other_machines_and_what_is_named_exists() {
    let values = values();
    assert!(text(&values, "services.mongodb.ports").starts_with("127.0.0.1:"));
    // With a network of its own, Brigid could not be reached at all: it listens on loopback.
    assert_eq!(text(&values, "services.brigid.network_mode"), "host");
    assert_eq!(text(&values, "services.brigid.build"), ".");
    assert!(root().join("Dockerfile").exists());
    let volume = text(&values, "services.mongodb.volumes");
    let volume = volume.split(':').next().unwrap();
    assert!(values.contains_key(&format!("volumes.{volume}")), "{volume} is not declared");
    let condition = text(&values, "services.brigid.depends_on.mongodb.condition");
    assert_eq!(condition, "service_healthy");
}

#[test]
fn the_readme_shows_it() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for shown in ["docker compose up", "docs/mongodb.md", "--mongodb-uri"] {
        assert!(readme.contains(shown), "{shown}");
    }
}
