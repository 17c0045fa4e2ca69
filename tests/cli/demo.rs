//! `brigid demo`: the main job in one command.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use brigid_tests::{Client, Database, StoreKind, program, store_kind};

#[test]
fn it_prints_addresses_of_summaries_that_can_be_opened() {
    let mut command = program();
    if store_kind() == StoreKind::Mongodb {
        command.args(["demo", "--mongodb-uri", &Database::shared().uri()]);
    } else {
        command.arg("demo");
    }
    let mut child = command
        .args(["--listen", "127.0.0.1:0", "--patients", "12"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut summaries = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok) {
        if let Some(at) = line.find("http://").filter(|_| line.contains("$summary")) {
            summaries.push(line[at..].trim().to_owned());
        }
        if line.contains("are loaded") {
            break;
        }
    }
    let client = Client::new("http://127.0.0.1");
    assert_eq!(summaries.len(), 12, "{summaries:?}");
    for url in &summaries {
        let answer = client.request("GET", url).send().expect(200);
        assert_eq!(answer.json()["type"], "document", "{url}");
    }
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(child.wait().unwrap().success());
}
