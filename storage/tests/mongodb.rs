//! The MongoDB backend passes the rules of every backend, on a database of the tests' own.

mod conformance;

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use brigid_tests::Database;
use storage::{Clock, MongoSettings, Storage, Store, Tenant};

struct Opened {
    store: Store,
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

/// The store of a tenant whose database no other test has.
async fn opened(clock: Clock) -> Opened {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let mut settings = MongoSettings::new(Database::shared().uri());
    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    settings.database_prefix = format!("store{}_{number}_", std::process::id());
    settings.clock = clock;
    // The tests' database is slow, and all tests are at it at the same time.
    settings.connect_timeout = Duration::from_secs(30);
    settings.request_timeout = Duration::from_secs(120);
    settings.search.time_max = Duration::from_secs(120);
    let storage = Storage::connect(&settings).await.expect("a storage");
    let store = storage.store(&Tenant::parse("test").expect("a name")).await.expect("a store");
    Opened { store }
}

all_rules!(open_timeless(), open());
