//! Operations on patients.

mod dates;
mod everything;
pub mod summary;

pub(crate) use everything::Everything;
pub(crate) use summary::Summary;
