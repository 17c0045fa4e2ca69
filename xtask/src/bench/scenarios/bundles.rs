//! Scenarios of many resources at once: a small transaction, and all pages of a search.

use super::{Floor, Left, Scenario, Step};
use crate::bench::http::Request;
use crate::bench::page;
use crate::bench::samples::Samples;

pub(crate) fn add(samples: &Samples, scenarios: &mut Vec<Scenario>, left: &mut Vec<Left>) {
    let codes = samples.render("Observation?code={observation.code}&_count=1000", 500);
    if codes.is_empty() {
        let why = "the server holds no Observations".to_owned();
        left.push(Left { name: "download of a code", why });
    } else {
        scenarios.push(download("download of a code", codes));
    }
    let patients = samples.render("Observation?patient={observation.patient}&_count=1000", 500);
    if !patients.is_empty() {
        scenarios.push(download("download of a patient's observations", patients));
    }
}

/// All pages of one of the searches, as far as the time goes; the rate counts resources.
fn download(name: &'static str, queries: Vec<String>) -> Scenario {
    let step: Step = Box::new(move |worker| {
        let mut path = worker.random.pick(&queries).clone();
        loop {
            if !worker.send(&Request::get(&path)) {
                return;
            }
            let entries = page::entries(worker.answer().body());
            let next = page::next(worker.answer().body());
            worker.count(entries);
            match next {
                Some(next) if !worker.is_late() => path = next,
                _ => return,
            }
        }
    });
    Scenario { set: "Blaze", name, floor: Floor::Http, unit: "resources", quick: false, step }
}
