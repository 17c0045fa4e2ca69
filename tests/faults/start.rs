//! A server that cannot use its database ends soon, with one sentence that says what and where, and
//! no credential.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use brigid_tests::{Database, Fault, Proxy, program};
use serde_json::json;

/// The longest until a start is given up.
const START_MAX: Duration = Duration::from_secs(10);

/// In every connection string: nobody may see it again.
const PASSWORD: &str = "hidden-password";

/// `brigid serve` with this connection string and these variables ends in time and says all of
/// these.
#[track_caller]
pub(super) fn check(uri: &str, variables: &[(&str, &str)], says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let child = program()
        .args(["serve", "--open", "--listen", "127.0.0.1:0", "--admin-listen", ""])
        .env("BRIGID_STORAGE__MONGODB_URI", uri)
        .env("BRIGID_LOG__LEVEL", "debug")
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(1), "{uri}: {text}");
    assert!(start.elapsed() < START_MAX, "{uri}: {:?}: {text}", start.elapsed());
    assert!(!text.contains(PASSWORD), "{uri}: {text}");
    let said = text.lines().filter(|line| line.starts_with("brigid: ")).count();
    assert_eq!(said, 1, "{uri}: not one line: {text}");
    let last = text.lines().last().unwrap_or_default().to_lowercase();
    for word in says {
        assert!(last.contains(word), "{uri}: '{word}' is not in: {text}");
    }
}

/// A connection string with an account.
fn uri(address: &str, options: &str) -> String {
    format!("mongodb://user:{PASSWORD}@{address}/?{options}")
}

#[test]
fn what_is_no_connection_string_is_said_to_be_none() {
    for wrong in ["", "://", "@h:1/x", "x:y@h/?replicaSet="] {
        check(&format!("mongodb:/{PASSWORD}{wrong}"), &[], &["mongodb://"]);
    }
    check(&format!("http://user:{PASSWORD}@127.0.0.1/"), &[], &["mongodb://"]);
    check(&uri("127.0.0.1:1", "noSuchOption=1&maxPoolSize=x"), &[], &["connection string"]);
}

#[test]
fn a_database_that_is_not_there_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    // It takes connections and never answers.
    check(&uri(&address, ""), &[], &[&address]);
    drop(taken);
    check(&uri(&address, ""), &[], &[&address]);
    check(&uri("no-such-host.invalid:27017", ""), &[], &["no-such-host.invalid"]);
}

#[test]
fn what_speaks_another_protocol_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut some = [0; 512];
            let _ = stream.read(&mut some);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    check(&uri(&address, ""), &[], &[&address]);
}

#[test]
fn a_server_without_a_replica_set_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path(), &["--standalone"]);
    check(&format!("mongodb://{}/", database.address()), &[], &["replica set"]);
}

#[test]
fn another_replica_set_than_the_one_that_is_named_is_refused() {
    let address = Database::shared().address();
    check(&format!("mongodb://{address}/?replicaSet=other"), &[], &[address]);
}

#[test]
fn a_server_that_is_too_old_is_refused_with_its_version() {
    let proxy = Proxy::start(Database::shared().address());
    proxy.fail(Fault::Replace(&[
        (b"8.2.11", b"4.0.11"),
        (b"maxWireVersion\0\x1b\0\0\0", b"maxWireVersion\0\x07\0\0\0"),
    ]));
    check(&proxy.uri(), &[], &["4.4", &proxy.address()]);
}

#[test]
fn wrong_credentials_are_refused_without_a_word_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut database = Database::open(folder.path(), &[]);
    let roles = json!([{"role": "readWriteAnyDatabase", "db": "admin"}]);
    let account = json!({"createUser": "user", "pwd": "right", "roles": roles});
    database.command("admin", &account);
    database.kill();
    let database = Database::locked(folder.path());
    let address = database.address();
    check(&uri(address, "authSource=admin"), &[], &["credentials", address]);
    check(&format!("mongodb://{address}/"), &[], &["credentials", "brigid_default"]);
    // The same, from files.
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_string_lossy().into_owned()
    };
    let (name, password) = (write("name", "user\n"), write("password", PASSWORD));
    let files = [
        ("BRIGID_STORAGE__MONGODB_USERNAME_FILE", &*name),
        ("BRIGID_STORAGE__MONGODB_PASSWORD_FILE", &*password),
    ];
    check(&format!("mongodb://{address}/"), &files, &["credentials", address]);
    starts(&format!("mongodb://{address}/"), &name, &write("right", "right\n"));
}

/// With the right account, from files, the server starts.
#[track_caller]
fn starts(uri: &str, name: &str, password: &str) {
    let place = brigid_tests::Place::Database { uri: uri.to_owned(), prefix: "start_".to_owned() };
    let settings =
        [("storage.mongodb_username_file", name), ("storage.mongodb_password_file", password)];
    let server = brigid_tests::Server::start_on(&place, &settings);
    server.get("Patient/nobody").send().expect(404);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let nowhere = Path::new("/nowhere/secret").to_string_lossy().into_owned();
    let address = Database::shared().address();
    let plain = format!("mongodb://{address}/");
    check(&plain, &[("BRIGID_STORAGE__MONGODB_PASSWORD_FILE", &nowhere)], &[&nowhere]);
    check(&plain, &[("BRIGID_STORAGE__MONGODB_TLS_CA_FILE", &nowhere)], &[&nowhere]);
    check("", &[("BRIGID_STORAGE__MONGODB_URI_FILE", &nowhere)], &[&nowhere]);
}
