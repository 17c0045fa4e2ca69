//! Records to load, read from the archives in the shared data folder.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The shared data folder beside the project.
#[must_use]
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name)
}

/// Every file of an archive whose name ends with this, as (path, bytes), in the archive's order.
///
/// # Panics
/// When the archive is missing: a missing part is a failure.
#[must_use]
pub fn archive(name: &str, ending: &str) -> Vec<(String, Vec<u8>)> {
    let path = data(name);
    let file = std::fs::File::open(&path)
        .unwrap_or_else(|error| panic!("{} is missing: {error}", path.display()));
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut files = Vec::new();
    for entry in archive.entries().expect("the archive is a tar") {
        let mut entry = entry.expect("the archive is whole");
        let name = entry.path().expect("a path").to_string_lossy().into_owned();
        if name.ends_with(ending) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("the archive is whole");
            files.push((name, bytes));
        }
    }
    files
}

/// The Synthea transaction bundles, hospitals and practitioners first, then by name.
#[must_use]
pub fn synthea_bundles() -> Vec<(String, Value)> {
    let mut files = archive("synthea-r4.tgz", ".json");
    let is_shared = |name: &str| {
        name.contains("hospitalInformation") || name.contains("practitionerInformation")
    };
    files.sort_by_key(|(name, _)| (!is_shared(name), name.clone()));
    files
        .into_iter()
        .map(|(name, bytes)| {
            let value = serde_json::from_slice(&bytes).expect("Synthea writes JSON");
            (name, value)
        })
        .collect()
}
