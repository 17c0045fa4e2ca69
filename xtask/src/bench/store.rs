//! The stores that a server of the bench can keep its resources in.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::database::Database;
use super::{fresh, machine};
use crate::database as installed;
use crate::process::{Build, Server};

/// A kind of store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Store {
    #[default]
    Embedded,
    Mongodb,
}

impl Store {
    /// The value of `--store`.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        match name {
            "embedded" => Ok(Self::Embedded),
            "mongodb" => Ok(Self::Mongodb),
            _ => Err(format!("--store {name}: embedded or mongodb")),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Mongodb => write!(f, "mongodb (SecantusDB {})", installed::version()),
        }
    }
}

/// A store of the bench's own, empty at first.
#[derive(Debug)]
pub(crate) struct Place {
    /// All that is on the disk.
    folder: PathBuf,
    database: Option<Database>,
}

impl Place {
    /// An empty one in this folder.
    pub(crate) fn fresh(store: Store, folder: &Path) -> Result<Self, String> {
        let folder = fresh(folder)?;
        let database = match store {
            Store::Embedded => None,
            Store::Mongodb => Some(Database::start(&folder)?),
        };
        Ok(Self { folder, database })
    }

    /// The release build, serving it.
    pub(crate) fn serve(&self) -> Result<Server, String> {
        let [flag, value] = self.arguments();
        Server::with(Build::Release, [&flag, &value])
    }

    /// The arguments that say where it is.
    pub(crate) fn arguments(&self) -> [OsString; 2] {
        match &self.database {
            None => ["--data-dir".into(), self.folder.clone().into()],
            Some(database) => ["--mongodb-uri".into(), database.uri().into()],
        }
    }

    /// The database that it is in, if that is a process of its own.
    pub(crate) fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Bytes on the disk.
    pub(crate) fn bytes(&self) -> f64 {
        machine::size_of(&self.folder) as f64
    }
}
