//! The primitive [data types] as values: what their text means.
//!
//! [data types]: https://hl7.org/fhir/R4/datatypes.html

mod date;
pub mod xhtml;

pub use date::{DateTime, Precision, TimeOfDay, civil_from_days, days_from_civil, days_in_month};
