//! The rules of every backend, as functions of an open, empty store. A backend's test file opens
//! one and names the rules in `conformance!`.

pub(crate) mod changes;
pub(crate) mod commits;
pub(crate) mod concurrency;
pub(crate) mod counting;
pub(crate) mod histories;
pub(crate) mod joins;
pub(crate) mod paging;
pub(crate) mod reading;
pub(crate) mod searching;
pub(crate) mod several_keys;
pub(crate) mod several_types;
pub(crate) mod sorting;

use std::future::Future;
use std::sync::Arc;

use fhir::json::Json;
use fhir::search::{
    DateValue, Entry, Filter, IndexValue, Param, ReferenceValue, StringValue, Test, TokenTest,
    TokenValue,
};
use storage::{
    Change, Check, Commit, Committed, Expected, Key, Page, SearchRequest, Store, StoreError,
    Version, Write,
};

/// One test for each rule: `conformance!(open() => reading::a_rule, …)`.
#[macro_export]
macro_rules! conformance {
    ($open:expr => $($module:ident :: $rule:ident),+ $(,)?) => {
        $(
            #[test]
            fn $rule() {
                let opened = $open;
                $crate::conformance::block_on(
                    $crate::conformance::$module::$rule(opened.store.clone()),
                );
            }
        )+
    };
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).build().expect("a runtime").block_on(future)
}

/// `Patient/a`
pub(crate) fn key(text: &str) -> Key {
    let (resource, id) = text.split_once('/').expect("type and id");
    Key::new(resource, id)
}

/// An entry on the type of a key.
pub(crate) fn entry(resource: &str, code: &str, value: IndexValue) -> Entry {
    Entry { param: Param::new(resource, code), value }
}

pub(crate) fn token(code: &str, text: &str) -> Entry {
    let value = match text.split_once('|') {
        Some((system, code)) => TokenValue::new(Some(system), code),
        None => TokenValue::new(None, text),
    };
    entry("Patient", code, IndexValue::Token(value))
}

pub(crate) fn string(code: &str, text: &str) -> Entry {
    entry("Patient", code, IndexValue::String(StringValue::new(text)))
}

pub(crate) fn date(code: &str, low: i64, high: i64) -> Entry {
    entry("Patient", code, IndexValue::Date(DateValue { low, high }))
}

pub(crate) fn reference(resource: &str, code: &str, target: &str) -> Entry {
    let target = key(target);
    let (target, id) = (target.resource.to_string(), target.id.to_string());
    let value = ReferenceValue::Local { resource: target, id, version: None };
    entry(resource, code, IndexValue::Reference(value))
}

/// A body with a text in it.
pub(crate) fn body(key: &Key, text: &str) -> Arc<Json> {
    let json =
        format!(r#"{{"resourceType":"{}","id":"{}","language":"{text}"}}"#, key.resource, key.id);
    Arc::new(Json::parse(json).expect("JSON"))
}

/// A write of `text` with entries.
pub(crate) fn put(at: &str, text: &str, entries: Vec<Entry>) -> Write {
    let key = key(at);
    let body = body(&key, text);
    let change = Change::Put { body, entries, is_create: false };
    Write { key, change, expected: Expected::Any }
}

pub(crate) fn delete(at: &str) -> Write {
    Write { key: key(at), change: Change::Delete, expected: Expected::Any }
}

pub(crate) async fn commit(
    store: &Store,
    writes: Vec<Write>,
    checks: Vec<Check>,
) -> Result<Vec<Committed>, StoreError> {
    store.commit(Commit { writes, checks }).await
}

/// Commits one write that must succeed.
pub(crate) async fn write(store: &Store, write: Write) -> Committed {
    commit(store, vec![write], vec![]).await.expect("a commit").remove(0)
}

/// Writes `Patient/ID` with entries.
pub(crate) async fn patient(store: &Store, id: &str, entries: Vec<Entry>) -> Version {
    let written = write(store, put(&format!("Patient/{id}"), id, entries)).await;
    written.version.expect("a version")
}

pub(crate) async fn read(store: &Store, at: &str) -> Option<Version> {
    store.read(&key(at)).await.expect("a read")
}

pub(crate) fn text(version: &Version) -> &str {
    std::str::from_utf8(&version.body).expect("UTF-8")
}

/// A search for Patients.
pub(crate) fn request(filter: Filter) -> SearchRequest {
    SearchRequest::of("Patient", filter, 100)
}

pub(crate) fn matches(code: &str, test: Test) -> Filter {
    Filter::Matches(Param::new("Patient", code), test)
}

/// A filter on a token, `code` or `system|code`.
pub(crate) fn has_token(code: &str, text: &str) -> Filter {
    let value = match text.split_once('|') {
        Some((system, code)) => TokenValue::new(Some(system), code),
        None => TokenValue::new(None, text),
    };
    let system = text.contains('|').then_some(value.system);
    matches(code, Test::Token(TokenTest { system, code: Some(value.code) }))
}

pub(crate) async fn search(store: &Store, request: SearchRequest) -> Page {
    store.search(&request).await.expect("a search")
}

pub(crate) fn ids(page: &Page) -> Vec<String> {
    page.versions.iter().map(|version| version.key.id.to_string()).collect()
}

/// The ids that a filter finds, in order.
pub(crate) async fn found(store: &Store, filter: Filter) -> Vec<String> {
    ids(&search(store, request(filter)).await)
}

/// All pages of a search, of `limit` each.
pub(crate) async fn pages(
    store: &Store,
    mut request: SearchRequest,
    limit: usize,
) -> Vec<Vec<String>> {
    request.limit = limit;
    let mut pages = Vec::new();
    loop {
        let page = search(store, request.clone()).await;
        assert!(page.versions.len() <= limit, "a page is no longer than asked");
        pages.push(ids(&page));
        let Some(next) = page.next else { return pages };
        let keys = request.parts.first().map_or(0, |part| part.sort.len());
        assert!(next.0.len() <= storage::Position::len_max(keys), "a position is short");
        assert!(pages.len() < 10_000, "the pages come to an end");
        request.after = Some(next);
    }
}
