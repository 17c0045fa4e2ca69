//! The mixes of creates, reads, updates and deletes: HS-bench's and mock.health's.

use std::collections::VecDeque;
use std::sync::Mutex;

use fhir::json::Json;

use super::{Floor, Left, Scenario, Step};
use crate::bench::generate::{BATCH, Draft, Generator};
use crate::bench::http::Request;
use crate::bench::measure::Worker;
use crate::bench::samples::Samples;

/// The types of HS-bench's iteration, in its order.
const TYPES: [&str; 9] = [
    "Patient",
    "Location",
    "Organization",
    "Practitioner",
    "Encounter",
    "Observation",
    "MedicationRequest",
    "Claim",
    "ExplanationOfBenefit",
];

/// mock.health's types, and how many of a hundred operations are of each.
const SHARES: [(&str, &str, usize); 5] = [
    ("Observation", "observation", 50),
    ("Patient", "patient", 20),
    ("Condition", "condition", 15),
    ("Encounter", "encounter", 10),
    ("MedicationRequest", "medication", 5),
];

/// Bodies of one type, without ids.
struct Bodies(Vec<String>);

pub(crate) fn add(samples: &Samples, scenarios: &mut Vec<Scenario>, left: &mut Vec<Left>) {
    let drafts = Generator::new(77).drafts(0, BATCH);
    let bodies = |resource: &str| Bodies::of(&drafts, resource);
    let each: Vec<(&str, Bodies)> = TYPES.iter().map(|name| (*name, bodies(name))).collect();
    let iteration: Step = Box::new(move |worker| {
        for (resource, bodies) in &each {
            cycle(worker, resource, bodies);
        }
    });
    scenarios.push(scenario("HS-bench", "crud of nine types", iteration));
    let kinds: Vec<Kind> = SHARES
        .iter()
        .map(|(resource, table, share)| Kind {
            resource,
            share: *share,
            bodies: bodies(resource),
            ids: samples.column(table, "id"),
            made: Mutex::default(),
        })
        .collect();
    if kinds.iter().any(|kind| kind.ids.is_empty()) {
        let why = "the server does not hold all five types".to_owned();
        left.push(Left { name: "CRUD mix", why });
        return;
    }
    scenarios.push(scenario(
        "mock.health",
        "CRUD mix",
        Box::new(move |worker| mix(worker, &kinds)),
    ));
}

fn scenario(set: &'static str, name: &'static str, step: Step) -> Scenario {
    Scenario { set, name, floor: Floor::Disk, unit: "requests", quick: true, step }
}

impl Bodies {
    fn of(drafts: &[Draft], resource: &str) -> Self {
        let of_type = drafts.iter().filter(|draft| draft.resource == resource);
        let body = |draft: &Draft| {
            format!("{{\"resourceType\":\"{}\",{}}}", draft.resource, draft.content)
        };
        Self(of_type.map(body).collect())
    }

    fn with_id(&self, worker: &mut Worker<'_>, id: &str) -> String {
        let body = worker.random.pick(&self.0);
        body.replacen('{', &format!("{{\"id\":\"{id}\","), 1)
    }
}

/// create → read → update → delete
fn cycle(worker: &mut Worker<'_>, resource: &str, bodies: &Bodies) {
    let Some(id) = create(worker, resource, bodies) else { return };
    let path = format!("{resource}/{id}");
    worker.send(&Request::get(&path));
    let body = bodies.with_id(worker, &id);
    worker.send(&Request::put(&path, &body));
    worker.send(&Request::delete(&path));
}

/// Creates a resource; the id that it was given.
fn create(worker: &mut Worker<'_>, resource: &str, bodies: &Bodies) -> Option<String> {
    let body = worker.random.pick(&bodies.0);
    if !worker.send(&Request::post(resource, body)) {
        return None;
    }
    let id = id_of_location(worker.answer().header("location"), resource)
        .or_else(|| id_of_body(worker.answer().body()));
    if id.is_none() {
        worker.fail(format!("POST {resource}: the answer says nowhere which id it has"));
    }
    id
}

fn id_of_location(location: Option<&str>, resource: &str) -> Option<String> {
    let mut steps = location?.split('/').skip_while(|step| *step != resource);
    steps.nth(1).map(str::to_owned)
}

fn id_of_body(body: &[u8]) -> Option<String> {
    Some(Json::parse(body).ok()?.root().str("id")?.into_owned())
}

/// One of mock.health's types.
struct Kind {
    resource: &'static str,
    share: usize,
    bodies: Bodies,
    /// What is there to read and update.
    ids: Vec<String>,
    /// What this load made: only that is deleted.
    made: Mutex<VecDeque<String>>,
}

/// 10 % create, 60 % read, 25 % read and update, 5 % delete.
fn mix(worker: &mut Worker<'_>, kinds: &[Kind]) {
    let mut share = worker.random.below(100);
    let kind = kinds.iter().find(|kind| {
        let here = share < kind.share;
        share = share.saturating_sub(kind.share);
        here
    });
    let Some(kind) = kind else { return };
    let resource = kind.resource;
    let made = || kind.made.lock().expect("no thread panicked while it held this");
    match worker.random.below(100) {
        0..10 => {
            if let Some(id) = create(worker, resource, &kind.bodies) {
                made().push_back(id);
            }
        }
        10..15 => {
            let Some(id) = made().pop_front() else { return };
            worker.send(&Request::delete(&format!("{resource}/{id}")));
        }
        operation => {
            let path = format!("{resource}/{}", worker.random.pick(&kind.ids));
            if !worker.send(&Request::get(&path)) || operation >= 40 {
                return;
            }
            let body = String::from_utf8_lossy(worker.answer().body()).into_owned();
            worker.send(&Request::put(&path, &body));
        }
    }
}
