//! The Synthea archive: its transactions over HTTP, and `brigid import`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::http::Target;
use super::loading::{self, Loaded};
use super::page;
use super::usage;
use crate::archive;
use crate::process::{self, Build};
use crate::steps::root;

/// The bundles that come first: what the patients' bundles refer to.
const FIRST: [&str; 2] = ["hospitalInformation", "practitionerInformation"];

pub(crate) fn archive_path() -> PathBuf {
    root().join("../shared/data/synthea-r4.tgz")
}

/// Posts all bundles of the archive.
pub(crate) fn over_http(target: &Target, process: Option<u32>) -> Result<Loaded, String> {
    let mut entries = archive::read(&archive_path().to_string_lossy())?;
    entries.retain(|(name, _)| name.ends_with(".json"));
    let is_first = |name: &str| FIRST.iter().any(|first| name.contains(first));
    entries.sort_by_key(|(name, _)| !is_first(name));
    let alone = entries.iter().filter(|(name, _)| is_first(name)).count();
    let bundles: Vec<(String, usize)> = entries
        .into_iter()
        .map(|(name, bytes)| {
            let entries = usize::try_from(page::entries(&bytes)).unwrap_or(0);
            let text = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))?;
            Ok((text, entries))
        })
        .collect::<Result<_, String>>()?;
    loading::bundles(target, process, &bundles, alone)
}

/// Imports the archive to where the arguments say, the start and the end of the process included.
pub(crate) fn import(place: [OsString; 2], resources: usize) -> Result<Loaded, String> {
    let failed = |error: std::io::Error| format!("brigid import cannot be run: {error}");
    let start = Instant::now();
    let mut child = Command::new(process::program(Build::Release))
        .arg("import")
        .arg(archive_path())
        .args(place)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // An ended process keeps its times until somebody asks how it ended.
    while !usage::has_ended(child.id()) {
        thread::sleep(Duration::from_millis(2));
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu_ms = usage::cpu_ms(child.id());
    let status = child.wait().map_err(failed)?;
    if !status.success() {
        return Err(format!("brigid import failed: {status}"));
    }
    Ok(Loaded { entries: resources, bundles: 0, seconds, cpu_ms })
}
