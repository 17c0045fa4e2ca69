//! What failed, one JSON object a line: file, line, entry and reason, and nothing of the resource
//! but what the reason says. Units are loaded several at once, so the order is that of failing.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde_json::{Map, Value};

/// The report; its file is made when there is something to say.
#[derive(Debug)]
pub(crate) struct Report {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

/// One failure.
#[derive(Debug)]
pub(crate) struct Failure<'a> {
    pub(crate) file: &'a str,
    pub(crate) line: Option<u64>,
    pub(crate) entry: Option<usize>,
    pub(crate) reason: &'a str,
}

impl Report {
    /// A report of an earlier import is continued when that import is, and removed otherwise.
    pub(crate) fn open(path: PathBuf, is_continued: bool) -> Result<Self, String> {
        let mut file = None;
        if path.exists() {
            if is_continued {
                let opened = File::options().append(true).open(&path);
                file =
                    Some(BufWriter::new(opened.map_err(|e| format!("{}: {e}.", path.display()))?));
            } else {
                std::fs::remove_file(&path).map_err(|e| format!("{}: {e}.", path.display()))?;
            }
        }
        Ok(Self { path, file })
    }

    /// Adds a failure.
    pub(crate) fn add(&mut self, failure: &Failure<'_>) -> Result<(), String> {
        let mut members = Map::new();
        members.insert("file".into(), Value::from(failure.file));
        if let Some(line) = failure.line {
            members.insert("line".into(), Value::from(line));
        }
        if let Some(entry) = failure.entry {
            members.insert("entry".into(), Value::from(entry));
        }
        members.insert("reason".into(), Value::from(failure.reason));
        let wrong = |error: std::io::Error| format!("{}: {error}.", self.path.display());
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BufWriter::new(File::create(&self.path).map_err(wrong)?)),
        };
        writeln!(file, "{}", Value::Object(members)).and_then(|()| file.flush()).map_err(wrong)
    }

    /// Where it lies, if there is one.
    pub(crate) fn path(&self) -> Option<&PathBuf> {
        self.file.as_ref().map(|_| &self.path)
    }
}
