//! Totals that are known without looking: they are those that looking would find.

use fhir::search::Filter;
use storage::{Store, TotalWanted};

use super::{commit, delete, has_token, put, reference, request, search, token, write};

/// Without a page, with a page, and as an estimate where one value alone is asked for.
#[track_caller]
fn asked(filter: &Filter) -> [storage::SearchRequest; 3] {
    let mut none = request(filter.clone());
    none.limit = 0;
    let mut one = request(filter.clone()).counted();
    one.limit = 1;
    let mut guess = one.clone();
    guess.total = TotalWanted::Estimate;
    [none, one, guess]
}

async fn check(store: &Store, expected: &[(&str, u64)]) {
    for (code, count) in expected {
        for request in asked(&has_token("tag", code)) {
            let total = search(store, request).await.total;
            assert_eq!(total.unwrap_or_default(), *count, "{code}");
        }
    }
    let report = store.check(|_| ()).await.expect("a check");
    assert_eq!(report.problems, Vec::<String>::new());
}

pub(crate) async fn totals_follow_creates_updates_and_deletions(store: Store) {
    check(&store, &[("a", 0)]).await;
    let tagged = |n: usize, tags: &[&str]| {
        let entries = tags.iter().map(|tag| token("tag", tag)).collect();
        put(&format!("Patient/{n}"), "x", entries)
    };
    let writes = (0..10).map(|n| tagged(n, if n % 2 == 0 { &["a", "b"] } else { &["a"] }));
    commit(&store, writes.collect(), vec![]).await.expect("a commit");
    check(&store, &[("a", 10), ("b", 5), ("c", 0)]).await;
    write(&store, tagged(0, &["c", "s|a", "t|a"])).await;
    check(&store, &[("a", 10), ("b", 4), ("c", 1), ("s|a", 1)]).await;
    write(&store, delete("Patient/0")).await;
    write(&store, delete("Patient/1")).await;
    check(&store, &[("a", 8), ("b", 4), ("c", 0), ("s|a", 0)]).await;
    write(&store, tagged(1, &["b", "b"])).await;
    write(&store, tagged(2, &["a", "b"])).await;
    check(&store, &[("a", 8), ("b", 5)]).await;
    let all = (0..10).map(|n| delete(&format!("Patient/{n}")));
    commit(&store, all.collect(), vec![]).await.expect("a commit");
    check(&store, &[("a", 0), ("b", 0)]).await;
}

pub(crate) async fn totals_are_exact_after_parallel_commits(store: Store) {
    let tasks = (0..8).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..20 {
                let at = format!("Patient/{}", n % 10 * 8 + task);
                let tag = if n < 15 { "a" } else { "b" };
                let of = reference("Patient", "organization", "Organization/1");
                write(&store, put(&at, "x", vec![token("tag", tag), of])).await;
            }
            write(&store, delete(&format!("Patient/{task}"))).await;
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    check(&store, &[("a", 32), ("b", 40)]).await;
}
