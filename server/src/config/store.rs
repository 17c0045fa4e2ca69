//! The store: files in a folder of this machine, or a MongoDB database.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Greatest length of a database's name, in bytes: MongoDB's own limit.
const DATABASE_NAME_MAX: usize = 63;

/// Least length of the journals, in bytes.
const JOURNAL_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// The store. With `mongodb_uri` or `mongodb_uri_file` it is a MongoDB database, otherwise files.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// Memory for blocks of the files, per tenant, in bytes.
    pub cache_bytes: u64,
    /// Greatest length of the journals, per tenant, in bytes; at least 64 MiB.
    pub journal_bytes: u64,
    /// Greatest length of what is kept in memory of the index before it is written to files, in
    /// bytes; of each other key space half as much.
    pub memtable_bytes: u64,
    /// Connection string of a MongoDB replica set; empty: files.
    pub mongodb_uri: String,
    /// A file that holds the connection string; empty for none.
    pub mongodb_uri_file: PathBuf,
    /// Name of the account, instead of in the connection string; empty for none.
    pub mongodb_username: String,
    /// A file that holds the name of the account; empty for none.
    pub mongodb_username_file: PathBuf,
    /// Password of the account, instead of in the connection string; empty for none.
    pub mongodb_password: String,
    /// A file that holds the password; empty for none.
    pub mongodb_password_file: PathBuf,
    /// A tenant's database is called so, and then as the tenant.
    pub mongodb_database_prefix: String,
    /// Most connections to each member of the database for what is written; reads may have as many
    /// again.
    pub mongodb_pool_max: u32,
    /// How long the database may take to be found and to take a connection, in milliseconds.
    pub mongodb_connect_ms: u64,
    /// How long one command may take, in milliseconds; a search has `limits.search_seconds`.
    pub mongodb_request_ms: u64,
    /// Certificates of the authorities that are trusted, PEM; empty: those of the system.
    pub mongodb_tls_ca_file: PathBuf,
    /// Certificate and key that the server shows to the database (X.509), PEM; empty for none.
    pub mongodb_tls_certificate_file: PathBuf,
}

impl Default for Storage {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            cache_bytes: 80 * MIB,
            journal_bytes: 128 * MIB,
            memtable_bytes: 24 * MIB,
            mongodb_uri: String::new(),
            mongodb_uri_file: PathBuf::new(),
            mongodb_username: String::new(),
            mongodb_username_file: PathBuf::new(),
            mongodb_password: String::new(),
            mongodb_password_file: PathBuf::new(),
            mongodb_database_prefix: "brigid_".to_owned(),
            mongodb_pool_max: 64,
            mongodb_connect_ms: 5_000,
            mongodb_request_ms: 30_000,
            mongodb_tls_ca_file: PathBuf::new(),
            mongodb_tls_certificate_file: PathBuf::new(),
        }
    }
}

/// Secrets are left out: this goes to logs.
impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Storage")
            .field("is_database", &self.is_database())
            .field("mongodb_database_prefix", &self.mongodb_database_prefix)
            .finish_non_exhaustive()
    }
}

impl Storage {
    /// Is it a database, and not a folder?
    #[must_use]
    pub fn is_database(&self) -> bool {
        !self.mongodb_uri.is_empty() || !self.mongodb_uri_file.as_os_str().is_empty()
    }

    /// What no type says: the key and what is wrong.
    pub(super) fn wrong(&self, tenant: &str) -> Option<(&'static str, String)> {
        let positive = [
            ("storage.memtable_bytes", self.memtable_bytes),
            ("storage.mongodb_pool_max", u64::from(self.mongodb_pool_max)),
            ("storage.mongodb_connect_ms", self.mongodb_connect_ms),
            ("storage.mongodb_request_ms", self.mongodb_request_ms),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Some((key, "it is at least 1".to_owned()));
        }
        if self.journal_bytes < JOURNAL_BYTES_MIN {
            return Some(("storage.journal_bytes", format!("it is at least {JOURNAL_BYTES_MIN}")));
        }
        self.twice().or_else(|| self.wrong_prefix(tenant))
    }

    /// A value that is given itself and as a file.
    fn twice(&self) -> Option<(&'static str, String)> {
        let pairs = [
            ("storage.mongodb_uri_file", &self.mongodb_uri, &self.mongodb_uri_file),
            ("storage.mongodb_username_file", &self.mongodb_username, &self.mongodb_username_file),
            ("storage.mongodb_password_file", &self.mongodb_password, &self.mongodb_password_file),
        ];
        let is_twice =
            |text: &str, file: &PathBuf| !text.is_empty() && !file.as_os_str().is_empty();
        let (key, ..) = pairs.iter().find(|(_, text, file)| is_twice(text, file))?;
        let other = key.trim_end_matches("_file");
        Some((key, format!("{other} is given too, and only one of the two can hold")))
    }

    fn wrong_prefix(&self, tenant: &str) -> Option<(&'static str, String)> {
        const KEY: &str = "storage.mongodb_database_prefix";
        let prefix = &self.mongodb_database_prefix;
        let is_fit = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        if prefix.is_empty() || !prefix.bytes().all(is_fit) {
            return Some((KEY, "it is one or more of a-z, 0-9, _ and -".to_owned()));
        }
        if prefix.len() + tenant.len() > DATABASE_NAME_MAX {
            let text = format!(
                "with the tenant's name {tenant} it is longer than the {DATABASE_NAME_MAX} bytes \
                 that a database's name may have"
            );
            return Some((KEY, text));
        }
        None
    }
}
