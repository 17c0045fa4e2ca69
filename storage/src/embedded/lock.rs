//! The lock on a tenant's folder: who holds it, and how far it was written.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use fhir::primitive::DateTime;

use super::fault;
use crate::StoreError;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the folder for this process.
    pub(super) fn take(folder: &Path, now_us: i64) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let failed = |error: std::io::Error| fault::system(&path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let text =
            format!("process {} since {}\n", std::process::id(), DateTime::instant_text(now_us));
        file.set_len(0).map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn held(folder: &Path, file: &mut File) -> StoreError {
    let mut holder = String::new();
    // A holder that cannot be read is still one.
    let _unreadable = file.read_to_string(&mut holder);
    let holder = match holder.trim() {
        "" => "another process",
        holder => holder,
    };
    StoreError::Held(format!("the folder {} is held by {holder}", folder.display()))
}

/// How far the store was durable: what is missing below it at the next start was lost. The engine
/// takes damage in the middle of its journal for a torn end and cuts it off; without this nobody
/// would notice.
#[derive(Debug)]
pub(super) struct Watermark {
    file: File,
}

impl Watermark {
    /// Opens the file; gives the sequence number that was durable when it was last written.
    pub(super) fn open(folder: &Path) -> Result<(Self, u64), StoreError> {
        let path = folder.join("watermark");
        let failed = |error: std::io::Error| fault::system(&path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        if bytes.is_empty() {
            return Ok((Self { file }, 0));
        }
        let damaged =
            || StoreError::Corrupt(format!("{} is damaged; run `brigid check`", path.display()));
        let (sequence, hash) = bytes.split_at_checked(8).ok_or_else(damaged)?;
        if xxh3_64(sequence).to_be_bytes() != hash {
            return Err(damaged());
        }
        let sequence = sequence.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        Ok((Self { file }, sequence))
    }

    /// Notes what is durable now. It is not synced: what the system loses with the power is older,
    /// never newer, than the store.
    pub(super) fn raise(&self, sequence: u64) {
        let sequence = sequence.to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&sequence);
        bytes[8..].copy_from_slice(&xxh3_64(&sequence).to_be_bytes());
        if let Err(error) = self.file.write_all_at(&bytes, 0) {
            tracing::warn!(%error, "the watermark of the store could not be written");
        }
    }
}
