//! The [vread] interaction over HTTP.
//!
//! [vread]: https://hl7.org/fhir/R4/http.html#vread

use brigid_tests::Server;

use super::put_patient;

#[test]
fn each_version_is_read_as_it_was() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    put_patient(&server, "a", "Two").expect(200);
    let first = server.get("Patient/a/_history/1").send().expect(200);
    assert_eq!(first.json()["name"][0]["family"], "One");
    assert_eq!(first.json()["meta"]["versionId"], "1");
    assert_eq!(first.header("etag"), Some("W/\"1\""));
    let second = server.get("Patient/a/_history/2").send().expect(200);
    assert_eq!(second.json()["name"][0]["family"], "Two");
}

#[test]
fn the_version_of_a_deletion_is_gone_and_those_before_it_stay() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.delete("Patient/a").send().expect(204);
    server.get("Patient/a/_history/1").send().expect(200);
    server.get("Patient/a/_history/2").send().expect(410);
}

#[test]
fn a_version_that_never_was_is_not_found() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    for version in ["2", "0", "01", "x", "-1"] {
        server.get(&format!("Patient/a/_history/{version}")).send().expect(404);
    }
    server.get("Patient/b/_history/1").send().expect(404);
}
