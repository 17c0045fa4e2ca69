//! The tests' own MongoDB: a process of SecantusDB (WiredTiger behind MongoDB's protocol), which
//! `cargo xtask test` installs into `target/mongo`. Nothing of it is linked: it is run.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wire;

/// Longest silence of a server that starts.
const START_MAX: Duration = Duration::from_secs(60);

const COMMAND_MAX: Duration = Duration::from_secs(60);

/// Lines that it printed last and that a failed test shows.
const LINES_KEPT: usize = 40;

/// Waits until nobody holds its standard input any more, because the test process ended, however it
/// ended; then it ends the server with this id and removes this folder.
const WATCH: &str = "trap '' HUP INT TERM; cat >/dev/null; kill -KILL \"$1\" 2>/dev/null; \
                     for i in 1 2 3 4 5 6 7 8 9; do kill -0 \"$1\" 2>/dev/null || break; \
                     sleep 0.1; done; [ -z \"$2\" ] || rm -rf -- \"$2\"";

/// A running database. It is killed when this is dropped, and when the test process ends.
#[derive(Debug)]
pub struct Database {
    server: Child,
    watcher: Child,
    address: String,
    printed: Printed,
    _folder: Folder,
}

/// What a server printed last.
type Printed = Arc<Mutex<VecDeque<String>>>;

#[derive(Debug)]
enum Folder {
    Own(TempDir),
    Given(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Folder::Own(folder) => folder.path(),
            Folder::Given(folder) => folder,
        }
    }
}

impl Database {
    /// The database that all tests of this process share; each takes database names of its own.
    ///
    /// # Panics
    /// As [`Database::start`].
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Database> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// An empty database.
    ///
    /// # Panics
    /// When it is not installed or does not start; the text holds what it printed.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        Self::run(Folder::Own(folder), &[])
    }

    /// A database on a folder, started with these arguments besides. What it acknowledged outlives
    /// its process.
    ///
    /// # Panics
    /// As [`Database::start`].
    #[must_use]
    pub fn open(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["--sync-on-commit"], arguments].concat();
        Self::run(Folder::Given(folder.to_owned()), &arguments)
    }

    /// As [`Database::open`], with TLS: these arguments name its certificate. It cannot be asked by
    /// [`Database::command`].
    ///
    /// # Panics
    /// As [`Database::start`].
    #[must_use]
    pub fn secured(folder: &Path, arguments: &[&str]) -> Self {
        Self::launch(Folder::Given(folder.to_owned()), arguments)
    }

    /// As [`Database::open`], for those who have an account there.
    ///
    /// # Panics
    /// As [`Database::start`].
    #[must_use]
    pub fn locked(folder: &Path) -> Self {
        Self::open(folder, &["--auth"])
    }

    fn run(folder: Folder, arguments: &[&str]) -> Self {
        let database = Self::launch(folder, arguments);
        // The one command that needs no account.
        database.command("admin", &json!({"hello": 1}));
        database
    }

    fn launch(folder: Folder, arguments: &[&str]) -> Self {
        let mut server = Command::new(program())
            .args(["--host", "127.0.0.1", "--port", "0", "--storage-path"])
            .arg(folder.path().join("wt"))
            .args(arguments)
            // A configuration in the folder of the tests would be read.
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be run: {error}", program().display()));
        let watcher = watch(server.id(), &folder);
        let printed = Printed::default();
        let log = server.stderr.take().expect("its standard error is a pipe");
        let address = listening(log, &printed);
        let mut database = Self { server, watcher, address, printed, _folder: folder };
        if database.address.is_empty() {
            database.kill();
            panic!("the database did not start; it printed:\n{}", database.printed());
        }
        database
    }

    /// `127.0.0.1:27017`
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its connection string.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("mongodb://{}/?replicaSet=secantus", self.address)
    }

    /// Carries out a command in one of its databases.
    ///
    /// # Panics
    /// When it fails; the text holds what the server printed.
    #[track_caller]
    pub fn command(&self, name: &str, command: &Value) -> Value {
        let mut whole = command.clone();
        whole["$db"] = json!(name);
        wire::command(&self.address, &whole, COMMAND_MAX)
            .unwrap_or_else(|error| panic!("{command}: {error}\n{}", self.printed()))
    }

    /// Removes all databases whose names begin so.
    ///
    /// # Panics
    /// As [`Database::command`].
    pub fn drop_all(&self, prefix: &str) {
        let found = self.command("admin", &json!({"listDatabases": 1, "nameOnly": true}));
        let names = found["databases"].as_array().into_iter().flatten();
        for name in names.filter_map(|database| database["name"].as_str()) {
            if name.starts_with(prefix) {
                self.command(name, &json!({"dropDatabase": 1}));
            }
        }
    }

    /// Ends the process at once, as a power cut would. Its folder stays.
    pub fn kill(&mut self) {
        // Who watches goes first: it knows the server by its id, which may be another's soon.
        end(&mut self.watcher);
        end(&mut self.server);
    }

    fn printed(&self) -> String {
        let lines = lock(&self.printed);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.kill();
    }
}

fn end(child: &mut Child) {
    // A process that has ended already cannot be killed.
    let _ = child.kill();
    let _ = child.wait();
}

fn watch(id: u32, folder: &Folder) -> Child {
    let removed = match folder {
        Folder::Own(folder) => folder.path(),
        Folder::Given(_) => Path::new(""),
    };
    Command::new("sh")
        .args(["-c", WATCH, "watch", &id.to_string()])
        .arg(removed)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh is a command everywhere")
}

/// The address in what the server prints; empty when it ends without one.
fn listening(log: impl Read + Send + 'static, printed: &Printed) -> String {
    let (sender, addresses) = mpsc::channel();
    let printed = printed.clone();
    thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once("listening on ") {
                // Nobody waits for a second one.
                let _ = sender.send(address.trim().to_owned());
            }
            let mut lines = lock(&printed);
            if lines.len() == LINES_KEPT {
                lines.pop_front();
            }
            lines.push_back(line);
        }
    });
    addresses.recv_timeout(START_MAX).unwrap_or_default()
}

fn lock(printed: &Printed) -> MutexGuard<'_, VecDeque<String>> {
    printed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server's program, as `cargo xtask database` installs it.
fn program() -> PathBuf {
    let program = crate::program::target().join("mongo/bin/secantusd-py");
    assert!(
        program.exists(),
        "{} is missing: install it with `cargo xtask database`, or run `cargo xtask test`",
        program.display()
    );
    program
}

#[cfg(test)]
mod tests {
    use super::Database;
    use serde_json::{Value, json};
    use std::process::{Command, Stdio};

    fn names(database: &Database, prefix: &str) -> usize {
        let found = database.command("admin", &json!({"listDatabases": 1, "nameOnly": true}));
        let names: Vec<&str> = found["databases"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        names.iter().filter(|name| name.starts_with(prefix)).count()
    }

    fn insert(database: &Database, name: &str) {
        let documents = json!([{"_id": 1}]);
        database.command(name, &json!({"insert": "c", "documents": documents}));
    }

    fn found(database: &Database, name: &str) -> Value {
        database.command(name, &json!({"find": "c"}))["cursor"]["firstBatch"].clone()
    }

    #[test]
    fn databases_of_one_prefix_are_removed_together() {
        let database = Database::shared();
        for name in ["dropped_a", "dropped_b", "stays_a"] {
            insert(database, name);
        }
        assert_eq!(names(database, "dropped_"), 2);
        database.drop_all("dropped_");
        assert_eq!((names(database, "dropped_"), names(database, "stays_")), (0, 1));
    }

    #[test]
    fn what_a_database_acknowledged_outlives_its_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::open(folder.path(), &[]);
        insert(&database, "kept");
        database.kill();
        let database = Database::open(folder.path(), &[]);
        assert_eq!(found(&database, "kept"), json!([{"_id": 1}]));
    }

    #[test]
    fn who_watches_ends_the_server_when_the_test_process_is_gone() {
        let mut server =
            Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().expect("sleep");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let mut watcher = super::watch(server.id(), &super::Folder::Own(folder));
        // What a process that ends does to its pipes.
        drop(watcher.stdin.take());
        assert!(!server.wait().unwrap().success());
        assert!(watcher.wait().unwrap().success());
        assert!(!path.exists());
    }
}
