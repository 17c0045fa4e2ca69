//! Search over HTTP: a file per subject, and a brute-force oracle over real records.

mod chains;
mod contained;
mod custom_parameters;
mod elements;
mod explain;
mod filter;
mod has;
mod includes;
mod kinds;
mod oracle;
mod pages;
mod parameters;
mod summary;
mod system;
mod table;
mod truth;

use brigid_tests::Server;

/// The search finds exactly these, in any order.
#[track_caller]
fn check(server: &Server, query: &str, expected: &[&str]) {
    let mut found = server.get(query).send().expect(200).entries("match");
    found.sort();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{query}");
}
