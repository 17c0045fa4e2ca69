//! What an import has done, so that an interrupted one can go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// The file is written no more often than this.
const PAUSE: Duration = Duration::from_millis(200);

/// How far each file is.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
    written: Option<Instant>,
    kept: Kept,
    /// Units that were done before one with a lower number, by file.
    ahead: BTreeMap<String, BTreeSet<u64>>,
}

/// The file's content.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Number of units of a file (lines, entries of an archive) that are done, without a gap.
    done: BTreeMap<String, u64>,
}

impl State {
    /// What an earlier run left, if that is wanted; a new one otherwise.
    pub(crate) fn open(path: PathBuf, is_resumed: bool) -> Result<Self, String> {
        let mut kept = Kept::default();
        if is_resumed && path.exists() {
            let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}.", path.display());
            let text = fs::read(&path).map_err(|error| wrong(&error))?;
            kept = serde_json::from_slice(&text).map_err(|error| wrong(&error))?;
        }
        Ok(Self { path, written: None, kept, ahead: BTreeMap::new() })
    }

    /// Number of a file's units that are done.
    pub(crate) fn done(&self, file: &Path) -> u64 {
        self.kept.done.get(&*file.to_string_lossy()).copied().unwrap_or(0)
    }

    /// A unit is done; the state is written now and then.
    pub(crate) fn finish(&mut self, file: &Path, number: u64) -> Result<(), String> {
        let file = file.to_string_lossy().into_owned();
        let ahead = self.ahead.entry(file.clone()).or_default();
        ahead.insert(number);
        let done = self.kept.done.entry(file).or_default();
        while ahead.remove(done) {
            *done += 1;
        }
        if self.written.is_none_or(|written| written.elapsed() >= PAUSE) {
            self.write()?;
        }
        Ok(())
    }

    /// Writes it in one step, so that an end at any moment leaves the old or the new one.
    pub(crate) fn write(&mut self) -> Result<(), String> {
        let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}.", self.path.display());
        let text = serde_json::to_vec_pretty(&self.kept).map_err(|error| wrong(&error))?;
        let beside = self.path.with_extension("new");
        fs::write(&beside, text)
            .and_then(|()| fs::rename(&beside, &self.path))
            .map_err(|error| wrong(&error))?;
        self.written = Some(Instant::now());
        Ok(())
    }

    /// All is done: nothing is left to go on with.
    pub(crate) fn remove(&self) {
        // A file that stays is harmless: it is overwritten by the next import.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use std::path::Path;

    #[test]
    fn a_run_goes_on_after_the_first_gap() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let mut state = State::open(path.clone(), false).unwrap();
        let file = Path::new("a.ndjson");
        for number in [0, 2, 1, 5] {
            state.finish(file, number).unwrap();
        }
        state.write().unwrap();
        let state = State::open(path.clone(), true).unwrap();
        assert_eq!(state.done(file), 3);
        assert_eq!(State::open(path, false).unwrap().done(file), 0);
    }
}
