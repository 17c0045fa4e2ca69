//! Puts the floors together: store, door, operations.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use interactions::{Door, Performer};
use storage::{
    Clock, EmbeddedSettings, MongoSettings, SearchLimits, Status, Storage, Store, StoreError,
    Tenant,
};

use crate::config::{self, Config, References};
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
/// A sentence for people: who holds the store, what is damaged, which database is not there.
pub(crate) async fn open(
    config: &Config,
    tenant: &str,
    public_url: &str,
) -> Result<Opened, String> {
    let store = store(config, tenant).await?;
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
pub(crate) async fn store(config: &Config, tenant: &str) -> Result<Store, String> {
    let opened = match database(config)? {
        Some(settings) => connected(&settings, tenant).await,
        None => in_folder(config, tenant).await,
    };
    opened.map_err(|error| explain(config, &error))
}

async fn in_folder(config: &Config, tenant: &str) -> Result<Store, StoreError> {
    let settings = EmbeddedSettings {
        cache_bytes: config.storage.cache_bytes,
        journal_bytes: config.storage.journal_bytes,
        memtable_bytes: config.storage.memtable_bytes,
        search: search_limits(config),
        ..EmbeddedSettings::new(&config.data_dir)
    };
    let tenant = Tenant::parse(tenant)?;
    Storage::open(&settings)?.store(&tenant).await
}

async fn connected(settings: &MongoSettings, tenant: &str) -> Result<Store, StoreError> {
    let tenant = Tenant::parse(tenant)?;
    Storage::connect(settings).await?.store(&tenant).await
}

fn search_limits(config: &Config) -> SearchLimits {
    SearchLimits {
        keys_max: config.limits.search_keys,
        time_max: Duration::from_secs(config.limits.search_seconds),
        ..SearchLimits::default()
    }
}

/// The database, if that is where everything is kept.
fn database(config: &Config) -> Result<Option<MongoSettings>, String> {
    let given = &config.storage;
    let Some(uri) = secret("storage.mongodb_uri", &given.mongodb_uri, &given.mongodb_uri_file)?
    else {
        return Ok(None);
    };
    let named = |path: &PathBuf| Some(path.clone()).filter(|path| !path.as_os_str().is_empty());
    Ok(Some(MongoSettings {
        uri,
        pool_max: given.mongodb_pool_max,
        connect_timeout: Duration::from_millis(given.mongodb_connect_ms),
        request_timeout: Duration::from_millis(given.mongodb_request_ms),
        database_prefix: given.mongodb_database_prefix.clone(),
        tls_ca_file: named(&given.mongodb_tls_ca_file),
        tls_certificate_file: named(&given.mongodb_tls_certificate_file),
        username: secret(
            "storage.mongodb_username",
            &given.mongodb_username,
            &given.mongodb_username_file,
        )?,
        password: secret(
            "storage.mongodb_password",
            &given.mongodb_password,
            &given.mongodb_password_file,
        )?,
        clock: Clock::system(),
        watch: None,
        search: search_limits(config),
    }))
}

/// A value that is given itself or as a file, whose last line break does not count.
fn secret(key: &str, text: &str, file: &Path) -> Result<Option<String>, String> {
    if file.as_os_str().is_empty() {
        return Ok(Some(text.to_owned()).filter(|text| !text.is_empty()));
    }
    let name = file.display();
    let read = fs::read_to_string(file)
        .map_err(|error| format!("{key}_file: {name} cannot be read: {error}."))?;
    let text = read.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(format!("{key}_file: {name} is empty."));
    }
    Ok(Some(text.to_owned()))
}

/// Where everything is kept, for people: a folder, or hosts without an account.
pub(crate) fn place(config: &Config) -> String {
    let given = &config.storage;
    match secret("storage.mongodb_uri", &given.mongodb_uri, &given.mongodb_uri_file) {
        Ok(None) => config.data_dir.display().to_string(),
        Ok(Some(uri)) => config::redacted(&uri),
        Err(_) => given.mongodb_uri_file.display().to_string(),
    }
}

fn explain(config: &Config, error: &StoreError) -> String {
    let place = place(config);
    match error {
        // It says where itself.
        StoreError::Setup(_) => return error.to_string(),
        _ if config.storage.is_database() => return format!("{place}: {error}."),
        _ => (),
    }
    match error {
        StoreError::Held(_) => format!(
            "{place}: {error}. If that is a server, load through it: brigid import --server URL."
        ),
        StoreError::Full(_) => format!("{place}: {error}."),
        StoreError::Corrupt(_) | StoreError::Fault(_) => format!(
            "{place}: {error}. Nothing was changed; `brigid check --data-dir {place}` says what \
             is wrong."
        ),
        _ => format!("{place} cannot be opened: {error}."),
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
        Status::Away(reason) => {
            tracing::warn!(reason, "the database does not answer");
            Err("the database does not answer".to_owned())
        }
        // The reason is the system's own words: they go to the log, not to whoever asks.
        Status::ReadOnly(reason) | Status::Full(reason) => {
            tracing::warn!(reason, "the store cannot be written");
            Err("the store cannot be written; reading works".to_owned())
        }
    }
}
