//! Scenarios that add resources.

use super::{Floor, Scenario, Step};
use crate::bench::http::Request;
use crate::bench::random::Random;

/// Creates of a large transaction.
const CREATES: u64 = 100;

pub(crate) fn add(scenarios: &mut Vec<Scenario>) {
    scenarios.push(Scenario {
        set: "gates",
        name: "durable create",
        floor: Floor::Disk,
        unit: "requests",
        quick: true,
        step: Box::new(|worker| {
            let body = observation(&mut worker.random);
            worker.send(&Request::post("Observation", &body));
        }),
    });
    let step: Step = Box::new(|worker| {
        let body = pair(&mut worker.random);
        worker.send(&Request::post("", &body));
    });
    scenarios.push(Scenario {
        set: "gates",
        name: "transaction of 100",
        floor: Floor::Disk,
        unit: "resources",
        quick: true,
        step: Box::new(|worker| {
            let body = creates(&mut worker.random);
            if worker.send(&Request::post("", &body)) {
                worker.count(CREATES);
            }
        }),
    });
    scenarios.push(Scenario {
        set: "Blaze",
        name: "transaction of 2",
        floor: Floor::Disk,
        unit: "requests",
        quick: true,
        step,
    });
}

/// A transaction of creates.
fn creates(random: &mut Random) -> String {
    let entry = |_| {
        format!(
            r#"{{"resource":{},"request":{{"method":"POST","url":"Observation"}}}}"#,
            observation(random)
        )
    };
    let entries: Vec<String> = (0..CREATES).map(entry).collect();
    format!(r#"{{"resourceType":"Bundle","type":"transaction","entry":[{}]}}"#, entries.join(","))
}

/// A laboratory result of about 1.3 KB.
pub(crate) fn observation(random: &mut Random) -> String {
    let value = 4.0 + random.unit() * 9.0;
    let (patient, encounter, order) = (random.below(500), random.next(), random.next());
    let (doctor, day) = (random.below(64), 1 + random.below(28));
    format!(
        r#"{{"resourceType":"Observation","status":"final","identifier":[{{"system":"http://lab.example.org/order","value":"{order}"}}],"category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"Laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"4548-4","display":"Hemoglobin A1c/Hemoglobin.total in Blood"}}],"text":"Hemoglobin A1c"}},"subject":{{"reference":"Patient/p{patient}"}},"encounter":{{"reference":"Encounter/e{encounter}"}},"effectiveDateTime":"2026-03-{day:02}T09:30:00+01:00","issued":"2026-03-{day:02}T09:30:00.000+01:00","performer":[{{"reference":"Organization/lab"}},{{"reference":"Practitioner/dr{doctor}"}}],"valueQuantity":{{"value":{value:.1},"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"interpretation":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N","display":"Normal"}}]}}],"referenceRange":[{{"low":{{"value":4.0,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"high":{{"value":5.6,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"text":"4.0-5.6 %"}}]}}"#
    )
}

/// A patient and an observation of it, joined by a URN.
fn pair(random: &mut Random) -> String {
    let (number, value) = (random.next(), 50.0 + random.unit() * 90.0);
    let urn = format!("urn:uuid:{:08x}-0000-4000-8000-{:012x}", number >> 32, number >> 16);
    format!(
        r#"{{"resourceType":"Bundle","type":"transaction","entry":[{{"fullUrl":"{urn}","resource":{{"resourceType":"Patient","identifier":[{{"system":"https://generated.example.org/pair","value":"{number}"}}],"name":[{{"family":"Pair","given":["Number {number}"]}}],"gender":"other","birthDate":"1980-02-03"}},"request":{{"method":"POST","url":"Patient"}}}},{{"fullUrl":"urn:uuid:00000000-0000-4000-9000-{:012x}","resource":{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"29463-7"}}]}},"subject":{{"reference":"{urn}"}},"effectiveDateTime":"2026-01-02T03:04:05Z","valueQuantity":{{"value":{value:.1},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}},"request":{{"method":"POST","url":"Observation"}}}}]}}"#,
        number >> 16
    )
}
