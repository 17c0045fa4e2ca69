//! Operations over HTTP, a file each.

mod patient_everything;
mod patient_summary;
mod resource_meta;
mod summary_reader;
