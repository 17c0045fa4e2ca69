//! Whatever is searched for, the embedded backend finds what [`fhir::search::Test::matches`] says.

mod combined;
mod joined;
mod oracle;

use std::future::Future;
use std::sync::{Arc, OnceLock};

use fhir::json::Json;
use fhir::search::{Filter, IndexValue, Sort};
use proptest::prelude::{ProptestConfig, Strategy, proptest};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage::{
    Change, Commit, EmbeddedSettings, Expected, Key, SearchRequest, Storage, Store, Tenant, Write,
};

use oracle::{Doc, KINDS, entries, filter, holds, param};

struct Filled {
    store: Store,
    /// What is current, in the order of first writing.
    docs: Vec<Doc>,
    _folder: tempfile::TempDir,
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().expect("a runtime").block_on(future)
}

fn put(doc: &Doc) -> Write {
    let key = Key::new("Patient", doc.id.as_str());
    let json = format!(r#"{{"resourceType":"Patient","id":"{}"}}"#, doc.id);
    let body = Arc::new(Json::parse(json).expect("JSON"));
    let change = Change::Put { body, entries: doc.entries.clone(), is_create: false };
    Write { key, change, expected: Expected::Any }
}

/// Random resources, some updated, some deleted afterwards.
fn fill(count: usize) -> Filled {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = Storage::open(&EmbeddedSettings::new(folder.path())).expect("a storage");
    let store = block_on(storage.store(&Tenant::parse("test").expect("a name"))).expect("a store");
    let mut runner = TestRunner::deterministic();
    let strategy = entries();
    let mut draw = || strategy.new_tree(&mut runner).expect("a value").current();
    let mut docs: Vec<_> =
        (0..count).map(|n| Doc { id: format!("p{n}"), entries: draw() }).collect();
    let commit = |writes: Vec<Write>| {
        block_on(store.commit(Commit { writes, checks: vec![] })).expect("a commit");
    };
    for docs in docs.chunks(200) {
        commit(docs.iter().map(put).collect());
    }
    docs.iter_mut().step_by(3).for_each(|doc| doc.entries = draw());
    commit(docs.iter().step_by(3).map(put).collect());
    let gone = |n: &usize| n % 7 == 5;
    let deletions = docs.iter().enumerate().filter(|(n, _)| gone(n)).map(|(_, doc)| Write {
        key: Key::new("Patient", doc.id.as_str()),
        change: Change::Delete,
        expected: Expected::Any,
    });
    commit(deletions.collect());
    let mut n = 0..;
    docs.retain(|_| !gone(&n.next().expect("a number")));
    Filled { store, docs, _folder: folder }
}

fn few() -> &'static Filled {
    static FEW: OnceLock<Filled> = OnceLock::new();
    FEW.get_or_init(|| fill(60))
}

fn many() -> &'static Filled {
    static MANY: OnceLock<Filled> = OnceLock::new();
    MANY.get_or_init(|| fill(2_500))
}

fn paged(store: &Store, filter: &Filter, sort: Option<Sort>, limit: usize) -> Vec<String> {
    let mut request =
        SearchRequest::of("Patient", filter.clone(), limit).sorted(sort.into_iter().collect());
    let mut found = Vec::new();
    loop {
        let page = block_on(store.search(&request)).expect("a search");
        found.extend(page.versions.iter().map(|version| version.key.id.to_string()));
        let Some(next) = page.next else { return found };
        assert!(next.0.len() <= storage::Position::MAX_LEN);
        request.after = Some(next);
    }
}

/// Where a resource stands in the order of first writing.
fn place(id: &str) -> usize {
    id[1..].parse().expect("a number")
}

/// Searches as a whole, in pages, for ids and for the total.
#[track_caller]
fn check(filled: &Filled, filter: &Filter, limit: usize) {
    let expected: Vec<_> =
        filled.docs.iter().filter(|doc| holds(filter, doc)).map(|doc| doc.id.clone()).collect();
    for limit in [10_000, limit] {
        // The order is the store's own.
        let mut found = paged(&filled.store, filter, None, limit);
        found.sort_by_key(|id| place(id));
        assert_eq!(found, expected);
    }
    let ids = block_on(filled.store.ids("Patient", filter, 3)).expect("ids");
    let ids: Vec<_> = ids.iter().map(|id| id.to_string()).collect();
    assert_eq!(ids, expected.iter().take(3).cloned().collect::<Vec<_>>());
    let request = SearchRequest::of("Patient", filter.clone(), 1).counted();
    let page = block_on(filled.store.search(&request)).expect("a search");
    assert_eq!(page.total, Some(expected.len() as u64));
}

/// What a value is sorted by, as far as the order is promised.
fn sort_key(value: &IndexValue) -> Option<(i64, Vec<u8>)> {
    match value {
        IndexValue::Date(value) => Some((value.low, Vec::new())),
        IndexValue::Number(value) => Some(((value.low * 2.0) as i64, Vec::new())),
        IndexValue::String(value) => {
            // A text is sorted by its start, up to a control character.
            let bytes = value.folded.as_bytes();
            let end = bytes.iter().position(|byte| *byte < 2);
            let mut key = bytes[..end.unwrap_or(bytes.len())].to_vec();
            key.push(u8::from(end.is_some()));
            key.truncate(47);
            Some((0, key))
        }
        _ => None,
    }
}

#[track_caller]
fn check_sorted(filled: &Filled, filter: &Filter, code: &str, is_descending: bool, limit: usize) {
    let mut expected: Vec<_> = filled
        .docs
        .iter()
        .enumerate()
        .filter(|(_, doc)| holds(filter, doc))
        .map(|(at, doc)| {
            let own = doc.entries.iter().filter(|entry| &*entry.param.code == code);
            let keys = own.filter_map(|entry| sort_key(&entry.value));
            (if is_descending { keys.max() } else { keys.min() }, at, doc.id.clone())
        })
        .collect();
    expected.sort_by(|(a, at, _), (b, bt, _)| {
        let order = match (a, b) {
            (Some(a), Some(b)) if is_descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            _ => a.is_none().cmp(&b.is_none()),
        };
        order.then(at.cmp(bt))
    });
    let expected: Vec<_> = expected.into_iter().map(|(_, _, id)| id).collect();
    let sort = Some(Sort { param: param(code), is_descending });
    assert_eq!(paged(&filled.store, filter, sort, limit), expected);
}

fn filters() -> impl Strategy<Value = Filter> {
    filter((0..70).map(|n| format!("p{n}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

    #[test]
    fn a_search_over_few_finds_what_matches(filter in filters(), limit in 1_usize..9) {
        check(few(), &filter, limit);
    }

    #[test]
    fn a_search_over_many_finds_what_matches(filter in filters(), limit in 90_usize..700) {
        check(many(), &filter, limit);
    }

    #[test]
    fn each_kind_of_test_finds_what_matches(
        asked in select(KINDS.to_vec())
            .prop_flat_map(|kind| (proptest::strategy::Just(kind), oracle::test(kind))),
    ) {
        let (kind, test) = asked;
        check(many(), &Filter::Matches(param(kind), test), 800);
    }

    #[test]
    fn a_sorted_search_finds_what_matches_in_order(
        filter in filters(),
        code in select(vec!["date", "number", "string", "unknown"]),
        is_descending: bool,
        limit in 1_usize..40,
    ) {
        check_sorted(few(), &filter, code, is_descending, limit.min(9));
        check_sorted(many(), &filter, code, is_descending, limit * 30);
    }
}

#[test]
fn a_random_store_is_sound() {
    let report = block_on(many().store.check(|_| ())).expect("a check");
    assert_eq!(report.problems, Vec::<String>::new());
    assert_eq!(report.resources, 2_500);
}
