//! Changes to a resource, given as a document of their own ([patch]).
//!
//! [patch]: https://hl7.org/fhir/R4/http.html#patch

pub mod fhirpath;
pub mod json;
mod pointer;
