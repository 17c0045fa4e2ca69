//! `brigid import`: Bundles and NDJSON into a store or a running server, several at once.

mod load;
mod progress;
mod report;
mod sources;
mod state;
mod target;
mod units;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use interactions::Caller;

use self::load::{Loaded, load};
use self::progress::{Figures, Progress};
use self::report::{Failure, Report};
use self::sources::Source;
use self::state::State;
use self::target::Target;
use self::units::{Pass, Reading, Unit};
use super::arguments::Import;
use super::instance::runtime;
use super::out;
use crate::{config, wiring};

/// Units that are loaded at the same time: their writes share disk flushes.
const AT_ONCE: usize = 32;

/// Units that wait, read and not yet taken.
const WAITING: usize = 32;

pub(crate) fn import(arguments: &Import) -> Result<(), String> {
    let flags: Vec<_> = arguments.store.flags().collect();
    let config = config::load(arguments.file.config.as_deref(), &flags)?.config;
    let (sources, left_out) = sources::find(&arguments.paths)?;
    if let Some(url) = &arguments.server {
        let target = Target::server(url, arguments.tenant.as_deref())?;
        return run(arguments, sources, left_out, &target);
    }
    let tenant = arguments.tenant.as_deref().unwrap_or(&config.default_tenant);
    let public_url = match config.public_url.as_str() {
        "" => format!("http://{}", config.listen),
        url => url.to_owned(),
    };
    let runtime = runtime()?;
    let opened = runtime.block_on(wiring::open(&config, tenant, &public_url))?;
    let caller = Caller {
        base: Arc::from(format!("{public_url}/fhir")),
        request_id: Arc::from("import"),
        is_lenient: false,
    };
    let target = Target::Door { door: opened.door, caller, runtime: runtime.handle().clone() };
    let done = run(arguments, sources, left_out, &target);
    runtime.block_on(opened.store.close()).map_err(|error| error.to_string())?;
    done
}

fn run(
    arguments: &Import,
    sources: Vec<Source>,
    left_out: u64,
    target: &Target,
) -> Result<(), String> {
    if sources.is_empty() {
        return Err("there is nothing to load: no file whose name ends in .json, .ndjson, .xml \
                    (also .gz, .zst), .tgz, .tar or .zip."
            .to_owned());
    }
    let tally = Tally {
        report: Report::open(arguments.report.clone(), arguments.resume)?,
        state: State::open(arguments.state.clone(), arguments.resume)?,
        progress: Progress::new(sources.iter().map(|source| source.bytes).sum()),
        resources: 0,
        failures: 0,
        given: 0,
        under_way: 0,
        stopped: None,
    };
    let work = Work {
        sources,
        tally: Mutex::new(tally),
        changed: Condvar::new(),
        bytes_read: AtomicU64::new(0),
    };
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..AT_ONCE {
            let receiver = receiver.clone();
            let work = &work;
            scope.spawn(move || work.load_all(target, &receiver));
        }
        work.read_all(&sender);
    });
    work.conclude(left_out)
}

/// What the threads of an import share.
struct Work {
    sources: Vec<Source>,
    tally: Mutex<Tally>,
    /// A unit is done.
    changed: Condvar,
    bytes_read: AtomicU64,
}

struct Tally {
    report: Report,
    state: State,
    progress: Progress,
    resources: u64,
    failures: u64,
    /// Units that were given.
    given: u64,
    /// Units that were given and are not done.
    under_way: u64,
    /// The report or the state cannot be written: going on would lose track.
    stopped: Option<String>,
}

impl Work {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads all files: those that others refer to, and when they are loaded, the others.
    fn read_all(&self, sender: &SyncSender<Unit>) {
        let mut numbers = vec![0; self.sources.len()];
        for pass in [Pass::First, Pass::Rest] {
            for (index, source) in self.sources.iter().enumerate() {
                let skip = self.tally().state.done(&source.path);
                let mut give = |unit: Unit| {
                    let mut tally = self.tally();
                    tally.given += 1;
                    tally.under_way += 1;
                    let is_going_on = tally.stopped.is_none();
                    drop(tally);
                    is_going_on && sender.send(unit).is_ok()
                };
                let mut reading = Reading {
                    index,
                    source,
                    pass,
                    number: numbers[index],
                    skip,
                    bytes_read: &self.bytes_read,
                    give: &mut give,
                };
                match reading.run() {
                    Ok(number) => numbers[index] = number,
                    Err(reason) => self.fail_file(source, &reason),
                }
                if self.tally().stopped.is_some() {
                    return;
                }
            }
            self.wait_until_idle();
        }
    }

    fn wait_until_idle(&self) {
        let mut tally = self.tally();
        while tally.under_way > 0 && tally.stopped.is_none() {
            tally = self.changed.wait(tally).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fail_file(&self, source: &Source, reason: &str) {
        let file = source.path.to_string_lossy();
        let failure = Failure { file: &file, line: None, entry: None, reason };
        self.tally().add_failure(&failure);
    }

    /// Loads units until there are no more.
    fn load_all(&self, target: &Target, receiver: &Mutex<Receiver<Unit>>) {
        loop {
            let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(unit) = next else { return };
            let (name, line) = (unit.name.clone(), unit.line);
            let (source, number) = (unit.source, unit.number);
            // A defect that one unit meets must not hang the import of all others.
            let caught = catch_unwind(AssertUnwindSafe(|| load(target, unit)));
            let loaded = caught.unwrap_or_else(|_| Loaded::failed("the program failed on it"));
            self.finish(source, number, &name, line, &loaded);
        }
    }

    fn finish(&self, source: usize, number: u64, name: &str, line: Option<u64>, loaded: &Loaded) {
        let mut tally = self.tally();
        tally.under_way -= 1;
        tally.resources += loaded.resources;
        for (entry, reason) in &loaded.refused {
            tally.add_failure(&Failure { file: name, line, entry: *entry, reason });
        }
        if let Err(error) = tally.state.finish(&self.sources[source].path, number) {
            tally.stopped.get_or_insert(error);
        }
        let figures = Figures {
            bytes_done: tally.bytes_done(self.bytes_read.load(Ordering::Relaxed)),
            resources: tally.resources,
            failures: tally.failures,
        };
        tally.progress.show(figures);
        self.changed.notify_all();
    }

    fn conclude(self, left_out: u64) -> Result<(), String> {
        let mut tally = self.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        let seconds = tally.progress.finish();
        if let Some(error) = tally.stopped {
            tally.state.write()?;
            return Err(error);
        }
        tally.state.remove();
        // Counts are far below 2^52, so the cast is exact.
        let rate = tally.resources as f64 / seconds.max(0.001);
        out::line(format_args!(
            "{} resources from {} files in {seconds:.1} s ({rate:.0}/s).",
            tally.resources,
            self.sources.len()
        ));
        if left_out > 0 {
            out::line(format_args!(
                "{left_out} files were left out: their names are of no kind \
                                    that is loaded."
            ));
        }
        match (tally.failures, tally.report.path()) {
            (0, _) | (_, None) => Ok(()),
            (count, Some(path)) => {
                Err(format!("{count} were not loaded; {} says which and why.", path.display()))
            }
        }
    }
}

impl Tally {
    /// Of the bytes read, the part that belongs to units that are done, as if all were alike.
    fn bytes_done(&self, bytes_read: u64) -> u64 {
        let done = u128::from(self.given - self.under_way);
        let part = u128::from(bytes_read) * done / u128::from(self.given.max(1));
        u64::try_from(part).unwrap_or(bytes_read)
    }

    fn add_failure(&mut self, failure: &Failure<'_>) {
        self.failures += 1;
        if let Err(error) = self.report.add(failure) {
            self.stopped.get_or_insert(error);
        }
    }
}
