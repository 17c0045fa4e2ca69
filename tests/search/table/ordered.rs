//! Resources of the table with what prefixes compare: numbers, dates, quantities; and with places.

use serde_json::json;

use super::measures::{Span, span_of};
use super::rules::{Held, Kind};
use super::subjects::Subject;

pub(super) fn numbers() -> Subject {
    let one = |number: f64| {
        let part = json!({"prediction": [{"probabilityDecimal": number}]});
        (part, vec![Held::Number(number, number)])
    };
    let range = |low: f64, high: f64| {
        let mut range = json!({});
        if low.is_finite() {
            range["low"] = json!({"value": low});
        }
        if high.is_finite() {
            range["high"] = json!({"value": high});
        }
        (json!({"prediction": [{"probabilityRange": range}]}), vec![Held::Number(low, high)])
    };
    let two = (
        json!({"prediction": [{"probabilityDecimal": 1.0}, {"probabilityDecimal": 100.0}]}),
        vec![Held::Number(1.0, 1.0), Held::Number(100.0, 100.0)],
    );
    Subject::new(
        ("RiskAssessment", "probability", Kind::Number),
        &json!({"status": "final", "subject": {"display": "someone"}}),
        vec![
            one(0.8),
            one(0.84),
            one(0.9),
            one(99.7),
            one(0.0),
            two,
            range(0.76, 0.82),
            range(0.5, f64::INFINITY),
            range(f64::NEG_INFINITY, 0.5),
            (json!({}), vec![]),
        ],
        &[
            "0.8", "0.80", "8e-1", "1e2", "100", "100.00", "-1", "0", "x", "1.", "0.8|a",
            "0.9,100", "0.9,x",
        ],
    )
}

pub(super) fn dates() -> Subject {
    let at = |text: &'static str| {
        let held = span_of(text).expect("a date");
        (json!({"performedDateTime": text}), vec![Held::Date(held)])
    };
    let period = |start: Option<&str>, end: Option<&str>| {
        let low = start.map_or(i64::MIN, |text| span_of(text).expect("a date").low);
        let high = end.map_or(i64::MAX, |text| span_of(text).expect("a date").high);
        let mut part = json!({});
        if let Some(start) = start {
            part["start"] = json!(start);
        }
        if let Some(end) = end {
            part["end"] = json!(end);
        }
        (json!({"performedPeriod": part}), vec![Held::Date(Span { low, high })])
    };
    Subject::new(
        ("Procedure", "date", Kind::Date),
        &json!({"status": "completed", "subject": {"display": "someone"}}),
        vec![
            at("2020-05-06"),
            at("2020-05"),
            at("2020"),
            at("2020-05-06T10:00:00Z"),
            at("2020-05-06T10:00:00.250Z"),
            at("2020-05-06T23:30:00-02:00"),
            at("1950-01-01"),
            period(Some("2020-05-01"), Some("2020-06-10")),
            period(Some("2020-05-06"), None),
            period(None, Some("2020-05-06")),
            (json!({}), vec![]),
        ],
        &[
            "2020",
            "2020-05",
            "2020-05-06",
            "2020-05-07",
            "2020-05-06T10:00Z",
            "2020-05-06T10:00:00Z",
            "2020-05-06T10:00:00.250Z",
            "2020-05-06T12:00:00+02:00",
            "2020-05-06T10:00",
            "2020-13",
            "20200506",
            "2020-05-06T10",
            "today",
        ],
    )
}

pub(super) fn quantities() -> Subject {
    let of = |number: f64, unit: &'static str, system: &'static str, code: &'static str| {
        let mut quantity = json!({"value": number});
        for (key, text) in [("unit", unit), ("system", system), ("code", code)] {
            if !text.is_empty() {
                quantity[key] = json!(text);
            }
        }
        (json!({"quantity": quantity}), vec![Held::Quantity(number, unit, system, code)])
    };
    let ucum = "http://unitsofmeasure.org";
    Subject::new(
        ("ChargeItem", "quantity", Kind::Quantity),
        &json!({"status": "billable", "subject": {"display": "someone"}, "code": {"text": "x"}}),
        vec![
            of(5.0, "milligram", ucum, "mg"),
            of(5.25, "mg", ucum, "mg"),
            of(0.005, "g", ucum, "g"),
            of(50.0, "mg", "", ""),
            of(5.0, "tablet", "http://s", "TAB"),
            of(5.0, "", "", ""),
            of(2.0, "kg", ucum, "kg"),
            (json!({}), vec![]),
        ],
        &[
            "5",
            "5.0",
            "5e0",
            "50",
            "5||mg",
            "5||tablet",
            "5||milligram",
            "5|http://unitsofmeasure.org|mg",
            "0.005|http://unitsofmeasure.org|g",
            "2000|http://unitsofmeasure.org|g",
            "5|http://s|TAB",
            "5|http://s|mg",
            "5|mg",
            "5|http://s|",
            "many||mg",
            "5|a|b|c",
        ],
    )
}

pub(super) fn composites() -> Subject {
    let of = |code: &'static str, number: f64| {
        let ucum = "http://unitsofmeasure.org";
        let part = json!({
            "code": {"coding": [{"system": "http://s", "code": code}]},
            "valueQuantity": {"value": number, "system": ucum, "code": "mg"}});
        let quantity = Held::Quantity(number, "", ucum, "mg");
        let pair = Held::Pair(Box::new(Held::Token("http://s", code, "")), Box::new(quantity));
        (part, vec![pair])
    };
    let valueless = (json!({"code": {"coding": [{"system": "http://s", "code": "A"}]}}), vec![]);
    Subject::new(
        ("Observation", "code-value-quantity", Kind::Composite),
        &json!({"status": "final"}),
        vec![of("A", 5.0), of("A", 7.0), of("B", 5.0), valueless],
        &[
            "A$5",
            "http://s|A$5",
            "http://s|A$0.005|http://unitsofmeasure.org|g",
            "A$5||mg",
            "|A$5",
            "C$5",
            "A",
            "A$5$6",
            "$5",
            "A$x",
        ],
    )
}

pub(super) fn places() -> Subject {
    let at = |north: f64, east: f64| {
        let position = json!({"position": {"latitude": north, "longitude": east}});
        (position, vec![Held::Place(north, east)])
    };
    Subject::new(
        ("Location", "near", Kind::Near),
        &json!({}),
        vec![
            at(52.52, 13.4),
            at(52.39, 13.06),
            at(48.14, 11.58),
            at(-16.5, 179.9),
            at(-16.5, -179.9),
            (json!({}), vec![]),
        ],
        &[
            "52.5|13.4",
            "52.5|13.4|10",
            "52.5|13.4|10|km",
            "52.5|13.4|10000|m",
            "52.5|13.4|25|mi",
            "52.5|13.4|25|[mi_us]",
            "52.5|13.4|1000",
            "-16.5|180|20|km",
            "0|0",
            "52.5",
            "95|13",
            "52.5|200",
            "52.5|13.4|-1",
            "52.5|13.4|far",
            "52.5|13.4|10|kg",
            "52.5|13.4|10|km|x",
        ],
    )
}
