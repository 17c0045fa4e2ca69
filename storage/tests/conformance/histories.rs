//! history: of a resource, of a type, of everything; newest first.

use storage::{HistoryPage, HistoryRequest, HistoryScope, Store};

use super::{delete, key, patient, put, write};

fn request(scope: HistoryScope) -> HistoryRequest {
    HistoryRequest { scope, since_us: None, at_us: None, before: None, limit: 100 }
}

fn of(at: &str) -> HistoryRequest {
    request(HistoryScope::Instance(key(at)))
}

fn of_type(resource: &str) -> HistoryRequest {
    request(HistoryScope::Type(resource.into()))
}

async fn history(store: &Store, request: &HistoryRequest) -> HistoryPage {
    store.history(request).await.expect("a history")
}

fn shown(page: &HistoryPage) -> Vec<String> {
    page.versions.iter().map(|v| format!("{}:{}", v.key.id, v.version)).collect()
}

/// a:1, b:1, a:2, d:1 (a Device), b:2 (gone), a:3.
async fn fill(store: &Store) -> Vec<i64> {
    let mut instants = Vec::new();
    for at in ["Patient/a", "Patient/b", "Patient/a", "Device/d", "-Patient/b", "Patient/a"] {
        let made = match at.strip_prefix('-') {
            Some(at) => delete(at),
            None => put(at, at, vec![]),
        };
        instants.push(write(store, made).await.version.expect("a version").last_updated_us);
    }
    instants
}

pub(crate) async fn the_history_of_a_resource_is_newest_first(store: Store) {
    fill(&store).await;
    let page = history(&store, &of("Patient/a")).await;
    assert_eq!(shown(&page), ["a:3", "a:2", "a:1"]);
    assert_eq!((page.total, page.next), (Some(3), None));
    let page = history(&store, &of("Patient/b")).await;
    assert_eq!(shown(&page), ["b:2", "b:1"]);
    assert!(page.versions[0].is_deleted());
}

pub(crate) async fn what_never_was_has_no_history(store: Store) {
    let page = history(&store, &of("Patient/a")).await;
    assert_eq!((shown(&page).len(), page.total), (0, Some(0)));
    let page = history(&store, &of_type("Group")).await;
    assert_eq!((shown(&page).len(), page.total), (0, Some(0)));
}

pub(crate) async fn the_history_of_a_type_holds_all_its_resources(store: Store) {
    fill(&store).await;
    let page = history(&store, &of_type("Patient")).await;
    assert_eq!(shown(&page), ["a:3", "b:2", "a:2", "b:1", "a:1"]);
    assert_eq!(page.total, Some(5));
}

pub(crate) async fn the_history_of_the_tenant_holds_all_types(store: Store) {
    fill(&store).await;
    let page = history(&store, &request(HistoryScope::System)).await;
    assert_eq!(shown(&page), ["a:3", "b:2", "d:1", "a:2", "b:1", "a:1"]);
    assert_eq!(page.total, Some(6));
}

pub(crate) async fn since_leaves_out_what_was_written_before(store: Store) {
    let instants = fill(&store).await;
    for (scope, expected) in [
        (HistoryScope::System, vec!["a:3", "b:2", "d:1", "a:2"]),
        (HistoryScope::Type("Patient".into()), vec!["a:3", "b:2", "a:2"]),
        (HistoryScope::Instance(key("Patient/a")), vec!["a:3", "a:2"]),
    ] {
        let mut request = request(scope);
        request.since_us = Some(instants[2]);
        assert_eq!(shown(&history(&store, &request).await), expected);
    }
}

pub(crate) async fn at_shows_what_was_current_then(store: Store) {
    let instants = fill(&store).await;
    let at = |scope: HistoryScope, first: i64, last: i64| {
        let mut request = request(scope);
        request.at_us = Some((first, last));
        request
    };
    // At the moment of the Device: a:2, b:1 and the Device itself.
    let then = at(HistoryScope::System, instants[3], instants[3]);
    assert_eq!(shown(&history(&store, &then).await), ["d:1", "a:2", "b:1"]);
    let then = at(HistoryScope::Type("Patient".into()), instants[3], instants[4]);
    assert_eq!(shown(&history(&store, &then).await), ["b:2", "a:2", "b:1"]);
    let then = at(HistoryScope::Instance(key("Patient/a")), instants[1], instants[3]);
    assert_eq!(shown(&history(&store, &then).await), ["a:2", "a:1"]);
    let before = at(HistoryScope::System, 0, instants[0] - 1);
    assert!(history(&store, &before).await.versions.is_empty());
}

pub(crate) async fn pages_of_a_history_join_without_gap_or_double(store: Store) {
    fill(&store).await;
    for scope in [
        HistoryScope::System,
        HistoryScope::Type("Patient".into()),
        HistoryScope::Instance(key("Patient/a")),
    ] {
        let whole = shown(&history(&store, &request(scope.clone())).await);
        for limit in [1, 2, 5, whole.len() - 1, whole.len(), whole.len() + 1] {
            let mut request = request(scope.clone());
            request.limit = limit;
            let mut joined = Vec::new();
            loop {
                let page = history(&store, &request).await;
                assert!(page.versions.len() <= limit);
                joined.extend(shown(&page));
                let Some(next) = page.next else { break };
                // Writes in between do not move later pages.
                patient(&store, &format!("x{}", joined.len()), vec![]).await;
                request.before = Some(next);
            }
            assert_eq!(joined.len(), whole.len().max(joined.len()));
            let own: Vec<_> = joined.into_iter().filter(|v| !v.starts_with('x')).collect();
            assert_eq!(
                own,
                whole.iter().filter(|v| !v.starts_with('x')).cloned().collect::<Vec<_>>()
            );
        }
    }
}

pub(crate) async fn a_history_without_versions_wanted_still_counts(store: Store) {
    fill(&store).await;
    let mut request = of("Patient/a");
    request.limit = 0;
    let page = history(&store, &request).await;
    assert_eq!((page.versions.len(), page.total, page.next), (0, Some(3), None));
}
