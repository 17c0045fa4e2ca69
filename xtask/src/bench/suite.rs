//! All wanted scenarios against one server, at each number of connections.

use std::io::Write;
use std::time::Duration;

use super::database::Database;
use super::http::Target;
use super::measure::{Load, Measured};
use super::options::Options;
use super::raw;
use super::report;
use super::results::{Figure, LIVEZ, Results, ratio};
use super::samples::Samples;
use super::scenarios::{self, Floor, Scenario};
use super::usage;

/// A server under measurement.
pub(crate) struct Suite<'a> {
    pub(crate) target: &'a Target,
    /// The process that answers, if it is one of ours.
    pub(crate) process: Option<u32>,
    /// The database behind it, if that is a process of ours, too.
    pub(crate) database: Option<&'a Database>,
    pub(crate) options: &'a Options,
    /// Resources that were loaded.
    pub(crate) size: usize,
    pub(crate) seconds: f64,
    pub(crate) connections: &'a [usize],
    /// Durable appends per second, if the disk is ours.
    pub(crate) appends_per_second: Option<f64>,
}

impl Suite<'_> {
    /// Runs what is wanted and adds it to the results.
    pub(crate) fn run(&self, results: &mut Results) -> Result<(), String> {
        let samples = Samples::take(self.target)?;
        tell(&format!("── {} resources", self.size));
        let floor = Scenario {
            set: "floor",
            name: LIVEZ,
            floor: Floor::Http,
            unit: "requests",
            quick: true,
            step: scenarios::livez(),
        };
        self.measure(&floor, results)?;
        for refused in &samples.refused {
            tell(&format!("sampling: {refused}"));
        }
        let (mut all, mut left) = scenarios::all(&samples);
        if self.database.is_some() {
            scenarios::leave_out(&mut all, &mut left);
        }
        let wanted = |set: &str, name: &str| self.options.wants(set, name);
        for one in all.iter().filter(|one| wanted(one.set, one.name)) {
            // Who names a scenario wants it, quick or not.
            if one.quick || !self.options.quick || self.options.only.is_some() {
                self.measure(one, results)?;
            }
        }
        let left = left.into_iter().filter(|left| wanted("", left.name));
        for left in left.map(|left| (left.name.to_owned(), left.why)) {
            if !results.left.contains(&left) {
                results.left.push(left);
            }
        }
        Ok(())
    }

    fn measure(&self, scenario: &Scenario, results: &mut Results) -> Result<(), String> {
        for connections in self.connections {
            for floor in raw::measure(self, scenario, *connections)? {
                tell(&report::row(&floor));
                results.figures.push(floor);
            }
            let measured = self.load(*connections).run(&*scenario.step);
            let ratio = self.ratio(scenario, &measured, *connections, results);
            let figure = Figure {
                size: self.size,
                set: scenario.set,
                name: scenario.name,
                connections: *connections,
                unit: scenario.unit,
                measured,
                ratio,
                resident_mib: self.process.map(usage::resident_mib),
            };
            tell(&report::row(&figure));
            results.figures.push(figure);
        }
        Ok(())
    }

    /// A load with so many connections.
    pub(crate) fn load(&self, connections: usize) -> Load<'_> {
        Load {
            target: self.target,
            process: self.process,
            database: self.database.map(Database::id),
            connections,
            warm_up: scenarios::warm_up(self.seconds),
            duration: Duration::from_secs_f64(self.seconds),
        }
    }

    fn ratio(
        &self,
        scenario: &Scenario,
        measured: &Measured,
        connections: usize,
        results: &Results,
    ) -> Option<f64> {
        if measured.errors > 0 {
            return None;
        }
        let rate = |name| {
            let floor = results.figure(self.size, name, connections);
            floor.filter(|floor| floor.measured.errors == 0).map(|floor| floor.measured.rate)
        };
        let floor = match scenario.floor {
            // Only what its driver does can be told of a database.
            _ if self.database.is_some() => raw::floor_of(scenario.name).and_then(rate),
            Floor::Disk => self.appends_per_second,
            Floor::Http if scenario.name == LIVEZ => Some(measured.rate),
            Floor::Http => rate(LIVEZ),
        };
        ratio(measured.rate, floor)
    }
}

/// A line for who waits.
pub(crate) fn tell(line: &str) {
    // Who closed the pipe does not want to read on.
    let _ = writeln!(std::io::stderr(), "{line}");
}
