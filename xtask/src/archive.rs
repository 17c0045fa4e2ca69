//! Files of definitions from a package (`.tgz`), a jar or zip, a folder, or as they are. Nothing
//! is written, so a path cannot lead out of anything; what is capped is what can be exhausted.

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek};
use std::path::{Component, Path};

use flate2::read::GzDecoder;

/// A file: its path in the source and its content.
pub(crate) type Entry = (String, Vec<u8>);

/// Greatest number of files in one source.
const FILES_MAX: usize = 50_000;
/// Greatest size of one source, unpacked, in bytes.
const BYTES_MAX: u64 = 1 << 30;
/// Greatest ratio of unpacked to packed size.
const RATIO_MAX: u64 = 100;

/// All definition files of a source; the error names it.
pub(crate) fn read(source: &str) -> Result<Vec<Entry>, String> {
    let path = Path::new(source);
    let mut budget = Budget { files: FILES_MAX, bytes: BYTES_MAX };
    let mut entries = Vec::new();
    let read = if path.is_dir() {
        folder(path, path, &mut budget, &mut entries)
    } else {
        file(path, &mut budget, &mut entries)
    };
    read.map_err(|message| format!("{source}: {message}"))?;
    entries.sort();
    Ok(entries)
}

struct Budget {
    files: usize,
    bytes: u64,
}

impl Budget {
    fn take(&mut self, name: &str, mut content: impl Read) -> Result<Entry, String> {
        self.files =
            self.files.checked_sub(1).ok_or_else(|| format!("more than {FILES_MAX} files"))?;
        let mut bytes = Vec::new();
        let read = content
            .by_ref()
            .take(self.bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{name}: {error}"))?;
        self.bytes = self.bytes.checked_sub(read as u64).ok_or_else(|| {
            "unpacked it is too large, or too large for its packed size".to_owned()
        })?;
        Ok((name.to_owned(), bytes))
    }

    fn limit_ratio(&mut self, packed: u64) {
        self.bytes = self.bytes.min(packed.saturating_mul(RATIO_MAX));
    }
}

fn file(path: &Path, budget: &mut Budget, entries: &mut Vec<Entry>) -> Result<(), String> {
    let open = File::open(path).map_err(|error| error.to_string())?;
    let packed = open.metadata().map_err(|error| error.to_string())?.len();
    let content = BufReader::new(open);
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_string();
    match path.extension().and_then(|end| end.to_str()) {
        Some("tgz" | "gz") => {
            budget.limit_ratio(packed);
            tar_entries(content, budget, entries)
        }
        Some("jar" | "zip") => {
            budget.limit_ratio(packed);
            zip_entries(content, budget, entries)
        }
        _ => {
            entries.push(budget.take(&name, content)?);
            Ok(())
        }
    }
}

fn tar_entries(
    content: impl Read,
    budget: &mut Budget,
    entries: &mut Vec<Entry>,
) -> Result<(), String> {
    let mut archive = tar::Archive::new(GzDecoder::new(content));
    for entry in archive.entries().map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let path = entry.path().map_err(|error| error.to_string())?;
        let name = plain(&path)?;
        if !entry.header().entry_type().is_file() {
            return Err(format!("{name} is a link or a device; a package has files only"));
        }
        if is_wanted(&name) {
            entries.push(budget.take(&name, entry)?);
        }
    }
    Ok(())
}

fn zip_entries(
    content: impl Read + Seek,
    budget: &mut Budget,
    entries: &mut Vec<Entry>,
) -> Result<(), String> {
    let mut archive = zip::ZipArchive::new(content).map_err(|error| error.to_string())?;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| error.to_string())?;
        let name = plain(Path::new(entry.name()))?;
        if entry.is_symlink() {
            return Err(format!("{name} is a link; an archive of definitions has files only"));
        }
        if entry.is_file() && is_wanted(&name) {
            entries.push(budget.take(&name, entry)?);
        }
    }
    Ok(())
}

fn folder(
    root: &Path,
    at: &Path,
    budget: &mut Budget,
    entries: &mut Vec<Entry>,
) -> Result<(), String> {
    for child in fs::read_dir(at).map_err(|error| error.to_string())? {
        let child = child.map_err(|error| error.to_string())?;
        let kind = child.file_type().map_err(|error| error.to_string())?;
        let path = child.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().to_string();
        if kind.is_dir() {
            folder(root, &path, budget, entries)?;
        } else if kind.is_file() && is_wanted(&name) {
            let content = File::open(&path).map_err(|error| format!("{name}: {error}"))?;
            entries.push(budget.take(&name, content)?);
        }
    }
    Ok(())
}

/// The path as text, if it stays inside of its archive.
fn plain(path: &Path) -> Result<String, String> {
    let name = path.to_string_lossy().to_string();
    let stays =
        path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if stays { Ok(name) } else { Err(format!("the path {name} leads out of the archive")) }
}

fn is_wanted(name: &str) -> bool {
    [".json", ".xml", "pom.properties"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{Budget, Entry, tar_entries, zip_entries};

    #[track_caller]
    fn check(read: Result<(), String>, expected: &str) {
        let message = read.expect_err("this archive is refused");
        assert!(message.contains(expected), "{message}");
    }

    fn budget() -> Budget {
        Budget { files: 2, bytes: 100 }
    }

    fn zip_of(files: &[(&str, &[u8])]) -> Cursor<Vec<u8>> {
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap()
    }

    fn read_zip(files: &[(&str, &[u8])]) -> Result<(), String> {
        zip_entries(zip_of(files), &mut budget(), &mut Vec::<Entry>::new())
    }

    fn tgz_of(kind: tar::EntryType) -> impl Read {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        archive.append_link(&mut header, "package/a.json", "/etc/hosts").unwrap();
        Cursor::new(archive.into_inner().unwrap().finish().unwrap())
    }

    #[test]
    fn a_path_that_leads_out_of_the_archive_is_refused() {
        check(read_zip(&[("../a.json", b"{}")]), "leads out");
        check(read_zip(&[("/a.json", b"{}")]), "leads out");
        check(read_zip(&[("a/../../b.json", b"{}")]), "leads out");
    }

    #[test]
    fn links_are_refused() {
        for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
            let read = tar_entries(tgz_of(kind), &mut budget(), &mut Vec::new());
            check(read, "is a link");
        }
    }

    #[test]
    fn number_and_size_of_files_are_capped() {
        check(read_zip(&[("a.json", b""), ("b.json", b""), ("c.json", b"")]), "more than");
        check(read_zip(&[("a.json", &[b' '; 101])]), "too large");
        check(read_zip(&[("a.json", &[b' '; 60]), ("b.json", &[b' '; 41])]), "too large");
        assert!(read_zip(&[("a.json", &[b' '; 60]), ("b.json", &[b' '; 40])]).is_ok());
    }

    #[test]
    fn what_unpacks_to_more_than_a_hundred_times_is_refused() {
        let mut small = Budget { files: 2, bytes: 1 << 30 };
        small.limit_ratio(3);
        assert_eq!(small.bytes, 300);
    }

    #[test]
    fn only_files_that_may_be_definitions_are_read() {
        let mut entries = Vec::new();
        let archive = zip_of(&[("a.json", b"{}"), ("b.class", b"x"), ("c.xml", b"<a/>")]);
        zip_entries(archive, &mut budget(), &mut entries).unwrap();
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.json", "c.xml"]);
    }
}
