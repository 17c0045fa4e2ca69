//! How the MongoDB store is set up.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Clock, SearchLimits};

/// Where the database is and what may be asked of it.
pub struct MongoSettings {
    /// Connection string.
    pub uri: String,
    /// Most connections.
    pub pool_max: u32,
    /// How long the choice of a server and a new connection may take.
    pub connect_timeout: Duration,
    /// How long one request to the database may take.
    pub request_timeout: Duration,
    /// A tenant's database is called so, and then as the tenant.
    pub database_prefix: String,
    /// Certificates that are trusted, PEM.
    pub tls_ca_file: Option<PathBuf>,
    /// This client's certificate and key, PEM.
    pub tls_certificate_file: Option<PathBuf>,
    /// Wins over that of the connection string.
    pub username: Option<String>,
    /// Wins over that of the connection string.
    pub password: Option<String>,
    /// What time it is.
    pub clock: Clock,
    /// What one search may cost.
    pub search: SearchLimits,
}
