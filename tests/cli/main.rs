//! The commands of `brigid`, run as an operator runs them.

mod compose;
mod demo;
mod image;
mod import;
mod serve;
mod tools;

use std::path::Path;
use std::process::Output;

/// Runs `brigid` in a folder of its own.
fn brigid(folder: &Path, arguments: &[&str]) -> Output {
    brigid_tests::brigid(folder, arguments).output().expect("brigid can be run")
}

/// All that it printed.
fn printed(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// It ends with this code, and what it printed holds these.
#[track_caller]
fn check(folder: &Path, arguments: &[&str], code: i32, says: &[&str]) -> String {
    let output = brigid(folder, arguments);
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
    for part in says {
        assert!(text.contains(part), "{arguments:?}: '{part}' is not in: {text}");
    }
    text
}
