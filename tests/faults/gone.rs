//! The database is gone, or nothing comes through to it: the server says so in time, does not grow,
//! and works again by itself.

use std::thread;
use std::time::{Duration, Instant};

use brigid_tests::{Fault, Server};

use super::load::{persist, transaction, under_load, verify_group};
use super::{ANSWER_MAX, RECOVERY_MAX, behind_a_proxy, check_refusal, patient, until};

/// How long the database is gone.
const GONE: Duration = Duration::from_secs(30);

/// How long nothing comes through.
const SILENT: Duration = Duration::from_secs(10);

/// Memory that a server may take besides while its database is gone.
const GROWTH_BYTES_MAX: u64 = 64 * 1024 * 1024;

const CLIENTS: usize = 8;

#[test]
fn a_database_that_is_gone_for_30_s_is_a_503_in_time_and_no_growth() {
    let (mut proxy, server) = behind_a_proxy("gone");
    persist(&transaction(&server, "before"), &[200], &mut 0);
    let memory = memory_bytes(&server);
    proxy.refuse();
    ask_for(GONE, &server);
    proxy.restore();
    check_recovery(&server);
    let grown = memory_bytes(&server).saturating_sub(memory);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
    verify_group(&server, "before");
}

#[test]
fn a_network_that_swallows_everything_is_a_503_in_time() {
    let (proxy, server) = behind_a_proxy("silent");
    persist(&transaction(&server, "before"), &[200], &mut 0);
    proxy.fail(Fault::Blackhole);
    ask_for(SILENT, &server);
    proxy.fail(Fault::None);
    check_recovery(&server);
    verify_group(&server, "before");
}

#[test]
fn what_was_acknowledged_before_and_after_a_gap_is_there_once() {
    let (mut proxy, server) = behind_a_proxy("gap");
    let written = under_load(&server, |progress| {
        for _ in 0..3 {
            let wanted = progress.acknowledged() + 10;
            until(RECOVERY_MAX * 2, "writes go on", || progress.acknowledged() >= wanted);
            proxy.refuse();
            let start = Instant::now();
            until(ANSWER_MAX, "the gap ends", || start.elapsed() > Duration::from_secs(2));
            proxy.restore();
        }
    });
    assert!(written.refusals > 0, "nobody noticed the gaps");
    written.verify(&server);
}

/// Asks for reads, searches and writes all the time: each answer says in time that it cannot be done
/// now. What needs no database is answered.
fn ask_for(time: Duration, server: &Server) {
    let start = Instant::now();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                for number in client.. {
                    if start.elapsed() > time {
                        break;
                    }
                    let request = match number % 4 {
                        0 => server.get("Patient/nobody"),
                        1 => server.get("Patient?family=V1"),
                        2 => server.post("Patient").json(&patient("gone", "V1")),
                        _ => transaction(server, "gone"),
                    };
                    let asked = Instant::now();
                    let answer = request.send();
                    let took = asked.elapsed();
                    check_refusal(&answer);
                    assert!(took < ANSWER_MAX, "request {number} took {took:?}");
                    thread::sleep(super::PAUSE);
                }
            });
        }
        server.get(&format!("{}/livez", server.root())).send().expect(200);
        server.get("metadata").send().expect(200);
        let ready = server.get(&format!("{}/readyz", server.root()));
        until(ANSWER_MAX, "it is not ready", || ready.clone().send().status == 503);
    });
}

/// Reads and writes work soon, without anybody's help.
fn check_recovery(server: &Server) {
    until(RECOVERY_MAX, "the server writes again", || {
        server.post("Patient").json(&patient("after", "V1")).send().status == 201
    });
    server.get("Patient?identifier=http://faults|after").send().expect(200);
    let ready = server.get(&format!("{}/readyz", server.root()));
    until(RECOVERY_MAX, "it is ready", || ready.clone().send().status == 200);
}

/// Memory that the process has now.
fn memory_bytes(server: &Server) -> u64 {
    let path = format!("/proc/{}/status", server.id());
    let text = std::fs::read_to_string(&path).expect("the process runs");
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024
}
