//! A failure on its way to the client.

use fhir::Outcome;

/// An outcome, and what HTTP wants said besides.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    /// The methods that fit the address, for `Allow`.
    pub(crate) allow: Option<String>,
}

impl From<Outcome> for Failure {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, allow: None }
    }
}
