//! The server as a process.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::steps::root;

/// Which build is run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Build {
    Debug,
    Release,
}

/// A running server. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// From the start of the process to the first 200 of its base.
    pub(crate) started_ms: u128,
}

/// The program that cargo built.
pub(crate) fn program(build: Build) -> PathBuf {
    target().join(match build {
        Build::Debug => "debug/brigid",
        Build::Release => "release/brigid",
    })
}

/// Where cargo builds: beside the running xtask.
pub(crate) fn target() -> PathBuf {
    let own = std::env::current_exe().ok();
    own.as_deref()
        .and_then(Path::parent)
        .and_then(Path::parent)
        .map_or_else(|| root().join("target"), Path::to_owned)
}

impl Server {
    /// Starts it on a port that the system chose, with its data in this folder.
    pub(crate) fn start(build: Build, data: &Path) -> Result<Self, String> {
        let start = Instant::now();
        let mut child = Command::new(program(build))
            .args(["serve", "--open", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .arg("--data-dir")
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", program(build).display()))?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let address = lines
            .find_map(|line| {
                let at = line.find("http://127.0.0.1:").filter(|_| line.contains("FHIR"))?;
                let address = &line[at + "http://".len()..];
                let end = address.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c)));
                Some(address[..end.unwrap_or(address.len())].to_owned())
            })
            .ok_or("the server did not say where it listens")?;
        // What it prints from now on must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        first_answer(&address)?;
        Ok(Self { child, address, started_ms: start.elapsed().as_millis() })
    }

    /// Resident memory of the process.
    pub(crate) fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        status
            .unwrap_or_default()
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
            .map_or(0, |kib: u64| kib / 1024)
    }

    /// Asks it to stop, and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("the server cannot be stopped: {error}");
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().map_err(failed)?;
        self.child.wait().map_err(failed)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was stopped already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_answer(address: &str) -> Result<(), String> {
    use std::io::{Read, Write};
    let failed = |error: std::io::Error| format!("{address}: {error}");
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream
        .write_all(b"GET /fhir/Patient HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        .map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("no 200 but {answer}")) }
}
