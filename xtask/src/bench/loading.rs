//! Bundles over HTTP until all are in: generated ones and Synthea's.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use super::generate::{BATCH, Generator};
use super::http::{Connection, Request, Target};
use super::measure::Worker;
use super::usage::Usage;

/// Connections that load at a time, as `blazectl upload -c8` has.
pub(crate) const CONNECTIONS: usize = 8;

/// What came of a load.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loaded {
    /// Entries that were written: versions, not resources.
    pub(crate) entries: usize,
    pub(crate) bundles: usize,
    pub(crate) seconds: f64,
    /// The server's, user and system.
    pub(crate) cpu_ms: Option<f64>,
}

impl Loaded {
    pub(crate) fn per_second(&self) -> f64 {
        self.entries as f64 / self.seconds
    }

    pub(crate) fn cpu_ms_per_entry(&self) -> Option<f64> {
        self.cpu_ms.map(|ms| ms / self.entries.max(1) as f64)
    }
}

/// Bundles of one group are sent one after the other; each is (JSON, number of entries).
type Group = Vec<(String, usize)>;

/// Loads so many generated resources.
pub(crate) fn generated(
    target: &Target,
    process: Option<u32>,
    resources: usize,
) -> Result<Loaded, String> {
    let generator = Generator::new(42);
    let batch = |number: usize| -> Group {
        let made = generator.batch(number, resources - number * BATCH);
        made.bundles.into_iter().map(|bundle| (bundle.json, bundle.entries)).collect()
    };
    all(target, process, Generator::batches(resources), &batch)
}

/// Loads these bundles; the first `alone` of them before all others.
pub(crate) fn bundles(
    target: &Target,
    process: Option<u32>,
    bundles: &[(String, usize)],
    alone: usize,
) -> Result<Loaded, String> {
    let group = |number: usize| match number {
        0 => bundles[..alone].to_vec(),
        _ => bundles[alone + number - 1..alone + number].to_vec(),
    };
    all(target, process, bundles.len() - alone + 1, &group)
}

/// The first group goes alone: the others lean on it.
fn all(
    target: &Target,
    process: Option<u32>,
    groups: usize,
    group: &(dyn Fn(usize) -> Group + Sync),
) -> Result<Loaded, String> {
    let next = AtomicUsize::new(0);
    let sum = Mutex::new((Loaded::default(), None::<String>));
    let (start, before) = (Instant::now(), Usage::of(process));
    let one = |number: usize, worker: &mut Worker<'_>| {
        for (json, entries) in group(number) {
            let sent = worker.send(&Request::post("", &json));
            let mut sum = sum.lock().expect("no thread panicked while it held this");
            if !sent {
                sum.1 = worker.first_error().map(str::to_owned);
            }
            if sum.1.is_some() {
                return false;
            }
            sum.0.entries += entries;
            sum.0.bundles += 1;
        }
        true
    };
    let open = |place| {
        Connection::open(target)
            .map(|connection| Worker::new(connection, place, start))
            .map_err(|error| format!("{}: {error}", target.authority))
    };
    one(next.fetch_add(1, Ordering::Relaxed), &mut open(0)?);
    let opened: Vec<Worker<'_>> = (0..CONNECTIONS).map(open).collect::<Result<_, _>>()?;
    thread::scope(|scope| {
        for mut worker in opened {
            let (one, next) = (&one, &next);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= groups || !one(number, &mut worker) {
                        return;
                    }
                }
            });
        }
    });
    let after = Usage::of(process);
    let (mut loaded, error) = sum.into_inner().expect("no thread panicked while it held this");
    if let Some(error) = error {
        return Err(format!("a bundle was refused: {error}"));
    }
    loaded.seconds = start.elapsed().as_secs_f64();
    loaded.cpu_ms = after.cpu_ms_since(&before);
    Ok(loaded)
}
