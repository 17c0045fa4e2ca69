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
    pub(crate) errors: u64,
    /// What the first error was.
    pub(crate) error: String,
    /// Time of the processor, user and system, that the server took per counted thing.
    pub(crate) cpu_ms: Option<f64>,
}

/// One connection of a load.
pub(crate) struct Worker<'a> {
    connection: Connection<'a>,
    pub(crate) random: Random,
    from: Instant,
    latencies: Latencies,
    counted: u64,
    errors: u64,
    error: String,
}

impl Load<'_> {
    /// Runs the step on each connection, again and again, until the time is over.
    pub(crate) fn run(&self, step: &(dyn Fn(&mut Worker<'_>) + Sync)) -> Measured {
        let from = Instant::now() + self.warm_up;
        let until = from + self.duration;
        let done = Mutex::new((Latencies::default(), Measured::default(), 0_u64));
        let mut before = Usage::default();
        thread::scope(|scope| {
            for place in 0..self.connections {
                let done = &done;
                scope.spawn(move || self.drive(place, from, until, step, done));
            }
            thread::sleep(self.warm_up);
            before = Usage::of(self.process);
        });
        let after = Usage::of(self.process);
        let elapsed = from.elapsed().as_secs_f64();
        let (mut latencies, mut measured, counted) =
            done.into_inner().expect("no thread panicked while it held this");
        [measured.p50_ms, measured.p95_ms, measured.p99_ms] =
            latencies.percentiles_ms([50.0, 95.0, 99.0]);
        measured.requests = latencies.len() as u64;
        let things = if counted > 0 { counted } else { measured.requests };
        measured.rate = things as f64 / elapsed;
        measured.cpu_ms = after.cpu_ms_since(&before).map(|ms| ms / things.max(1) as f64);
        measured
    }

    fn drive(
        &self,
        place: usize,
        from: Instant,
        until: Instant,
        step: &(dyn Fn(&mut Worker<'_>) + Sync),
        done: &Mutex<(Latencies, Measured, u64)>,
    ) {
        let opened = Connection::open(self.target);
        let worker = opened.map(|connection| {
            let mut worker = Worker::new(connection, place, from);
            while worker.goes_on(until) {
                step(&mut worker);
            }
            worker
        });
        let mut sum = done.lock().expect("no thread panicked while it held this");
        let (errors, error) = match worker {
            Ok(worker) => {
                sum.0.append(worker.latencies);
                sum.2 += worker.counted;
                (worker.errors, worker.error)
            }
            Err(error) => (1, format!("{}: {error}", self.target.authority)),
        };
        sum.1.errors += errors;
        if sum.1.error.is_empty() {
            sum.1.error = error;
        }
    }
}

impl<'a> Worker<'a> {
    pub(crate) fn new(connection: Connection<'a>, place: usize, from: Instant) -> Self {
        Self {
            connection,
            random: Random::new(hash(&[place as u64, 3])),
            from,
            latencies: Latencies::default(),
            counted: 0,
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
        let failed = none && self.errors >= ERRORS_MAX;
        !failed && (Instant::now() < until || none)
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
