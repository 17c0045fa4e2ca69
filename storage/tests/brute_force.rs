//! Whatever is searched for, a backend finds what [`fhir::search::Test::matches`] says.

mod combined;
mod filled;
mod joined;
mod oracle;

use std::sync::OnceLock;

use fhir::search::{Entry, Filter, IndexValue, Sort};
use proptest::prelude::{Strategy, proptest};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage::{Key, SearchRequest, Store};

use filled::{Changes, Drawn, Filled, block_on, by_store, cases, fill};
use oracle::{Doc, KINDS, entries, filter, holds, param};

impl Drawn for Doc {
    fn key(&self) -> Key {
        Key::new("Patient", self.id.as_str())
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Random resources.
fn drawn(count: usize) -> Filled<Doc> {
    let mut runner = TestRunner::deterministic();
    let strategy = entries();
    let mut draw = || strategy.new_tree(&mut runner).expect("a value").current();
    let docs = (0..count).map(|n| Doc { id: format!("p{n}"), entries: draw() }).collect();
    fill(docs, Changes { redrawn: 3, deleted: 7 }, |_, doc: &mut Doc| doc.entries = draw())
}

fn few() -> &'static Filled<Doc> {
    static FEW: OnceLock<Filled<Doc>> = OnceLock::new();
    FEW.get_or_init(|| drawn(60))
}

fn many() -> &'static Filled<Doc> {
    static MANY: OnceLock<Filled<Doc>> = OnceLock::new();
    MANY.get_or_init(|| drawn(by_store(2_500, 400)))
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
fn check(filled: &Filled<Doc>, filter: &Filter, limit: usize) {
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
fn check_sorted(
    filled: &Filled<Doc>,
    filter: &Filter,
    code: &str,
    is_descending: bool,
    limit: usize,
) {
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
    #![proptest_config(cases(120, 30))]

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
    assert_eq!(report.resources, many().count as u64);
}
