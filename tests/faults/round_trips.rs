//! How often a request asks the database, as a proxy between the two sees it.

use brigid_tests::{Proxy, Server};
use serde_json::{Value, json};

use super::behind_a_proxy;

#[track_caller]
fn check(proxy: &Proxy, most: usize, what: &str, request: impl FnOnce()) {
    let _ = proxy.commands();
    request();
    let commands = proxy.commands();
    assert!(commands <= most, "{what}: {commands} commands, where {most} should do");
}

fn bundle(server: &Server, entries: Vec<Value>) {
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    server.post("").json(&bundle).send().expect(200);
}

fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "identifier": [{"system": "http://t", "value": id}],
           "name": [{"family": format!("Fam{id}")}]})
}

fn named(id: &str) -> Value {
    let mut patient = patient(id);
    patient["id"] = json!(id);
    patient
}

fn entry(method: &str, url: &str, resource: Value) -> Value {
    json!({"request": {"method": method, "url": url}, "resource": resource})
}

/// Creates under a condition, of patients with these numbers.
fn conditional(numbers: std::ops::Range<usize>) -> Vec<Value> {
    let one = |number: usize| {
        let mut entry = entry("POST", "Patient", patient(&format!("c{number}")));
        entry["request"]["ifNoneExist"] = json!(format!("identifier=http://t|c{number}"));
        entry
    };
    numbers.map(one).collect()
}

/// Observations of patients that are named by a condition.
fn referring(numbers: std::ops::Range<usize>) -> Vec<Value> {
    let one = |number: usize| {
        let observation = json!({
            "resourceType": "Observation", "status": "final", "code": {"text": "x"},
            "subject": {"reference": format!("Patient?identifier=http://t|c{number}")}
        });
        entry("POST", "Observation", observation)
    };
    numbers.map(one).collect()
}

/// With parameters that have their numbers, and a type that has its first resources.
fn warm(name: &str) -> (Proxy, Server) {
    let (proxy, server) = behind_a_proxy(name);
    bundle(&server, [conditional(0..2), referring(0..2)].concat());
    for id in ["a", "b", "c"] {
        server.put(&format!("Patient/{id}")).json(&named(id)).send().expect(201);
    }
    server.get("Patient?name=fam&_sort=name&_count=2").send().expect(200);
    server.get("Observation?_include=Observation:subject").send().expect(200);
    (proxy, server)
}

#[test]
fn a_request_asks_the_database_as_seldom_as_is_said() {
    let (proxy, server) = warm("trips");
    let get = |path: &str| {
        server.get(path).send().expect(200);
    };
    check(&proxy, 1, "a read", || get("Patient/a"));
    check(&proxy, 1, "a page by token", || get("Patient?identifier=http://t|a"));
    check(&proxy, 2, "a sorted page", || get("Patient?name=fam&_sort=-name&_count=2"));
    let page = "Patient?name=fam&_count=2&_total=accurate";
    check(&proxy, 2, "a page with its total", || get(page));
    // Whether anything is contained, which no resource of this tenant has said so far, is asked.
    check(&proxy, 3, "a chain", || get("Observation?subject:Patient.identifier=http://t|c1"));
    let include = "Observation?_include=Observation:subject";
    check(&proxy, 3, "an include", || get(include));
    let include = "Patient?identifier=http://t|c1&_revinclude=Observation:subject";
    check(&proxy, 3, "a reverse include", || get(include));
    check(&proxy, 3, "a create", || {
        server.post("Patient").json(&patient("new")).send().expect(201);
    });
    check(&proxy, 6, "a conditional create", || {
        let request = server.post("Patient").json(&patient("once"));
        request.header("If-None-Exist", "identifier=http://t|once").send().expect(201);
    });
    check(&proxy, 3, "an update", || {
        server.put("Patient/a").json(&named("a")).send().expect(200);
    });
    check(&proxy, 1, "the current version", || get("Patient/a/_history/2"));
    check(&proxy, 2, "an older version", || get("Patient/a/_history/1"));
    check(&proxy, 2, "a history", || get("Patient/a/_history"));
    check(&proxy, 3, "a history of a type", || get("Patient/_history"));
    check(&proxy, 3, "a deletion", || {
        server.delete("Patient/c").send().expect(204);
    });
}

#[test]
fn a_bundle_asks_the_database_eight_times_at_most_however_long_it_is() {
    let (proxy, server) = warm("bundles");
    for count in [3, 30] {
        let creates: Vec<Value> =
            (0..count).map(|n| entry("POST", "Patient", patient(&format!("p{n}")))).collect();
        check(&proxy, 8, "creates", || bundle(&server, creates));
        let range = 10 * count..11 * count;
        check(&proxy, 8, "conditional creates", || bundle(&server, conditional(range.clone())));
        check(&proxy, 8, "what is there already", || bundle(&server, conditional(range.clone())));
        check(&proxy, 8, "references by conditions", || bundle(&server, referring(range.clone())));
        let patch = json!({"resourceType": "Parameters", "parameter": [{
            "name": "operation", "part": [
                {"name": "type", "valueCode": "replace"},
                {"name": "path", "valueString": "Patient.name[0].family"},
                {"name": "value", "valueString": format!("Patched{count}")}
            ]
        }]});
        let mixed = [
            conditional(20 * count..21 * count),
            conditional(range.clone()),
            referring(range.clone()),
            vec![
                entry("PUT", "Patient/a", named("a")),
                entry("PUT", &format!("Patient/new{count}"), named(&format!("new{count}"))),
                entry("PATCH", "Patient/b", patch),
                json!({"request": {"method": "DELETE", "url": "Patient/c"}}),
            ],
        ];
        check(&proxy, 8, "some of all", || bundle(&server, mixed.concat()));
    }
}
