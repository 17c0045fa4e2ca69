//! The embedded backend passes the rules of every backend.

mod conformance;

use std::sync::atomic::{AtomicI64, Ordering};

use storage::{Clock, EmbeddedSettings, Storage, Store, Tenant};

struct Opened {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Opened {
    /// Nothing more is asked of a store that passed its rule.
    async fn checked(self) {}
}

/// With a clock that ticks whenever someone looks.
async fn open() -> Opened {
    let now_us = AtomicI64::new(START_US);
    opened(Clock::new(move || now_us.fetch_add(7_000, Ordering::Relaxed))).await
}

/// With a clock that stands still.
async fn open_timeless() -> Opened {
    opened(Clock::new(|| START_US)).await
}

const START_US: i64 = 1_764_072_000_000_000;

async fn opened(clock: Clock) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = EmbeddedSettings::new(folder.path());
    settings.cache_bytes = 8 * 1024 * 1024;
    settings.clock = clock;
    let storage = Storage::open(&settings).expect("a storage");
    let store = storage.store(&Tenant::parse("test").expect("a name")).await.expect("a store");
    Opened { store, _folder: folder }
}

all_rules!(open_timeless(), open());
