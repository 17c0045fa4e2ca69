//! What every test of the server from outside needs: a server process of its own, HTTP, and the
//! records to load.

mod http;
pub mod oracle;
mod samples;
mod server;

pub use http::{Client, Request, Response};
pub use samples::{archive, data, synthea_bundles};
pub use server::{Server, program};
