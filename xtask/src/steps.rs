//! The recipes that check and test the house: each step is a command whose failure ends the recipe.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::{clients, database};

/// A step: what it is called, and what cargo is to do.
struct Step<'a> {
    name: &'a str,
    arguments: &'a [&'a str],
    /// The store that tests of the server take instead of the embedded one: a value of
    /// `BRIGID_TEST_STORE`.
    store: Option<&'a str>,
}

const FORMAT: Step<'_> =
    Step { name: "format", arguments: &["fmt", "--all", "--check"], store: None };

const LINTS: Step<'_> = Step {
    name: "lints",
    arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    store: None,
};

/// Those of all platforms: what is built here needs fewer, what is checked are all of them.
const FETCH: Step<'_> =
    Step { name: "dependencies", arguments: &["fetch", "--locked"], store: None };

const DENY: Step<'_> = Step {
    name: "licences and bans",
    arguments: &["deny", "--offline", "check", "licenses", "bans", "sources"],
    store: None,
};

const BUILD: Step<'_> =
    Step { name: "build", arguments: &["build", "--workspace", "--all-targets"], store: None };

const TESTS: Step<'_> =
    Step { name: "tests", arguments: &["test", "--workspace", "--no-fail-fast"], store: None };

/// The tests of the server from outside, once more. Those of a fault are about MongoDB in any case,
/// and stand among the tests.
const TESTS_ON_MONGODB: Step<'_> = Step {
    name: "tests on MongoDB",
    arguments: &[
        "test",
        "--package",
        "brigid-tests",
        "--no-fail-fast",
        "--test",
        "interactions",
        "--test",
        "search",
        "--test",
        "operations",
        "--test",
        "cli",
        "--test",
        "crash",
        "--test",
        "oracle",
    ],
    store: Some("mongodb"),
};

/// The random tests of the store, once more; of the workspace, so that nothing is built with other
/// features than before.
const RANDOM_ON_MONGODB: Step<'_> = Step {
    name: "random tests on MongoDB",
    arguments: &["test", "--workspace", "--test", "brute_force"],
    store: Some("mongodb"),
};

const HOUSE: Step<'_> = Step {
    name: "house rules",
    arguments: &["test", "--package", "brigid-tests", "--test", "house_rules"],
    store: None,
};

const DOC: Step<'_> =
    Step { name: "documentation", arguments: &["doc", "--workspace", "--no-deps"], store: None };

/// `cargo xtask check`
pub(crate) fn check() -> Result<String, String> {
    run(&[FORMAT, LINTS, HOUSE])
}

/// `cargo xtask deny`
pub(crate) fn deny() -> Result<String, String> {
    run(&[FETCH, DENY])
}

/// `cargo xtask doc`
pub(crate) fn doc() -> Result<String, String> {
    run(&[DOC])
}

/// `cargo xtask test`: everything.
pub(crate) fn test() -> Result<String, String> {
    need_data()?;
    run(&[FORMAT, FETCH, LINTS, DENY])?;
    let start = Instant::now();
    let database = database::install()?;
    // One after the other: each keeps the processors busy, and figures stay comparable.
    let steps = run(&[BUILD, TESTS, TESTS_ON_MONGODB, RANDOM_ON_MONGODB])?;
    let clients = clients::run()?;
    Ok(format!("{database}; {steps}; {clients}; tests took {} s", start.elapsed().as_secs()))
}

fn need_data() -> Result<(), String> {
    let data = root().join("../shared/data/README.md");
    if data.exists() {
        return Ok(());
    }
    Err("the test data is missing: the tests read ../shared/data beside the project".to_owned())
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Cargo as a shell would run it. `cargo xtask` describes its own package to what it runs; a build
/// script that watches those variables would think that something has changed, and run again.
pub(crate) fn cargo() -> Command {
    const OF_PACKAGE: [&str; 7] = [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_LINKS",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION_MAJOR",
        "CARGO_PKG_VERSION_MINOR",
        "CARGO_PKG_VERSION_PATCH",
        "CARGO_PKG_VERSION_PRE",
    ];
    let mut cargo = Command::new("cargo");
    for name in OF_PACKAGE {
        cargo.env_remove(name);
    }
    cargo
}

fn run(steps: &[Step<'_>]) -> Result<String, String> {
    let start = Instant::now();
    for step in steps {
        announce(step);
        let status = cargo()
            .args(step.arguments)
            .current_dir(root())
            .envs(step.store.map(|store| ("BRIGID_TEST_STORE", store)))
            .status()
            .map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !status.success() {
            return Err(format!("the step '{}' failed", step.name));
        }
    }
    Ok(format!("all steps passed in {} s", start.elapsed().as_secs()))
}

fn announce(step: &Step<'_>) {
    // Who closed the pipe does not want to read on.
    let _ = writeln!(std::io::stderr(), "── {}: cargo {}", step.name, step.arguments.join(" "));
}
