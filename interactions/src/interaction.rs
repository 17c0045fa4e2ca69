//! What can be asked: the [interactions] of the REST API, free of HTTP.
//!
//! [interactions]: https://hl7.org/fhir/R4/http.html

use std::sync::Arc;

use fhir::json::Json;
use storage::{HistoryScope, Key};

use crate::Input;

/// One interaction.
#[derive(Debug)]
pub enum Interaction {
    /// The current version of a resource.
    Read(Read),
    /// One version of a resource.
    Vread(Vread),
    /// Versions of a resource, a type or everything.
    History(History),
    /// A new resource under an id of the server's choice.
    Create(Create),
    /// A resource's next version, by id or by condition.
    Update(Update),
    /// A change to a resource, by id or by condition.
    Patch(Patch),
    /// A resource's deletion, by id or by condition.
    Delete(Delete),
    /// A search of a type, a compartment or everything.
    Search(Search),
    /// The statement of what this server does.
    Capabilities(CapabilityMode),
    /// A Bundle sent to the base: a batch or a transaction.
    Bundle(BundleSubmission),
    /// An operation.
    Operation {
        /// Its code without `$`: `summary`.
        code: String,
        /// What it is invoked on and with.
        input: Input,
    },
}

/// Read the current version.
#[derive(Debug)]
pub struct Read {
    /// Which resource.
    pub key: Key,
    /// Answer [`crate::Done::NotModified`] if one of these is the current version; `*` is any
    /// (`If-None-Match`).
    pub unless_versions: Vec<String>,
    /// Answer [`crate::Done::NotModified`] if not changed after this second, in microseconds
    /// (`If-Modified-Since`); judged only without `unless_versions`.
    pub unless_since_us: Option<i64>,
    /// The address's parameters, decoded: `_summary` and `_elements`.
    pub parameters: Vec<(String, String)>,
}

/// Read one version.
#[derive(Debug)]
pub struct Vread {
    /// Which resource.
    pub key: Key,
    /// Which version, as the address says it.
    pub version: String,
    /// As in [`Read`].
    pub parameters: Vec<(String, String)>,
}

/// Versions, newest first.
#[derive(Debug)]
pub struct History {
    /// Whose.
    pub scope: HistoryScope,
    /// The address's parameters, decoded: `_since`, `_at`, `_count`, `_summary`, `_page` …
    pub parameters: Vec<(String, String)>,
}

/// A search that must match for the interaction, as the client wrote it: decoded pairs.
pub type Condition = Vec<(String, String)>;

/// What a write gives back; batch and transaction entries follow the request's preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Returned {
    /// Nothing but the version's address.
    Minimal,
    /// The resource as it stands now.
    #[default]
    Representation,
    /// An OperationOutcome.
    OperationOutcome,
}

/// A new resource.
#[derive(Debug)]
pub struct Create {
    /// The type in the address.
    pub resource: Arc<str>,
    /// The body.
    pub body: Json,
    /// `If-None-Exist`.
    pub unless_exists: Option<Condition>,
}

/// A resource's next version.
#[derive(Debug)]
pub struct Update {
    /// The type in the address.
    pub resource: Arc<str>,
    /// The id in the address, or the condition there.
    pub target: Target,
    /// The body.
    pub body: Json,
    /// `If-Match`, without quotes and `W/`.
    pub if_match: Option<String>,
}

/// Which resource is written.
#[derive(Debug, Clone)]
pub enum Target {
    /// This id.
    Id(Arc<str>),
    /// The one that matches.
    Condition(Condition),
}

/// A change to a resource.
#[derive(Debug)]
pub struct Patch {
    /// The type in the address.
    pub resource: Arc<str>,
    /// The id in the address, or the condition there.
    pub target: Target,
    /// What to change.
    pub body: PatchBody,
    /// `If-Match`, without quotes and `W/`.
    pub if_match: Option<String>,
}

/// A patch document.
#[derive(Debug)]
pub enum PatchBody {
    /// RFC 6902.
    Json(Json),
    /// A Parameters resource of FHIRPath Patch.
    FhirPath(Json),
}

/// A deletion.
#[derive(Debug)]
pub struct Delete {
    /// The type in the address.
    pub resource: Arc<str>,
    /// The id in the address, or the condition there.
    pub target: Target,
    /// `If-Match`, without quotes and `W/`.
    pub if_match: Option<String>,
}

/// A search of one type, within a compartment, of everything, or of a page link.
#[derive(Debug)]
pub struct Search {
    /// Where.
    pub scope: SearchScope,
    /// Parameters of the address and the form, decoded, in order; `_page` among them for a page
    /// link.
    pub parameters: Vec<(String, String)>,
}

/// Where to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchScope {
    /// All resources.
    System,
    /// All resources of a type.
    Type(Arc<str>),
    /// Those of a type in a compartment: `Patient/1/Observation`.
    Compartment {
        /// `Patient`.
        compartment: Arc<str>,
        /// Its id.
        id: Arc<str>,
        /// `Observation`; `None` is `*`.
        resource: Option<Arc<str>>,
    },
}

/// A Bundle sent to the base.
#[derive(Debug)]
pub struct BundleSubmission {
    /// The Bundle, of type batch or transaction.
    pub body: Json,
    /// What the entries' responses hold.
    pub returned: Returned,
}

/// Which statement is asked for: `metadata?mode=…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CapabilityMode {
    /// All of it.
    #[default]
    Full,
    /// Only the resources that are normative in R4.
    Normative,
    /// A TerminologyCapabilities.
    Terminology,
}
