//! Brigid's outer floor: HTTP, the command line and what only they need.

pub mod generate;
