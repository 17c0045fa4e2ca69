//! The store under test: `BRIGID_TEST_STORE=embedded` (the default) or `mongodb`. The same tests run
//! on both.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::Database;

/// Chooses the store.
pub(crate) const VARIABLE: &str = "BRIGID_TEST_STORE";

/// Tests that are about files in a folder and say nothing of a database: name and reason.
const OF_FILES: [(&str, &str); 6] = [
    (
        "a_second_process_on_the_same_folder_refuses_and_says_who_holds_it",
        "several processes may use one database",
    ),
    ("a_damaged_store_refuses_to_start_and_names_the_way_out", "it damages files of the store"),
    (
        "a_full_disk_is_507_reads_go_on_and_nothing_is_lost",
        "it fills the disk of the store; a database's is not this machine's",
    ),
    ("a_folder_that_cannot_be_made_is_named", "there is no folder to make"),
    ("a_folder_that_a_server_holds_is_loaded_through_it", "several processes may use one database"),
    ("a_check_needs_the_folder_for_itself", "several processes may use one database"),
];

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Files in a folder.
    Embedded,
    /// A MongoDB database.
    Mongodb,
}

/// Where a server keeps everything.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a folder.
    Folder(PathBuf),
    /// In databases with this prefix.
    Database {
        /// The connection string.
        uri: String,
        /// What their names begin with.
        prefix: String,
    },
}

/// The store that this run is about.
///
/// # Panics
/// When the variable names none.
#[must_use]
pub fn store_kind() -> StoreKind {
    static KIND: OnceLock<StoreKind> = OnceLock::new();
    *KIND.get_or_init(|| match std::env::var_os(VARIABLE) {
        None => StoreKind::Embedded,
        Some(name) if name == "embedded" => StoreKind::Embedded,
        Some(name) if name == "mongodb" => StoreKind::Mongodb,
        Some(name) => panic!("{VARIABLE} is {}: embedded or mongodb", name.display()),
    })
}

/// Is this a test about files alone, in a run that is about a database? It must stand in the list.
///
/// # Panics
/// When it does not.
#[must_use]
#[track_caller]
pub fn is_left_out(test: &str) -> bool {
    assert!(OF_FILES.iter().any(|(name, _)| *name == test), "{test} is not listed, with a reason");
    store_kind() == StoreKind::Mongodb
}

impl Place {
    /// The place that stands for a folder: the folder itself, or databases of its own in the tests'
    /// database, the same for the same folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        match store_kind() {
            StoreKind::Embedded => Place::Folder(folder.to_owned()),
            StoreKind::Mongodb => {
                Place::Database { uri: Database::shared().uri(), prefix: prefix(folder) }
            }
        }
    }

    /// What tells `brigid` of it.
    #[must_use]
    pub fn arguments(&self) -> [String; 2] {
        match self {
            Place::Folder(folder) => {
                ["--data-dir".to_owned(), folder.to_string_lossy().into_owned()]
            }
            Place::Database { uri, .. } => ["--mongodb-uri".to_owned(), uri.clone()],
        }
    }

    /// The variables that go with the arguments.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        match self {
            Place::Folder(_) => Vec::new(),
            Place::Database { prefix, .. } => {
                // The tests' database is slow, and many are at it at the same time.
                vec![
                    ("BRIGID_STORAGE__MONGODB_DATABASE_PREFIX", prefix.clone()),
                    ("BRIGID_STORAGE__MONGODB_REQUEST_MS", "60000".to_owned()),
                    ("BRIGID_LIMITS__SEARCH_SECONDS", "60".to_owned()),
                ]
            }
        }
    }
}

/// A prefix for each folder (FNV-1a): folders of tests have random names.
fn prefix(folder: &Path) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in folder.as_os_str().as_encoded_bytes() {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("t{hash:016x}_")
}

#[cfg(test)]
mod tests {
    use super::{OF_FILES, prefix};
    use std::path::Path;

    #[test]
    fn each_folder_has_a_prefix_of_its_own() {
        assert_eq!(prefix(Path::new("/a/b")), prefix(Path::new("/a/b")));
        assert_ne!(prefix(Path::new("/a/b")), prefix(Path::new("/a/c")));
    }

    #[test]
    fn what_is_left_out_has_a_reason() {
        assert!(OF_FILES.iter().all(|(test, reason)| !test.is_empty() && !reason.is_empty()));
    }
}
