//! [Binary]: native content by `Accept`, base64 in FHIR's own forms.
//!
//! [Binary]: https://hl7.org/fhir/R4/binary.html#rest

use brigid_tests::Server;

#[test]
fn native_content_goes_in_and_comes_out_as_it_was() {
    let server = Server::start();
    let created = server.post("Binary").body("text/plain", "Hello").send().expect(201);
    let location = created.header("location").unwrap();
    let address = location.split("/_history").next().unwrap().to_owned();
    let native = server.get(&address).header("Accept", "text/plain").send().expect(200);
    assert_eq!(native.text(), "Hello");
    assert!(native.header("content-type").unwrap().starts_with("text/plain"));
    assert_eq!(native.header("x-content-type-options"), Some("nosniff"));
    let fhir = server.get(&address).header("Accept", "application/fhir+json").send().expect(200);
    assert_eq!(fhir.json()["data"], "SGVsbG8=");
    assert_eq!(fhir.json()["contentType"], "text/plain");
}

#[test]
fn a_binary_in_fhir_form_is_stored_as_it_says() {
    let server = Server::start();
    let body = serde_json::json!({
        "resourceType": "Binary", "contentType": "application/pdf", "data": "JVBERg=="
    });
    let id = server.post("Binary").json(&body).send().expect(201).id();
    let native = server.get(&format!("Binary/{id}")).header("Accept", "*/*").send().expect(200);
    assert_eq!(native.body, b"%PDF");
}

#[test]
fn native_content_may_be_updated() {
    let server = Server::start();
    server.put("Binary/b").body("image/png", b"\x89PNG".to_vec()).send().expect(201);
    server.put("Binary/b").body("image/png", b"\x89PNG2".to_vec()).send().expect(200);
    let native = server.get("Binary/b").header("Accept", "image/png").send().expect(200);
    assert_eq!(native.body, b"\x89PNG2");
}
