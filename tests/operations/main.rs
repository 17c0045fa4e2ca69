//! Operations over HTTP, a file each.

mod observation_lastn;
mod observation_stats;
mod patient_everything;
mod patient_summary;
mod reindex;
mod resource_meta;
mod summary_reader;
