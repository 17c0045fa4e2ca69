//! What every test of the server from outside needs: a server process of its own, a database, HTTP,
//! and the records to load.

mod database;
mod http;
pub mod oracle;
mod program;
mod proxy;
mod samples;
mod server;
mod store;
mod wire;

pub use database::Database;
pub use http::{Client, Request, Response};
pub use program::{brigid, program};
pub use proxy::{Fault, Moment, Proxy};
pub use samples::{archive, data, synthea_bundles};
pub use server::Server;
pub use store::{Place, StoreKind, is_left_out, store_kind};
