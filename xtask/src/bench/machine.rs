//! Commit, processor, memory and disk: what a figure is worth.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::root;

/// What the machine is, as lines of name and value.
pub(crate) fn describe(folder: &Path, appends_per_second: f64) -> Vec<(&'static str, String)> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = value_of("/proc/meminfo", "MemTotal");
    let mib = memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024;
    let disk = said("df", &["--output=source,fstype,avail", "--block-size=G"], Some(folder));
    let disk = disk.lines().nth(1).unwrap_or_default().to_owned();
    let disk: Vec<&str> = disk.split_whitespace().collect();
    vec![
        ("commit", commit()),
        (
            "processor",
            format!(
                "{}, {} MHz, {cores} cores",
                value_of("/proc/cpuinfo", "model name"),
                value_of("/proc/cpuinfo", "cpu MHz")
            ),
        ),
        ("memory", format!("{mib} MiB")),
        (
            "disk",
            format!(
                "{} free; 4 KiB append + fdatasync {:.2} ms",
                disk.join(" "),
                1000.0 / appends_per_second.max(f64::MIN_POSITIVE)
            ),
        ),
    ]
}

fn commit() -> String {
    let commit = said("git", &["rev-parse", "--short", "HEAD"], None);
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"], None);
    if changed.is_empty() { commit } else { format!("{commit} and what is not committed") }
}

/// What a program prints; nothing if it cannot be run.
fn said(program: &str, arguments: &[&str], last: Option<&Path>) -> String {
    Command::new(program)
        .args(arguments)
        .args(last)
        .current_dir(root())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// The value of the first line that starts with this name.
fn value_of(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.split_once(':'));
    line.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// Bytes of all files in a folder.
pub(crate) fn size_of(folder: &Path) -> u64 {
    let mut total = 0;
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => open.push(entry.path()),
                Ok(data) => total += data.len(),
                Err(_) => {}
            }
        }
    }
    total
}
