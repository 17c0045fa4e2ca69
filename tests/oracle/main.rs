//! Random searches over random data find what a brute-force reading of the specification finds.

use brigid_tests::oracle::{Plan, run};

/// Differences that are shown whole.
const SHOWN: usize = 12;

#[test]
fn random_searches_agree_with_a_brute_force_reading() {
    let plan = Plan { seed: 1, queries: 5_000, only: None };
    let summary = run(&plan, &mut |_| ());
    let shown: Vec<&str> = summary.differences.iter().take(SHOWN).map(String::as_str).collect();
    assert!(shown.is_empty(), "{}\n{}", shown.join("\n\n"), summary.text());
    let count = summary.count();
    assert!(count.telling * 2 >= count.all, "too few queries tell something:\n{}", summary.text());
}
