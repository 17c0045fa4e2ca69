//! The configuration: every setting and limit, and where each value came from. Nothing else reads
//! the environment.

mod layers;
mod secrets;
mod store;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use layers::{Flag, Loaded, Origin, load};
pub use secrets::redacted;
pub use store::Storage;

/// All settings. `brigid.toml` has the same names; `BRIGID_LIMITS__BODY_BYTES` is
/// `limits.body_bytes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port for clients; port 0 lets the system choose.
    pub listen: String,
    /// Address and port for metrics; empty for none.
    pub admin_listen: String,
    /// What clients call this server, without a path: links in answers start with it. Empty: made
    /// from `listen`.
    pub public_url: String,
    /// Folder of the embedded store; made when it is missing. Not used with a database.
    pub data_dir: PathBuf,
    /// The tenant that is also served at `/fhir`.
    pub default_tenant: String,
    /// Browser apps.
    pub cors: Cors,
    /// Limits of requests and answers.
    pub limits: Limits,
    /// Searches.
    pub search: Search,
    /// The store: files in a folder, or a database.
    pub storage: Storage,
    /// What is checked across resources.
    pub integrity: Integrity,
    /// What is logged.
    pub log: Log,
}

/// Browser apps from other origins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins that may ask: `https://app.example.org`; `*` for any; empty for none.
    pub origins: Vec<String>,
}

/// Limits of requests and answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Greatest length of a body, packed and unpacked, in bytes.
    pub body_bytes: usize,
    /// Greatest length of an address, in bytes; page links may be longer.
    pub url_bytes: usize,
    /// Matches in a page when the client does not say.
    pub page_size_default: u32,
    /// Most matches in a page, whatever the client says.
    pub page_size_max: u32,
    /// Most resources that `_include` and `_revinclude` add to a page.
    pub included_resources: usize,
    /// How often `:iterate` goes on from what was included.
    pub include_depth: usize,
    /// Most entries of a batch or transaction.
    pub bundle_entries: usize,
    /// Most bytes of what the entries of a batch or transaction read.
    pub bundle_answer_bytes: usize,
    /// Requests answered at a time; more get a 503 and come again.
    pub requests: usize,
    /// How long one request may take once it has arrived, in seconds.
    pub request_seconds: u64,
    /// Most index keys that one search may read; the index of one resource counts as eight.
    pub search_keys: u64,
    /// How long one search of the store may take, in seconds.
    pub search_seconds: u64,
}

/// Searches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// A search that takes the store this many milliseconds is logged with its plan.
    pub slow_ms: u64,
}

/// What is checked across resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Integrity {
    /// Local references to what does not exist.
    pub references: References,
}

/// Local references to what does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum References {
    /// Are stored as they are.
    Ignore,
    /// Are refused on write, and so is the deletion of what is referred to.
    Check,
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// The least serious that is logged.
    pub level: LogLevel,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

/// The least serious that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Failures of the server.
    Error,
    /// What an operator should look at.
    Warn,
    /// One line per request.
    Info,
    /// For those who work on the server.
    Debug,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            admin_listen: "127.0.0.1:9464".to_owned(),
            public_url: String::new(),
            data_dir: PathBuf::from("brigid-data"),
            default_tenant: "default".to_owned(),
            cors: Cors::default(),
            limits: Limits::default(),
            search: Search::default(),
            storage: Storage::default(),
            integrity: Integrity::default(),
            log: Log::default(),
        }
    }
}

impl Default for Cors {
    fn default() -> Self {
        Self { origins: vec!["*".to_owned()] }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 128 * 1024 * 1024,
            url_bytes: 8 * 1024,
            page_size_default: 50,
            page_size_max: 1000,
            included_resources: 2000,
            include_depth: 10,
            bundle_entries: 20_000,
            bundle_answer_bytes: 256 * 1024 * 1024,
            requests: 2_048,
            request_seconds: 120,
            search_keys: 20_000_000,
            search_seconds: 30,
        }
    }
}

impl Default for Search {
    fn default() -> Self {
        Self { slow_ms: 500 }
    }
}

impl Default for Integrity {
    fn default() -> Self {
        Self { references: References::Ignore }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: LogLevel::Info }
    }
}

impl Config {
    /// What no type says: which values make sense, alone and together. The key and what is wrong.
    fn wrong(&self) -> Option<(&'static str, String)> {
        let limits = &self.limits;
        let positive = [
            ("limits.body_bytes", limits.body_bytes as u64),
            ("limits.url_bytes", limits.url_bytes as u64),
            ("limits.page_size_default", u64::from(limits.page_size_default)),
            ("limits.page_size_max", u64::from(limits.page_size_max)),
            ("limits.bundle_entries", limits.bundle_entries as u64),
            ("limits.bundle_answer_bytes", limits.bundle_answer_bytes as u64),
            ("limits.requests", limits.requests as u64),
            ("limits.request_seconds", limits.request_seconds),
            ("limits.search_keys", limits.search_keys),
            ("limits.search_seconds", limits.search_seconds),
        ];
        if let Some((key, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Some((key, "it is at least 1".to_owned()));
        }
        if limits.page_size_default > limits.page_size_max {
            return Some(("limits.page_size_default", "it is at most page_size_max".to_owned()));
        }
        let is_url = |url: &str| {
            let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
            // It stands in headers and in the page for people.
            let fits = |byte: u8| byte.is_ascii_graphic() && !b"?#<>\"'\\".contains(&byte);
            rest.is_some_and(|host| {
                !host.trim_end_matches('/').is_empty() && host.bytes().all(fits)
            })
        };
        if !self.public_url.is_empty() && !is_url(&self.public_url) {
            let text = "it is an address without query: https://fhir.example.org";
            return Some(("public_url", text.to_owned()));
        }
        if let Some(wrong) = wrong_tenant(&self.default_tenant) {
            return Some(("default_tenant", wrong.to_owned()));
        }
        self.storage.wrong(&self.default_tenant)
    }
}

/// What is wrong with the name of a tenant: it is the first segment of addresses, and none of those
/// that the server has itself.
fn wrong_tenant(name: &str) -> Option<&'static str> {
    const RESERVED: [&str; 6] = ["admin", "fhir", "livez", "metrics", "readyz", "system"];
    let is_name = (1..=63).contains(&name.len())
        && !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_name {
        return Some("it is 1 to 63 of a-z, 0-9 and -, the first no hyphen");
    }
    RESERVED.contains(&name).then_some("the server keeps this name for itself")
}

#[cfg(test)]
#[path = "config/tests.rs"]
mod tests;
