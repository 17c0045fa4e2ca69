//! Trouble with the data folder: held by another, not writable, damaged, and a graceful stop.

use std::fs;
use std::thread;

use brigid_tests::{Server, is_left_out};
use serde_json::json;

use super::{exists, patient};

#[test]
fn a_second_process_on_the_same_folder_refuses_and_says_who_holds_it() {
    if is_left_out("a_second_process_on_the_same_folder_refuses_and_says_who_holds_it") {
        return;
    }
    let first = Server::start();
    let printed = Server::try_open(first.data_dir(), &[]).expect_err("the second must not start");
    assert!(printed.contains(&first.id().to_string()), "{printed}");
}

#[test]
fn a_graceful_stop_finishes_what_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut server = Server::open(&data_dir, &[]);
    let client = server.client().clone();
    let written: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                let client = &client;
                scope.spawn(move || {
                    let mut written = Vec::new();
                    for number in 0.. {
                        let id = format!("w{worker}n{number}");
                        let body = patient(&id, 1, "none");
                        let path = format!("Patient/{id}");
                        // A connection that is refused was not accepted; one that is cut in
                        // the middle of an answer would be a dropped request.
                        match client.request("PUT", &path).json(&body).try_send() {
                            Ok(answer) if answer.status == 201 => written.push(id),
                            _ => break,
                        }
                    }
                    written
                })
            })
            .collect();
        while client.request("GET", "Patient?_summary=count").send().json()["total"]
            .as_u64()
            .is_none_or(|total| total < 20)
        {}
        server.terminate();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(server.stop_waited().success());
    let server = Server::open(&data_dir, &[]);
    for id in &written {
        server.get(&format!("Patient/{id}")).send().expect(200);
    }
}

#[test]
fn a_damaged_store_refuses_to_start_and_names_the_way_out() {
    if is_left_out("a_damaged_store_refuses_to_start_and_names_the_way_out") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut server = Server::open(&data_dir, &[]);
    server.put("Patient/a").json(&patient("a", 1, "none")).send().expect(201);
    server.stop();
    let tenant = data_dir.join("tenants").join("default");
    assert!(exists(&tenant), "the layout of the data folder changed");
    damage(&tenant);
    let printed = Server::try_open(&data_dir, &[]).expect_err("a damaged store must not start");
    assert!(printed.contains("brigid check"), "{printed}");
}

/// Cuts every file of the store's own in the middle.
fn damage(folder: &std::path::Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            damage(&path);
        } else if path.file_name().is_some_and(|name| name != "lock") {
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            for byte in bytes.iter_mut().skip(middle.saturating_sub(64)).take(128) {
                *byte ^= 0x5a;
            }
            fs::write(&path, bytes).unwrap();
        }
    }
}

#[test]
fn a_full_disk_is_507_reads_go_on_and_nothing_is_lost() {
    if is_left_out("a_full_disk_is_507_reads_go_on_and_nothing_is_lost") {
        return;
    }
    let Some(disk) = SmallDisk::mount() else {
        panic!("a small disk could not be mounted: this test needs root and mount");
    };
    let server = Server::open(&disk.path().join("data"), &[]);
    server.put("Patient/a").json(&patient("a", 1, "none")).send().expect(201);
    let mut written = vec!["a".to_owned()];
    let mut refusal = None;
    for number in 0..4000 {
        let id = format!("n{number}");
        let mut body = patient(&id, 1, "none");
        body["photo"] = json!([{"data": noise(number)}]);
        let answer = server.put(&format!("Patient/{id}")).json(&body).send();
        if answer.status != 201 {
            refusal = Some(answer);
            break;
        }
        written.push(id);
    }
    let refusal = refusal.expect("the disk never filled");
    assert!(matches!(refusal.status, 503 | 507), "{} {}", refusal.status, refusal.text());
    assert_eq!(refusal.json()["resourceType"], "OperationOutcome");
    for id in &written {
        server.get(&format!("Patient/{id}")).send().expect(200);
    }
}

/// 30,000 characters of base64 that do not compress.
fn noise(seed: usize) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut state = seed as u64 * 2 + 0x9e37_79b9_7f4a_7c15;
    let mut text = String::with_capacity(30_000);
    for _ in 0..30_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(char::from(letters[usize::try_from(state >> 58).unwrap()]));
    }
    text
}

/// A file system of 48 MB in memory.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let status = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"])
            .arg(folder.path())
            .status()
            .ok()?;
        status.success().then_some(Self { folder })
    }

    fn path(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // What is still open there keeps it until its process ends.
        let _ = std::process::Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}
