//! A connection is cut in the middle of a transaction: before and after its commit was sent.

use std::time::{Duration, Instant};

use brigid_tests::{Fault, Moment};

use super::load::{persist, transaction, under_load, verify_group};
use super::{RECOVERY_MAX, behind_a_proxy, check_refusal, until};

/// The command that ends a transaction.
const COMMIT: &str = "commitTransaction";

/// The longest until a cut that a request meets has happened.
const SOON: Duration = Duration::from_secs(10);

/// A transaction meets so many cuts; afterwards it is there once, and all of it.
#[track_caller]
fn check(name: &str, moment: Moment, times: usize) {
    let (proxy, server) = behind_a_proxy(name);
    // Connections and collections are there before anything fails.
    persist(&transaction(&server, "before"), &[200], &mut 0);
    proxy.fail(Fault::Cut { pattern: COMMIT, moment, times });
    let mut refusals = 0;
    persist(&transaction(&server, "cut"), &[200], &mut refusals);
    assert!(proxy.has_cut(1, SOON), "no commit was sent");
    verify_group(&server, "cut");
    persist(&transaction(&server, "after"), &[200], &mut refusals);
    verify_group(&server, "after");
}

#[test]
fn a_commit_that_never_arrived_is_sent_again() {
    check("cut_request", Moment::BeforeRequest, 1);
}

#[test]
fn a_commit_whose_answer_was_lost_is_done_once() {
    check("cut_answer", Moment::BeforeAnswer, 1);
}

#[test]
fn commits_that_are_cut_again_and_again_are_done_once_in_the_end() {
    check("cut_requests", Moment::BeforeRequest, 12);
    check("cut_answers", Moment::BeforeAnswer, 12);
}

#[test]
fn a_transaction_that_is_cut_in_its_middle_leaves_nothing_of_itself() {
    let (proxy, server) = behind_a_proxy("cut_middle");
    persist(&transaction(&server, "before"), &[200], &mut 0);
    // A statement of a transaction names it.
    let pattern = "startTransaction";
    proxy.fail(Fault::Cut { pattern, moment: Moment::BeforeAnswer, times: 12 });
    persist(&transaction(&server, "cut"), &[200], &mut 0);
    assert!(proxy.has_cut(1, SOON), "no transaction was begun");
    verify_group(&server, "cut");
}

#[test]
fn what_a_transaction_held_when_the_database_went_is_free_when_it_is_back() {
    let (proxy, server) = behind_a_proxy("cut_held");
    persist(&transaction(&server, "before"), &[200], &mut 0);
    // What guards its conditions is written, and nobody can tell the database that it is over.
    proxy.fail(Fault::Last("startTransaction"));
    check_refusal(&transaction(&server, "cut").send());
    proxy.fail(Fault::None);
    let back = Instant::now();
    persist(&transaction(&server, "cut"), &[200], &mut 0);
    let took = back.elapsed();
    assert!(took < RECOVERY_MAX, "it was held for {took:?}");
    verify_group(&server, "cut");
}

#[test]
fn connections_that_are_cut_all_the_time_lose_nothing_and_write_nothing_twice() {
    let (proxy, server) = behind_a_proxy("cut_all");
    let written = under_load(&server, |progress| {
        for _ in 0..15 {
            let wanted = progress.acknowledged() + 3;
            until(RECOVERY_MAX * 4, "writes go on between cuts", || {
                progress.acknowledged() >= wanted
            });
            proxy.cut();
        }
    });
    written.verify(&server);
}

#[test]
fn answers_of_commits_that_are_lost_under_load_lose_nothing_and_write_nothing_twice() {
    let (proxy, server) = behind_a_proxy("cut_commits");
    let written = under_load(&server, |progress| {
        for round in 1..=5 {
            proxy.fail(Fault::Cut { pattern: COMMIT, moment: Moment::BeforeAnswer, times: 4 });
            assert!(proxy.has_cut(round * 4, SOON), "commits go on after round {round}");
            let wanted = progress.acknowledged() + 5;
            until(RECOVERY_MAX * 2, "writes go on", || progress.acknowledged() >= wanted);
        }
    });
    written.verify(&server);
}
