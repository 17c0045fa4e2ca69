//! `brigid serve`: where it listens, what it tells its operator, and what it never tells.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use brigid_tests::{Server, brigid, is_left_out};
use serde_json::json;

use super::check;

#[test]
fn an_address_that_others_can_reach_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["serve", "--open", "--listen", "0.0.0.0:0", "--data-dir", "d"];
    check(folder.path(), &arguments, 1, &["authentication", "oopback"]);
    check(folder.path(), &["serve", "--listen", "nonsense", "--data-dir", "d"], 1, &["nonsense"]);
}

#[test]
fn a_port_in_use_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let arguments = ["serve", "--open", "--listen", &address, "--data-dir", "d"];
    check(folder.path(), &arguments, 1, &["in use"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    if is_left_out("a_folder_that_cannot_be_made_is_named") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let arguments = ["serve", "--open", "--listen", "127.0.0.1:0", "--data-dir", "file/data"];
    check(folder.path(), &arguments, 1, &["file/data"]);
}

#[test]
fn health_and_metrics_have_their_places() {
    let server = Server::start();
    let get = |url: String| server.get(&url).send();
    get(format!("{}/livez", server.root())).expect(200);
    get(format!("{}/readyz", server.root())).expect(200);
    get(format!("{}/metrics", server.root())).expect(404);
    server.get("Patient/nobody").send().expect(404);
    let metrics = get(format!("{}/metrics", server.admin())).expect(200).text();
    assert!(metrics.contains("read") && metrics.contains("404"), "{metrics}");
    assert!(!metrics.contains("nobody"), "{metrics}");
}

#[test]
fn the_page_for_people_leads_to_the_base() {
    let server = Server::start();
    let page = server.get(&format!("{}/", server.root())).header("Accept", "text/html").send();
    let page = page.expect(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.header("content-security-policy").is_some());
    assert!(page.text().contains("/fhir/metadata"), "{}", page.text());
}

#[test]
fn each_request_has_a_line_in_the_log_and_no_line_has_an_identifier() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let file = fs::File::create(&log).unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let arguments = [&["serve", "--open", "--data-dir", "data"][..], &listen].concat();
    let mut child = brigid(folder.path(), &arguments)
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap();
    let lines = || fs::read_to_string(&log).unwrap();
    let base = loop {
        let text = lines();
        if let Some(at) = text.find("http://127.0.0.1:").filter(|_| text.contains("/fhir\"")) {
            break text[at..].split('"').next().unwrap().to_owned();
        }
        assert!(child.try_wait().unwrap().is_none(), "{text}");
    };
    let client = brigid_tests::Client::new(&base);
    let body = json!({"resourceType": "Patient", "id": "secret-id", "name": [{"family": "Secretname"}],
        "gender": "secret-code"});
    client.request("PUT", "Patient/secret-id").json(&body).send().expect(400);
    client.request("GET", "Patient/secret-id").header("X-Request-Id", "seen-1").send().expect(404);
    client.request("GET", "Patient?family=Secretname").send().expect(200);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    child.wait().unwrap();
    let text = lines();
    assert!(text.contains("seen-1"), "{text}");
    for secret in ["secret-id", "Secretname", "secret-code"] {
        assert!(!text.contains(secret), "{text}");
    }
    for line in text.lines() {
        let parsed: serde_json::Value = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("a line that is no JSON: {error}: {line}"));
        assert!(parsed["level"].is_string(), "{line}");
    }
}
