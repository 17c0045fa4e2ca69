//! `brigid import`: what loads, what does not and why, and going on after an interruption.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use brigid_tests::{Server, archive, data, is_left_out};
use serde_json::{Value, json};

use super::{brigid, check, printed};

fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": "F"}]})
}

/// Number of resources of a type in the store of this folder.
#[track_caller]
fn count(data_dir: &Path, name: &str) -> u64 {
    let mut server = Server::open(data_dir, &[]);
    let answer = server.get(&format!("{name}?_summary=count")).send().expect(200).json();
    server.stop();
    answer["total"].as_u64().unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn the_whole_synthea_archive_loads_without_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let archive = data("synthea-r4.tgz").to_string_lossy().into_owned();
    check(folder.path(), &["import", &archive, "--data-dir", "data"], 0, &["17916"]);
    let data_dir = folder.path().join("data");
    assert_eq!(count(&data_dir, "Patient"), 61);
}

#[test]
fn ndjson_loads_line_by_line_and_a_broken_line_does_not_stop_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "{}\n{{\"resourceType\":\"Patient\",\n{}\n\n{{\"resourceType\":\"Patient\",\"id\":\"x\",\"gender\":\"?\"}}\n{}\n",
        patient("a"),
        patient("b"),
        patient("c")
    );
    write(folder.path(), "Patient.ndjson", &text);
    check(folder.path(), &["import", "Patient.ndjson", "--data-dir", "data"], 1, &["2"]);
    let report = fs::read_to_string(folder.path().join("brigid-import-report.ndjson")).unwrap();
    // Lines are loaded several at once, and reported in the order in which they fail.
    let failed: BTreeSet<u64> = report
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["line"].as_u64().unwrap())
        .collect();
    assert_eq!(failed, BTreeSet::from([2, 5]), "{report}");
    assert_eq!(report.lines().count(), 2, "{report}");
    assert!(report.contains("gender"), "{report}");
    assert_eq!(count(&folder.path().join("data"), "Patient"), 3);
}

#[test]
fn packed_files_and_folders_load_too() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("in/deeper");
    fs::create_dir_all(&inner).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(patient("packed").to_string().as_bytes()).unwrap();
    fs::write(inner.join("patients.ndjson.gz"), packed.finish().unwrap()).unwrap();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": patient("one")}, {"resource": patient("two")}
    ]});
    write(&inner, "bundle.json", &bundle.to_string());
    write(&inner, "single.json", &patient("single").to_string());
    write(&inner, "readme.txt", "not a record");
    check(folder.path(), &["import", "in", "--data-dir", "data"], 0, &[]);
    assert_eq!(count(&folder.path().join("data"), "Patient"), 4);
}

#[test]
fn a_running_server_can_be_the_target() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "p.json", &patient("a").to_string());
    check(folder.path(), &["import", "p.json", "--server", server.root()], 0, &[]);
    server.get("Patient/a").send().expect(200);
}

#[test]
fn an_import_that_was_cut_off_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let total = 6000;
    let mut text = String::new();
    for number in 0..total {
        text.push_str(&patient(&format!("p{number}")).to_string());
        text.push('\n');
    }
    write(folder.path(), "Patient.ndjson", &text);
    let mut child =
        brigid_tests::brigid(folder.path(), &["import", "Patient.ndjson", "--data-dir", "data"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
    let state = folder.path().join("brigid-import-state.json");
    while !state.exists() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let arguments = ["import", "Patient.ndjson", "--data-dir", "data", "--resume"];
    check(folder.path(), &arguments, 0, &[]);
    assert_eq!(count(&folder.path().join("data"), "Patient"), total);
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["import", "nothing.json", "--data-dir", "data"], 1, &["nothing.json"]);
    check(folder.path(), &["import"], 2, &["PATH"]);
}

#[test]
fn a_folder_that_a_server_holds_is_loaded_through_it() {
    if is_left_out("a_folder_that_a_server_holds_is_loaded_through_it") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    write(folder.path(), "p.json", &patient("a").to_string());
    let held = server.data_dir().to_string_lossy().into_owned();
    let output = brigid(folder.path(), &["import", "p.json", "--data-dir", &held]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).contains(&server.id().to_string()), "{}", printed(&output));
}

#[test]
fn every_instance_among_the_examples_loads_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for (name, bytes) in archive("hl7.fhir.r4.examples.tgz", ".json") {
        let is_small = bytes.len() < 60_000 && name.contains("examples/json/");
        let Ok(resource) = serde_json::from_slice::<Value>(&bytes) else { continue };
        if is_small && resource["resourceType"] == "Observation" {
            text.push_str(&resource.to_string());
            text.push('\n');
        }
    }
    let lines = text.lines().count() as u64;
    assert!(lines > 30, "{lines}");
    write(folder.path(), "examples.ndjson", &text);
    let output = brigid(folder.path(), &["import", "examples.ndjson", "--data-dir", "data"]);
    let report = fs::read_to_string(folder.path().join("brigid-import-report.ndjson"))
        .unwrap_or_default()
        .lines()
        .count() as u64;
    assert!(report * 10 < lines, "{report} of {lines}: {}", printed(&output));
}
