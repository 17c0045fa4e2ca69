//! Media types, their negotiation, and headers that every answer has.

use brigid_tests::Server;
use serde_json::json;

use super::put_patient;

#[test]
fn the_form_follows_accept_and_format_wins_over_it() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let form = |path: &str, accept: &str| {
        let answer = server.get(path).header("Accept", accept).send().expect(200);
        answer.header("content-type").unwrap().split(';').next().unwrap().to_owned()
    };
    let (json, xml) = ("application/fhir+json", "application/fhir+xml");
    assert_eq!(form("Patient/a", "application/fhir+xml"), xml);
    assert_eq!(form("Patient/a", "application/json"), json);
    assert_eq!(form("Patient/a", "text/xml"), xml);
    assert_eq!(form("Patient/a", "*/*"), json);
    assert_eq!(form("Patient/a", "application/fhir+json;q=0.5, application/fhir+xml"), xml);
    assert_eq!(form("Patient/a", "text/html, application/xhtml+xml, */*;q=0.1"), json);
    assert_eq!(form("Patient/a?_format=xml", "application/fhir+json"), xml);
    assert_eq!(form("Patient/a?_format=json", "application/fhir+xml"), json);
    assert_eq!(form("Patient/a?_format=application/fhir%2Bxml", "*/*"), xml);
}

#[test]
fn the_form_of_a_search_by_post_may_stand_in_its_body() {
    let server = Server::start();
    let search = server.post("Patient/_search");
    let answer =
        search.body("application/x-www-form-urlencoded", "_format=xml&_pretty=true").send();
    let answer = answer.expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("application/fhir+xml"));
    assert!(answer.text().contains("\n  <type"), "{}", answer.text());
}

#[test]
fn what_fits_nothing_is_not_acceptable() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    server.get("Patient/a").header("Accept", "text/csv").send().expect(406);
    server.get("Patient/a?_format=turtle").send().expect(406);
    let other = "application/fhir+json; fhirVersion=5.0";
    server.get("Patient/a").header("Accept", other).send().expect(406);
    let this = "application/fhir+json; fhirVersion=4.0";
    server.get("Patient/a").header("Accept", this).send().expect(200);
}

#[test]
fn a_body_of_another_media_type_is_refused() {
    let server = Server::start();
    let answer = server.post("Patient").body("text/csv", "a,b").send().expect(415);
    assert!(answer.diagnostics().contains("application/fhir+json"), "{}", answer.text());
}

#[test]
fn xml_goes_in_and_out() {
    let server = Server::start();
    let xml = r#"<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name><family value="Ö &amp; P"/></name></Patient>"#;
    let created = server.post("Patient").body("application/fhir+xml", xml).send().expect(201);
    let location = created.header("location").unwrap().to_owned();
    let address = location.split("/_history").next().unwrap().to_owned();
    let stored = server.get(&address).send().expect(200).json();
    assert_eq!(stored["name"][0]["family"], "Ö & P");
    assert_eq!(stored["active"], true);
    let back = server.get(&format!("{address}?_format=xml")).send().expect(200).text();
    assert!(back.contains("<family value=\"Ö &amp; P\"/>"), "{back}");
    let bundle = server.get("Patient").header("Accept", "application/fhir+xml").send().expect(200);
    assert!(bundle.text().contains("<Bundle xmlns=\"http://hl7.org/fhir\">"), "{}", bundle.text());
}

#[test]
fn malformed_xml_is_refused_with_its_place() {
    let server = Server::start();
    for body in [
        "<Patient xmlns=\"http://hl7.org/fhir\"><active value=\"true\"></Patient>",
        "<!DOCTYPE x [<!ENTITY e \"x\">]><Patient xmlns=\"http://hl7.org/fhir\"/>",
        "<Patient xmlns=\"http://hl7.org/fhir\"><surname value=\"x\"/></Patient>",
    ] {
        let answer = server.post("Patient").body("application/fhir+xml", body).send().expect(400);
        assert!(answer.json()["issue"][0]["diagnostics"].is_string(), "{}", answer.text());
    }
}

#[test]
fn errors_come_in_the_form_asked_for() {
    let server = Server::start();
    let answer = server.get("Patient/x?_format=xml").send().expect(404);
    assert!(answer.text().contains("<OperationOutcome"), "{}", answer.text());
}

#[test]
fn pretty_answers_are_indented_and_mean_the_same() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let plain = server.get("Patient/a").send().expect(200);
    let pretty = server.get("Patient/a?_pretty=true").send().expect(200);
    assert!(pretty.text().contains("\n  "));
    assert_eq!(plain.json(), pretty.json());
}

#[test]
fn a_request_id_is_taken_or_made() {
    let server = Server::start();
    let taken = server.get("metadata").header("X-Request-Id", "abc-1").send();
    assert_eq!(taken.header("x-request-id"), Some("abc-1"));
    let made = server.get("metadata").send();
    assert!(!made.header("x-request-id").unwrap().is_empty());
    let refused = server.get("metadata").header("X-Request-Id", "a b<script>").send();
    assert_ne!(refused.header("x-request-id"), Some("a b<script>"));
}

#[test]
fn browser_apps_may_ask_from_anywhere() {
    let server = Server::start();
    let preflight = server
        .client()
        .request("OPTIONS", "Patient")
        .header("Origin", "https://app.example.org")
        .header("Access-Control-Request-Method", "PUT")
        .header("Access-Control-Request-Headers", "content-type,if-match")
        .send();
    assert!(preflight.status < 300, "{}", preflight.status);
    assert!(preflight.header("access-control-allow-origin").is_some());
    let methods = preflight.header("access-control-allow-methods").unwrap();
    assert!(methods.contains("PUT"), "{methods}");
    let answer = server.get("metadata").header("Origin", "https://app.example.org").send();
    assert!(answer.header("access-control-allow-origin").is_some());
    let shown = answer.header("access-control-expose-headers").unwrap().to_lowercase();
    assert!(shown.contains("etag") && shown.contains("location"), "{shown}");
}

#[test]
fn the_default_tenant_answers_under_both_its_addresses() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let long = format!("{}/default/fhir/Patient/a", server.root());
    server.get(&long).send().expect(200);
    let found = server.get(&format!("{}/default/fhir/Patient", server.root())).send().expect(200);
    let full_url = found.json()["entry"][0]["fullUrl"].clone();
    assert_eq!(full_url, json!(long));
    let other = format!("{}/nobody/fhir/Patient/a", server.root());
    server.get(&other).send().expect(404);
}
