//! [`Patient/[id]/$everything`](https://hl7.org/fhir/R4/patient-operation-everything.html)

use std::collections::BTreeSet;

use brigid_tests::Server;
use serde_json::json;

fn record(server: &Server) {
    let observation = |id: &str, patient: &str, date: &str| {
        json!({"resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
            "subject": {"reference": format!("Patient/{patient}")}, "effectiveDateTime": date,
            "performer": [{"reference": "Practitioner/p"}]})
    };
    server.put_all(&[
        json!({"resourceType": "Practitioner", "id": "p"}),
        json!({"resourceType": "Organization", "id": "org"}),
        json!({"resourceType": "Patient", "id": "a",
                "managingOrganization": {"reference": "Organization/org"}}),
        json!({"resourceType": "Patient", "id": "b"}),
        observation("o1", "a", "2020-01-01"),
        observation("o2", "a", "2024-01-01"),
        observation("o3", "b", "2024-01-01"),
        json!({"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/a"}}),
    ]);
}

/// `Type/id` of all pages.
fn walk(server: &Server, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = server.get(&path).send().expect(200);
        let bundle = page.json();
        assert_eq!(bundle["type"], "searchset");
        for entry in bundle["entry"].as_array().into_iter().flatten() {
            let resource = &entry["resource"];
            found.push(format!(
                "{}/{}",
                resource["resourceType"].as_str().unwrap(),
                resource["id"].as_str().unwrap()
            ));
        }
        next = page.link("next");
    }
    found
}

#[test]
fn everything_is_the_compartment_and_what_it_refers_to() {
    let server = Server::start();
    record(&server);
    let found = walk(&server, "Patient/a/$everything");
    assert_eq!(found[0], "Patient/a");
    let distinct: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(distinct.len(), found.len(), "{found:?}");
    let expected: BTreeSet<&str> = BTreeSet::from([
        "Patient/a",
        "Observation/o1",
        "Observation/o2",
        "Condition/c",
        "Practitioner/p",
        "Organization/org",
    ]);
    assert_eq!(distinct, expected);
}

#[test]
fn pages_hold_everything() {
    let server = Server::start();
    record(&server);
    let found: BTreeSet<String> =
        walk(&server, "Patient/a/$everything?_count=1").into_iter().collect();
    for address in ["Patient/a", "Observation/o1", "Observation/o2", "Condition/c"] {
        assert!(found.contains(address), "{address} in {found:?}");
    }
    assert!(!found.contains("Observation/o3"));
}

#[test]
fn types_and_dates_narrow_it() {
    let server = Server::start();
    record(&server);
    let found = walk(&server, "Patient/a/$everything?_type=Observation&start=2023-01-01");
    assert!(found.contains(&"Observation/o2".to_owned()), "{found:?}");
    assert!(!found.contains(&"Observation/o1".to_owned()), "{found:?}");
    assert!(!found.contains(&"Condition/c".to_owned()), "{found:?}");
}

#[test]
fn since_is_an_instant_of_any_offset() {
    let server = Server::start();
    record(&server);
    for since in
        ["2001-01-01T00:00:00Z", "2001-01-01T00:00:00+02:00", "2001-01-01T00:00:00%2B02:00"]
    {
        let found = walk(&server, &format!("Patient/a/$everything?_since={since}"));
        assert!(found.contains(&"Observation/o1".to_owned()), "{since}: {found:?}");
    }
}

#[test]
fn wrong_input_is_named() {
    let server = Server::start();
    record(&server);
    server.get("Patient/nobody/$everything").send().expect(404);
    server.get("Patient/a/$everything?_type=Nothing").send().expect(400);
    server.get("Patient/a/$everything?start=soon").send().expect(400);
    server.get("Patient/a/$everything?_page=abc").send().expect(400);
}
