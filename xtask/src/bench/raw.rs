//! The floors of MongoDB: what its driver alone does on the same server with the same documents.

use std::process::Command;

use fhir::json::{Json, Value};

use super::http::{Connection, Request, Target};
use super::measure::{Measured, Worker};
use super::results::Figure;
use super::scenarios::{self, Floor, Scenario};
use super::suite::Suite;
use crate::process;

/// Database of the tenant that the bench loads.
pub(crate) const DATABASE: &str = "brigid_default";
/// Set of the floors' figures.
const SET: &str = "raw driver";
/// Creates that are sent before, so that the floors write what the scenario writes.
const CREATES: usize = 200;

/// (scenario, its floor, what the floor's rate counts).
const FLOORS: [(&str, &str, &str); 5] = [
    ("read", "find_one", "requests"),
    ("page by token", "find 20 by token", "requests"),
    ("page by reference", "find 20 by reference", "requests"),
    ("durable create", "insert_one in a transaction", "requests"),
    ("transaction of 100", "insert_many in a transaction", "resources"),
];
/// What is measured besides: the command that the server sends, without the server.
const AS_ASKED: [&str; 2] = ["find 20 by token as asked", "find 20 by reference as asked"];

/// The floor of a scenario, if it has one.
pub(crate) fn floor_of(scenario: &str) -> Option<&'static str> {
    FLOORS.iter().find(|(name, ..)| *name == scenario).map(|(_, floor, _)| *floor)
}

/// Measures the floor of a scenario at so many connections, if it has one: right before it, for what
/// else the machine does changes.
pub(crate) fn measure(
    suite: &Suite<'_>,
    scenario: &Scenario,
    connections: usize,
) -> Result<Vec<Figure>, String> {
    let Some(database) = suite.database else { return Ok(Vec::new()) };
    if floor_of(scenario.name).is_none() {
        return Ok(Vec::new());
    }
    if scenario.floor == Floor::Disk {
        create(suite.target)?;
    }
    let (tasks, seconds) = (connections.to_string(), suite.seconds.to_string());
    let uri = database.uri();
    let printed = run(&["floors", &uri, DATABASE, &tasks, &seconds, scenario.name])?;
    figures(&printed, suite.size)
}

/// Runs the example of `storage` that talks to the database; what it prints.
pub(crate) fn run(arguments: &[&str]) -> Result<String, String> {
    let program = process::target().join("release/examples/raw_mongodb");
    let failed = |error: std::io::Error| format!("{}: {error}", program.display());
    let output = Command::new(&program).args(arguments).output().map_err(failed)?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} {}: {said}", program.display(), arguments.join(" ")))
}

/// Sends the creates that the floors write again.
fn create(target: &Target) -> Result<(), String> {
    let connection =
        Connection::open(target).map_err(|error| format!("{}: {error}", target.authority))?;
    let mut worker = Worker::new(connection, CREATES, std::time::Instant::now());
    for _ in 0..CREATES {
        let body = scenarios::created(&mut worker.random);
        if !worker.send(&Request::post("Observation", &body)) {
            break;
        }
    }
    worker.first_error().map_or(Ok(()), |error| Err(error.to_owned()))
}

/// The figures in what the example printed.
fn figures(printed: &str, size: usize) -> Result<Vec<Figure>, String> {
    printed.lines().map(|line| figure(line, size)).collect()
}

fn figure(line: &str, size: usize) -> Result<Figure, String> {
    let wrong = || format!("a floor cannot be read: {line}");
    let json = Json::parse(line.as_bytes().to_vec()).map_err(|_| wrong())?;
    let root = json.root();
    let number = |name: &str| number(root, name).ok_or_else(wrong);
    let floor = root.str("floor").ok_or_else(wrong)?;
    let known = FLOORS.iter().map(|(_, name, unit)| (*name, *unit));
    let mut known = known.chain(AS_ASKED.map(|name| (name, "requests")));
    let (name, unit) = known.find(|(name, _)| *name == floor).ok_or_else(wrong)?;
    Ok(Figure {
        size,
        set: SET,
        name,
        connections: number("tasks")? as usize,
        unit,
        measured: Measured {
            requests: number("requests")? as u64,
            rate: number("rate")?,
            p50_ms: number("p50_ms")?,
            p95_ms: number("p95_ms")?,
            p99_ms: number("p99_ms")?,
            errors: number("errors")? as u64,
            error: root.str("error").unwrap_or_default().into_owned(),
            ..Measured::default()
        },
        ratio: None,
        resident_mib: None,
    })
}

/// A number of an object.
pub(crate) fn number(object: Value<'_>, name: &str) -> Option<f64> {
    object.get(name)?.as_number()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{figures, floor_of};

    const LINE: &str = r#"{"floor":"find_one","tasks":16,"requests":30,"rate":20.5,"p50_ms":1.5,"p95_ms":2,"p99_ms":3,"errors":0,"error":""}"#;

    #[test]
    fn a_line_is_a_figure_at_its_number_of_tasks() {
        let figures = figures(&format!("{LINE}\n"), 10).unwrap();
        assert_eq!((figures[0].name, figures[0].connections), ("find_one", 16));
        assert_eq!((figures[0].measured.rate, figures[0].measured.requests), (20.5, 30));
    }

    #[test]
    fn a_line_that_is_no_figure_is_told() {
        for line in ["what", r#"{"floor":"find_one"}"#, &LINE.replace("find_one", "find_two")] {
            let message = figures(line, 10).expect_err("it is no figure");
            assert!(message.contains(line), "{message}");
        }
    }

    #[test]
    fn only_what_the_driver_does_too_has_a_floor() {
        assert_eq!(floor_of("read"), Some("find_one"));
        assert_eq!(floor_of("page by date"), None);
    }
}
