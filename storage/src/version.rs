//! One version of a resource, kept and handed on as its bytes.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// The logical identity of a resource within its tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Resource type: `Patient`.
    pub resource: Arc<str>,
    /// Logical id, `[A-Za-z0-9\-\.]{1,64}`.
    pub id: Arc<str>,
}

impl Key {
    /// The key of `resource/id`.
    #[must_use]
    pub fn new(resource: impl Into<Arc<str>>, id: impl Into<Arc<str>>) -> Self {
        Self { resource: resource.into(), id: id.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.resource, self.id)
    }
}

/// What made a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// The first version, under an id of the server's choice: `POST` in a history.
    Create,
    /// Any later version, or the first one under the client's id: `PUT`.
    Update,
    /// The version after a deletion, made under the client's id: `PUT`.
    Revive,
    /// A deletion: `DELETE`.
    Delete,
}

impl Verb {
    /// The number that stands for it in every store.
    pub(crate) fn code(self) -> u8 {
        match self {
            Verb::Create => 0,
            Verb::Update => 1,
            Verb::Delete => 2,
            Verb::Revive => 3,
        }
    }

    /// What a number stands for.
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        [Verb::Create, Verb::Update, Verb::Delete, Verb::Revive]
            .into_iter()
            .find(|verb| verb.code() == code)
    }
}

/// One version of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Which resource.
    pub key: Key,
    /// 1 for the first version, each later one (deletions included) one more.
    pub version: u64,
    /// Microseconds since 1970-01-01T00:00:00Z; rising within a resource. What the body's
    /// `meta.lastUpdated` says in milliseconds.
    pub last_updated_us: i64,
    /// What made it.
    pub verb: Verb,
    /// The resource as minified JSON, `id`, `meta.versionId` and `meta.lastUpdated` included; empty
    /// for a deletion.
    pub body: Bytes,
}

impl Version {
    /// Does this version say that the resource is gone?
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.verb == Verb::Delete
    }
}
