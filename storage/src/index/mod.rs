//! What every backend indexes, and how: the stems of index keys, where the values that a test asks
//! for stand among them, what a resource is sorted by, and the values that are kept whole beside.
//! Backends keep these bytes; none of them interprets FHIR.

pub(crate) mod blob;
pub(crate) mod body;
pub(crate) mod bounds;
pub(crate) mod cursor;
pub(crate) mod encode;
pub(crate) mod hot;
pub(crate) mod indexed;
pub(crate) mod order;
pub(crate) mod stem;
