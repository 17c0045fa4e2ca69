//! An oracle of search: random data and random queries against a brute-force reading of R4 that
//! shares no code with the server.
//!
//! <https://hl7.org/fhir/R4/search.html>

mod compare;
mod data;
mod dates;
mod expressions;
mod generate;
mod numbers;
mod parameters;
mod query;
mod records;
mod rng;
mod run;
mod texts;
mod truth;
mod values;

pub use run::{Count, Plan, Summary, run};
