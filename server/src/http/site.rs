//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use fhir::definitions::{self, Schema};
use interactions::Door;
use tokio::runtime::Handle;

use super::cors::Cors;
use super::metrics::Metrics;

/// Says whether requests can be answered; if not, why not.
pub type Readiness = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// Limits of a request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Greatest length of a body, packed and unpacked, in bytes.
    pub body_bytes: usize,
    /// Greatest length of path and query, in bytes. Page links may be longer, up to 64 KiB.
    pub url_bytes: usize,
    /// Requests answered at a time; more are told to come again.
    pub requests: usize,
    /// How long one request may take once it has arrived.
    pub request_time: Duration,
}

/// What the server is called, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// What clients call this server, without a path.
    pub public_url: &'a str,
    /// The tenant that is also served at `/fhir`.
    pub default_tenant: &'a str,
    /// Origins of browser apps that may ask; `*` for any.
    pub origins: &'a [String],
}

/// The server as its requests see it.
pub struct Site {
    pub(crate) door: Arc<dyn Door>,
    pub(crate) default_tenant: String,
    /// Base at `/fhir`.
    pub(crate) short_base: Arc<str>,
    /// Base at `/{tenant}/fhir`.
    pub(crate) long_base: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) cors: Cors,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    pub(crate) schema: &'static Schema,
    /// Threads for what takes long, so that the connections of a worker need not wait for it.
    pub(crate) aside: Handle,
}

impl Site {
    /// The site of the default tenant's door. What takes long runs on the threads of `aside`.
    #[must_use]
    pub fn new(
        door: Arc<dyn Door>,
        names: &Names<'_>,
        limits: Limits,
        readiness: Readiness,
        aside: Handle,
    ) -> Self {
        let bases = Self::bases(names.public_url, names.default_tenant);
        let [short_base, long_base] = bases.map(Arc::from);
        Self {
            door,
            default_tenant: names.default_tenant.to_owned(),
            short_base,
            long_base,
            limits,
            cors: Cors::new(names.origins),
            metrics: Metrics::default(),
            readiness,
            schema: definitions::r4().schema(),
            aside,
        }
    }

    /// The FHIR bases of the default tenant: the short one, then the one with its name.
    #[must_use]
    pub fn bases(public_url: &str, default_tenant: &str) -> [String; 2] {
        let public_url = public_url.trim_end_matches('/');
        [format!("{public_url}/fhir"), format!("{public_url}/{default_tenant}/fhir")]
    }
}
