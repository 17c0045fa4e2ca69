//! `cargo xtask database`: the tests' MongoDB, SecantusDB, is installed into `target/mongo`. It is a
//! tool of the tests that they run as a process; nothing of it is linked or shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::target;

/// What is installed, pinned with all that it needs.
const PACKAGES: &str = include_str!("../../tests/database/requirements.txt");

/// A copy of the list of what is installed.
const INSTALLED: &str = "installed.txt";

/// The version that is pinned.
pub(crate) fn version() -> &'static str {
    let pinned = PACKAGES.lines().find_map(|line| line.strip_prefix("secantusdb=="));
    pinned.unwrap_or_default()
}

/// The program that is installed.
pub(crate) fn program() -> PathBuf {
    target().join("mongo/bin/secantusd-py")
}

/// Installs it, if that list is not installed already.
pub(crate) fn install() -> Result<String, String> {
    let place = target().join("mongo");
    let note = place.join(INSTALLED);
    let program = program();
    if fs::read_to_string(&note).is_ok_and(|held| held == PACKAGES) && program.exists() {
        return Ok(format!("{} is there", program.display()));
    }
    make(&place)?;
    let list = place.join("requirements.txt");
    let failed = |error: std::io::Error| format!("{}: {error}", list.display());
    fs::write(&list, PACKAGES).map_err(failed)?;
    let mut install = Command::new(place.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    run(
        install.arg("--requirement").arg(&list),
        "the tests' MongoDB (SecantusDB) cannot be installed: pip reaches no package index (is \
         there a network?), or it has no build of it for this machine and Python",
    )?;
    // Written last: what was broken off is begun anew.
    fs::rename(&list, &note).map_err(failed)?;
    Ok(format!("{} is installed", program.display()))
}

fn make(place: &Path) -> Result<(), String> {
    let python = |code: &str| {
        let mut command = Command::new("python3");
        command.args(["-c", code]);
        command
    };
    run(&mut python("pass"), "python3 is missing: it comes with Debian's python3 (.ci/install)")?;
    run(
        &mut python("import sys; sys.exit(sys.version_info < (3, 11))"),
        "python3 is older than 3.11, which the tests' MongoDB (SecantusDB) needs",
    )?;
    run(
        &mut python("import ensurepip, venv"),
        "python3 has no venv: it comes with Debian's python3-venv (.ci/install)",
    )?;
    run(
        Command::new("python3").args(["-m", "venv", "--clear"]).arg(place),
        "python3 -m venv could not make target/mongo",
    )
}

/// Runs a command to its end; what is said when it fails.
fn run(command: &mut Command, says: &str) -> Result<(), String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|error| format!("{says}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{says}.\n{}", String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_is_the_one_that_is_installed() {
        assert!(super::version().starts_with(|first: char| first.is_ascii_digit()));
    }
}
