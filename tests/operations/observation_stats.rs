//! [`Observation/$stats`](https://hl7.org/fhir/R4/observation-operation-stats.html)

use brigid_tests::Server;
use serde_json::{Value, json};

const UCUM: &str = "http://unitsofmeasure.org";

fn quantity(value: f64, unit: &str) -> Value {
    json!({"value": value, "unit": unit, "system": UCUM, "code": unit})
}

fn code(code: &str) -> Value {
    json!({"coding": [{"system": "http://loinc.org", "code": code}]})
}

fn observation(id: &str, kind: &str, day: u32, value: Value) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "code": code(kind),
        "subject": {"reference": "Patient/p"}, "effectiveDateTime": format!("2024-01-{day:02}"),
        "valueQuantity": value})
}

fn pressure(id: &str, day: u32, systolic: f64, diastolic: f64) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": "final", "code": code("panel"),
    "subject": {"reference": "Patient/p"}, "effectiveDateTime": format!("2024-01-{day:02}"),
    "component": [
        {"code": code("sys"), "valueQuantity": quantity(systolic, "mm[Hg]")},
        {"code": code("dia"), "valueQuantity": quantity(diastolic, "mm[Hg]")},
    ]})
}

fn record(server: &Server) {
    let mut wrong = observation("wrong", "weight", 9, quantity(700.0, "kg"));
    wrong["status"] = json!("entered-in-error");
    let mut below = observation("below", "weight", 9, quantity(1.0, "kg"));
    below["valueQuantity"]["comparator"] = json!("<");
    server.put_all(&[
        json!({"resourceType": "Patient", "id": "p"}),
        observation("w1", "weight", 1, quantity(70.0, "kg")),
        observation("w2", "weight", 2, quantity(72000.0, "g")),
        observation("w3", "weight", 3, quantity(74.0, "kg")),
        wrong,
        below,
        pressure("bp1", 1, 120.0, 80.0),
        pressure("bp2", 2, 130.0, 90.0),
    ]);
}

/// All statistics of an answer: code of the Observation, code of the component, value and unit.
fn statistics(body: &Value) -> Vec<(String, String, f64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for parameter in body["parameter"].as_array().unwrap() {
        if parameter["name"] != "statistics" {
            continue;
        }
        let one = &parameter["resource"];
        for part in one["component"].as_array().unwrap() {
            let value = part["valueQuantity"]["value"].as_f64().unwrap_or(f64::NAN);
            all.push((
                text(&one["code"]["coding"][0]["code"]),
                text(&part["code"]["coding"][0]["code"]),
                value,
                text(&part["valueQuantity"]["code"]),
            ));
        }
    }
    all
}

#[track_caller]
fn check(server: &Server, query: &str, expected: &[(&str, &str, f64, &str)]) {
    let path = format!("Observation/$stats?subject=Patient/p&system=http://loinc.org&{query}");
    let found = statistics(&server.get(&path).send().expect(200).json());
    let expected: Vec<(String, String, f64, String)> = expected
        .iter()
        .map(|(a, b, value, unit)| ((*a).to_owned(), (*b).to_owned(), *value, (*unit).to_owned()))
        .collect();
    assert_eq!(found, expected, "{query}");
}

#[test]
fn statistics_are_of_valid_measurements_in_one_unit() {
    let server = Server::start();
    record(&server);
    check(
        &server,
        "code=weight&statistic=average&statistic=max,min&statistic=count",
        &[
            ("weight", "average", 72.0, "kg"),
            ("weight", "maximum", 74.0, "kg"),
            ("weight", "minimum", 70.0, "kg"),
            ("weight", "count", 3.0, ""),
        ],
    );
    check(
        &server,
        "code=weight&statistic=total-count,variance,std-dev,skew,regression",
        &[
            ("weight", "total-count", 4.0, ""),
            ("weight", "variance", 4.0, "(kg).(kg)"),
            ("weight", "std-dev", 2.0, "kg"),
            ("weight", "skew", 0.0, "1"),
            ("weight", "regression", 2.0, "(kg)/d"),
            ("weight", "regression", 70.0, "kg"),
        ],
    );
}

#[test]
fn a_panel_is_answered_for_each_of_its_measurements() {
    let server = Server::start();
    record(&server);
    check(
        &server,
        "code=panel&statistic=average",
        &[("sys", "average", 125.0, "mm[Hg]"), ("dia", "average", 85.0, "mm[Hg]")],
    );
    check(&server, "code=sys&statistic=sum", &[("sys", "sum", 250.0, "mm[Hg]")]);
    let mut panel = observation("members", "lipids", 1, json!(null));
    panel.as_object_mut().unwrap().remove("valueQuantity");
    panel["hasMember"] = json!([{"reference": "Observation/w1"}, {"reference": "Observation/w3"}]);
    server.put_all(&[panel]);
    check(&server, "code=lipids&statistic=average", &[("weight", "average", 72.0, "kg")]);
}

#[test]
fn a_period_and_sources_can_be_asked_for() {
    let server = Server::start();
    record(&server);
    let body = json!({"resourceType": "Parameters", "parameter": [
        {"name": "subject", "valueUri": format!("{}/Patient/p", server.base())},
        {"name": "coding", "valueCoding": {"system": "http://loinc.org", "code": "weight"}},
        {"name": "period", "valuePeriod": {"start": "2024-01-02", "end": "2024-01-08"}},
        {"name": "statistic", "valueCode": "count"},
        {"name": "include", "valueBoolean": true},
        {"name": "limit", "valuePositiveInt": 1},
    ]});
    let answer = server.post("Observation/$stats").json(&body).send().expect(200).json();
    assert_eq!(statistics(&answer)[0].2, 2.0);
    let one = &answer["parameter"][0]["resource"];
    assert_eq!(one["effectivePeriod"], json!({"start": "2024-01-02", "end": "2024-01-08"}));
    assert_eq!(one["subject"]["reference"], "Patient/p");
    assert_eq!(one["status"], "final");
    let sources: Vec<&Value> = answer["parameter"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|parameter| parameter["name"] == "source")
        .collect();
    assert_eq!(sources.len(), 1);
    assert_eq!(sources[0]["resource"]["id"], "w3");
    let none = server
        .get("Observation/$stats?subject=Patient/p&code=weight&duration=1&statistic=count,average");
    let answer = none.send().expect(200).json();
    let part = &answer["parameter"][0]["resource"]["component"];
    assert_eq!(part[0]["valueQuantity"]["value"], 0);
    assert_eq!(part[1]["dataAbsentReason"]["coding"][0]["code"], "not-applicable");
}

#[test]
fn units_that_do_not_convert_are_told_apart() {
    let server = Server::start();
    record(&server);
    server.put_all(&[observation("l1", "weight", 5, quantity(5.0, "L"))]);
    check(
        &server,
        "code=weight&statistic=average",
        &[("weight", "average", 5.0, "L"), ("weight", "average", 72.0, "kg")],
    );
}

#[test]
fn wrong_calls_are_explained() {
    let server = Server::start();
    record(&server);
    for (query, says) in [
        ("code=weight&statistic=count", "subject"),
        ("subject=Patient/p&statistic=count", "code"),
        ("subject=Patient/p&code=weight", "statistic"),
        ("subject=Patient/p&code=weight&statistic=averag", "average"),
        ("subject=Patient/p&code=weight&statistic=count&duration=-1", "duration"),
        ("subject=http://elsewhere/Patient/p&code=weight&statistic=count", "Patient/123"),
        ("subject=Patient/p&code=weight&statistic=count&include=yes", "include"),
    ] {
        let answer = server.get(&format!("Observation/$stats?{query}")).send().expect(400);
        assert!(answer.diagnostics().contains(says), "{query}: {}", answer.diagnostics());
    }
    server.get("Observation/$stats?subject=Patient/x&code=w&statistic=count").send().expect(404);
}
