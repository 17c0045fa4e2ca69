//! The named scenarios: what each asks, and which floor it stands beside.

mod bundles;
mod crud;
mod searches;
mod writes;

use std::time::Duration;

use super::http::Request;
use super::measure::Worker;
use super::samples::Samples;

pub(crate) use writes::observation as created;

/// What each connection does again and again.
pub(crate) type Step = Box<dyn Fn(&mut Worker<'_>) + Sync>;

/// What limits a scenario at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Floor {
    /// `GET /livez` at the same number of connections.
    Http,
    /// 4 KiB append + fdatasync.
    Disk,
}

/// A scenario.
pub(crate) struct Scenario {
    /// Whose shape it is: "HS-bench", for instance.
    pub(crate) set: &'static str,
    pub(crate) name: &'static str,
    pub(crate) floor: Floor,
    /// What the rate counts.
    pub(crate) unit: &'static str,
    /// Whether `--quick` runs it.
    pub(crate) quick: bool,
    pub(crate) step: Step,
}

/// A scenario that cannot run here.
pub(crate) struct Left {
    pub(crate) name: &'static str,
    pub(crate) why: String,
}

/// Scenarios that the tests' MongoDB cannot show anything with, and why.
const SLOW: [(&str, &str); 7] = [
    ("search date Patient", RANGES),
    ("search date Encounter", RANGES),
    ("search date Observation", RANGES),
    ("search quantity Observation", RANGES),
    ("search composite Observation", RANGES),
    ("shape 13 since 2020", RANGES),
    (
        "search mix (shapes 1 to 23)",
        "shape 13 is a range, and what the mix takes is what that takes",
    ),
];
const RANGES: &str = "the tests' MongoDB reads all documents for a range: seconds for each search";

/// All scenarios, those that only read first: writes change what reads find.
pub(crate) fn all(samples: &Samples) -> (Vec<Scenario>, Vec<Left>) {
    let mut scenarios = Vec::new();
    let mut left = Vec::new();
    searches::add(samples, &mut scenarios, &mut left);
    bundles::add(samples, &mut scenarios, &mut left);
    crud::add(samples, &mut scenarios, &mut left);
    writes::add(&mut scenarios);
    left.extend(
        searches::FULL_TEXT.map(|name| Left { name, why: "full text is not built yet".to_owned() }),
    );
    (scenarios, left)
}

/// Takes out what the tests' MongoDB cannot show anything with, and says why.
pub(crate) fn leave_out(scenarios: &mut Vec<Scenario>, left: &mut Vec<Left>) {
    let why = |name: &str| SLOW.iter().find(|(slow, _)| *slow == name).map(|(_, why)| *why);
    for scenario in scenarios.extract_if(.., |scenario| why(scenario.name).is_some()) {
        let why = why(scenario.name).unwrap_or_default().to_owned();
        left.push(Left { name: scenario.name, why });
    }
}

/// The HTTP floor.
pub(crate) fn livez() -> Step {
    Box::new(|worker| {
        worker.send(&Request::get("/livez"));
    })
}

/// How long a load of so many seconds warms up.
pub(crate) fn warm_up(seconds: f64) -> Duration {
    Duration::from_secs_f64((seconds * 0.2).clamp(0.1, 2.0))
}
