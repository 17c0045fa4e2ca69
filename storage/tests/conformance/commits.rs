//! commit: all or nothing, under preconditions.

use fhir::search::Filter;
use storage::{Change, Check, Expected, FeedPosition, Refusal, Store, StoreError, Verb, Write};

use super::{
    body, commit, delete, found, has_token, key, patient, put, read, reference, token, write,
};

#[track_caller]
fn refused(result: Result<Vec<storage::Committed>, StoreError>) -> (usize, Refusal) {
    match result {
        Err(StoreError::Refused { index, refusal }) => (index, refusal),
        other => panic!("not refused: {other:?}"),
    }
}

fn if_version(mut write: Write, version: u64) -> Write {
    write.expected = Expected::Version(version);
    write
}

pub(crate) async fn a_create_says_so(store: Store) {
    let key = key("Patient/a");
    let change = Change::Put { body: body(&key, "x"), entries: vec![], is_create: true };
    let made = write(&store, Write { key, change, expected: Expected::Absent }).await;
    assert!(made.is_new && made.is_changed);
    assert_eq!(made.version.expect("a version").verb, Verb::Create);
}

pub(crate) async fn a_first_version_under_the_clients_id_is_an_update(store: Store) {
    let made = write(&store, put("Patient/a", "x", vec![])).await;
    assert!(made.is_new);
    assert_eq!(made.version.expect("a version").verb, Verb::Update);
    let again = write(&store, put("Patient/a", "y", vec![])).await;
    assert!(!again.is_new && again.is_changed);
}

/// How many changes there are behind a position.
async fn changes(store: &Store, start: FeedPosition) -> usize {
    store.changes(&start, 10).await.expect("changes").changes.len()
}

pub(crate) async fn deleting_what_never_was_changes_nothing(store: Store) {
    let start = store.feed_end().await.expect("a position");
    let done = write(&store, delete("Patient/a")).await;
    assert!(!done.is_changed);
    assert_eq!(done.version, None);
    assert_eq!(read(&store, "Patient/a").await, None);
    assert_eq!(changes(&store, start).await, 0);
}

pub(crate) async fn deleting_twice_keeps_the_first_tombstone(store: Store) {
    patient(&store, "a", vec![]).await;
    let first = write(&store, delete("Patient/a")).await.version.expect("a tombstone");
    let second = write(&store, delete("Patient/a")).await;
    assert!(!second.is_changed);
    assert_eq!(second.version, Some(first));
}

/// New index entries for a current version.
fn reindex(at: &str, version: u64, code: &str) -> Write {
    let change = Change::Reindex { entries: vec![token("tag", code)] };
    Write { key: key(at), change, expected: Expected::Version(version) }
}

pub(crate) async fn other_index_entries_make_no_version(store: Store) {
    let before = patient(&store, "a", vec![token("tag", "old")]).await;
    let start = store.feed_end().await.expect("a position");
    let done = write(&store, reindex("Patient/a", 1, "new")).await;
    assert!(!done.is_new && !done.is_changed);
    assert_eq!(done.version.expect("the current one").version, 1);
    assert_eq!(read(&store, "Patient/a").await, Some(before));
    assert_eq!(found(&store, has_token("tag", "new")).await, ["a"]);
    assert!(found(&store, has_token("tag", "old")).await.is_empty());
    assert_eq!(changes(&store, start).await, 0);
    let report = store.check(|_| {}).await.expect("a report");
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

pub(crate) async fn what_is_not_current_is_not_indexed_anew(store: Store) {
    patient(&store, "a", vec![token("tag", "one")]).await;
    patient(&store, "a", vec![token("tag", "two")]).await;
    let outdated = commit(&store, vec![reindex("Patient/a", 1, "late")], vec![]).await;
    assert_eq!(refused(outdated), (0, Refusal::Version { current: Some(2) }));
    write(&store, delete("Patient/a")).await;
    let gone = commit(&store, vec![reindex("Patient/a", 2, "late")], vec![]).await;
    assert_eq!(refused(gone), (0, Refusal::Version { current: None }));
    assert!(found(&store, has_token("tag", "late")).await.is_empty());
}

pub(crate) async fn an_absent_resource_may_be_created_once(store: Store) {
    let mut first = put("Patient/a", "x", vec![]);
    first.expected = Expected::Absent;
    write(&store, first).await;
    let mut second = put("Patient/a", "y", vec![]);
    second.expected = Expected::Absent;
    assert_eq!(refused(commit(&store, vec![second], vec![]).await), (0, Refusal::Present));
    write(&store, delete("Patient/a")).await;
    let mut third = put("Patient/a", "z", vec![]);
    third.expected = Expected::Absent;
    assert!(write(&store, third).await.is_new);
}

pub(crate) async fn an_expected_version_must_be_current(store: Store) {
    patient(&store, "a", vec![]).await;
    write(&store, if_version(put("Patient/a", "y", vec![]), 1)).await;
    let stale = if_version(put("Patient/a", "z", vec![]), 1);
    let refusal = refused(commit(&store, vec![stale], vec![]).await);
    assert_eq!(refusal, (0, Refusal::Version { current: Some(2) }));
    let none = if_version(put("Patient/b", "z", vec![]), 1);
    let refusal = refused(commit(&store, vec![none], vec![]).await);
    assert_eq!(refusal, (0, Refusal::Version { current: None }));
    let stale = if_version(delete("Patient/a"), 1);
    let refusal = refused(commit(&store, vec![stale], vec![]).await);
    assert_eq!(refusal, (0, Refusal::Version { current: Some(2) }));
}

pub(crate) async fn a_deletion_is_no_version_to_expect(store: Store) {
    patient(&store, "a", vec![]).await;
    write(&store, delete("Patient/a")).await;
    let update = if_version(put("Patient/a", "z", vec![]), 2);
    let refusal = refused(commit(&store, vec![update], vec![]).await);
    assert_eq!(refusal, (0, Refusal::Version { current: None }));
}

pub(crate) async fn a_failed_precondition_writes_nothing(store: Store) {
    patient(&store, "a", vec![token("gender", "male")]).await;
    let start = store.feed_end().await.expect("a position");
    let writes = vec![
        put("Patient/new", "x", vec![token("gender", "male")]),
        delete("Patient/a"),
        if_version(put("Patient/b", "y", vec![]), 7),
    ];
    let (index, _) = refused(commit(&store, writes, vec![]).await);
    assert_eq!(index, 2);
    assert_eq!(read(&store, "Patient/new").await, None);
    assert_eq!(read(&store, "Patient/a").await.expect("a version").version, 1);
    assert_eq!(found(&store, has_token("gender", "male")).await, ["a"]);
    assert_eq!(changes(&store, start).await, 0);
    assert_eq!(store.counts().await.expect("counts").first().map(|(_, n)| *n), Some(1));
}

pub(crate) async fn all_writes_of_a_commit_share_one_instant(store: Store) {
    let writes = vec![put("Patient/a", "x", vec![]), put("Device/b", "y", vec![])];
    let done = commit(&store, writes, vec![]).await.expect("a commit");
    let instants: Vec<_> =
        done.iter().map(|d| d.version.as_ref().expect("a version").last_updated_us).collect();
    assert_eq!(instants[0], instants[1]);
}

pub(crate) async fn a_commit_may_not_write_a_resource_twice(store: Store) {
    let writes = vec![put("Patient/a", "x", vec![]), delete("Patient/a")];
    assert!(commit(&store, writes, vec![]).await.is_err());
    assert_eq!(read(&store, "Patient/a").await, None);
}

pub(crate) async fn entries_belong_to_the_type_that_is_written(store: Store) {
    let write = put("Device/a", "x", vec![token("gender", "male")]);
    assert!(commit(&store, vec![write], vec![]).await.is_err());
    assert_eq!(read(&store, "Device/a").await, None);
}

fn matching(ids: &[&str]) -> Check {
    Check::Matches {
        resource: "Patient".into(),
        filter: has_token("identifier", "s|1"),
        ids: ids.iter().map(|id| (*id).into()).collect(),
    }
}

pub(crate) async fn exactly_the_listed_ids_must_match(store: Store) {
    let with = |id: &str| put(id, "x", vec![token("identifier", "s|1")]);
    commit(&store, vec![with("Patient/a")], vec![matching(&[])]).await.expect("none matches");
    let refusal = refused(commit(&store, vec![with("Patient/b")], vec![matching(&[])]).await);
    assert_eq!(refusal, (0, Refusal::Matches));
    commit(&store, vec![with("Patient/b")], vec![matching(&["a"])]).await.expect("a matches");
    let refusal = refused(commit(&store, vec![], vec![matching(&["a"])]).await);
    assert_eq!(refusal, (0, Refusal::Matches));
    commit(&store, vec![], vec![matching(&["b", "a"])]).await.expect("both match");
}

pub(crate) async fn a_check_may_ask_a_type_that_is_empty(store: Store) {
    let none = Check::Matches { resource: "Group".into(), filter: Filter::All, ids: vec![] };
    commit(&store, vec![], vec![none]).await.expect("nothing matches");
}

pub(crate) async fn what_must_exist_is_current_or_put_by_the_same_commit(store: Store) {
    let exists = || vec![Check::Exists(key("Patient/a"))];
    let other = || put("Device/d", "x", vec![]);
    let missing = Refusal::Missing(key("Patient/a"));
    assert_eq!(refused(commit(&store, vec![other()], exists()).await), (0, missing.clone()));
    commit(&store, vec![other(), put("Patient/a", "x", vec![])], exists()).await.expect("put");
    commit(&store, vec![other()], exists()).await.expect("current");
    let refusal = refused(commit(&store, vec![delete("Patient/a")], exists()).await);
    assert_eq!(refusal, (0, missing.clone()));
    write(&store, delete("Patient/a")).await;
    assert_eq!(refused(commit(&store, vec![other()], exists()).await), (0, missing));
}

pub(crate) async fn what_is_referred_to_may_not_go(store: Store) {
    patient(&store, "a", vec![]).await;
    let subject = || vec![reference("Observation", "subject", "Patient/a")];
    write(&store, put("Observation/o", "x", subject())).await;
    let check = || vec![Check::Unreferenced(key("Patient/a"))];
    let (_, refusal) = refused(commit(&store, vec![delete("Patient/a")], check()).await);
    let by = key("Observation/o");
    assert_eq!(refusal, Refusal::Referenced { target: key("Patient/a"), by });
    let both = vec![delete("Patient/a"), delete("Observation/o")];
    commit(&store, both, check()).await.expect("both go");
}

pub(crate) async fn a_reference_made_by_the_same_commit_holds_its_target(store: Store) {
    patient(&store, "a", vec![]).await;
    let subject = vec![reference("Observation", "_references", "Patient/a")];
    let writes = vec![delete("Patient/a"), put("Observation/o", "x", subject)];
    let check = vec![Check::Unreferenced(key("Patient/a"))];
    let (_, refusal) = refused(commit(&store, writes, check).await);
    assert!(matches!(refusal, Refusal::Referenced { .. }));
}

pub(crate) async fn a_reference_that_is_taken_away_holds_nothing(store: Store) {
    patient(&store, "a", vec![]).await;
    let subject = vec![reference("Observation", "subject", "Patient/a")];
    write(&store, put("Observation/o", "x", subject)).await;
    let writes = vec![put("Observation/o", "y", vec![]), delete("Patient/a")];
    let check = || vec![Check::Unreferenced(key("Patient/a"))];
    commit(&store, writes, check()).await.expect("the reference is gone");
    // A resource that refers to itself is not held by that.
    let own = vec![reference("Patient", "link", "Patient/b")];
    write(&store, put("Patient/b", "x", own)).await;
    let check = vec![Check::Unreferenced(key("Patient/b"))];
    commit(&store, vec![delete("Patient/b")], check).await.expect("only itself refers to it");
}

pub(crate) async fn instants_rise_even_when_the_clock_stands(store: Store) {
    let mut last = i64::MIN;
    for n in 0..20 {
        let version = patient(&store, &format!("p{n}"), vec![]).await;
        assert!(version.last_updated_us > last);
        last = version.last_updated_us;
    }
}

pub(crate) async fn two_versions_never_show_the_same_instant(store: Store) {
    let mut shown = Vec::new();
    for n in 0..10 {
        let done = write(&store, put("Patient/a", &format!("{n}"), vec![])).await;
        shown.push(done.version.expect("a version").last_updated_us / 1000);
    }
    assert!(shown.windows(2).all(|pair| pair[0] < pair[1]), "{shown:?}");
}
