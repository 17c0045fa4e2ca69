//! Which files an import reads, and in which order.

use std::fs;
use std::path::{Path, PathBuf};

/// A file that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Its length as it lies there.
    pub(crate) bytes: u64,
    /// How its bytes are packed.
    pub(crate) packing: Packing,
    /// What is inside.
    pub(crate) content: Inside,
}

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// What a file holds when it is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    Document(Form),
    Tar,
    Zip,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    /// One JSON document a line.
    Lines,
    Xml,
}

/// What is found at these paths, in the order of names; a folder gives all that it holds at any
/// depth. With it the number of files that were left out because their names say nothing known.
pub(crate) fn find(paths: &[PathBuf]) -> Result<(Vec<Source>, u64), String> {
    let (mut found, mut left_out) = (Vec::new(), 0);
    for path in paths {
        let metadata =
            fs::metadata(path).map_err(|error| format!("{}: {error}.", path.display()))?;
        if metadata.is_dir() {
            walk(path, &mut found, &mut left_out)?;
            continue;
        }
        let known = kind(&name_of(path));
        // Who names a file means it, whatever it is called.
        let (packing, content) = known.unwrap_or((Packing::Plain, Inside::Document(Form::Json)));
        found.push(Source { path: path.clone(), bytes: metadata.len(), packing, content });
    }
    Ok((found, left_out))
}

fn walk(folder: &Path, found: &mut Vec<Source>, left_out: &mut u64) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: {error}.", folder.display());
    let mut entries: Vec<fs::DirEntry> =
        fs::read_dir(folder).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // Links are not followed: they may lead anywhere, and round in circles.
        let metadata = entry.metadata().map_err(wrong)?;
        let path = entry.path();
        if metadata.is_dir() {
            walk(&path, found, left_out)?;
        } else if let Some((packing, content)) =
            kind(&name_of(&path)).filter(|_| metadata.is_file())
        {
            found.push(Source { path, bytes: metadata.len(), packing, content });
        } else {
            *left_out += 1;
        }
    }
    Ok(())
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Packing and content by a file's name.
fn kind(name: &str) -> Option<(Packing, Inside)> {
    let name = name.to_ascii_lowercase();
    if name.starts_with('.') {
        return None;
    }
    if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
        return Some((Packing::Gzip, Inside::Tar));
    }
    if name.ends_with(".zip") {
        return Some((Packing::Plain, Inside::Zip));
    }
    let (packing, inner) = packing(&name);
    if inner.ends_with(".tar") {
        return Some((packing, Inside::Tar));
    }
    Some((packing, Inside::Document(form(inner)?)))
}

/// The packing that a name tells, and the name without it.
pub(crate) fn packing(name: &str) -> (Packing, &str) {
    if let Some(inner) = name.strip_suffix(".gz") {
        return (Packing::Gzip, inner);
    }
    match name.strip_suffix(".zst") {
        Some(inner) => (Packing::Zstd, inner),
        None => (Packing::Plain, name),
    }
}

/// What a document is by its name.
pub(crate) fn form(name: &str) -> Option<Form> {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".ndjson") || name.ends_with(".jsonl") {
        return Some(Form::Lines);
    }
    if name.ends_with(".json") {
        return Some(Form::Json);
    }
    name.ends_with(".xml").then_some(Form::Xml)
}

/// Does the file hold what others refer to? Such files are read before all others.
pub(crate) fn is_first(name: &str) -> bool {
    const FIRST: [&str; 3] = ["hospitalInformation", "practitionerInformation", "000000-"];
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    FIRST.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{Form, Inside, Packing, is_first, kind};

    #[test]
    fn a_file_is_what_its_name_says() {
        let json = Inside::Document(Form::Json);
        assert_eq!(kind("a.JSON"), Some((Packing::Plain, json)));
        assert_eq!(kind("a.json.gz"), Some((Packing::Gzip, json)));
        assert_eq!(kind("a.ndjson.zst"), Some((Packing::Zstd, Inside::Document(Form::Lines))));
        assert_eq!(kind("a.tgz"), Some((Packing::Gzip, Inside::Tar)));
        assert_eq!(kind("a.tar.zst"), Some((Packing::Zstd, Inside::Tar)));
        assert_eq!(kind("a.zip"), Some((Packing::Plain, Inside::Zip)));
        for name in ["a.txt", ".a.json", "a.gz", "README"] {
            assert_eq!(kind(name), None, "{name}");
        }
    }

    #[test]
    fn what_others_refer_to_comes_first() {
        assert!(is_first("x/hospitalInformation1.json"));
        assert!(is_first("000000-organizations.json"));
        assert!(!is_first("000001-diabetes-1.json"));
    }
}
