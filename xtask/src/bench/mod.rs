//! `cargo xtask bench`: what the release build does on this machine, next to the floors that this
//! machine sets, as a table for `docs/benchmarks.md`.

mod client;
mod floors;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::process::{self, Build, Server};
use crate::steps::root;
use client::Load;

const SECONDS: u64 = 8;
const CONNECTIONS: usize = 64;

/// Runs the bench; the summary is the table.
pub(crate) fn run() -> Result<String, String> {
    build()?;
    let folder = root().join("target/bench");
    // What an earlier run left is not wanted.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut lines = Lines::default();
    lines.push(machine());
    lines.push("| what | figure | against the floor |\n|---|---|---|".to_owned());
    let fsync = floors::appends_per_second(&folder, SECONDS)?;
    lines.push(format!("| floor: 4 KiB append + fdatasync | {fsync:.0}/s | 1 |"));
    serving(&folder, fsync, &mut lines)?;
    importing(&folder, &mut lines)?;
    Ok(lines.0.join("\n"))
}

/// The lines of the table, shown as they come.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn push(&mut self, line: String) {
        // Who closed the pipe does not want to read on.
        let _ = writeln!(std::io::stderr(), "{line}");
        self.0.push(line);
    }
}

fn build() -> Result<(), String> {
    let status = Command::new("cargo")
        .args(["build", "--release", "--package", "server"])
        .current_dir(root())
        .status()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err("the release build failed".to_owned()) }
}

/// Reads, creates and searches over HTTP.
fn serving(folder: &Path, fsync: f64, lines: &mut Lines) -> Result<(), String> {
    let data = folder.join("serving");
    let server = Server::start(Build::Release, &data)?;
    lines.push(format!("| start-up, empty store, to the first 200 | {} ms | |", server.started_ms));
    let load = |connections, seconds| Load {
        address: server.address.clone(),
        connections,
        duration: Duration::from_secs(seconds),
    };
    let floor = load(CONNECTIONS, SECONDS).run(|_, _| get("/livez"))?;
    lines.push(format!(
        "| floor: GET /livez, {CONNECTIONS} connections | {:.0}/s | 1 |",
        floor.rate
    ));
    let single = load(1, SECONDS).run(|_, n| post(&observation(0, n)))?;
    lines.push(row("durable creates, 1 connection", single.rate, fsync));
    let counts: Vec<AtomicUsize> = (0..CONNECTIONS).map(|_| AtomicUsize::new(0)).collect();
    let creates = load(CONNECTIONS, SECONDS).run(|connection, number| {
        counts[connection].store(number + 1, Ordering::Relaxed);
        put(&format!("b{connection}-{number}"), &observation(connection, number))
    })?;
    lines.push(row("durable creates, 64 connections", creates.rate, fsync));
    let written: Vec<usize> = counts.iter().map(|c| c.load(Ordering::Relaxed).max(1)).collect();
    let reads = load(CONNECTIONS, SECONDS).run(|connection, number| {
        let of = (connection * 7 + number) % CONNECTIONS;
        let which = number * 7919 % (written[of].saturating_sub(1)).max(1);
        get(&format!("/fhir/Observation/b{of}-{which}"))
    })?;
    lines.push(row("reads, 64 connections", reads.rate, floor.rate));
    let searches = load(CONNECTIONS, SECONDS).run(|connection, number| {
        get(&format!(
            "/fhir/Observation?subject=Patient/p{}&_count=20",
            (connection * 31 + number) % 500
        ))
    })?;
    lines.push(row("searches by reference, page of 20", searches.rate, floor.rate));
    let tokens = load(CONNECTIONS, SECONDS)
        .run(|_, _| get("/fhir/Observation?code=http://loinc.org|4548-4&_count=20"))?;
    lines.push(row("searches by code, page of 20 of all", tokens.rate, floor.rate));
    lines.push(format!("| resident memory after that | {} MiB | |", server.resident_mib()));
    server.stop()
}

/// The Synthea archive through `brigid import`.
fn importing(folder: &Path, lines: &mut Lines) -> Result<(), String> {
    let archive = root().join("../shared/data/synthea-r4.tgz");
    let data = folder.join("import");
    let start = std::time::Instant::now();
    let output = Command::new(process::program(Build::Release))
        .arg("import")
        .arg(&archive)
        .arg("--data-dir")
        .arg(&data)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("brigid import cannot be run: {error}"))?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("brigid import failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let bytes = size_of(&data);
    let server = Server::start(Build::Release, &data)?;
    let resources = 17_916.0;
    lines.push(format!(
        "| import of the Synthea archive (17,916 resources) | {:.0}/s | |",
        resources / seconds
    ));
    lines.push(format!(
        "| bytes on disk per resource, all included | {:.0} | |",
        bytes as f64 / resources
    ));
    lines.push(format!("| reopening that store, to the first 200 | {} ms | |", server.started_ms));
    server.stop()
}

fn row(name: &str, rate: f64, floor: f64) -> String {
    format!("| {name} | {rate:.0}/s | {:.2} |", rate / floor)
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/fhir+json\r\n\r\n")
        .into_bytes()
}

fn post(body: &str) -> Vec<u8> {
    format!(
        "POST /fhir/Observation HTTP/1.1\r\nHost: bench\r\nContent-Type: application/fhir+json\r\n\
         Prefer: return=minimal\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn put(id: &str, body: &str) -> Vec<u8> {
    let body = body.replacen('{', &format!("{{\"id\":\"{id}\","), 1);
    format!(
        "PUT /fhir/Observation/{id} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/fhir+json\r\n\
         Prefer: return=minimal\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A laboratory result of about 1.3 KB.
fn observation(connection: usize, number: usize) -> String {
    let value =
        4.0 + f64::from(u32::try_from((connection * 13 + number) % 100).unwrap_or(0)) / 10.0;
    let patient = (connection * 31 + number) % 500;
    let day = number % 28 + 1;
    format!(
        r#"{{"resourceType":"Observation","status":"final","identifier":[{{"system":"http://lab.example.org/order","value":"{connection}-{number}"}}],"category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"laboratory","display":"Laboratory"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"4548-4","display":"Hemoglobin A1c/Hemoglobin.total in Blood"}}],"text":"Hemoglobin A1c"}},"subject":{{"reference":"Patient/p{patient}"}},"encounter":{{"reference":"Encounter/e{number}"}},"effectiveDateTime":"2026-03-{day:02}T09:30:00+01:00","issued":"2026-03-{day:02}T09:30:00.000+01:00","performer":[{{"reference":"Organization/lab"}},{{"reference":"Practitioner/dr{connection}"}}],"valueQuantity":{{"value":{value:.1},"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"interpretation":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation","code":"N","display":"Normal"}}]}}],"referenceRange":[{{"low":{{"value":4.0,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"high":{{"value":5.6,"unit":"%","system":"http://unitsofmeasure.org","code":"%"}},"text":"4.0-5.6 %"}}]}}"#
    )
}

/// Commit, processor and memory: what a figure is worth.
fn machine() -> String {
    let commit = Command::new("git")
        .args(["rev-parse", "--short", "HEAD"])
        .current_dir(root())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    let processor = fs::read_to_string("/proc/cpuinfo")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(':').nth(1).map(str::to_owned))
        .unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "Commit {commit}; {cores} cores,{processor}; client and server on the same machine; embedded \
         store; {SECONDS} s a line.\n"
    )
}

fn size_of(folder: &Path) -> u64 {
    let mut total = 0;
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => open.push(entry.path()),
                Ok(data) => total += data.len(),
                Err(_) => {}
            }
        }
    }
    total
}
