//! The interactions over HTTP, a file each.

mod answers;
mod batch;
mod binary;
mod capabilities;
mod conditional;
mod connections;
mod create;
mod delete;
mod forms;
mod history;
mod limits;
mod patch;
mod read;
mod transaction;
mod update;
mod vread;

use brigid_tests::{Response, Server};
use serde_json::{Value, json};

/// A Patient of this id and family name, written by update.
#[track_caller]
fn put_patient(server: &Server, id: &str, family: &str) -> Response {
    server.put(&format!("Patient/{id}")).json(&patient(id, family)).send()
}

fn patient(id: &str, family: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": family}]})
}

/// An Observation without an id, with a status and a code alone.
fn observation() -> Value {
    json!({"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}})
}
