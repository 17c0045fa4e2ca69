//! Puts the floors together: store, door, operations.

use std::sync::Arc;
use std::time::Duration;

use interactions::{Door, Performer};
use storage::{EmbeddedSettings, SearchLimits, Status, Store, StoreError, Tenant};

use crate::config::{Config, References};
use crate::http::{HttpWire, Limits, Site};

/// An open tenant.
pub(crate) struct Opened {
    /// Where everything is asked.
    pub(crate) door: Arc<dyn Door>,
    /// The same, for what runs its jobs.
    pub(crate) performer: Arc<Performer>,
    /// To close at the end, and to look after.
    pub(crate) store: Store,
}

/// Opens a tenant's store and puts the door before it. `public_url` is what clients call this
/// server.
///
/// # Errors
/// A sentence for people: who holds the store, what is damaged.
pub(crate) fn open(config: &Config, tenant: &str, public_url: &str) -> Result<Opened, String> {
    let store = store(config, tenant)?;
    let [short, long] = Site::bases(public_url, tenant);
    let bases = if tenant == config.default_tenant { vec![short, long] } else { vec![long] };
    let settings = interactions::Settings {
        bases,
        page_size_default: config.limits.page_size_default,
        page_size_max: config.limits.page_size_max,
        include_max: config.limits.included_resources,
        include_depth_max: config.limits.include_depth,
        slow_search: Duration::from_millis(config.search.slow_ms),
        bundle_entries_max: config.limits.bundle_entries,
        bundle_answer_bytes_max: config.limits.bundle_answer_bytes,
        are_references_checked: config.integrity.references == References::Check,
    };
    let wire = Arc::new(HttpWire::new());
    let performer = Arc::new(Performer::new(store.clone(), settings, operations::all(), wire));
    Ok(Opened { door: performer.clone(), performer, store })
}

/// Opens a tenant's store.
///
/// # Errors
/// As [`open`].
pub(crate) fn store(config: &Config, tenant: &str) -> Result<Store, String> {
    let settings = EmbeddedSettings {
        cache_bytes: config.storage.cache_bytes,
        journal_bytes: config.storage.journal_bytes,
        memtable_bytes: config.storage.memtable_bytes,
        search: SearchLimits {
            keys_max: config.limits.search_keys,
            time_max: Duration::from_secs(config.limits.search_seconds),
            ..SearchLimits::default()
        },
        ..EmbeddedSettings::new(&config.data_dir)
    };
    let opened =
        Tenant::parse(tenant).and_then(|tenant| storage::Storage::open(&settings)?.store(&tenant));
    opened.map_err(|error| explain(config, &error))
}

fn explain(config: &Config, error: &StoreError) -> String {
    let folder = config.data_dir.display();
    match error {
        StoreError::Held(_) => format!(
            "{folder}: {error}. If that is a server, load through it: brigid import --server URL."
        ),
        StoreError::Full(_) => format!("{folder}: {error}."),
        StoreError::Corrupt(_) | StoreError::Fault(_) => format!(
            "{folder}: {error}. Nothing was changed; `brigid check --data-dir {folder}` says what \
             is wrong."
        ),
        _ => format!("{folder} cannot be opened: {error}."),
    }
}

/// The limits of requests.
pub(crate) fn limits(config: &Config) -> Limits {
    let limits = &config.limits;
    Limits {
        body_bytes: limits.body_bytes,
        url_bytes: limits.url_bytes,
        requests: limits.requests,
        request_time: Duration::from_secs(limits.request_seconds),
    }
}

/// Can the store answer and be written?
pub(crate) fn readiness(store: &Store) -> Result<(), String> {
    match store.status() {
        Status::Writable => Ok(()),
        // The reason is the system's own words: they go to the log, not to whoever asks.
        Status::ReadOnly(reason) | Status::Full(reason) => {
            tracing::warn!(reason, "the store cannot be written");
            Err("the store cannot be written; reading works".to_owned())
        }
    }
}
