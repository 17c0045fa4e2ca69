//! Brigid's outer floor: HTTP, configuration, the command line, and their wiring.

pub mod generate;
pub mod http;
