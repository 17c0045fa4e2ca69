//! How entries of a batch or transaction are read and worded: like requests and responses of their
//! own, which only the HTTP side knows how to do.

use fhir::json::Json;
use fhir::{Kind, Outcome};

use crate::{Done, Interaction};

/// `Bundle.entry.request` with the entry's resource.
#[derive(Debug, Default)]
pub struct EntryRequest {
    /// `GET`, `HEAD`, `POST`, `PUT`, `DELETE` or `PATCH`.
    pub method: String,
    /// Relative to the base: `Patient?name=a`.
    pub url: String,
    /// `ifMatch`: `W/"2"`.
    pub if_match: Option<String>,
    /// `ifNoneMatch`: `W/"2"`.
    pub if_none_match: Option<String>,
    /// `ifNoneExist`: a query string.
    pub if_none_exist: Option<String>,
    /// `ifModifiedSince`: an instant.
    pub if_modified_since: Option<String>,
    /// The entry's resource.
    pub resource: Option<Json>,
}

/// Reads entries and words their results.
pub trait Wire: Send + Sync {
    /// The interaction that an entry asks for.
    ///
    /// # Errors
    /// What the same request by itself would be refused with.
    fn interaction(&self, entry: EntryRequest) -> Result<Interaction, Outcome>;

    /// Status of a success: `201 Created`.
    fn status(&self, done: Done) -> &'static str;

    /// Status of a failure: `404 Not Found`.
    fn status_of_failure(&self, kind: Kind) -> &'static str;
}
