//! Scenarios that ask one thing of many values: reads and searches.

use super::{Floor, Left, Scenario, Step};
use crate::bench::http::Request;
use crate::bench::samples::Samples;

/// Most different queries of one template.
const QUERIES_MAX: usize = 500;

/// A scenario as data: one of the templates is asked at random each time.
struct Shape {
    set: &'static str,
    name: &'static str,
    quick: bool,
    templates: &'static [&'static str],
}

const fn shape(set: &'static str, name: &'static str, templates: &'static [&'static str]) -> Shape {
    Shape { set, name, quick: false, templates }
}

const fn quick(set: &'static str, name: &'static str, templates: &'static [&'static str]) -> Shape {
    Shape { set, name, quick: true, templates }
}

/// The shapes of mock.health that full text is needed for.
pub(crate) const FULL_TEXT: [&str; 7] = [
    "shape 24 Patient?_content=Smith",
    "shape 25 Observation?_content=blood",
    "shape 26 Condition?_content=hypertension",
    "shape 27 Patient?name:text=ohn",
    "shape 28 Patient?address:text=Boston",
    "shape 29 Patient?_text=Smith",
    "shape 30 Condition?code:text=hypertensive",
];

const GATES: &str = "gates";
const HS: &str = "HS-bench";
const MOCK: &str = "mock.health";
const BLAZE: &str = "Blaze";
const JOINS: &str = "joins";

const SHAPES: &[Shape] = &[
    quick(GATES, "read", &["Observation/{observation.id}"]),
    quick(GATES, "page by token", &["Observation?code={observation.code}&_count=20"]),
    quick(GATES, "page by reference", &["Observation?patient={observation.patient}&_count=20"]),
    quick(GATES, "page by date", &["Observation?date={observation.date}&_count=20"]),
    quick(
        GATES,
        "page by code + patient",
        &["Observation?code={observation.code}&patient={observation.patient}&_count=20"],
    ),
    quick(
        GATES,
        "page by code + date",
        &[
            "Observation?code={observation.code}&date={observation.date}&_count=20",
            "Observation?code={observation.code}&date=ge{observation.year}-01-01&_count=20",
        ],
    ),
    quick(
        GATES,
        "newest of a patient",
        &["Observation?patient={observation.patient}&_sort=-date&_count=20"],
    ),
    shape(
        GATES,
        "newest of a code",
        &["Observation?code={observation.code}&_sort=-date&_count=20"],
    ),
    shape(GATES, "vread", &["Observation/{observation.id}/_history/1"]),
    quick(GATES, "history of a resource", &["Observation/{observation.id}/_history"]),
    shape(GATES, "history of a type", &["Condition/_history?_count=20"]),
    quick(GATES, "$everything, first page of 50", &["Patient/{patient.id}/$everything?_count=50"]),
    quick(
        JOINS,
        "_include of the encounter",
        &["Observation?patient={observation.patient}&_include=Observation:encounter&_count=20"],
    ),
    quick(
        JOINS,
        "_revinclude of the observations",
        &["Encounter?_id={observation.encounter}&_revinclude=Observation:encounter"],
    ),
    shape(
        JOINS,
        "_include with :iterate",
        &["Observation?patient={observation.patient}&_include=Observation:encounter\
           &_include:iterate=Encounter:service-provider&_count=20"],
    ),
    quick(
        JOINS,
        "chain over the patient's name",
        &["Condition?subject:Patient.family={patient.family}&_count=20"],
    ),
    shape(
        JOINS,
        "chain and code",
        &[
            "Observation?code={observation.code}&subject:Patient.birthdate={patient.birth}&_count=20",
        ],
    ),
    shape(
        JOINS,
        "chain of two hops",
        &["Observation?encounter:Encounter.location:Location.address-city={patient.city}\
           &_count=20"],
    ),
    shape(
        JOINS,
        "_has by condition",
        &["Patient?_has:Condition:patient:code={condition.code}&_count=20"],
    ),
    quick(
        HS,
        "search string Patient",
        &[
            "Patient?family={patient.family}&_count=20",
            "Patient?given={patient.given}&_count=20",
            "Patient?name={patient.family}&_count=20",
            "Patient?address-city={patient.city}&_count=20",
        ],
    ),
    shape(HS, "search string Organization", &["Organization?name={organization.name}&_count=20"]),
    shape(
        HS,
        "search date Patient",
        &[
            "Patient?birthdate={patient.birth}&_count=20",
            "Patient?birthdate=lt{patient.birth}&_count=20",
            "Patient?birthdate=ge{patient.birth}&_count=20",
        ],
    ),
    shape(
        HS,
        "search date Encounter",
        &[
            "Encounter?date={encounter.date}&_count=20",
            "Encounter?date=ne{encounter.date}&_count=20",
            "Encounter?date=gt{encounter.date}&_count=20",
            "Encounter?date=lt{encounter.date}&_count=20",
            "Encounter?date=ge{encounter.date}&_count=20",
            "Encounter?date=le{encounter.date}&_count=20",
            "Encounter?date=sa{encounter.date}&_count=20",
            "Encounter?date=eb{encounter.date}&_count=20",
        ],
    ),
    quick(
        HS,
        "search date Observation",
        &[
            "Observation?date={observation.date}&_count=20",
            "Observation?date=ne{observation.date}&_count=20",
            "Observation?date=gt{observation.date}&_count=20",
            "Observation?date=lt{observation.date}&_count=20",
            "Observation?date=ge{observation.date}&_count=20",
            "Observation?date=le{observation.date}&_count=20",
            "Observation?date=sa{observation.date}&_count=20",
            "Observation?date=eb{observation.date}&_count=20",
        ],
    ),
    shape(
        HS,
        "search token Patient",
        &[
            "Patient?gender=female&_count=20",
            "Patient?identifier={patient.identifier}&_count=20",
            "Patient?active=true&_count=20",
        ],
    ),
    shape(
        HS,
        "search token Encounter",
        &[
            "Encounter?class={encounter.class}&_count=20",
            "Encounter?type={encounter.type}&_count=20",
            "Encounter?status=finished&_count=20",
        ],
    ),
    shape(
        HS,
        "search token Observation",
        &[
            "Observation?code={observation.code}&_count=20",
            "Observation?category={observation.category}&_count=20",
            "Observation?status=final&_count=20",
        ],
    ),
    shape(
        HS,
        "search reference Encounter",
        &[
            "Encounter?patient={encounter.patient}&_count=20",
            "Encounter?subject=Patient/{encounter.patient}&_count=20",
            "Encounter?service-provider=Organization/{encounter.organization}&_count=20",
        ],
    ),
    shape(
        HS,
        "search reference Observation",
        &[
            "Observation?patient={observation.patient}&_count=20",
            "Observation?subject=Patient/{observation.patient}&_count=20",
            "Observation?encounter={observation.encounter}&_count=20",
        ],
    ),
    quick(
        HS,
        "search quantity Observation",
        &[
            "Observation?value-quantity={observation.value}||{observation.unit}&_count=20",
            "Observation?value-quantity=gt{observation.value}||{observation.unit}&_count=20",
            "Observation?value-quantity=lt{observation.value}||{observation.unit}&_count=20",
            "Observation?value-quantity=ge{observation.value}&_count=20",
        ],
    ),
    quick(
        HS,
        "search composite Observation",
        &[
            "Observation?code-value-quantity={observation.code}$gt{observation.value}&_count=20",
            "Observation?code-value-quantity={observation.code}$le{observation.value}&_count=20",
            "Observation?component-code-value-quantity={pressure.code}$gt{pressure.value}\
             &_count=20",
        ],
    ),
    shape(MOCK, "shape 1 metadata", &["metadata"]),
    shape(MOCK, "shape 2 first 10 Observations", &["Observation?_count=10"]),
    shape(MOCK, "shape 3 count of Observations", &["Observation?_count=1&_total=accurate"]),
    shape(
        MOCK,
        "shape 4 count by code",
        &["Observation?code=http://loinc.org|8480-6&_count=1&_total=accurate"],
    ),
    shape(
        MOCK,
        "shape 5 count by combo-code",
        &["Observation?combo-code=http://loinc.org|8480-6&_count=1&_total=accurate"],
    ),
    shape(MOCK, "shape 6 men, counted", &["Patient?gender=male&_count=5&_total=accurate"]),
    shape(MOCK, "shape 7 family S", &["Patient?family=S"]),
    shape(MOCK, "shape 8 given A", &["Patient?given=A"]),
    shape(MOCK, "shape 9 women of family B", &["Patient?gender=female&family=B"]),
    shape(MOCK, "shape 10 heights", &["Observation?code=8302-2&_count=5&_total=accurate"]),
    shape(MOCK, "shape 11 weights", &["Observation?code=29463-7&_count=5&_total=accurate"]),
    shape(MOCK, "shape 12 pain", &["Observation?code=72514-3&_count=5&_total=accurate"]),
    shape(MOCK, "shape 13 since 2020", &["Observation?date=ge2020-01-01"]),
    shape(MOCK, "shape 14 read of a Patient", &["Patient/{patient.id}"]),
    shape(MOCK, "shape 15 by family", &["Patient?family={patient.family}"]),
    shape(
        MOCK,
        "shape 16 observations of a patient",
        &["Observation?patient={patient.id}&_count=20"],
    ),
    shape(MOCK, "shape 17 conditions of a patient", &["Condition?patient={patient.id}"]),
    shape(MOCK, "shape 18 conditions of a code", &["Condition?code={condition.code}"]),
    shape(MOCK, "shape 19 procedures of a code", &["Procedure?code={procedure.code}"]),
    shape(MOCK, "shape 20 encounters of a patient", &["Encounter?patient={patient.id}"]),
    shape(MOCK, "shape 21 prescriptions of a patient", &["MedicationRequest?patient={patient.id}"]),
    shape(
        MOCK,
        "shape 22 encounters of a practitioner",
        &["Encounter?participant=Practitioner/{encounter.participant}"],
    ),
    shape(
        MOCK,
        "shape 23 encounters at a location",
        &["Encounter?location=Location/{encounter.location}&_count=10"],
    ),
    quick(BLAZE, "read of a Patient", &["Patient/{patient.id}"]),
    shape(BLAZE, "first page of Patients", &["Patient"]),
    quick(BLAZE, "count by code", &["Observation?code={observation.code}&_summary=count"]),
    quick(
        BLAZE,
        "count by code + date",
        &["Observation?code={observation.code}&date=ge{observation.year}-01-01&_summary=count"],
    ),
];

pub(crate) fn add(samples: &Samples, scenarios: &mut Vec<Scenario>, left: &mut Vec<Left>) {
    let mut mix: Vec<Vec<String>> = Vec::new();
    for shape in SHAPES {
        let queries: Vec<Vec<String>> = shape
            .templates
            .iter()
            .map(|template| samples.render(template, QUERIES_MAX))
            .filter(|queries| !queries.is_empty())
            .collect();
        if queries.is_empty() {
            let why = "the server holds nothing that it could ask for".to_owned();
            left.push(Left { name: shape.name, why });
            continue;
        }
        if shape.set == MOCK {
            mix.extend(queries.iter().cloned());
        }
        scenarios.push(Scenario {
            set: shape.set,
            name: shape.name,
            floor: Floor::Http,
            unit: "requests",
            quick: shape.quick,
            step: any_of(queries),
        });
    }
    scenarios.push(Scenario {
        set: MOCK,
        name: "search mix (shapes 1 to 23)",
        floor: Floor::Http,
        unit: "requests",
        quick: true,
        step: any_of(mix),
    });
    match &samples.tenth {
        Some(code) => scenarios.push(Scenario {
            set: GATES,
            name: "_total=accurate of a tenth",
            floor: Floor::Http,
            unit: "requests",
            quick: true,
            step: any_of(vec![vec![format!("Observation?code={code}&_count=1&_total=accurate")]]),
        }),
        None => left.push(Left {
            name: "_total=accurate of a tenth",
            why: "the server holds no Observations".to_owned(),
        }),
    }
}

/// One of the templates, and of it one of the queries.
fn any_of(queries: Vec<Vec<String>>) -> Step {
    Box::new(move |worker| {
        let of = worker.random.pick(&queries);
        let path = worker.random.pick(of);
        worker.send(&Request::get(path));
    })
}
