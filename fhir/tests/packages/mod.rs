//! FHIR packages that lie beside the workspace.

use std::io::Read;
use std::path::Path;

/// All files of a package: (path in it, content).
pub(crate) fn files(package: &str) -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(package);
    let file = std::fs::File::open(&path).expect("the data lie beside the workspace");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut files = Vec::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("a whole archive");
        let name = entry.path().expect("a path").to_string_lossy().to_string();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("a whole archive");
        files.push((name, bytes));
    }
    files
}
