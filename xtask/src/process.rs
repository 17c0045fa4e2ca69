//! The server as a process.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::steps::root;

/// Longest silence of a server that starts.
const START_MAX: Duration = Duration::from_secs(60);

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
        Self::with(build, ["--data-dir".as_ref(), data.as_os_str()])
    }

    /// Starts it with these arguments, which say where its data is.
    pub(crate) fn with(build: Build, data: [&OsStr; 2]) -> Result<Self, String> {
        let start = Instant::now();
        let mut child = Command::new(program(build))
            .args(["serve", "--open", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program(build).display()))?;
        let log = child.stderr.take();
        let mut server = Self { child, address: String::new(), started_ms: 0 };
        server.address = address(log.ok_or("the server has no log")?)?;
        first_answer(&server.address)?;
        server.started_ms = start.elapsed().as_millis();
        Ok(server)
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(mut self) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("the server cannot be killed: {error}");
        self.child.kill().map_err(failed)?;
        self.child.wait().map_err(failed)?;
        Ok(())
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

/// Where the server listens, as its log says.
fn address(log: impl Read + Send + 'static) -> Result<String, String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            // Nobody listens once the address is known, and the log must flow all the same.
            let _ = sender.send(line);
        }
    });
    let mut printed = String::new();
    while let Ok(line) = lines.recv_timeout(START_MAX) {
        let at = line.find("http://127.0.0.1:").filter(|_| line.contains("FHIR"));
        if let Some(at) = at {
            let address = &line[at + "http://".len()..];
            let end = address.find(|c: char| !(c.is_ascii_digit() || ".:".contains(c)));
            return Ok(address[..end.unwrap_or(address.len())].to_owned());
        }
        printed.push_str(&line);
        printed.push('\n');
    }
    Err(format!("the server did not say where it listens; it printed:\n{printed}"))
}

fn first_answer(address: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{address}: {error}");
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    stream
        .write_all(b"GET /fhir/Patient HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        .map_err(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed)?;
    if answer.starts_with("HTTP/1.1 200") { Ok(()) } else { Err(format!("no 200 but {answer}")) }
}
