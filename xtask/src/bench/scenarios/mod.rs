//! The named scenarios: what each asks, and which floor it stands beside.

mod bundles;
mod crud;
mod searches;
mod writes;

use std::time::Duration;

use super::http::Request;
use super::measure::Worker;
use super::samples::Samples;

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
