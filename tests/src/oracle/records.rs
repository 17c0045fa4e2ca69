//! One resource of each type, drawn at random.

use serde_json::{Map, Value, json};

use super::data::{CATEGORY, CITIES, DAYS, GIVEN, Maker, URIS, ids};
use super::parameters::DATA;
use super::rng::Rng;

/// All resources of a data set of about so many.
pub(crate) fn records(rng: &mut Rng, size: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for resource in DATA {
        for id in ids(resource, size) {
            all.push(record(rng, size, resource, &id));
        }
    }
    all
}

/// A resource of this type and id.
pub(crate) fn record(rng: &mut Rng, size: usize, resource: &str, id: &str) -> Value {
    let mut make = Maker { rng, size };
    let mut map = Map::new();
    map.insert("resourceType".to_owned(), json!(resource));
    map.insert("id".to_owned(), json!(id));
    let mut meta = Map::new();
    make.some(&mut meta, 30, "tag", |make| json!([make.coding()]));
    make.some(&mut meta, 20, "security", |make| json!([make.coding(), make.coding()]));
    make.some(&mut meta, 20, "profile", |make| json!([make.of(&URIS)]));
    if !meta.is_empty() {
        map.insert("meta".to_owned(), Value::Object(meta));
    }
    match resource {
        "Patient" | "Practitioner" => person(&mut make, &mut map, resource),
        "Organization" => organization(&mut make, &mut map),
        "Encounter" => encounter(&mut make, &mut map),
        "Observation" => observation(&mut make, &mut map),
        "Condition" => condition(&mut make, &mut map),
        "MedicationRequest" => medication_request(&mut make, &mut map),
        "RiskAssessment" => risk_assessment(&mut make, &mut map),
        "Questionnaire" => questionnaire(&mut make, &mut map),
        "QuestionnaireResponse" => response(&mut make, &mut map),
        _ => list(&mut make, &mut map),
    }
    Value::Object(map)
}

fn person(make: &mut Maker<'_>, map: &mut Map<String, Value>, resource: &str) {
    make.some(map, 90, "name", Maker::names);
    make.some(map, 60, "active", |make| json!(make.rng.percent(50)));
    make.some(map, 60, "identifier", |make| json!([make.identifier()]));
    if resource == "Practitioner" {
        return;
    }
    make.some(map, 50, "address", |make| json!([{"city": make.of(&CITIES)}]));
    make.some(map, 70, "gender", |make| make.of(&["male", "female", "other"]));
    make.some(map, 40, "communication", |make| {
        json!([{"language": {"coding": [{"system": "urn:ietf:bcp:47",
            "code": make.of(&["de", "en", "fr"])}]}}])
    });
    make.some(map, 80, "birthDate", |make| make.of(&DAYS));
    make.some(map, 30, "deceasedDateTime", Maker::date);
    make.some(map, 60, "managingOrganization", |make| make.reference(&["Organization"]));
    make.some(map, 50, "generalPractitioner", |make| {
        let targets = ["Practitioner", "Organization"];
        json!([make.reference(&targets), make.reference(&targets)])
    });
}

fn organization(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("name".to_owned(), make.of(&CITIES));
    make.some(map, 40, "alias", |make| json!([make.of(&GIVEN), make.of(&CITIES)]));
    make.some(map, 60, "address", |make| json!([{"city": make.of(&CITIES)}]));
    make.some(map, 50, "identifier", |make| json!([make.identifier()]));
    make.some(map, 50, "type", |make| json!([make.concept()]));
    make.some(map, 60, "partOf", |make| make.reference(&["Organization"]));
}

fn encounter(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), make.of(&["planned", "finished", "cancelled"]));
    map.insert("class".to_owned(), make.coding());
    make.some(map, 40, "type", |make| json!([make.concept(), make.concept()]));
    make.some(map, 80, "period", Maker::period);
    make.some(map, 40, "length", Maker::duration);
    make.some(map, 80, "subject", |make| make.reference(&["Patient"]));
    make.some(map, 50, "serviceProvider", |make| make.reference(&["Organization"]));
    make.some(map, 40, "partOf", |make| make.reference(&["Encounter"]));
    make.some(
        map,
        50,
        "participant",
        |make| json!([{"individual": make.reference(&["Practitioner"])}]),
    );
}

fn observation(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), make.of(&["final", "amended", "preliminary"]));
    map.insert("code".to_owned(), make.concept());
    make.some(map, 60, "category", |make| json!([{"coding": [{"code": make.of(&CATEGORY)}]}]));
    make.some(map, 30, "identifier", |make| json!([make.identifier(), make.identifier()]));
    make.some(map, 85, "subject", |make| make.reference(&["Patient"]));
    make.some(map, 50, "encounter", |make| make.reference(&["Encounter"]));
    make.some(map, 50, "performer", |make| {
        json!([make.reference(&["Practitioner", "Organization"])])
    });
    make.some(map, 25, "hasMember", |make| json!([make.reference(&["Observation"])]));
    match make.rng.below(6) {
        0 => {}
        1 => make.some(map, 100, "effectivePeriod", Maker::period),
        2 => make.some(map, 100, "effectiveInstant", |make| make.of(&INSTANTS)),
        3 => make.some(
            map,
            100,
            "effectiveTiming",
            |make| json!({"event": [make.date(), make.date()]}),
        ),
        _ => make.some(map, 100, "effectiveDateTime", Maker::date),
    }
    match make.rng.below(8) {
        0 => {}
        1 => make.some(map, 100, "valueString", |make| make.of(&GIVEN)),
        2 => make.some(map, 100, "valueDateTime", Maker::date),
        3 => make.some(map, 100, "valuePeriod", Maker::period),
        4 => make.some(map, 100, "valueCodeableConcept", Maker::concept),
        _ => make.some(map, 100, "valueQuantity", Maker::quantity),
    }
    make.some(map, 40, "component", |make| {
        let part = |make: &mut Maker<'_>| json!({"code": make.concept(), "valueQuantity": make.quantity()});
        json!([part(make), part(make)])
    });
}

const INSTANTS: [&str; 3] =
    ["2020-02-29T00:00:00Z", "2020-02-29T23:59:59.999Z", "2020-03-01T00:30:00+01:00"];

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";

fn condition(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("subject".to_owned(), make.reference(&["Patient"]));
    make.some(map, 80, "code", Maker::concept);
    make.some(map, 50, "severity", Maker::concept);
    make.some(map, 40, "clinicalStatus", |make| {
        let code = make.of(&["active", "recurrence", "remission", "resolved"]);
        json!({"coding": [{"system": CLINICAL, "code": code}]})
    });
    match make.rng.below(5) {
        0 => make.some(map, 100, "onsetPeriod", Maker::period),
        1 => make.some(map, 100, "onsetAge", Maker::duration),
        2 => {}
        _ => make.some(map, 100, "onsetDateTime", Maker::date),
    }
    make.some(map, 50, "recordedDate", Maker::date);
    make.some(map, 50, "encounter", |make| make.reference(&["Encounter"]));
    make.some(map, 50, "asserter", |make| make.reference(&["Practitioner", "Patient"]));
}

fn medication_request(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), make.of(&["active", "completed", "stopped"]));
    map.insert("intent".to_owned(), make.of(&["order", "plan"]));
    map.insert("medicationCodeableConcept".to_owned(), make.concept());
    map.insert("subject".to_owned(), make.reference(&["Patient"]));
    make.some(map, 70, "authoredOn", Maker::date);
    make.some(map, 60, "requester", |make| make.reference(&["Practitioner", "Organization"]));
}

fn risk_assessment(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), json!("final"));
    map.insert("subject".to_owned(), make.reference(&["Patient"]));
    make.some(map, 60, "occurrenceDateTime", Maker::date);
    make.some(map, 40, "condition", |make| make.reference(&["Condition"]));
    make.some(map, 90, "prediction", |make| {
        let chances = [0.0, 0.1, 0.5, 0.505, 0.95, 1.0, 5.449, 99.5];
        let part = |make: &mut Maker<'_>| {
            json!({"probabilityDecimal": make.rng.pick(&chances),
                "qualitativeRisk": make.concept()})
        };
        (0..=make.rng.below(2)).map(|_| part(make)).collect()
    });
}

fn questionnaire(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), make.of(&["draft", "active", "retired"]));
    make.some(map, 90, "url", |make| make.of(&URIS));
    make.some(map, 60, "title", |make| make.of(&CITIES));
    make.some(map, 60, "date", Maker::date);
}

fn response(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), make.of(&["in-progress", "completed"]));
    make.some(map, 90, "questionnaire", |make| {
        let version = *make.rng.pick(&["", "", "|1", "|1.2"]);
        json!(format!("{}{version}", make.rng.pick(&URIS)))
    });
    make.some(map, 80, "subject", |make| make.reference(&["Patient"]));
    make.some(map, 60, "authored", Maker::date);
}

fn list(make: &mut Maker<'_>, map: &mut Map<String, Value>) {
    map.insert("status".to_owned(), make.of(&["current", "retired"]));
    map.insert("mode".to_owned(), json!("working"));
    make.some(map, 60, "code", Maker::concept);
    make.some(map, 60, "date", Maker::date);
    make.some(map, 60, "subject", |make| make.reference(&["Patient"]));
    make.some(map, 90, "entry", |make| {
        let targets = ["Patient", "Observation", "Condition", "Encounter"];
        let entry = |make: &mut Maker<'_>| json!({"item": make.reference(&targets)});
        (0..=make.rng.below(6)).map(|_| entry(make)).collect()
    });
}
