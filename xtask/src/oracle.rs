//! `cargo xtask oracle`: random searches against a brute-force reading of R4, on release builds. The
//! oracle itself stands in `tests/src/oracle`.

use std::process::Command;

use crate::process::target;
use crate::steps::{cargo, root};

/// Runs as many searches as asked for; each difference and the summary are printed as they come.
pub(crate) fn run(arguments: &[String]) -> Result<String, String> {
    let packages = ["--package", "server", "--package", "brigid-tests", "--bins"];
    finished(cargo().args(["build", "--release"]).args(packages).current_dir(root()))?;
    finished(Command::new(target().join("release/oracle")).args(arguments))?;
    Ok("the server agrees with the oracle".to_owned())
}

fn finished(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("{name}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} ended with {status}")) }
}
