//! [`Observation/$lastn`](https://hl7.org/fhir/R4/observation-operation-lastn.html)

use brigid_tests::Server;
use serde_json::{Value, json};

fn observation(id: &str, codes: &[&str], date: &str) -> Value {
    let codings: Vec<Value> =
        codes.iter().map(|code| json!({"system": "http://loinc.org", "code": code})).collect();
    json!({"resourceType": "Observation", "id": id, "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": codings}, "subject": {"reference": "Patient/p"},
        "effectiveDateTime": date})
}

fn record(server: &Server) {
    let mut other = observation("other", &["a"], "2030-01-01");
    other["subject"]["reference"] = json!("Patient/q");
    let mut wrong = observation("wrong", &["c"], "2024-09-09");
    wrong["status"] = json!("entered-in-error");
    let mut period = observation("period", &["d"], "");
    period["effectivePeriod"] = json!({"start": "2024-01-01", "end": "2024-06-30"});
    period.as_object_mut().unwrap().remove("effectiveDateTime");
    server.put_all(&[
        json!({"resourceType": "Patient", "id": "p"}),
        json!({"resourceType": "Patient", "id": "q"}),
        observation("a1", &["a"], "2024-01-01T10:00:00Z"),
        observation("a2", &["a"], "2024-03-01T10:00:00Z"),
        observation("a3", &["a"], "2024-02-01T10:00:00Z"),
        observation("b1", &["b"], "2024-05-01T10:00:00+02:00"),
        observation("b2", &["b"], "2024-05-01T08:00:00Z"),
        observation("b3", &["b"], "2024-04-01T08:00:00Z"),
        wrong,
        period,
        other,
    ]);
}

/// The answer has exactly these, in this order.
#[track_caller]
fn check(server: &Server, query: &str, expected: &[&str]) {
    let answer = server.get(&format!("Observation/$lastn?{query}")).send().expect(200);
    let bundle = answer.json();
    assert_eq!(bundle["type"], "searchset");
    assert_eq!(bundle["total"], expected.len());
    let expected: Vec<String> = expected.iter().map(|id| format!("Observation/{id}")).collect();
    assert_eq!(answer.entries("match"), expected, "{query}");
}

#[test]
fn the_latest_of_each_code_is_given_newest_first_and_ties_come_with_it() {
    let server = Server::start();
    record(&server);
    check(
        &server,
        "patient=Patient/p&category=vital-signs",
        &["wrong", "period", "b1", "b2", "a2"],
    );
    check(
        &server,
        "max=3&subject=Patient/p&code=http://loinc.org|a,http://loinc.org|b",
        &["b1", "b2", "b3", "a2", "a3", "a1"],
    );
    check(&server, "max=1&patient=p&code=b", &["b1", "b2"]);
}

#[test]
fn other_search_parameters_and_modifiers_narrow_it() {
    let server = Server::start();
    record(&server);
    check(&server, "patient=p&category=vital-signs&date=lt2024-02-15", &["period", "a3"]);
    check(
        &server,
        "patient=p&category=vital-signs&status:not=entered-in-error&code:not=d",
        &["b1", "b2", "a2"],
    );
    check(&server, "patient=nobody&category=vital-signs", &[]);
}

#[test]
fn a_code_with_a_translation_joins_groups() {
    let server = Server::start();
    record(&server);
    server.put_all(&[observation("ab", &["a", "b"], "2020-01-01")]);
    check(&server, "patient=p&code=a,b", &["b1", "b2"]);
}

#[test]
fn a_body_says_the_same_as_an_address() {
    let server = Server::start();
    record(&server);
    let body = json!({"resourceType": "Parameters", "parameter": [
        {"name": "max", "valuePositiveInt": 2},
        {"name": "patient", "valueString": "Patient/p"},
        {"name": "code", "valueString": "a"},
    ]});
    let answer = server.post("Observation/$lastn").json(&body).send().expect(200);
    assert_eq!(answer.entries("match"), ["Observation/a2", "Observation/a3"]);
}

#[test]
fn wrong_calls_are_explained() {
    let server = Server::start();
    for (query, says) in [
        ("category=vital-signs", "patient or subject"),
        ("patient=p", "category"),
        ("patient=p&code=a&max=0", "max"),
        ("patient=p&code=a&_sort=date", "_sort"),
        ("patient=p&code=a&_include=Observation:subject", "_include"),
        ("patient=p&code=a&cdoe=b", "cdoe"),
        ("patient=p&code=a&date=soon", "soon"),
    ] {
        let answer = server.get(&format!("Observation/$lastn?{query}")).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{query}: {}", answer.diagnostics());
    }
    server.get("Patient/$lastn?patient=p&code=a").send().expect(404);
}
