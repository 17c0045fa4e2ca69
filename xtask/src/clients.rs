//! `cargo xtask clients`: FHIR clients that others wrote drive the real server. The tests stand in
//! `tests/clients`, one folder per language, and learn the server's base from `BRIGID_BASE`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::process::{Build, Server, target};
use crate::steps::{cargo, root};

/// What must be there: the command, arguments that show that it works, its Debian package.
const NEEDS: [(&str, &[&str], &str); 3] = [
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("python3", &["-c", "import ensurepip, venv"], "python3-venv"),
];

/// A language: its name, and what runs its tests against this base.
type Language = (&'static str, fn(&str) -> Result<(), String>);

const LANGUAGES: [Language; 3] = [("rust", rust), ("node", node), ("python", python)];

/// Runs the tests of every language against one server; the summary tells the seconds of each.
pub(crate) fn run() -> Result<String, String> {
    for need in NEEDS {
        check(need)?;
    }
    finished(cargo().args(["build", "--package", "server"]).current_dir(root()))?;
    let data = folder("data");
    // What an earlier run left is not wanted.
    let _ = fs::remove_dir_all(&data);
    make(&data)?;
    let server = Server::start(Build::Debug, &data)?;
    let base = format!("http://{}/fhir", server.address);
    let mut seconds = Vec::new();
    let mut failed = Vec::new();
    for (name, test) in LANGUAGES {
        let start = Instant::now();
        // The others are run all the same: together they tell more than the first.
        if let Err(error) = test(&base) {
            failed.push(format!("{name}: {error}"));
        }
        seconds.push(format!("{name} {} s", start.elapsed().as_secs()));
    }
    server.stop()?;
    if failed.is_empty() {
        return Ok(format!("all clients agree with the server: {}", seconds.join(", ")));
    }
    Err(failed.join("\n"))
}

fn check((command, arguments, package): (&str, &[&str], &str)) -> Result<(), String> {
    let output = Command::new(command).args(arguments).stdin(Stdio::null()).output();
    if output.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    Err(format!(
        "{command} is missing or not whole: it comes with Debian's {package} (.ci/install)"
    ))
}

fn rust(base: &str) -> Result<(), String> {
    let crate_folder = source("rust");
    finished(cargo().args(["fmt", "--check"]).current_dir(&crate_folder))?;
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--locked", "--target-dir"]).arg(folder("rust"));
    finished(against(tests.current_dir(&crate_folder), base))
}

fn node(base: &str) -> Result<(), String> {
    const LIST: &str = "package-lock.json";
    let (source, place) = (source("node"), folder("node"));
    make(&place)?;
    mirror(&source, &place)?;
    if !is_current(&source, &place, LIST) {
        finished(Command::new("npm").arg("ci").current_dir(&place))?;
        mark(&source, &place, LIST)?;
    }
    finished(against(Command::new("node").arg("--test").current_dir(&place), base))
}

fn python(base: &str) -> Result<(), String> {
    const LIST: &str = "requirements.txt";
    let (source, place) = (source("python"), folder("python"));
    let program = place.join("bin/python");
    if !is_current(&source, &place, LIST) {
        finished(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
        let mut install = Command::new(&program);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        finished(install.args(["--requirement", LIST]).current_dir(&source))?;
        mark(&source, &place, LIST)?;
    }
    let mut tests = Command::new(&program);
    tests.args(["-B", "-m", "unittest", "discover"]).current_dir(&source);
    finished(against(&mut tests, base))
}

/// The tests of a language in the repository.
fn source(language: &str) -> PathBuf {
    root().join("tests/clients").join(language)
}

/// Where what is installed and built for them lies.
fn folder(name: &str) -> PathBuf {
    target().join("clients").join(name)
}

/// What the name of a note of what is installed starts with.
const INSTALLED: &str = "installed-";

/// Was what this list names installed whole by an earlier run?
fn is_current(source: &Path, place: &Path, list: &str) -> bool {
    let read = |path: PathBuf| fs::read(path).ok();
    let wanted = read(source.join(list));
    wanted.is_some() && wanted == read(place.join(format!("{INSTALLED}{list}")))
}

/// Notes that what this list names is installed.
fn mark(source: &Path, place: &Path, list: &str) -> Result<(), String> {
    let noted = fs::copy(source.join(list), place.join(format!("{INSTALLED}{list}")));
    noted.map(drop).map_err(|error| format!("{}: {error}", place.display()))
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Makes the files of a folder those of another one; folders and notes stay as they are.
fn mirror(from: &Path, to: &Path) -> Result<(), String> {
    for name in files(to)? {
        if !name.starts_with(INSTALLED) {
            fs::remove_file(to.join(&name)).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    for name in files(from)? {
        fs::copy(from.join(&name), to.join(&name)).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// Names of the files in a folder.
fn files(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// With the server's base, which is asked without the proxy that this machine may have.
fn against<'a>(command: &'a mut Command, base: &str) -> &'a mut Command {
    command.env("BRIGID_BASE", base).env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1")
}

/// Runs a command to its end.
fn finished(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{name} cannot be run: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed with {status}")) }
}
