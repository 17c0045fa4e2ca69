//! Brigid's outer floor: HTTP, configuration, the command line, and their wiring.

pub mod cli;
pub mod config;
pub mod generate;
pub mod http;
mod jobs;
mod log;
mod wiring;
