//! The tests' MongoDB as a process of the bench.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::database::program;

/// Longest silence of a database that starts.
const START_MAX: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

/// Waits until nobody holds its standard input any more, because the bench ended, however it ended;
/// then it ends the process with this id.
const WATCH: &str = "trap '' HUP INT TERM; cat >/dev/null; kill -KILL \"$1\" 2>/dev/null";

/// A running database. It is killed when this is dropped, and when the bench ends.
#[derive(Debug)]
pub(crate) struct Database {
    child: Child,
    watcher: Option<Child>,
    address: String,
}

impl Database {
    /// Starts it on a folder, on a port that the system chose. What it acknowledged is on the disk.
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        let log = folder.join("database.log");
        let failed = |error: std::io::Error| format!("{}: {error}", log.display());
        let file = File::create(&log).map_err(failed)?;
        let child = Command::new(program())
            .args(["--host", "127.0.0.1", "--port", "0", "--sync-on-commit", "--storage-path"])
            .arg(folder.join("wt"))
            // A configuration in the folder of the caller would be read.
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(|error| format!("{}: {error}", program().display()))?;
        let mut database = Self { child, watcher: None, address: String::new() };
        database.watcher = Some(watch(database.id())?);
        database.address = database.listening(&log)?;
        Ok(database)
    }

    /// Its connection string.
    pub(crate) fn uri(&self) -> String {
        format!("mongodb://{}/?replicaSet=secantus", self.address)
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until its log says where it listens.
    fn listening(&mut self, log: &Path) -> Result<String, String> {
        let start = Instant::now();
        loop {
            let printed = std::fs::read_to_string(log).unwrap_or_default();
            if let Some(address) = address(&printed) {
                return Ok(address);
            }
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || start.elapsed() > START_MAX {
                return Err(format!("the database did not start; it printed:\n{printed}"));
            }
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Who watches goes first: it knows the database by its id, which may be another's soon.
        for child in self.watcher.iter_mut().chain([&mut self.child]) {
            // One that has ended already cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn watch(id: u32) -> Result<Child, String> {
    Command::new("sh")
        .args(["-c", WATCH, "watch", &id.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("sh: {error}"))
}

/// The address in what a database printed, once the line is whole.
fn address(printed: &str) -> Option<String> {
    let (_, rest) = printed.split_once("listening on ")?;
    let (address, _) = rest.split_once('\n')?;
    Some(address.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_address_is_read_when_its_line_is_whole() {
        assert_eq!(address("INFO starting\n"), None);
        assert_eq!(address("INFO secantus listening on 127.0.0.1:41"), None);
        let printed = "INFO starting\nINFO secantus listening on 127.0.0.1:41403\nINFO more\n";
        assert_eq!(address(printed).as_deref(), Some("127.0.0.1:41403"));
    }
}
