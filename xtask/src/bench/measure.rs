//! A load of requests over kept connections, a thread each, and what came of it.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::http::{Connection, Request, Target};
use super::latencies::Latencies;
use super::random::{Random, hash};
use super::usage::Usage;

/// A load with nothing but errors ends after so many on one connection.
const ERRORS_MAX: u64 = 20;

/// A load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) target: &'a Target,
    /// The process that answers, if it is one of ours.
    pub(crate) process: Option<u32>,
    /// The database behind it, if that is a process of ours, too.
    pub(crate) database: Option<u32>,
    pub(crate) connections: usize,
    pub(crate) warm_up: Duration,
    pub(crate) duration: Duration,
}

/// What came of a load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) requests: u64,
    /// Requests per second, or what a scenario counts instead of them.
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    /// Length of a body on average.
    pub(crate) body_kib: f64,
    pub(crate) errors: u64,
    /// What the first error was.
    pub(crate) error: String,
    /// Time of the processor, user and system, that the server took per counted thing.
    pub(crate) cpu_ms: Option<f64>,
    /// The same of the database behind it.
    pub(crate) database_ms: Option<f64>,
}

/// One connection of a load.
pub(crate) struct Worker<'a> {
    connection: Connection<'a>,
    pub(crate) random: Random,
    from: Instant,
    until: Option<Instant>,
    latencies: Latencies,
    counted: u64,
    bytes: u64,
    errors: u64,
    error: String,
}

/// What the connections of a load have done together.
#[derive(Default)]
struct Sum {
    latencies: Latencies,
    counted: u64,
    bytes: u64,
    errors: u64,
    /// The first.
    error: String,
}

impl Load<'_> {
    /// Runs the step on each connection, again and again, until the time is over.
    pub(crate) fn run(&self, step: &(dyn Fn(&mut Worker<'_>) + Sync)) -> Measured {
        let from = Instant::now() + self.warm_up;
        let until = from + self.duration;
        let sum = Mutex::new(Sum::default());
        let usage = || [self.process, self.database].map(Usage::of);
        let mut before = [Usage::default(); 2];
        thread::scope(|scope| {
            for place in 0..self.connections {
                let sum = &sum;
                scope.spawn(move || self.drive(place, from, until, step, sum));
            }
            thread::sleep(self.warm_up);
            before = usage();
        });
        let after = usage();
        let elapsed = from.elapsed().as_secs_f64();
        let mut sum = sum.into_inner().expect("no thread panicked while it held this");
        let [p50_ms, p95_ms, p99_ms] = sum.latencies.percentiles_ms([50.0, 95.0, 99.0]);
        let requests = sum.latencies.len() as u64;
        let [cpu_ms, database_ms] =
            [0, 1].map(|process| after[process].cpu_ms_since(&before[process]));
        let things = if sum.counted > 0 { sum.counted } else { requests };
        Measured {
            requests,
            rate: things as f64 / elapsed,
            p50_ms,
            p95_ms,
            p99_ms,
            body_kib: sum.bytes as f64 / 1024.0 / requests.max(1) as f64,
            errors: sum.errors,
            error: sum.error,
            cpu_ms: cpu_ms.map(|ms| ms / things.max(1) as f64),
            database_ms: database_ms.map(|ms| ms / things.max(1) as f64),
        }
    }

    fn drive(
        &self,
        place: usize,
        from: Instant,
        until: Instant,
        step: &(dyn Fn(&mut Worker<'_>) + Sync),
        sum: &Mutex<Sum>,
    ) {
        let opened = Connection::open(self.target);
        let worker = opened.map(|connection| {
            let mut worker = Worker::new(connection, place, from);
            worker.until = Some(until);
            while worker.goes_on(until) {
                step(&mut worker);
            }
            worker
        });
        let mut sum = sum.lock().expect("no thread panicked while it held this");
        let (errors, error) = match worker {
            Ok(worker) => {
                sum.latencies.append(worker.latencies);
                sum.counted += worker.counted;
                sum.bytes += worker.bytes;
                (worker.errors, worker.error)
            }
            Err(error) => (1, format!("{}: {error}", self.target.authority)),
        };
        sum.errors += errors;
        if sum.error.is_empty() {
            sum.error = error;
        }
    }
}

impl<'a> Worker<'a> {
    pub(crate) fn new(connection: Connection<'a>, place: usize, from: Instant) -> Self {
        Self {
            connection,
            random: Random::new(hash(&[place as u64, 3])),
            from,
            until: None,
            latencies: Latencies::default(),
            counted: 0,
            bytes: 0,
            errors: 0,
            error: String::new(),
        }
    }

    /// Sends a request; whether it succeeded. One that did not is counted as an error.
    pub(crate) fn send(&mut self, request: &Request<'_>) -> bool {
        let start = Instant::now();
        let status = self.connection.exchange(request);
        let micros = start.elapsed().as_micros();
        let error = match status {
            Ok(status) if status < 400 => {
                if start >= self.from {
                    self.latencies.push(micros);
                    self.bytes += self.connection.body().len() as u64;
                }
                return true;
            }
            Ok(status) => format!("{status} {}", said(self.connection.body())),
            Err(error) => error.to_string(),
        };
        self.fail(format!("{} {}: {error}", request.method, request.path));
        false
    }

    /// Counts an error.
    pub(crate) fn fail(&mut self, error: String) {
        self.errors += 1;
        if self.error.is_empty() {
            self.error = error;
        }
    }

    /// Counts things that are not requests: resources, for instance.
    pub(crate) fn count(&mut self, things: u64) {
        if Instant::now() >= self.from {
            self.counted += things;
        }
    }

    /// Whether an iteration of many requests should end here.
    pub(crate) fn is_late(&self) -> bool {
        self.latencies.len() > 0 && self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// The last answer.
    pub(crate) fn answer(&self) -> &Connection<'a> {
        &self.connection
    }

    /// What failed first.
    pub(crate) fn first_error(&self) -> Option<&str> {
        (self.errors > 0).then_some(self.error.as_str())
    }

    /// A request that outlasts the whole load is waited for, so that it has a figure.
    fn goes_on(&self, until: Instant) -> bool {
        let none = self.latencies.len() == 0;
        if Instant::now() < until {
            return !none || self.errors < ERRORS_MAX;
        }
        none && self.errors == 0
    }
}

/// The diagnostics of an OperationOutcome, or how the answer starts.
fn said(body: &[u8]) -> String {
    let json = fhir::json::Json::parse(body).ok();
    let diagnostics = json.as_ref().and_then(|json| {
        let issue = json.root().list("issue").next()?;
        let text = issue.str("diagnostics");
        Some(text.or_else(|| issue.at(&["details", "text"])?.as_str())?.into_owned())
    });
    let text = diagnostics.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    text.chars().take(160).collect()
}
