//! `cargo xtask bench`: what the release build does on this machine beside the floors that this
//! machine sets; `cargo xtask load`: the same scenarios against any FHIR server.

mod database;
mod floors;
mod gates;
mod generate;
mod http;
mod inventory;
mod kept;
mod latencies;
mod loading;
mod machine;
mod measure;
mod options;
mod page;
mod peer;
mod profile;
mod random;
mod raw;
mod report;
mod results;
mod samples;
mod scenarios;
mod store;
mod suite;
mod synthea;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::database as installed;
use crate::process::{self, Server};
use crate::steps::{cargo, root};
use http::Target;
use options::Options;
use results::Results;
use store::{Place, Store};
use suite::{Suite, tell};

pub(crate) use peer::load;

/// Resources that are loaded when the caller does not say.
const RESOURCES: usize = 300_000;
const RESOURCES_QUICK: usize = 20_000;
/// Seconds of a scenario.
const SECONDS: f64 = 5.0;
const SECONDS_QUICK: f64 = 1.5;
const CONNECTIONS: [usize; 3] = [1, 16, 64];
const CONNECTIONS_QUICK: [usize; 2] = [16, 64];
/// The same for the tests' MongoDB, which is slow and does one thing at a time.
const RESOURCES_MONGODB: usize = 30_000;
const RESOURCES_MONGODB_QUICK: usize = 10_000;
const CONNECTIONS_MONGODB: [usize; 2] = [1, 16];
/// Longest wait for the merging of what was loaded.
const SETTLING_MAX: Duration = Duration::from_secs(120);
/// Seconds of the disk's floor.
const DISK_SECONDS: f64 = 3.0;

/// What a run does at most, after the flags.
struct Plan<'a> {
    options: &'a Options,
    folder: PathBuf,
    seconds: f64,
    connections: Vec<usize>,
    appends_per_second: f64,
}

/// `cargo xtask bench`: the summary is the tables.
pub(crate) fn run(arguments: &[String]) -> Result<String, String> {
    let options = options::bench(arguments)?;
    build(options.store)?;
    let folder = fresh(&process::target().join("bench"))?;
    let disk = if options.quick { DISK_SECONDS / 2.0 } else { DISK_SECONDS };
    let appends_per_second = floors::appends_per_second(&folder, Duration::from_secs_f64(disk))?;
    let plan = Plan {
        seconds: seconds(&options),
        connections: connections(&options),
        options: &options,
        folder,
        appends_per_second,
    };
    if let Some(part) = &options.profile {
        return plan.profile(part);
    }
    let mut results = Results::default();
    plan.header(&mut results);
    for size in sizes(&options) {
        plan.serving(size, &mut results)?;
    }
    if options.wants("import", "synthea") {
        plan.synthea(&mut results)?;
    }
    // The folder was for this run alone.
    let _ = fs::remove_dir_all(&plan.folder);
    conclude(&options, &results, true)
}

fn sizes(options: &Options) -> Vec<usize> {
    if !options.resources.is_empty() {
        return options.resources.clone();
    }
    vec![match (options.store, options.quick) {
        (Store::Embedded, true) => RESOURCES_QUICK,
        (Store::Embedded, false) => RESOURCES,
        (Store::Mongodb, true) => RESOURCES_MONGODB_QUICK,
        (Store::Mongodb, false) => RESOURCES_MONGODB,
    }]
}

fn seconds(options: &Options) -> f64 {
    options.seconds.unwrap_or(if options.quick { SECONDS_QUICK } else { SECONDS })
}

fn connections(options: &Options) -> Vec<usize> {
    match (options.connections.as_slice(), options.store, options.quick) {
        ([], Store::Mongodb, _) => CONNECTIONS_MONGODB.to_vec(),
        ([], Store::Embedded, true) => CONNECTIONS_QUICK.to_vec(),
        ([], Store::Embedded, false) => CONNECTIONS.to_vec(),
        (connections, ..) => connections.to_vec(),
    }
}

/// Builds the server, and what talks to MongoDB beside it; sees to it that there is a MongoDB.
fn build(store: Store) -> Result<(), String> {
    let beside: &[&str] = match store {
        Store::Embedded => &[],
        Store::Mongodb => &["--package", "storage", "--bins", "--example", "raw_mongodb"],
    };
    if store == Store::Mongodb {
        tell(&installed::install()?);
    }
    let status = cargo()
        .args(["build", "--release", "--package", "server"])
        .args(beside)
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err("the release build failed".to_owned()) }
}

/// An empty folder: what an earlier run left is not wanted.
fn fresh(folder: &Path) -> Result<PathBuf, String> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder.to_owned())
}

impl Plan<'_> {
    fn header(&self, results: &mut Results) {
        results.header = machine::describe(&self.folder, self.appends_per_second);
        let list: Vec<String> = self.connections.iter().map(usize::to_string).collect();
        results.header.extend([
            ("backend", self.options.store.to_string()),
            (
                "data",
                format!(
                    "{:?} generated resources, each on a fresh folder; default configuration",
                    sizes(self.options)
                ),
            ),
            (
                "load",
                format!(
                    "{} connections, {} s a scenario after {:.1} s of warm-up; client and server \
                     on this machine",
                    list.join(", "),
                    self.seconds,
                    scenarios::warm_up(self.seconds).as_secs_f64()
                ),
            ),
        ]);
        results.know(0, "4 KiB append + fdatasync", self.appends_per_second, "/s");
    }

    /// Loads so many resources into a fresh server and runs the scenarios on them.
    fn serving(&self, size: usize, results: &mut Results) -> Result<(), String> {
        let place = self.place("serving")?;
        let server = place.serve()?;
        let target = of(&server);
        results.know(size, "start on an empty store", server.started_ms as f64, "ms");
        tell(&format!("── loading {size} resources"));
        let loaded = loading::generated(&target, Some(server.id()), size)?;
        results.know(size, "loading, versions in transactions", loaded.per_second(), "/s");
        if let Some(cpu) = loaded.cpu_ms_per_entry() {
            results.know(size, "CPU of loading, per version", cpu, "ms");
        }
        let bytes = place.bytes();
        results.know(size, "disk of all, after loading", bytes / 1048576.0, "MiB");
        results.know(size, "disk per generated resource", bytes / size as f64, "B");
        results.know(size, "resident after loading", usage::resident_mib(server.id()), "MiB");
        // What is measured is a store that stands, not one that is still merging its files.
        let working = place.database().map_or(server.id(), |database| database.id());
        let settling = usage::settle(working, SETTLING_MAX).as_secs_f64();
        results.know(size, "waited for merging to end", settling, "s");
        self.suite(&target, &server, &place, size).run(results)?;
        let of_size = results.figures.iter().filter(|figure| figure.size == size);
        let most = of_size.filter_map(|figure| figure.resident_mib).fold(0.0, f64::max);
        results.know(size, "resident under load", most, "MiB");
        if let Some(database) = place.database() {
            let resident = usage::resident_mib(database.id());
            results.know(size, "resident of the database, at the end", resident, "MiB");
        }
        server.kill()?;
        let server = place.serve()?;
        results.know(size, "reopening after SIGKILL", server.started_ms as f64, "ms");
        server.stop()
    }

    /// Where the server's time goes in the scenarios whose names have this part.
    fn profile(&self, part: &str) -> Result<String, String> {
        let size = sizes(self.options).first().copied().unwrap_or(RESOURCES_QUICK);
        let place = self.place("serving")?;
        let server = place.serve()?;
        let target = of(&server);
        tell(&format!("── loading {size} resources"));
        loading::generated(&target, Some(server.id()), size)?;
        let suite = self.suite(&target, &server, &place, size);
        let summary = profile::scenarios(&suite, part, &self.folder)?;
        server.stop()?;
        Ok(summary)
    }

    /// An empty store in a folder of this name.
    fn place(&self, name: &str) -> Result<Place, String> {
        Place::fresh(self.options.store, &self.folder.join(name))
    }

    fn suite<'a>(
        &'a self,
        target: &'a Target,
        server: &Server,
        place: &'a Place,
        size: usize,
    ) -> Suite<'a> {
        Suite {
            target,
            process: Some(server.id()),
            database: place.database(),
            options: self.options,
            size,
            seconds: self.seconds,
            connections: &self.connections,
            appends_per_second: Some(self.appends_per_second),
        }
    }

    /// The Synthea archive, over HTTP and by `brigid import`.
    fn synthea(&self, results: &mut Results) -> Result<(), String> {
        tell("── Synthea");
        let place = self.place("synthea")?;
        let server = place.serve()?;
        let loaded = synthea::over_http(&of(&server), Some(server.id()))?;
        results.know(0, "Synthea over HTTP", loaded.per_second(), "resources/s");
        results.know(
            0,
            "Synthea over HTTP, bundles",
            loaded.bundles as f64 / loaded.seconds,
            "bundles/s",
        );
        if let Some(cpu) = loaded.cpu_ms_per_entry() {
            results.know(0, "CPU of Synthea over HTTP", cpu, "ms per resource");
        }
        server.stop()?;
        inventory::count(&place, results)?;
        drop(place);
        if self.options.store == Store::Mongodb && self.options.quick {
            let why = "it writes what stands under Synthea over HTTP; only without --quick";
            results.left.push(("brigid import".to_owned(), why.to_owned()));
            return Ok(());
        }
        self.import(loaded.entries, results)
    }

    fn import(&self, resources: usize, results: &mut Results) -> Result<(), String> {
        let place = self.place("import")?;
        let imported = synthea::import(place.arguments(), resources)?;
        results.know(0, "brigid import", imported.per_second(), "resources/s");
        if let Some(cpu) = imported.cpu_ms_per_entry() {
            results.know(0, "CPU of brigid import", cpu, "ms per resource");
        }
        let per_resource = place.bytes() / resources as f64;
        results.know(0, "disk per Synthea resource", per_resource, "B");
        let server = place.serve()?;
        results.know(0, "reopening what was imported", server.started_ms as f64, "ms");
        server.stop()
    }
}

/// The FHIR base of a server of ours.
fn of(server: &Server) -> Target {
    Target { authority: server.address.clone(), path: "/fhir".to_owned(), token: None }
}

/// Writes, keeps and compares what is asked for; the summary, or why the run is no good.
fn conclude(options: &Options, results: &Results, is_ours: bool) -> Result<String, String> {
    let mut judged = if is_ours { gates::judge(options.store, results) } else { Vec::new() };
    // Who runs a part does not want to read what the whole would show.
    judged.retain(|gate| options.only.is_none() || gate.verdict.is_judged());
    if let Some(path) = &options.json {
        fs::write(path, report::json(results, &judged))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let now = kept::ratios(results);
    let path = kept::path(options.store);
    let falls = if is_ours { kept::compare(&kept::read(&path)?, &now) } else { Vec::new() };
    let summary = report::markdown(results, &judged, &falls);
    if !is_ours {
        return Ok(summary);
    }
    if !results.failed().is_empty() {
        return Err(format!("{summary}\nThere were errors: this run has no headline figure."));
    }
    if options.keep {
        let commit = results.header.iter().find(|(name, _)| *name == "commit");
        kept::write(&path, commit.map_or("", |(_, commit)| commit), &now)?;
    }
    let fell = falls.iter().filter(|fall| fall.is_fall()).count();
    let missed = judged.iter().filter(|gate| matches!(gate.verdict, gates::Verdict::Missed(..)));
    let missed = missed.count();
    let end = format!("\n{missed} gates missed; {fell} ratios fell by more than 20 %.");
    if options.strict && fell > 0 { Err(summary + &end) } else { Ok(summary + &end) }
}
