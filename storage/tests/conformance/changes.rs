//! changes and counts: what happened, in order, and how much there is.

use storage::{Store, Verb};

use super::{commit, delete, key, patient, put, write};

pub(crate) async fn changes_come_in_the_order_of_commits(store: Store) {
    patient(&store, "a", vec![]).await;
    let writes = vec![put("Device/d", "x", vec![]), put("Patient/a", "y", vec![])];
    commit(&store, writes, vec![]).await.expect("a commit");
    write(&store, delete("Patient/a")).await;
    let changes = store.changes(0, 100).await.expect("changes");
    let seen: Vec<_> = changes.iter().map(|c| (c.key.to_string(), c.version, c.verb)).collect();
    assert_eq!(
        seen,
        [
            ("Patient/a".to_owned(), 1, Verb::Update),
            ("Device/d".to_owned(), 1, Verb::Update),
            ("Patient/a".to_owned(), 2, Verb::Update),
            ("Patient/a".to_owned(), 3, Verb::Delete),
        ]
    );
    assert!(changes.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
}

pub(crate) async fn changes_go_on_where_a_reader_left_off(store: Store) {
    for n in 0..10 {
        patient(&store, &format!("p{n}"), vec![]).await;
    }
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let changes = store.changes(after, 3).await.expect("changes");
        assert!(changes.len() <= 3);
        let Some(last) = changes.last() else { break };
        after = last.sequence;
        seen.extend(changes.into_iter().map(|change| change.key));
    }
    let expected: Vec<_> = (0..10).map(|n| key(&format!("Patient/p{n}"))).collect();
    assert_eq!(seen, expected);
}

pub(crate) async fn counts_are_of_current_resources(store: Store) {
    for id in ["a", "b", "c"] {
        patient(&store, id, vec![]).await;
    }
    write(&store, put("Patient/a", "again", vec![])).await;
    write(&store, delete("Patient/b")).await;
    write(&store, put("Device/d", "x", vec![])).await;
    let mut counts = store.counts().expect("counts");
    counts.sort();
    assert_eq!(counts, [("Device".into(), 1), ("Patient".into(), 2)]);
}

pub(crate) async fn the_secret_stays(store: Store) {
    assert_eq!(store.secret(), store.clone().secret());
    assert_ne!(store.secret(), [0; 32]);
}
