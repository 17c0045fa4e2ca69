//! [Operations]: what is asked beyond the interactions, one file each in crate `operations`.
//!
//! [Operations]: https://hl7.org/fhir/R4/operations.html

use std::sync::Arc;

use fhir::json::Json;
use storage::Key;

use crate::{Caller, Door, Performing};

/// One operation. It reads and writes through the door alone, as its caller.
pub trait Operation: Send + Sync {
    /// What it is called and what it takes.
    fn description(&self) -> &'static OperationDescription;

    /// Carries it out. The input has been checked against the description: level, type, names,
    /// counts and types of parameters.
    fn invoke<'a>(&'a self, door: &'a dyn Door, caller: &'a Caller, input: Input)
    -> Performing<'a>;
}

/// What an operation is called and what it takes: the CapabilityStatement and `ig/` say the same.
#[derive(Debug)]
pub struct OperationDescription {
    /// Without `$`: `everything`.
    pub code: &'static str,
    /// Canonical of the OperationDefinition.
    pub definition: &'static str,
    /// Types it is offered on; empty: on every type.
    pub resources: &'static [&'static str],
    /// Levels it is offered on.
    pub levels: &'static [Level],
    /// It may write: GET is refused.
    pub affects_state: bool,
    /// Parameters of a search of its type may stand beside its own: it judges them itself.
    pub is_search: bool,
    /// Its input parameters.
    pub parameters: &'static [OperationParameter],
}

/// Where an operation is invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// `[base]/$code`.
    System,
    /// `[base]/Type/$code`.
    Type,
    /// `[base]/Type/id/$code`.
    Instance,
}

/// One input parameter.
#[derive(Debug)]
pub struct OperationParameter {
    /// Its name.
    pub name: &'static str,
    /// Least number.
    pub min: u32,
    /// Greatest number; `None` is any.
    pub max: Option<u32>,
    /// FHIR type: `date`, `code`, `Meta`.
    pub value: &'static str,
    /// One sentence for people.
    pub documentation: &'static str,
}

/// What an operation is invoked on and with.
#[derive(Debug)]
pub struct Input {
    /// The type, unless on the system.
    pub resource: Option<Arc<str>>,
    /// The resource, if on an instance.
    pub key: Option<Key>,
    /// The version, if on one (`Type/id/_history/2/$meta`).
    pub version: Option<String>,
    /// A Parameters resource; one is made from the address's parameters for a GET. `None`: nothing
    /// was given.
    pub parameters: Option<Json>,
    /// Parameters of the address as given (`_page` and `_format` among them), decoded.
    pub pairs: Vec<(String, String)>,
    /// The request was a GET.
    pub is_get: bool,
}
