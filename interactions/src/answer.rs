//! What an interaction answers, free of HTTP.

use storage::{Key, Version};

use fhir::Issue;

use crate::Body;

/// A success.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was done.
    pub done: Done,
    /// The resource in answer, as JSON: a stored version, a Bundle, an OperationOutcome; empty for
    /// none.
    pub body: Body,
    /// The version that was read or written: for ETag, Last-Modified and Location.
    pub version: Option<Stamp>,
    /// What else the client should know; shown when no body is, and with
    /// `Prefer: return=OperationOutcome`.
    pub issues: Vec<Issue>,
}

/// Which version an answer is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The resource.
    pub key: Key,
    /// Its version.
    pub version: u64,
    /// When it was written, in microseconds since 1970.
    pub last_updated_us: i64,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Answered from what is there.
    Found,
    /// The client has the current version.
    NotModified,
    /// A resource was made.
    Created,
    /// A resource got a new version.
    Updated,
    /// A conditional create found its match: nothing was written.
    Existing,
    /// It is gone, or was not there.
    Deleted,
    /// A job will do it: the answer is its Task.
    Accepted,
}

impl Answer {
    /// Found: this resource or Bundle, which is no stored version.
    #[must_use]
    pub fn found(body: impl Into<Body>) -> Self {
        Self { done: Done::Found, body: body.into(), version: None, issues: Vec::new() }
    }

    /// This was done to a stored version.
    #[must_use]
    pub fn of(done: Done, version: Version) -> Self {
        let stamp = Stamp {
            key: version.key,
            version: version.version,
            last_updated_us: version.last_updated_us,
        };
        Self { done, body: version.body.into(), version: Some(stamp), issues: Vec::new() }
    }
}
