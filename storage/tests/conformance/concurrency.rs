//! Many at once: preconditions hold as if commits came one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fhir::search::{Filter, Param, Sort};
use storage::{
    Check, Commit, Expected, Key, Refusal, SearchPart, SearchRequest, Store, StoreError,
    TotalWanted,
};

use super::{
    body, commit, delete, entry, found, has_token, ids, patient, put, read, search, string, token,
};

async fn at_once(
    store: &Store,
    commits: impl Iterator<Item = Commit>,
) -> Vec<Result<Vec<storage::Committed>, StoreError>> {
    let barrier = Arc::new(tokio::sync::Barrier::new(64));
    let tasks: Vec<_> = commits
        .map(|commit| {
            let (store, barrier) = (store.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                store.commit(commit).await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("no panic"));
    }
    results
}

pub(crate) async fn of_identical_conditional_creates_one_makes_a_resource(store: Store) {
    let commits = (0..64).map(|n| {
        let check = Check::Matches {
            resource: "Patient".into(),
            filter: has_token("identifier", "s|1"),
            ids: vec![],
        };
        let write = put(&format!("Patient/p{n}"), "x", vec![token("identifier", "s|1")]);
        Commit { writes: vec![write], checks: vec![check] }
    });
    let results = at_once(&store, commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(matches!(result, StoreError::Refused { refusal: Refusal::Matches, .. }));
    }
    assert_eq!(found(&store, has_token("identifier", "s|1")).await.len(), 1);
}

pub(crate) async fn of_updates_of_one_version_one_gets_through(store: Store) {
    patient(&store, "a", vec![]).await;
    let commits = (0..64).map(|n| {
        let mut write = put("Patient/a", &format!("writer {n}"), vec![]);
        write.expected = Expected::Version(1);
        Commit { writes: vec![write], checks: vec![] }
    });
    let results = at_once(&store, commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(read(&store, "Patient/a").await.expect("a version").version, 2);
}

pub(crate) async fn of_creations_of_one_id_one_gets_through(store: Store) {
    let commits = (0..64).map(|n| {
        let mut write = put("Patient/a", &format!("writer {n}"), vec![]);
        write.expected = Expected::Absent;
        Commit { writes: vec![write], checks: vec![] }
    });
    let results = at_once(&store, commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

pub(crate) async fn unconditional_updates_all_get_through(store: Store) {
    let commits = (0..64).map(|n| Commit {
        writes: vec![put("Patient/a", &format!("writer {n}"), vec![])],
        checks: vec![],
    });
    let results = at_once(&store, commits).await;
    let mut versions: Vec<_> = results
        .into_iter()
        .map(|result| result.expect("a commit")[0].version.clone().expect("a version").version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=64).collect::<Vec<_>>());
    let history = store.vread(&Key::new("Patient", "a"), 64).await.expect("a read");
    assert!(history.is_some());
}

pub(crate) async fn readers_see_whole_commits_only(store: Store) {
    let keys = [Key::new("Patient", "a"), Key::new("Patient", "b")];
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for n in 0..50 {
                let text = format!("round {n}");
                let write = |at: &str| put(at, &text, vec![]);
                let writes = vec![write("Patient/a"), write("Patient/b")];
                store.commit(Commit { writes, checks: vec![] }).await.expect("a commit");
            }
        })
    };
    while !writer.is_finished() {
        let versions = store.read_many(&keys).await.expect("a read");
        let seen: Vec<_> = versions.iter().flatten().map(|version| version.version).collect();
        assert!(matches!(seen.as_slice(), [] | [_, _]), "{seen:?}");
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
        tokio::task::yield_now().await;
    }
    writer.await.expect("no panic");
}

pub(crate) async fn what_a_commit_answered_is_read_at_once(store: Store) {
    for n in 0..50 {
        let made = patient(&store, "a", vec![token("tag", &format!("t{n}"))]).await;
        assert_eq!(read(&store, "Patient/a").await, Some(made));
        assert_eq!(found(&store, has_token("tag", &format!("t{n}"))).await, ["a"]);
    }
    let key = Key::new("Patient", "a");
    assert!(body(&key, "x").text().contains("Patient"));
}

/// Writes of what is not watched, before, between and behind what is, until it is stopped.
async fn disturb(store: Store, is_over: Arc<AtomicBool>) {
    for round in 0.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let name = |text: String| {
            let value = fhir::search::IndexValue::String(fhir::search::StringValue::new(&text));
            entry("Group", "name", value)
        };
        let moving = vec![name(format!("n{}", round % 9))];
        let coming = string("name", &format!("n{}", round % 7));
        let writes = vec![
            put("Group/moving", "x", moving),
            put(&format!("Patient/z{round}"), "x", vec![coming]),
            put(&format!("Group/z{}", round % 5), "x", vec![name("n3".to_owned())]),
        ];
        commit(&store, writes, vec![]).await.expect("a commit");
        let going = vec![delete(&format!("Group/z{}", (round + 2) % 5))];
        commit(&store, going, vec![]).await.expect("a commit");
    }
}

pub(crate) async fn pages_join_while_others_write(store: Store) {
    let writes = (0..120)
        .map(|n| {
            let resource = if n % 2 == 0 { "Patient" } else { "Group" };
            let value = fhir::search::StringValue::new(&format!("n{}", n * 7 % 10));
            let name = entry(resource, "name", fhir::search::IndexValue::String(value));
            put(&format!("{resource}/watched{n:03}"), "x", vec![name])
        })
        .collect();
    commit(&store, writes, vec![]).await.expect("a commit");
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(disturb(store.clone(), Arc::clone(&is_over)));
    for sort in [vec![], vec![("name", true)], vec![("name", false), ("_id", true)]] {
        let part = |resource: &str| SearchPart {
            resource: resource.into(),
            filter: Filter::All,
            sort: sort
                .iter()
                .map(|(code, is_descending)| Sort {
                    param: Param::new(resource, *code),
                    is_descending: *is_descending,
                })
                .collect(),
        };
        let mut request = SearchRequest {
            parts: vec![part("Patient"), part("Group")],
            after: None,
            limit: 7,
            total: TotalWanted::Free,
        };
        let mut seen = Vec::new();
        loop {
            let page = search(&store, request.clone()).await;
            seen.extend(ids(&page).into_iter().filter(|id| id.starts_with("watched")));
            request.after = page.next;
            if request.after.is_none() {
                break;
            }
        }
        let mut expected: Vec<usize> = (0..120).collect();
        match sort.len() {
            0 => (),
            1 => expected.sort_by_key(|n| std::cmp::Reverse(n * 7 % 10)),
            _ => expected.sort_by_key(|n| (n * 7 % 10, std::cmp::Reverse(*n))),
        }
        let expected: Vec<_> = expected.iter().map(|n| format!("watched{n:03}")).collect();
        assert_eq!(seen, expected);
    }
    is_over.store(true, Ordering::Relaxed);
    writer.await.expect("no panic");
}
