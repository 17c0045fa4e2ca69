//! What the FHIR R4 specification says: resources, primitives, FHIRPath, search parameters and
//! their values, patch, validation, terminology, OperationOutcome. Pure functions: no I/O, no
//! clock, no randomness, no async.

pub mod bundle;
pub mod definitions;
pub mod json;
pub mod outcome;
pub mod patch;
pub mod path;
pub mod primitive;
pub mod reference;
pub mod resource;
pub mod search;
pub mod subset;
pub mod unit;
pub mod validation;
pub mod xml;

pub use outcome::{Issue, Kind, Outcome, Severity};
