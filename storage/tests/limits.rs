//! A search ends within its limits, and says what would be cheaper.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use fhir::json::Json;
use fhir::search::{
    Entry, Filter, IndexValue, Param, ReferenceValue, Sort, StringMode, StringTest, StringValue,
    Test, TokenTest, TokenValue, stable_hash,
};
use fhir::{Kind, Outcome};
use storage::{
    Change, Check, Commit, EmbeddedSettings, Expected, Key, SearchLimits, SearchRequest, Storage,
    Store, StoreError, Tenant, Write,
};

struct Opened {
    store: Store,
    _folder: tempfile::TempDir,
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().expect("a runtime").block_on(future)
}

fn put(resource: &str, id: &str, values: Vec<(&str, IndexValue)>) -> Write {
    let json = format!(r#"{{"resourceType":"{resource}","id":"{id}"}}"#);
    let body = Arc::new(Json::parse(json).expect("JSON"));
    let entry = |(code, value)| Entry { param: Param::new(resource, code), value };
    let entries = values.into_iter().map(entry).collect();
    let change = Change::Put { body, entries, is_create: false };
    Write { key: Key::new(resource, id), change, expected: Expected::Any }
}

/// 3,000 Patients, each with an Observation.
fn open(limits: SearchLimits) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let mut settings = EmbeddedSettings::new(folder.path());
    settings.search = limits;
    let storage = Storage::open(&settings).expect("a storage");
    let store = block_on(storage.store(&Tenant::parse("test").expect("a name"))).expect("a store");
    for start in (0..3_000).step_by(500) {
        let writes = (start..start + 500).flat_map(|n| {
            let name = IndexValue::String(StringValue::new(&format!("name {n}")));
            let half = IndexValue::Token(TokenValue::new(None, &format!("half{}", n % 2)));
            let subject = ReferenceValue::Local {
                resource: "Patient".to_owned(),
                id: format!("p{n}"),
                version: None,
            };
            [
                put("Patient", &format!("p{n}"), vec![("name", name), ("code", half)]),
                put(
                    "Observation",
                    &format!("o{n}"),
                    vec![("subject", IndexValue::Reference(subject))],
                ),
            ]
        });
        let commit = Commit { writes: writes.collect(), checks: vec![] };
        block_on(store.commit(commit)).expect("a commit");
    }
    Opened { store, _folder: folder }
}

fn contains(text: &str) -> Filter {
    let test = StringTest {
        mode: StringMode::Contains,
        folded: text.to_owned(),
        exact: stable_hash(text),
    };
    Filter::Matches(Param::new("Patient", "name"), Test::String(test))
}

fn of_patient(inner: Filter) -> Filter {
    Filter::Chain(Param::new("Observation", "subject"), "Patient".into(), Box::new(inner))
}

fn half() -> Filter {
    let test = TokenTest { system: None, code: Some("half1".to_owned()) };
    Filter::Matches(Param::new("Patient", "code"), Test::Token(test))
}

#[track_caller]
fn check_too_costly(store: &Store, request: &SearchRequest) {
    let error = block_on(store.search(request)).expect_err("it is too costly");
    assert!(matches!(error, StoreError::TooCostly(_)), "{error}");
    let outcome = Outcome::from(error);
    assert_eq!((outcome.kind, outcome.issues[0].code), (Kind::Unprocessable, "too-costly"));
    assert!(outcome.issues[0].diagnostics.contains("Narrow it"));
}

#[test]
fn a_search_that_reads_too_many_keys_ends() {
    let limits = SearchLimits { keys_max: 2_000, ..SearchLimits::default() };
    let opened = open(limits);
    let nothing = SearchRequest::of("Patient", contains("nothing"), 10);
    check_too_costly(&opened.store, &nothing);
    let chained = SearchRequest::of("Observation", of_patient(contains("nothing")), 10);
    check_too_costly(&opened.store, &chained);
    let negated = Filter::Not(Box::new(of_patient(Filter::All)));
    check_too_costly(&opened.store, &SearchRequest::of("Observation", negated, 10));
    let sort = Sort { param: Param::new("Patient", "_id"), is_descending: true };
    let sorted = SearchRequest::of("Patient", contains("nothing"), 10).sorted(vec![sort]);
    check_too_costly(&opened.store, &sorted);
    // What finds its page early may still have it.
    let first = SearchRequest::of("Observation", of_patient(half()), 10);
    assert_eq!(block_on(opened.store.search(&first)).expect("a page").versions.len(), 10);
    check_too_costly(&opened.store, &first.counted());
}

#[test]
fn a_search_that_takes_too_long_ends() {
    let limits = SearchLimits { time_max: Duration::ZERO, ..SearchLimits::default() };
    let opened = open(limits);
    let nothing = SearchRequest::of("Observation", of_patient(contains("nothing")), 10);
    check_too_costly(&opened.store, &nothing);
}

#[test]
fn few_joined_resources_in_memory_are_enough() {
    let limits = SearchLimits { joined_max: 10, ..SearchLimits::default() };
    let opened = open(limits);
    let counted = SearchRequest::of("Observation", of_patient(half()), 1).counted();
    let page = block_on(opened.store.search(&counted)).expect("a page");
    assert_eq!(page.total, Some(1_500));
}

#[test]
fn a_commit_whose_check_is_too_costly_is_refused_and_the_next_one_is_not() {
    let limits = SearchLimits { keys_max: 20_000, ..SearchLimits::default() };
    let opened = open(limits);
    let check = |filter: Filter| Check::Matches { resource: "Patient".into(), filter, ids: vec![] };
    let commit = |check| {
        let commit = Commit { writes: vec![put("Patient", "new", vec![])], checks: vec![check] };
        block_on(opened.store.commit(commit))
    };
    let refused = commit(check(contains("nothing")));
    assert!(matches!(refused, Err(StoreError::TooCostly(_))), "{refused:?}");
    commit(check(Filter::Ids(vec!["none".to_owned()]))).expect("a commit");
}
