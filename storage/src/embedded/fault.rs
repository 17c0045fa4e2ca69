//! What the engine's and the system's failures mean to the store.

use std::io;
use std::path::Path;

use crate::StoreError;

/// A failed read of a key space, or of the folder.
pub(super) fn reading(place: &str, error: &fjall::Error) -> StoreError {
    if is_damage(error) {
        return StoreError::Corrupt(format!("{place}: {error}; run `brigid check`"));
    }
    StoreError::Fault(format!("{place}: {error}"))
}

/// Bytes in a key space that do not say what they should.
pub(super) fn damaged(key_space: &str, what: &str) -> StoreError {
    StoreError::Corrupt(format!("key space `{key_space}`: {what}; run `brigid check`"))
}

fn is_damage(error: &fjall::Error) -> bool {
    use fjall::{Error, LsmError};
    match error {
        Error::Storage(LsmError::Io(error)) | Error::Io(error) => {
            matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
        }
        Error::Poisoned | Error::Locked | Error::KeyspaceDeleted => false,
        _ => true,
    }
}

/// A failed write: the disk is full, or the store cannot be written for another reason. The engine
/// takes no more writes after it, and gives no reason then: a small file shows whether there is
/// room.
pub(super) fn writing(folder: &Path, error: &fjall::Error) -> StoreError {
    let is_full = match error {
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => {
            is_no_space(error)
        }
        _ => probe(folder).is_err_and(|error| is_no_space(&error)),
    };
    let text = format!("{}: {error}", folder.display());
    if is_full { StoreError::Full(text) } else { StoreError::ReadOnly(text) }
}

/// A failure of the system on a file or folder.
pub(super) fn system(path: &Path, error: &io::Error) -> StoreError {
    let text = format!("{}: {error}", path.display());
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly(text)
        }
        _ if is_no_space(error) => StoreError::Full(text),
        _ => StoreError::Fault(text),
    }
}

fn is_no_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join("probe");
    let written = std::fs::write(&path, [0_u8; 64 * 1024]);
    let removed = std::fs::remove_file(&path);
    written.and(removed)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::{system, writing};
    use crate::StoreError;

    #[test]
    fn a_full_disk_is_told_from_other_failures() {
        let path = Path::new("folder");
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(system(path, &full()), StoreError::Full(_)));
        assert!(matches!(writing(path, &fjall::Error::Io(full())), StoreError::Full(_)));
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(matches!(system(path, &denied), StoreError::ReadOnly(_)));
        let other = fjall::Error::Io(io::Error::from(io::ErrorKind::FileTooLarge));
        assert!(matches!(writing(path, &other), StoreError::ReadOnly(_)));
    }
}
