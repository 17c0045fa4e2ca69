//! Operations on Observation.

mod effective;
mod grouping;
mod lastn;
mod series;
mod statistics;
mod stats;
mod stats_answer;
mod stats_request;

pub(crate) use lastn::Lastn;
pub(crate) use stats::Stats;
