//! The connection to a replica set, and what is asked of it before it is used.

use std::path::Path;
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::{
    Acknowledgment, AuthMechanism, ClientOptions, Compressor, ReadConcern, SelectionCriteria, Tls,
    TlsOptions, WriteConcern,
};
use mongodb::{Client, Database};

use super::clients::Clients;
use super::fault;
use super::settings::MongoSettings;
use crate::StoreError;

/// The least version of the server: the first one with all that is asked of it.
const VERSION_MIN: (u32, u32) = (4, 4);

/// Clients of a replica set that may be used.
pub(super) async fn connect(settings: &MongoSettings) -> Result<Clients, StoreError> {
    let options = options(settings).await?;
    let hosts: Vec<String> = options.hosts.iter().map(ToString::to_string).collect();
    let hosts = hosts.join(", ");
    let clients = Clients::new(options)
        .map_err(|_| setup(format!("the connection to MongoDB at {hosts} cannot be set up")))?;
    // Twice the time that a connection may take, for the first server named may be down.
    let checked = tokio::time::timeout(settings.connect_timeout * 2, check(clients.main())).await;
    match checked {
        Ok(Ok(())) => Ok(clients),
        Ok(Err(Refused::Setup(reason))) => Err(setup(format!("MongoDB at {hosts} {reason}"))),
        Ok(Err(Refused::Driver(error))) => Err(refused(&hosts, &error)),
        Err(_) => Err(unreachable(&hosts)),
    }
}

fn setup(reason: String) -> StoreError {
    StoreError::Setup(format!("{reason}."))
}

fn unreachable(hosts: &str) -> StoreError {
    setup(format!("MongoDB at {hosts} cannot be reached: is it running, and is the address right"))
}

/// The driver's texts can hold parts of the connection string: none of them is passed on.
fn refused(hosts: &str, error: &Error) -> StoreError {
    const UNAUTHORIZED: [i32; 2] = [13, 18];
    let is_refused = fault::code(error).is_some_and(|code| UNAUTHORIZED.contains(&code));
    match &*error.kind {
        ErrorKind::Authentication { .. } => setup(format!(
            "MongoDB at {hosts} refuses the credentials: user, password, authSource or mechanism \
             are wrong"
        )),
        _ if is_refused => setup(format!(
            "MongoDB at {hosts} does not allow this user what Brigid needs: reading and writing \
             its databases"
        )),
        ErrorKind::InvalidTlsConfig { .. } => setup(
            "the TLS settings of MongoDB are wrong: a file of certificates cannot be read"
                .to_owned(),
        ),
        // A wrong password shows while a server is chosen, too.
        ErrorKind::ServerSelection { message, .. } if message.contains("uthenticat") => {
            setup(format!("MongoDB at {hosts} refuses the credentials"))
        }
        ErrorKind::ServerSelection { message, .. } if message.contains("certificate") => {
            setup(untrusted(hosts, message))
        }
        // The driver itself talks to none that is older.
        ErrorKind::ServerSelection { message, .. } if message.contains("wire version") => {
            let (major, minor) = VERSION_MIN;
            setup(format!(
                "MongoDB at {hosts} is too old; the least version that Brigid works with is \
                 {major}.{minor}"
            ))
        }
        _ if fault::is_gone(error) => unreachable(hosts),
        _ => setup(format!("MongoDB at {hosts} cannot be used")),
    }
}

/// Why the server's certificate is refused, in words of our own.
fn untrusted(hosts: &str, message: &str) -> String {
    let reason = if message.contains("NotValidForName") {
        "is for other names than that by which it is asked"
    } else if message.contains("Expired") || message.contains("NotValidYet") {
        "has expired, or is not valid yet"
    } else if message.contains("UnknownIssuer") {
        "is not signed by an authority that is trusted: see storage.mongodb_tls_ca_file"
    } else {
        "is not trusted, or it does not take this server's own"
    };
    format!("the certificate of MongoDB at {hosts} {reason}")
}

async fn options(settings: &MongoSettings) -> Result<ClientOptions, StoreError> {
    let uri = &settings.uri;
    if !uri.starts_with("mongodb://") && !uri.starts_with("mongodb+srv://") {
        return Err(setup(
            "storage.mongodb_uri is no connection string: it begins with mongodb:// or \
             mongodb+srv://"
                .to_owned(),
        ));
    }
    let parsed = tokio::time::timeout(settings.connect_timeout, ClientOptions::parse(uri)).await;
    let mut options = match parsed {
        Ok(Ok(options)) => options,
        Ok(Err(error)) if matches!(*error.kind, ErrorKind::DnsResolve { .. }) => {
            return Err(setup("the name in storage.mongodb_uri cannot be resolved".to_owned()));
        }
        Ok(Err(_)) => {
            return Err(setup(
                "storage.mongodb_uri is no connection string: see \
                 https://www.mongodb.com/docs/manual/reference/connection-string/ for its form; \
                 in user and password, the characters : / ? # [ ] @ are written with %"
                    .to_owned(),
            ));
        }
        Err(_) => {
            return Err(setup(
                "the name in storage.mongodb_uri is not resolved in time".to_owned(),
            ));
        }
    };
    if options.direct_connection == Some(true) {
        return Err(setup(
            "storage.mongodb_uri asks for directConnection: a replica set is needed".to_owned(),
        ));
    }
    concerns(&mut options)?;
    credentials(&mut options, settings)?;
    options.app_name.get_or_insert_with(|| "brigid".to_owned());
    options.max_pool_size = Some(settings.pool_max.max(1));
    options.connect_timeout = Some(settings.connect_timeout);
    options.server_selection_timeout = Some(settings.connect_timeout);
    options.compressors.get_or_insert_with(|| vec![Compressor::Zstd { level: None }]);
    if let Some(watch) = settings.watch.clone() {
        let told = move |event| {
            if let CommandEvent::Started(started) = event {
                watch.tell(&started.command);
            }
        };
        options.command_event_handler = Some(EventHandler::callback(told));
    }
    options.retry_reads = Some(true);
    options.retry_writes = Some(true);
    Ok(options)
}

/// What is acknowledged is on the disks of most of the set, and what is read is acknowledged.
fn concerns(options: &mut ClientOptions) -> Result<(), StoreError> {
    if let Some(asked) = &options.write_concern {
        let is_weaker = asked.journal == Some(false)
            || asked.w.as_ref().is_some_and(|w| *w != Acknowledgment::Majority);
        if is_weaker {
            return Err(setup(
                "storage.mongodb_uri asks for a weaker write concern than Brigid needs: leave out \
                 w and journal, or say w=majority"
                    .to_owned(),
            ));
        }
    }
    let timeout = options.write_concern.as_ref().and_then(|asked| asked.w_timeout);
    let mut concern = WriteConcern::majority();
    concern.journal = Some(true);
    concern.w_timeout = Some(timeout.unwrap_or(Duration::from_secs(30)));
    options.write_concern = Some(concern);
    options.read_concern = Some(ReadConcern::majority());
    options.selection_criteria =
        Some(SelectionCriteria::ReadPreference(mongodb::options::ReadPreference::Primary));
    Ok(())
}

fn credentials(options: &mut ClientOptions, settings: &MongoSettings) -> Result<(), StoreError> {
    if settings.tls_ca_file.is_some() || settings.tls_certificate_file.is_some() {
        if let Some(file) = &settings.tls_ca_file {
            check_pem(file, &["CERTIFICATE"])?;
        }
        if let Some(file) = &settings.tls_certificate_file {
            check_pem(file, &["CERTIFICATE", "PRIVATE KEY"])?;
        }
        let mut tls = match options.tls.take() {
            Some(Tls::Enabled(tls)) => tls,
            _ => TlsOptions::default(),
        };
        tls.ca_file_path = settings.tls_ca_file.clone().or(tls.ca_file_path);
        tls.cert_key_file_path = settings.tls_certificate_file.clone().or(tls.cert_key_file_path);
        options.tls = Some(Tls::Enabled(tls));
    }
    if let Some(username) = &settings.username {
        let mut credential = options.credential.take().unwrap_or_default();
        credential.username = Some(username.clone());
        credential.password = settings.password.clone().or(credential.password);
        options.credential = Some(credential);
    } else if settings.password.is_some() {
        return Err(setup(
            "there is a password for MongoDB but no user: set storage.mongodb_username".to_owned(),
        ));
    }
    let is_x509 = options
        .credential
        .as_ref()
        .is_some_and(|credential| credential.mechanism == Some(AuthMechanism::MongoDbX509));
    if is_x509 && !matches!(options.tls, Some(Tls::Enabled(_))) {
        return Err(setup("authentication by X.509 needs TLS with a certificate".to_owned()));
    }
    Ok(())
}

/// Has a file all of these, as PEM says? The driver does not tell which file it cannot use.
fn check_pem(file: &Path, parts: &[&str]) -> Result<(), StoreError> {
    let failed = |reason: String| setup(format!("{}: {reason}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&bytes);
    let begins = || text.lines().filter(|line| line.trim().starts_with("-----BEGIN "));
    let has = |part: &str| begins().any(|line| line.trim_end().ends_with(&format!("{part}-----")));
    match parts.iter().find(|part| !has(part)) {
        None => Ok(()),
        Some(part) => {
            Err(failed(format!("there is no {} in it in the form of PEM", part.to_lowercase())))
        }
    }
}

enum Refused {
    /// What is wrong, as the end of a sentence about the server.
    Setup(String),
    Driver(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Driver(error)
    }
}

async fn check(client: &Client) -> Result<(), Refused> {
    let admin = client.database("admin");
    let hello = admin.run_command(doc! { "hello": 1 }).await?;
    if !hello.contains_key("setName") {
        let reason = "is no member of a replica set, which transactions need: start it with \
                      --replSet and call rs.initiate() once";
        return Err(Refused::Setup(reason.to_owned()));
    }
    let build = admin.run_command(doc! { "buildInfo": 1 }).await?;
    let version = build.get_str("version").unwrap_or_default().to_owned();
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let own = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if own < VERSION_MIN {
        let (major, minor) = VERSION_MIN;
        return Err(Refused::Setup(format!(
            "is version {version}; the least that Brigid works with is {major}.{minor}"
        )));
    }
    journaled(&admin).await
}

/// A set whose majority acknowledges what is not in a journal loses it with the power.
async fn journaled(admin: &Database) -> Result<(), Refused> {
    let config = match admin.run_command(doc! { "replSetGetConfig": 1 }).await {
        Ok(answer) => answer,
        // Whoever may not see it has to trust the operator.
        Err(error) if fault::code(&error).is_some() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_journaled =
        |config: &Document| config.get_bool("writeConcernMajorityJournalDefault").unwrap_or(true);
    match config.get_document("config") {
        Ok(config) if !is_journaled(config) => Err(Refused::Setup(
            "has writeConcernMajorityJournalDefault=false: what it acknowledges could be lost"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}
