//! How the embedded store is set up.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::budget::SearchLimits;

/// Where the store lies and what it may use.
#[derive(Debug, Clone)]
pub struct EmbeddedSettings {
    /// The folder of all tenants; made when it is missing.
    pub data_dir: PathBuf,
    /// Memory for blocks of the files, per tenant, in bytes.
    pub cache_bytes: u64,
    /// Greatest length of the journals before they are worked off, per tenant, in bytes; at least
    /// 64 MiB. It bounds the time that a start takes after a crash.
    pub journal_bytes: u64,
    /// Greatest length of what is kept in memory of the index before it is written to files, in
    /// bytes; of each other key space half as much.
    pub memtable_bytes: u64,
    /// What one search may cost.
    pub search: SearchLimits,
    /// What time it is.
    pub clock: Clock,
}

impl EmbeddedSettings {
    /// The settings for a folder: 80 MiB of cache, 128 MiB of journal, the default limits of a
    /// search, the system's clock.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            cache_bytes: 80 * 1024 * 1024,
            journal_bytes: 128 * 1024 * 1024,
            memtable_bytes: 24 * 1024 * 1024,
            search: SearchLimits::default(),
            clock: Clock::system(),
        }
    }
}

/// Tells the time, in microseconds since 1970-01-01T00:00:00Z. It may stand still or go back: what
/// is written still has rising instants.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// A clock of one's own.
    #[must_use]
    pub fn new(now_us: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_us))
    }

    /// The clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(system_now_us)
    }

    pub(crate) fn now_us(&self) -> i64 {
        (self.0)()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the store reads the clock; a test gives its own `Clock`"
)]
fn system_now_us() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
