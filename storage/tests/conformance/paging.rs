//! Pages: they join, they stay while others write, and totals are exact.

use fhir::search::{Filter, Param, Sort};
use storage::{HistoryRequest, HistoryScope, PAGE_BYTES_MAX, Store};

use super::{
    commit, delete, has_token, ids, pages, patient, put, request, search, string, token, write,
};

async fn fill(store: &Store, count: usize) {
    for start in (0..count).step_by(500) {
        let writes = (start..count.min(start + 500))
            .map(|n| {
                let half = if n % 2 == 0 { "even" } else { "odd" };
                let name = string("name", &format!("name {}", n % 7));
                put(&format!("Patient/p{n:05}"), "x", vec![token("tag", half), name])
            })
            .collect();
        commit(store, writes, vec![]).await.expect("a commit");
    }
}

fn numbered(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|n| format!("p{n:05}")).collect()
}

pub(crate) async fn pages_join_without_gap_or_double(store: Store) {
    fill(&store, 25).await;
    for limit in [1, 2, 7, 24, 25, 26] {
        let joined = pages(&store, request(Filter::All), limit).await.concat();
        assert_eq!(joined, numbered(0..25));
        let joined = pages(&store, request(has_token("tag", "odd")), limit).await.concat();
        assert_eq!(joined, numbered((0..25).filter(|n| n % 2 == 1)));
    }
}

pub(crate) async fn pages_of_many_matches_join(store: Store) {
    fill(&store, 1_200).await;
    let joined = pages(&store, request(has_token("tag", "odd")), 130).await.concat();
    assert_eq!(joined, numbered((0..1_200).filter(|n| n % 2 == 1)));
    let both =
        Filter::And(vec![has_token("tag", "even"), Filter::Not(Box::new(has_token("tag", "odd")))]);
    let joined = pages(&store, request(both), 250).await.concat();
    assert_eq!(joined, numbered((0..1_200).filter(|n| n % 2 == 0)));
}

pub(crate) async fn pages_are_stable_under_writes(store: Store) {
    fill(&store, 20).await;
    let mut wanted = request(has_token("tag", "even"));
    wanted.limit = 4;
    let first = search(&store, wanted.clone()).await;
    assert_eq!(ids(&first), numbered([0, 2, 4, 6].into_iter()));
    // One that was shown goes, one that was not goes, a new one comes, another one changes.
    write(&store, delete("Patient/p00002")).await;
    write(&store, delete("Patient/p00010")).await;
    patient(&store, "zz", vec![token("tag", "even")]).await;
    write(&store, put("Patient/p00008", "y", vec![token("tag", "even")])).await;
    wanted.after = first.next;
    wanted.limit = 100;
    let rest = search(&store, wanted).await;
    assert_eq!(ids(&rest), numbered([8, 12, 14, 16, 18].into_iter()));
    assert_eq!(rest.next, None);
}

pub(crate) async fn sorted_pages_are_stable_under_writes(store: Store) {
    fill(&store, 28).await;
    let param = fhir::search::Param::new("Patient", "name");
    let mut wanted = request(Filter::All);
    wanted = wanted.sorted(vec![Sort { param, is_descending: false }]);
    wanted.limit = 6;
    let first = search(&store, wanted.clone()).await;
    assert_eq!(ids(&first), numbered([0, 7, 14, 21, 1, 8].into_iter()));
    patient(&store, "new", vec![string("name", "name 1")]).await;
    write(&store, delete("Patient/p00015")).await;
    wanted.after = first.next;
    wanted.limit = 3;
    let second = search(&store, wanted).await;
    assert_eq!(ids(&second), numbered([22, 2, 9].into_iter()));
}

pub(crate) async fn a_total_costs_nothing_when_all_is_shown(store: Store) {
    fill(&store, 10).await;
    let page = search(&store, request(has_token("tag", "even"))).await;
    assert_eq!((page.versions.len(), page.total, page.next), (5, Some(5), None));
}

pub(crate) async fn the_total_of_a_type_is_always_known(store: Store) {
    fill(&store, 10).await;
    let mut wanted = request(Filter::All);
    wanted.limit = 3;
    let page = search(&store, wanted).await;
    assert_eq!((page.versions.len(), page.total), (3, Some(10)));
    assert!(page.next.is_some());
}

pub(crate) async fn a_wanted_total_is_exact(store: Store) {
    fill(&store, 10).await;
    let mut wanted = request(has_token("tag", "odd"));
    wanted.limit = 2;
    wanted = wanted.counted();
    assert_eq!(search(&store, wanted).await.total, Some(5));
}

pub(crate) async fn no_page_but_the_total_can_be_asked_for(store: Store) {
    fill(&store, 10).await;
    let mut wanted = request(has_token("tag", "odd"));
    wanted.limit = 0;
    let page = search(&store, wanted).await;
    assert_eq!((page.versions.len(), page.total, page.next), (0, Some(5), None));
}

pub(crate) async fn ids_alone_can_be_asked_for(store: Store) {
    fill(&store, 10).await;
    let filter = has_token("tag", "odd");
    let ids = store.ids("Patient", &filter, 3).await.expect("ids");
    let ids: Vec<_> = ids.iter().map(|id| id.to_string()).collect();
    assert_eq!(ids, numbered([1, 3, 5].into_iter()));
    assert!(store.ids("Group", &Filter::All, 3).await.expect("ids").is_empty());
}

pub(crate) async fn a_position_of_nothing_is_refused(store: Store) {
    fill(&store, 1).await;
    let mut wanted = request(Filter::All);
    wanted.after = Some(storage::Position(vec![9, 9, 9]));
    assert!(store.search(&wanted).await.is_err());
}

pub(crate) async fn a_page_of_long_versions_ends_earlier(store: Store) {
    let text = "x".repeat(PAGE_BYTES_MAX / 2 + 1);
    for id in ["a", "b", "c"] {
        write(&store, put(&format!("Patient/{id}"), &text, vec![string("name", id)])).await;
    }
    assert_eq!(pages(&store, request(Filter::All), 100).await, [vec!["a", "b"], vec!["c"]]);
    let mut sorted = request(Filter::All);
    sorted =
        sorted.sorted(vec![Sort { param: Param::new("Patient", "name"), is_descending: true }]);
    assert_eq!(pages(&store, sorted, 100).await, [vec!["c", "b"], vec!["a"]]);
    let scope = HistoryScope::Type("Patient".into());
    let mut request =
        HistoryRequest { scope, since_us: None, at_us: None, before: None, limit: 100 };
    let first = store.history(&request).await.expect("a history");
    assert_eq!((first.versions.len(), first.total), (2, Some(3)));
    request.before = first.next;
    let second = store.history(&request).await.expect("a history");
    assert_eq!((second.versions.len(), second.next), (1, None));
}
