//! changes and counts: what happened, in order, and how much there is.

use storage::{Changed, Changes, FeedPosition, Store, StoreError, Verb};

use super::{commit, delete, key, patient, put, write};

/// All changes behind a position, as far as they are told within a moment: `wanted` of them.
async fn behind(store: &Store, mut position: FeedPosition, wanted: usize) -> Vec<Changed> {
    let mut all = Vec::new();
    for _ in 0..200 {
        let Changes { changes, position: next } =
            store.changes(&position, 3).await.expect("changes");
        assert!(changes.len() <= 3);
        all.extend(changes);
        position = next;
        if all.len() >= wanted {
            break;
        }
    }
    all
}

pub(crate) async fn changes_come_in_the_order_of_commits(store: Store) {
    let start = store.feed_end().await.expect("a position");
    patient(&store, "a", vec![]).await;
    let writes = vec![put("Device/d", "x", vec![]), put("Patient/a", "y", vec![])];
    commit(&store, writes, vec![]).await.expect("a commit");
    write(&store, delete("Patient/a")).await;
    let mut seen: Vec<_> = behind(&store, start, 4)
        .await
        .iter()
        .map(|c| (c.key.to_string(), c.version, c.verb))
        .collect();
    // What is committed together may come in any order.
    seen[1..3].sort_unstable_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        seen,
        [
            ("Patient/a".to_owned(), 1, Verb::Update),
            ("Device/d".to_owned(), 1, Verb::Update),
            ("Patient/a".to_owned(), 2, Verb::Update),
            ("Patient/a".to_owned(), 3, Verb::Delete),
        ]
    );
}

pub(crate) async fn changes_go_on_where_a_reader_left_off(store: Store) {
    patient(&store, "before", vec![]).await;
    let start = store.feed_end().await.expect("a position");
    for n in 0..10 {
        patient(&store, &format!("p{n}"), vec![]).await;
    }
    let seen: Vec<_> = behind(&store, start, 10).await.into_iter().map(|c| c.key).collect();
    let expected: Vec<_> = (0..10).map(|n| key(&format!("Patient/p{n}"))).collect();
    assert_eq!(seen, expected);
    let end = store.feed_end().await.expect("a position");
    assert_eq!(store.changes(&end, 3).await.expect("changes").changes, []);
}

pub(crate) async fn what_is_no_position_of_the_feed_is_refused(store: Store) {
    let wrong = FeedPosition(b"wrong".to_vec());
    let refused = store.changes(&wrong, 3).await;
    assert!(matches!(refused, Err(StoreError::FeedLost(_))), "{refused:?}");
}

pub(crate) async fn counts_are_of_current_resources(store: Store) {
    for id in ["a", "b", "c"] {
        patient(&store, id, vec![]).await;
    }
    write(&store, put("Patient/a", "again", vec![])).await;
    write(&store, delete("Patient/b")).await;
    write(&store, put("Device/d", "x", vec![])).await;
    let mut counts = store.counts().await.expect("counts");
    counts.sort();
    assert_eq!(counts, [("Device".into(), 1), ("Patient".into(), 2)]);
}

pub(crate) async fn the_secret_stays(store: Store) {
    assert_eq!(store.secret(), store.clone().secret());
    assert_ne!(store.secret(), [0; 32]);
}
