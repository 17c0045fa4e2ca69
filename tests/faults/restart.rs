//! The database is killed under load and started again on its folder.

use brigid_tests::{Database, Proxy, Server};

use super::load::under_load;
use super::{RECOVERY_MAX, SETTINGS, place, until};

/// How often it is killed.
const ROUNDS: usize = 4;

#[test]
fn a_database_that_is_killed_and_started_again_has_all_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut database = Database::open(folder.path(), &[]);
    let proxy = Proxy::start(database.address());
    let server = Server::start_on(&place(&proxy, "restart"), &SETTINGS);
    let written = under_load(&server, |progress| {
        for _ in 0..ROUNDS {
            let wanted = progress.acknowledged() + 15;
            until(RECOVERY_MAX * 2, "writes go on", || progress.acknowledged() >= wanted);
            database.kill();
            database = Database::open(folder.path(), &[]);
            proxy.aim(database.address());
        }
        let wanted = progress.acknowledged() + 5;
        until(RECOVERY_MAX * 2, "writes go on", || progress.acknowledged() >= wanted);
    });
    written.verify(&server);
    // Another process finds the same.
    drop(server);
    written.verify(&Server::start_on(&place(&proxy, "restart"), &SETTINGS));
}
