//! Random joins, over one type and several, sorted by no key and several, find what they mean.

mod world;

use std::cmp::Ordering;
use std::sync::OnceLock;

use fhir::search::{Entry, Filter, IndexValue, Param, Sort};
use proptest::prelude::{BoxedStrategy, Strategy, any, proptest};
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage::{Key, Position, SearchPart, SearchRequest, Store, TotalWanted};

use super::filled::{Changes, Drawn, Filled, block_on, by_store, cases, fill};
use world::{Doc, TYPES, entries, filter, holds};

impl Drawn for Doc {
    fn key(&self) -> Key {
        Key::new(self.resource, self.id.as_str())
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// So many resources of each type.
fn drawn(of: usize) -> Filled<Doc> {
    let mut runner = TestRunner::deterministic();
    let strategies = TYPES.map(|resource| entries(resource, of));
    let mut draw = |at: usize| strategies[at].new_tree(&mut runner).expect("a value").current();
    let docs = (0..3 * of)
        .map(|n| Doc { resource: TYPES[n % 3], id: format!("r{}", n / 3), entries: draw(n % 3) })
        .collect();
    fill(docs, Changes { redrawn: 4, deleted: 11 }, |n, doc: &mut Doc| doc.entries = draw(n % 3))
}

const FEW: usize = 12;
const MANY: usize = 800;

fn few() -> &'static Filled<Doc> {
    static FILLED: OnceLock<Filled<Doc>> = OnceLock::new();
    FILLED.get_or_init(|| drawn(FEW))
}

fn many() -> &'static Filled<Doc> {
    static FILLED: OnceLock<Filled<Doc>> = OnceLock::new();
    FILLED.get_or_init(|| drawn(by_store(MANY, MANY / 8)))
}

/// What is asked: of some types a filter each, and what all are sorted by.
#[derive(Debug, Clone)]
struct Asked {
    parts: Vec<(&'static str, Filter)>,
    keys: Vec<(&'static str, bool)>,
}

impl Asked {
    fn request(&self, limit: usize) -> SearchRequest {
        let sort = |resource: &str| {
            let one = |(code, is_descending): &(&str, bool)| Sort {
                param: Param::new(resource, *code),
                is_descending: *is_descending,
            };
            self.keys.iter().map(one).collect()
        };
        let part = |(resource, filter): &(&'static str, Filter)| SearchPart {
            resource: (*resource).into(),
            filter: filter.clone(),
            sort: sort(resource),
        };
        let parts = self.parts.iter().map(part).collect();
        SearchRequest { parts, after: None, limit, total: TotalWanted::Accurate }
    }

    fn expected(&self, docs: &[Doc]) -> Vec<String> {
        let mut found: Vec<_> = docs
            .iter()
            .filter(|doc| {
                let of = self.parts.iter().find(|(resource, _)| *resource == doc.resource);
                of.is_some_and(|(_, filter)| holds(docs, filter, doc))
            })
            .collect();
        // The sort is stable: equals stay in the order of first writing.
        found.sort_by(|a, b| {
            let orders = self.keys.iter().map(|(code, is_descending)| {
                let key = |doc| sort_key(doc, code, *is_descending);
                match (key(a), key(b)) {
                    (Some(a), Some(b)) if *is_descending => b.cmp(&a),
                    (Some(a), Some(b)) => a.cmp(&b),
                    (a, b) => a.is_none().cmp(&b.is_none()),
                }
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        found.iter().map(|doc| format!("{}/{}", doc.resource, doc.id)).collect()
    }
}

/// What a resource is sorted by, as far as the order is promised.
fn sort_key(doc: &Doc, code: &str, is_descending: bool) -> Option<(i64, String)> {
    if code == "_id" {
        return Some((0, doc.id.clone()));
    }
    let keys = doc.values(code).filter_map(|value| match value {
        IndexValue::Date(value) => Some((value.low, String::new())),
        IndexValue::String(value) => Some((0, value.folded.clone())),
        _ => None,
    });
    if is_descending { keys.max() } else { keys.min() }
}

fn paged(store: &Store, mut request: SearchRequest, keys: usize) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = block_on(store.search(&request)).expect("a search");
        found.extend(page.versions.iter().map(|version| version.key.to_string()));
        let Some(next) = page.next else { return found };
        assert!(next.0.len() <= Position::len_max(keys));
        request.after = Some(next);
    }
}

/// As a whole, in pages, as totals and as ids.
#[track_caller]
fn check(filled: &Filled<Doc>, asked: &Asked, limit: usize) {
    let expected = asked.expected(&filled.docs);
    let (store, keys) = (&filled.store, asked.keys.len());
    assert_eq!(paged(store, asked.request(10_000), keys), expected);
    assert_eq!(paged(store, asked.request(limit), keys), expected);
    for limit in [0, 1] {
        let page = block_on(store.search(&asked.request(limit))).expect("a search");
        assert_eq!(page.total, Some(expected.len() as u64));
    }
    let (resource, filter) = &asked.parts[0];
    let ids = block_on(store.ids(resource, filter, 3)).expect("ids");
    let found = filled
        .docs
        .iter()
        .filter(|doc| doc.resource == *resource && holds(&filled.docs, filter, doc));
    let found: Vec<_> = found.map(|doc| doc.id.as_str()).take(3).collect();
    assert_eq!(ids.iter().map(|id| &**id).collect::<Vec<_>>(), found);
}

/// One type, or some of them.
fn asked(of: usize, depth: usize, count: std::ops::RangeInclusive<usize>) -> BoxedStrategy<Asked> {
    let parts = subsequence(TYPES.to_vec(), count).prop_flat_map(move |types| {
        let one = |resource: &&'static str| {
            let resource = *resource;
            filter(resource, of, depth).prop_map(move |filter| (resource, filter))
        };
        types.iter().map(one).collect::<Vec<_>>()
    });
    let codes = select(vec!["date", "name", "_id", "unknown"]);
    let keys = proptest::collection::vec((codes, any::<bool>()), 0..4);
    (parts.prop_shuffle(), keys).prop_map(|(parts, keys)| Asked { parts, keys }).boxed()
}

proptest! {
    #![proptest_config(cases(400, 60))]

    #[test]
    fn a_join_over_few_finds_what_matches(asked in asked(FEW, 3, 1..=1), limit in 1_usize..5) {
        check(few(), &asked, limit);
    }

    #[test]
    fn several_types_of_few_are_found_together(
        asked in asked(FEW, 1, 1..=3),
        limit in 1_usize..9,
    ) {
        check(few(), &asked, limit);
    }
}

proptest! {
    #![proptest_config(cases(40, 10))]

    #[test]
    fn a_join_over_many_finds_what_matches(
        asked in asked(MANY, 2, 1..=2),
        limit in 90_usize..700,
    ) {
        check(many(), &asked, limit);
    }
}
