//! The [capabilities] interaction over HTTP.
//!
//! [capabilities]: https://hl7.org/fhir/R4/http.html#capabilities

use brigid_tests::Server;

#[test]
fn the_statement_names_version_formats_and_what_each_type_offers() {
    let server = Server::start();
    let statement = server.get("metadata").send().expect(200).json();
    assert_eq!(statement["resourceType"], "CapabilityStatement");
    assert_eq!(statement["fhirVersion"], "4.0.1");
    assert_eq!(statement["kind"], "instance");
    assert_eq!(statement["implementation"]["url"], server.base());
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(resources.len(), 146);
    let everywhere = statement["rest"][0]["searchParam"].as_array().unwrap();
    let names: Vec<&str> = everywhere.iter().filter_map(|p| p["name"].as_str()).collect();
    let indexed = ["_id", "_lastUpdated", "_profile", "_security", "_source", "_tag"];
    assert_eq!(names[..6], indexed);
    assert_eq!(names[6..], ["_explain", "_filter", "_has", "_list", "_type"]);
    let patient = resources.iter().find(|r| r["type"] == "Patient").unwrap();
    assert_eq!(patient["conditionalDelete"], "single");
    let parameters = patient["searchParam"].as_array().unwrap();
    assert!(parameters.iter().any(|p| p["name"] == "birthdate" && p["type"] == "date"));
    let operations = patient["operation"].as_array().unwrap();
    assert!(operations.iter().any(|operation| operation["name"] == "summary"));
}

#[test]
fn every_advertised_parameter_is_understood() {
    let server = Server::start();
    let statement = server.get("metadata").send().expect(200).json();
    for resource in statement["rest"][0]["resource"].as_array().unwrap() {
        let name = resource["type"].as_str().unwrap();
        let mut query = String::new();
        for parameter in resource["searchParam"].as_array().unwrap() {
            if parameter["type"] == "composite" {
                continue;
            }
            query.push_str(parameter["name"].as_str().unwrap());
            query.push_str(":missing=true&");
        }
        server.get(&format!("{name}?{query}_count=1")).send().expect(200);
    }
}

#[test]
fn every_advertised_include_is_understood() {
    let server = Server::start();
    let statement = server.get("metadata").send().expect(200).json();
    for resource in statement["rest"][0]["resource"].as_array().unwrap() {
        let name = resource["type"].as_str().unwrap();
        let mut query = String::new();
        for (parameter, list) in [
            ("_include", &resource["searchInclude"]),
            ("_revinclude", &resource["searchRevInclude"]),
        ] {
            for include in list.as_array().into_iter().flatten() {
                query.push_str(&format!("{parameter}={}&", include.as_str().unwrap()));
            }
        }
        let answer = server
            .post(&format!("{name}/_search"))
            .body("application/x-www-form-urlencoded", query)
            .send();
        answer.expect(200);
    }
}

#[test]
fn the_mode_chooses_the_statement() {
    let server = Server::start();
    let normative = server.get("metadata?mode=normative").send().expect(200).json();
    let resources = normative["rest"][0]["resource"].as_array().unwrap();
    assert!(resources.len() < 20);
    let terminology = server.get("metadata?mode=terminology").send().expect(200).json();
    assert_eq!(terminology["resourceType"], "TerminologyCapabilities");
    // What describes an instance names it (tcp-3).
    assert_eq!(terminology["implementation"]["url"], server.base());
    server.get("metadata?mode=all").send().expect(400);
}

#[test]
fn options_on_the_base_gives_the_statement_too() {
    let server = Server::start();
    let answer = server.client().request("OPTIONS", "").send().expect(200);
    assert_eq!(answer.json()["resourceType"], "CapabilityStatement");
}
