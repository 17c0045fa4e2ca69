//! A `brigid serve` process on a port that the system chose, with a store of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Client, Database, Place, Request, program};

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    base: String,
    root: String,
    admin: String,
    place: Place,
    data_dir: PathBuf,
    folder: Option<TempDir>,
    client: Client,
}

impl Server {
    /// A server with an empty store.
    ///
    /// # Panics
    /// When it does not start; the text holds what it printed.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server with an empty store and these settings: `("integrity.references", "check")`.
    ///
    /// # Panics
    /// As [`Server::start`].
    #[must_use]
    pub fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut server = Self::open(&folder.path().join("data"), settings);
        server.folder = Some(folder);
        server
    }

    /// A server on this data folder, or on the databases that stand for it (see [`Place::of`]).
    ///
    /// # Panics
    /// As [`Server::start`].
    #[must_use]
    pub fn open(data_dir: &Path, settings: &[(&str, &str)]) -> Self {
        Self::try_open(data_dir, settings)
            .unwrap_or_else(|printed| panic!("the server did not start; it printed:\n{printed}"))
    }

    /// A server as [`Server::open`] starts it, or what it printed when it did not start.
    ///
    /// # Errors
    /// What it printed before it ended.
    pub fn try_open(data_dir: &Path, settings: &[(&str, &str)]) -> Result<Self, String> {
        let mut server = Self::try_start_on(&Place::of(data_dir), settings)?;
        data_dir.clone_into(&mut server.data_dir);
        Ok(server)
    }

    /// A server that keeps everything in this place.
    ///
    /// # Panics
    /// As [`Server::start`].
    #[must_use]
    pub fn start_on(place: &Place, settings: &[(&str, &str)]) -> Self {
        Self::try_start_on(place, settings)
            .unwrap_or_else(|printed| panic!("the server did not start; it printed:\n{printed}"))
    }

    /// A server that keeps everything in this place, or what it printed when it did not start.
    ///
    /// # Errors
    /// What it printed before it ended.
    pub fn try_start_on(place: &Place, settings: &[(&str, &str)]) -> Result<Self, String> {
        let mut child = program()
            .args(["serve", "--open", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(place.arguments())
            .envs(place.variables())
            .envs(settings.iter().map(|(key, value)| (variable(key), *value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("brigid can be run");
        let (sender, lines) = mpsc::channel();
        follow(child.stdout.take(), sender.clone());
        follow(child.stderr.take(), sender);
        let mut printed = String::new();
        let (mut root, mut admin) = (None, None);
        while let Ok(line) = lines.recv_timeout(Duration::from_secs(60)) {
            printed.push_str(&line);
            printed.push('\n');
            if let Some(url) = url_after(&line, "serving FHIR R4") {
                root = Some(url);
            }
            if let Some(url) = url_after(&line, "metrics") {
                admin = Some(url);
            }
            if let (Some(root), Some(admin)) = (&root, &admin) {
                // What it prints from now on must not block it.
                thread::spawn(move || lines.iter().for_each(drop));
                let base = format!("{root}/fhir");
                return Ok(Self {
                    child,
                    client: Client::new(&base),
                    base,
                    root: root.clone(),
                    admin: admin.clone(),
                    place: place.clone(),
                    data_dir: PathBuf::new(),
                    folder: None,
                });
            }
        }
        // A process that has ended already cannot be killed.
        let _ = child.kill();
        let _ = child.wait();
        Err(printed)
    }

    /// The FHIR base, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address of the server itself: `http://127.0.0.1:8080`.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The address of the admin listener.
    #[must_use]
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// Its data folder, or the one that its databases stand for.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A client of its FHIR base.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A GET of a path under the base.
    #[must_use]
    pub fn get(&self, path: &str) -> Request {
        self.client.request("GET", path)
    }

    /// A POST to a path under the base.
    #[must_use]
    pub fn post(&self, path: &str) -> Request {
        self.client.request("POST", path)
    }

    /// A PUT to a path under the base.
    #[must_use]
    pub fn put(&self, path: &str) -> Request {
        self.client.request("PUT", path)
    }

    /// A PATCH of a path under the base.
    #[must_use]
    pub fn patch(&self, path: &str) -> Request {
        self.client.request("PATCH", path)
    }

    /// A DELETE of a path under the base.
    #[must_use]
    pub fn delete(&self, path: &str) -> Request {
        self.client.request("DELETE", path)
    }

    /// Writes new resources by their own type and id.
    ///
    /// # Panics
    /// When one has neither, or is not created.
    #[track_caller]
    pub fn put_all(&self, resources: &[serde_json::Value]) {
        for resource in resources {
            let text = |name: &str| resource[name].as_str().expect("a type and an id");
            let path = format!("{}/{}", text("resourceType"), text("id"));
            self.put(&path).json(resource).send().expect(201);
        }
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks the process to stop (SIGTERM) and waits for it.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        self.terminate();
        self.stop_waited()
    }

    /// Waits for the end of a process that was asked to stop.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn stop_waited(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("the server is our child")
    }

    /// Asks the process to stop (SIGTERM) and does not wait.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn terminate(&self) {
        let status = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .expect("kill is a command everywhere");
        assert!(status.success(), "kill -TERM failed");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // Whose the folder is, his are the databases: both go together.
        if let (Some(_), Place::Database { prefix, .. }) = (&self.folder, &self.place)
            && !thread::panicking()
        {
            Database::shared().drop_all(prefix);
        }
    }
}

/// The environment variable of a setting: `BRIGID_INTEGRITY__REFERENCES`.
fn variable(key: &str) -> String {
    format!("BRIGID_{}", key.to_uppercase().replace('.', "__"))
}

fn follow(stream: Option<impl std::io::Read + Send + 'static>, lines: mpsc::Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // The receiver goes when the server is up.
            if lines.send(line).is_err() {
                break;
            }
        }
    });
}

/// The loopback address in a line that says this, without a path.
fn url_after(line: &str, says: &str) -> Option<String> {
    const START: &str = "http://127.0.0.1:";
    if !line.contains(says) {
        return None;
    }
    let text = &line[line.find(START)?..];
    let port = &text[START.len()..];
    let end = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
    Some(text[..START.len() + end].to_owned())
}
