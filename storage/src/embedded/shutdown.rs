//! The clean end of a store: what is in memory goes to files, so that the next start has no journal
//! to work off.
//!
//! The engine begins a new journal at 64 MB only, and reads all of the last one at a start, 20 ms a
//! megabyte, even where all of it is in files. So once each key space's memory is empty and the
//! engine has let go, its journal is emptied. An empty file must stay: without one the engine
//! forgets how far its sequence numbers went.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use fjall::{AbstractTree, PersistMode};

use super::engine::Engine;
use super::fault;
use crate::StoreError;

/// A journal below this length is read faster than files are written and opened.
const JOURNAL_SMALL: u64 = 1024 * 1024;
const POLL: Duration = Duration::from_millis(2);
/// How often to look for the end of something before going on without it.
const POLLS_MAX: usize = 5_000;

/// Lets an engine go that no one uses any more.
pub(super) fn finish(engine: Arc<Engine>) -> Result<(), StoreError> {
    let failed = |error: &fjall::Error| fault::writing(&engine.folder, error);
    engine.db.persist(PersistMode::SyncAll).map_err(|error| failed(&error))?;
    let data = engine.folder.join("data");
    let journals = journals(&data).map_err(|error| fault::system(&data, &error))?;
    let length = journals.iter().map(|(_, _, length)| length).sum::<u64>();
    if length < JOURNAL_SMALL || !flush(&engine)? {
        return Ok(());
    }
    // Readers that began before the end may be at it still.
    let is_last = wait(|| Arc::strong_count(&engine) == 1);
    let Some(engine) = is_last.then(|| Arc::into_inner(engine)).flatten() else { return Ok(()) };
    let _lock = engine.into_lock();
    empty(&data).map_err(|error| fault::system(&data, &error))
}

/// Writes the memory of all key spaces to files; `false` when that does not come to an end, which
/// the engine told in its log then.
fn flush(engine: &Engine) -> Result<bool, StoreError> {
    for space in engine.spaces() {
        space.rotate_memtable().map_err(|error| fault::writing(&engine.folder, &error))?;
    }
    Ok(wait(|| engine.spaces().iter().all(|space| space.sealed_memtable_count() == 0))
        && engine.spaces().iter().all(|space| space.tree.active_memtable().size() == 0))
}

fn wait(is_over: impl Fn() -> bool) -> bool {
    for _ in 0..POLLS_MAX {
        if is_over() {
            return true;
        }
        sleep(POLL);
    }
    false
}

/// Number, path and bytes on the disk of each journal.
fn journals(data: &Path) -> io::Result<Vec<(u64, PathBuf, u64)>> {
    let mut journals = Vec::new();
    for entry in fs::read_dir(data)? {
        let path = entry?.path();
        let number = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jnl"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            let length = fs::metadata(&path)?.blocks() * 512;
            journals.push((number, path, length));
        }
    }
    Ok(journals)
}

fn empty(data: &Path) -> io::Result<()> {
    let Some((_, last, _)) = journals(data)?.into_iter().max() else { return Ok(()) };
    let file = OpenOptions::new().write(true).open(last)?;
    file.set_len(0)?;
    file.sync_all()
}
