//! The container cannot be built here: what its recipe names must exist, and its commands must be
//! commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The recipe's instructions, with continued lines joined.
fn instructions() -> Vec<String> {
    let text = read("Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Arguments of all instructions of this name.
fn arguments(name: &str) -> Vec<String> {
    let start = format!("{name} ");
    instructions().iter().filter_map(|line| line.strip_prefix(&start)).map(str::to_owned).collect()
}

fn brigid() -> Command {
    Command::new(env!("CARGO_BIN_EXE_brigid"))
}

/// The texts of a JSON list: `["brigid", "health"]`.
fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn what_goes_to_the_builder_exists_and_is_enough() {
    let ignore = read(".dockerignore");
    let sent: Vec<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for name in &sent {
        assert!(root().join(name).exists(), "{name} is sent and does not exist");
    }
    let manifest = read("Cargo.toml");
    let members = manifest.lines().find(|line| line.starts_with("members")).unwrap();
    let members = list(members.split_once('=').unwrap().1.trim());
    for name in members.iter().map(String::as_str).chain(["Cargo.lock", "profiles"]) {
        assert!(sent.contains(&name), "{name} is not sent");
    }
}

#[test]
fn the_builder_has_the_compiler_that_the_workspace_asks_for() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let image = format!("rust:{}-", version.trim_matches('"'));
    assert!(arguments("FROM")[0].starts_with(&image), "{image}");
}

#[test]
fn every_command_of_the_recipe_is_one() {
    assert_eq!(list(&arguments("ENTRYPOINT")[0]), ["brigid"]);
    let mut commands = vec![list(&arguments("CMD")[0])[0].clone()];
    let health = &arguments("HEALTHCHECK")[0];
    let health = list(health.split_once("CMD ").unwrap().1);
    assert_eq!(health[0], "brigid");
    commands.push(health[1].clone());
    for command in commands {
        let done = brigid().args(["help", &command]).output().unwrap();
        assert!(done.status.success(), "brigid {command} is no command");
    }
}

#[test]
fn every_variable_of_the_recipe_is_a_setting() {
    let variables = arguments("ENV");
    let pairs = variables.iter().flat_map(|line| line.split_whitespace());
    let pairs: Vec<(&str, &str)> = pairs.map(|pair| pair.split_once('=').unwrap()).collect();
    let done = brigid().arg("config").envs(pairs.iter().copied()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let shown = String::from_utf8_lossy(&done.stdout).into_owned();
    for (name, _) in pairs {
        assert!(shown.contains(&format!("# {name}")), "{name} in\n{shown}");
    }
}

#[test]
fn the_container_does_not_run_as_root() {
    assert_eq!(arguments("USER"), ["brigid"]);
}

#[test]
fn usage_has_its_exit_code() {
    let code = |arguments: &[&str]| brigid().args(arguments).output().unwrap().status.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&["help"]), Some(0));
    assert_eq!(code(&["nothing"]), Some(2));
    assert_eq!(code(&["import"]), Some(2));
    assert_eq!(code(&["import", "/nowhere/at/all.json"]), Some(1));
    assert_eq!(code(&["serve", "--listen", "0.0.0.0:0"]), Some(1));
}
