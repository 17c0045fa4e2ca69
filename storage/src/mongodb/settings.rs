//! How the MongoDB backend is set up.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mongodb::bson::Document;

use crate::{Clock, SearchLimits};

/// Where the database is and what may be asked of it.
#[derive(Clone)]
pub struct MongoSettings {
    /// The connection string: `mongodb://…` or `mongodb+srv://…`. It may hold credentials.
    pub uri: String,
    /// Greatest number of connections to each server of the replica set for what is written; for
    /// reads of threads with runtimes of their own there may be as many again, at least 8 for each.
    pub pool_max: u32,
    /// Greatest time until a server of the set is found, and until a connection stands.
    pub connect_timeout: Duration,
    /// Greatest time that the database may take for one request, but for searches: those have
    /// [`SearchLimits::time_max`]. It is also how long a write is tried again.
    pub request_timeout: Duration,
    /// The database of a tenant is this and the tenant's name.
    pub database_prefix: String,
    /// Certificates of the authorities that the server's certificate is checked with, in PEM;
    /// without it, those that the program was built with.
    pub tls_ca_file: Option<PathBuf>,
    /// The client's certificate and private key in PEM, for TLS and X.509 authentication.
    pub tls_certificate_file: Option<PathBuf>,
    /// Whom to log in as, over what the connection string says.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<String>,
    /// What one search may cost.
    pub search: SearchLimits,
    /// What time it is.
    pub clock: Clock,
    /// Who is told of every command that is sent.
    pub watch: Option<CommandWatch>,
}

/// Told of every command that is sent to the database, before it is sent: for those who count round
/// trips or ask how a command is carried out. Commands hold what is stored; credentials they do not.
#[derive(Clone)]
pub struct CommandWatch(Arc<dyn Fn(&Document) + Send + Sync>);

impl CommandWatch {
    /// Calls `told` with each command.
    #[must_use]
    pub fn new(told: impl Fn(&Document) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(super) fn tell(&self, command: &Document) {
        (self.0)(command);
    }
}

impl MongoSettings {
    /// The settings for a connection string: 64 connections, 5 seconds to connect, 10 for a
    /// request, databases named `brigid_…`, the default limits of a search, the system's clock.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            pool_max: 64,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            database_prefix: "brigid_".to_owned(),
            tls_ca_file: None,
            tls_certificate_file: None,
            username: None,
            password: None,
            search: SearchLimits::default(),
            clock: Clock::system(),
            watch: None,
        }
    }
}

impl fmt::Debug for MongoSettings {
    /// Without the connection string, the user and the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoSettings")
            .field("pool_max", &self.pool_max)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("database_prefix", &self.database_prefix)
            .finish_non_exhaustive()
    }
}
