//! HTTP in and out: the one place that knows methods, headers and statuses.

mod body;
mod conditions;
mod cors;
mod date;
mod document;
mod exchange;
mod failure;
mod intake;
mod listen;
mod media;
mod metrics;
mod packing;
mod page;
mod pretty;
mod request;
mod response;
mod router;
mod send;
mod site;
mod status;
mod tenant;
mod wire;

pub use listen::{Listeners, bind, serve};
pub use site::{Limits, Names, Readiness, Site};
pub use wire::HttpWire;
