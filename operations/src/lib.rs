//! [Operations]: what is asked beyond the interactions. Each lives in a file that bears its code,
//! and reads and writes through the door alone, as its caller.
//!
//! [Operations]: https://hl7.org/fhir/R4/operations.html

mod arguments;
mod clock;
mod found;
mod observation;
mod pages;
mod patient;
mod resource;
mod search_parameter;

use interactions::Operation;

pub use arguments::Instant;
pub use found::Found;
pub use patient::summary;

/// Every operation, in the order in which the CapabilityStatement names them.
#[must_use]
pub fn all() -> Vec<Box<dyn Operation>> {
    vec![
        Box::new(patient::Summary),
        Box::new(patient::Everything),
        Box::new(observation::Lastn),
        Box::new(observation::Stats),
        Box::new(resource::Meta),
        Box::new(resource::MetaAdd),
        Box::new(resource::MetaDelete),
        Box::new(search_parameter::Reindex),
    ]
}

#[cfg(test)]
#[path = "tests/door_script.rs"]
mod door_script;
