//! Where the server's time goes during a scenario, as Linux's `perf` sees it.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::samples::Samples;
use super::scenarios::{self, Scenario};
use super::suite::{Suite, tell};

/// Connections of a profiled scenario.
const CONNECTIONS: usize = 16;
/// Samples per second; no divisor of what the system does by the clock.
const FREQUENCY: &str = "997";
/// Functions that are listed.
const FUNCTIONS: usize = 25;

/// Profiles the scenarios whose names have this part, one after the other.
pub(crate) fn scenarios(suite: &Suite<'_>, part: &str, folder: &Path) -> Result<String, String> {
    let process = suite.process.ok_or("only a server of this machine can be profiled")?;
    let (all, _) = scenarios::all(&Samples::take(suite.target)?);
    let name = |one: &Scenario| format!("{}: {}", one.set, one.name);
    let wanted: Vec<&Scenario> =
        all.iter().filter(|one| name(one).to_lowercase().contains(part)).collect();
    if wanted.is_empty() {
        let names: Vec<String> = all.iter().map(name).collect();
        return Err(format!("no scenario is called {part}; there are\n{}", names.join("\n")));
    }
    let mut out = String::new();
    for one in wanted {
        tell(&format!("── profiling {}", name(one)));
        let file = folder.join("perf.data");
        let measured = recorded(suite, process, one, &file)?;
        // A string takes all that is written.
        let _ = writeln!(out, "\n### {}\n\n{measured}\n\n```\n{}```", name(one), hottest(&file)?);
    }
    Ok(out)
}

/// Runs the scenario while `perf` watches; what it measured.
fn recorded(
    suite: &Suite<'_>,
    process: u32,
    scenario: &Scenario,
    file: &Path,
) -> Result<String, String> {
    let load = suite.load(CONNECTIONS);
    let seconds = (load.warm_up + load.duration).as_secs_f64();
    let mut perf = Command::new("perf")
        .args(["record", "--freq", FREQUENCY, "--call-graph", "fp", "--pid"])
        .arg(process.to_string())
        .arg("--output")
        .arg(file)
        .args(["--", "sleep", &seconds.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("perf cannot be run (Debian: linux-perf): {error}"))?;
    let measured = load.run(&*scenario.step);
    let status = perf.wait().map_err(|error| format!("perf: {error}"))?;
    if !status.success() {
        return Err(format!("perf record failed: {status}; is this user allowed to profile?"));
    }
    if measured.errors > 0 {
        return Err(format!("{} errors, the first: {}", measured.errors, measured.error));
    }
    Ok(format!(
        "{:.0}/s, {:.3} ms of the processor each",
        measured.rate,
        measured.cpu_ms.unwrap_or(0.0)
    ))
}

/// The functions in which the most samples lie.
fn hottest(file: &Path) -> Result<String, String> {
    let output = Command::new("perf")
        .args(["report", "--stdio", "--no-children", "--no-inline", "--call-graph", "none"])
        .args(["--sort", "symbol", "--input"])
        .arg(file)
        .output()
        .map_err(|error| format!("perf report: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    Ok(lines.take(FUNCTIONS).map(|line| format!("{}\n", line.trim_end())).collect())
}
