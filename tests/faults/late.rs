//! Replies that come seconds late.

use std::thread;
use std::time::{Duration, Instant};

use brigid_tests::{Database, Fault, Proxy, Server};

use super::load::{persist, transaction, under_load, verify_group};
use super::{
    ANSWER_MAX, RECOVERY_MAX, behind_a_proxy, check_refusal, patient, place, until, versions,
};

#[test]
fn replies_that_are_late_make_answers_late_and_nothing_else() {
    let proxy = Proxy::start(Database::shared().address());
    // As an operator has it who changed nothing.
    let server = Server::start_on(&place(&proxy, "late"), &[]);
    persist(&transaction(&server, "before"), &[200], &mut 0);
    let id = server.post("Patient").json(&patient("early", "V1")).send().expect(201).id();
    let delay = Duration::from_secs(2);
    proxy.fail(Fault::Delay(delay));
    let start = Instant::now();
    server.get(&format!("Patient/{id}")).send().expect(200);
    assert!(start.elapsed() >= delay);
    server.post("Patient").json(&patient("late", "V1")).send().expect(201);
    persist(&transaction(&server, "late"), &[200], &mut 0);
    proxy.fail(Fault::None);
    assert_eq!(versions(&server, "late"), [1]);
    verify_group(&server, "late");
}

#[test]
fn replies_that_are_too_late_are_a_503_in_time_and_nothing_is_written_twice() {
    let (proxy, server) = behind_a_proxy("too_late");
    persist(&transaction(&server, "before"), &[200], &mut 0);
    proxy.fail(Fault::Delay(Duration::from_secs(6)));
    thread::scope(|scope| {
        for number in 0..4 {
            let server = &server;
            scope.spawn(move || {
                let request = match number {
                    0 => server.get("Patient?family=V1"),
                    1 => server.get("Patient/nobody"),
                    _ => transaction(server, "late"),
                };
                let start = Instant::now();
                let answer = request.send();
                let took = start.elapsed();
                check_refusal(&answer);
                assert!(took < ANSWER_MAX, "request {number} took {took:?}");
            });
        }
    });
    proxy.fail(Fault::None);
    until(RECOVERY_MAX, "the server reads again", || {
        server.get("Patient/nobody").send().status == 404
    });
    persist(&transaction(&server, "late"), &[200], &mut 0);
    verify_group(&server, "late");
}

#[test]
fn a_load_whose_replies_are_late_now_and_then_loses_nothing_and_writes_nothing_twice() {
    let (proxy, server) = behind_a_proxy("late_load");
    let written = under_load(&server, |progress| {
        for seconds in [1, 4] {
            let wanted = progress.acknowledged() + 10;
            until(RECOVERY_MAX * 2, "writes go on", || progress.acknowledged() >= wanted);
            proxy.fail(Fault::Delay(Duration::from_secs(seconds)));
            let start = Instant::now();
            until(ANSWER_MAX, "the delay ends", || start.elapsed() > Duration::from_secs(6));
            proxy.fail(Fault::None);
        }
    });
    written.verify(&server);
}
