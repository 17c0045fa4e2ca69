//! Operations over HTTP, a file each.

mod patient_everything;
mod patient_summary;
mod resource_meta;
mod summary_reader;

use brigid_tests::Server;
use serde_json::Value;

/// Writes resources by their own type and id.
fn put_all(server: &Server, resources: &[Value]) {
    for resource in resources {
        let path = format!(
            "{}/{}",
            resource["resourceType"].as_str().unwrap(),
            resource["id"].as_str().unwrap()
        );
        server.put(&path).json(resource).send().expect(201);
    }
}
