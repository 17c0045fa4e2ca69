//! Commands and their flags.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Flag;

/// What `brigid` alone and `brigid help` say.
pub(crate) const OVERVIEW: &str = "\
Brigid, the FHIR server whose AI answers cite the chart

  brigid demo      a server on loopback with generated patients, and addresses worth opening
                   brigid demo --patients 50
  brigid serve     the server
                   brigid serve --data-dir /var/lib/brigid
                   brigid serve --mongodb-uri 'mongodb://db1,db2,db3/?replicaSet=rs0'
  brigid import    load Bundles and NDJSON: files, folders, .gz, .zst, .tgz, .zip
                   brigid import records/ --data-dir /var/lib/brigid
  brigid generate  write sample records as transaction Bundles, the same for the same seed
                   brigid generate --patients 100 --seed 7 records
  brigid check     read and prove everything that is stored
                   brigid check --data-dir /var/lib/brigid
  brigid config    the settings in effect, and where each value came from
                   brigid config --config brigid.toml

`brigid help COMMAND` explains one of them. Settings come from brigid.toml, over it from
variables (BRIGID_LIMITS__BODY_BYTES), over them from flags.
Exit codes: 0 done, 1 failed, 2 wrong usage.";

#[derive(Parser)]
#[command(name = "brigid", version, override_help = OVERVIEW)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// A server on loopback in open mode with generated patients
    Demo(Demo),
    /// The server
    Serve(Serve),
    /// Load Bundles and NDJSON, plain or packed, from files, folders and archives
    Import(Import),
    /// Write sample records as transaction Bundles
    Generate(Generate),
    /// The settings in effect, and where each value came from
    Config(Config),
    /// Read and prove everything that is stored
    Check(Check),
    /// Ask the server that is configured whether it is alive: for containers
    #[command(hide = true)]
    Health(Config),
}

/// Where settings come from besides the environment.
#[derive(Debug, Args)]
pub(crate) struct File {
    /// The configuration file [default: brigid.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Which store: a folder or a database.
#[derive(Args)]
pub(crate) struct Store {
    /// Folder of the store
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// MongoDB replica set that keeps everything, instead of a folder; other users of this machine
    /// see it: a password is better kept in a file (storage.mongodb_uri_file)
    #[arg(long, value_name = "URI", conflicts_with = "data_dir")]
    pub(crate) mongodb_uri: Option<String>,
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Address and port; it must be a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Number of patients; the first twelve tell the twelve stories
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    pub(crate) patients: usize,
    /// Keep the data in this folder [default: a temporary one, removed at the end]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Keep the data in this MongoDB, in databases called brigid_demo_…
    #[arg(long, value_name = "URI", conflicts_with = "data_dir")]
    pub(crate) mongodb_uri: Option<String>,
}

#[derive(Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) file: File,
    /// Address and port for clients
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// Address and port for metrics; empty for none
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin_listen: Option<String>,
    #[command(flatten)]
    pub(crate) store: Store,
    /// No authentication, on a loopback address only (for now there is no other mode)
    #[arg(long)]
    pub(crate) open: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Files, folders and archives
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) file: File,
    /// The tenant to load into [default: the default tenant]
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) store: Store,
    /// Send everything to this running server instead: http://127.0.0.1:8080
    #[arg(long, value_name = "URL", conflicts_with_all = ["data_dir", "mongodb_uri"])]
    pub(crate) server: Option<String>,
    /// Go on where an import of the same paths was interrupted
    #[arg(long)]
    pub(crate) resume: bool,
    /// Where to write what failed and why, one JSON object a line
    #[arg(long, value_name = "FILE", default_value = "brigid-import-report.ndjson")]
    pub(crate) report: PathBuf,
    /// Where to keep what is done, for --resume
    #[arg(long, value_name = "FILE", default_value = "brigid-import-state.json")]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Number of patients
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    pub(crate) patients: usize,
    /// The same seed gives the same records
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The day on which the records end [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) today: Option<String>,
    /// The folder to write to; made when it is missing
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) file: File,
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) file: File,
    /// The tenant to check [default: the default tenant]
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    #[command(flatten)]
    pub(crate) store: Store,
}

/// A flag that sets a setting, if it was given.
pub(crate) fn flag(name: &'static str, key: &'static str, value: Option<String>) -> Option<Flag> {
    value.map(|value| Flag { name, key, value })
}

impl Store {
    /// What the flags set.
    pub(crate) fn flags(&self) -> impl Iterator<Item = Flag> {
        let folder = self.data_dir.as_ref().map(|path| path.to_string_lossy().into_owned());
        let uri = self.mongodb_uri.clone();
        let given = [
            flag("--data-dir", "data_dir", folder),
            flag("--mongodb-uri", "storage.mongodb_uri", uri),
        ];
        given.into_iter().flatten()
    }
}
