//! Searches for what has keys of its own in combination find what they find without.

use std::sync::OnceLock;

use fhir::search::{
    DateTest, DateValue, Entry, Filter, IndexValue, Param, Prefix, ReferenceTest, ReferenceValue,
    Sort, Test, TokenTest, TokenValue, matches,
};
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use storage::{Key, SearchRequest, Store, TotalWanted};

use super::filled::{Changes, Drawn, Filled, block_on, by_store, cases, fill};

const DAY_US: i64 = 86_400_000_000;

struct Doc {
    id: String,
    entries: Vec<Entry>,
}

impl Drawn for Doc {
    fn key(&self) -> Key {
        Key::new("Observation", self.id.as_str())
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

fn param(code: &str) -> Param {
    Param::new("Observation", code)
}

fn entry(code: &str, value: IndexValue) -> Entry {
    Entry { param: param(code), value }
}

fn tokens() -> impl Strategy<Value = Vec<TokenValue>> {
    let token = (0..2_u64, select(vec!["a", "b"]))
        .prop_map(|(system, code)| TokenValue { system, code: code.to_owned() });
    proptest::collection::vec(token, 0..3)
}

/// Mostly one date of less than a day, as of most resources.
fn dates() -> impl Strategy<Value = Vec<DateValue>> {
    let date = |days: Vec<i64>| {
        (0..40_i64, 0..90_i64, select(days)).prop_map(|(low, minute, days)| {
            let low = low * DAY_US / 4 + minute * 60_000_000;
            DateValue { low, high: low + days * DAY_US }
        })
    };
    prop_oneof![
        400 => date(vec![0, 0, 1]).prop_map(|one| vec![one]),
        40 => any::<bool>().prop_map(|_| Vec::new()),
        10 => proptest::collection::vec(date(vec![0, 1, 3, 9]), 1..4),
    ]
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let subject = (select(vec!["Patient", "Patient", "Group"]), select(vec!["1", "2"]));
    let subject = proptest::option::weighted(0.9, subject);
    (subject, tokens(), tokens(), tokens(), dates()).prop_map(
        |(subject, codes, categories, states, dates)| {
            let mut entries = Vec::new();
            if let Some((resource, id)) = subject {
                let (resource, id) = (resource.to_owned(), id.to_owned());
                let is_patient = resource == "Patient";
                let value = ReferenceValue::Local { resource, id, version: None };
                let value = IndexValue::Reference(value);
                entries.push(entry("subject", value.clone()));
                entries.extend(is_patient.then(|| entry("patient", value)));
            }
            for (code, tokens) in [("code", codes), ("category", categories), ("status", states)] {
                entries.extend(tokens.into_iter().map(|one| entry(code, IndexValue::Token(one))));
            }
            entries.extend(dates.into_iter().map(|one| entry("date", IndexValue::Date(one))));
            entries
        },
    )
}

fn token_condition(codes: Vec<&'static str>) -> impl Strategy<Value = Filter> {
    let system = proptest::option::weighted(0.6, 0..2_u64);
    let code = proptest::option::weighted(0.9, select(vec!["a", "b"]));
    (select(codes), system, code).prop_map(|(param_code, system, code)| {
        let test = TokenTest { system, code: code.map(str::to_owned) };
        Filter::Matches(param(param_code), Test::Token(test))
    })
}

fn date_condition() -> impl Strategy<Value = Filter> {
    use Prefix::{Ap, Eb, Eq, Ge, Gt, Le, Lt, Ne, Sa};
    (select(vec![Eq, Ne, Gt, Lt, Ge, Le, Sa, Eb, Ap]), 0..14_i64, 0..2_i64).prop_map(
        |(prefix, day, days)| {
            let low = day * DAY_US;
            let test = DateTest { prefix, low, high: low + days * DAY_US };
            Filter::Matches(param("date"), Test::Date(test))
        },
    )
}

fn condition() -> impl Strategy<Value = Filter> {
    let types = select(vec![vec![], vec!["Patient"], vec!["Patient", "Group"]]);
    let reference = (select(vec!["patient", "subject"]), types, select(vec!["1", "2"])).prop_map(
        |(code, types, id)| {
            let resources = types.iter().map(|one| (*one).to_owned()).collect();
            let test = ReferenceTest::Local { resources, id: id.to_owned(), version: None };
            Filter::Matches(param(code), Test::Reference(test))
        },
    );
    prop_oneof![
        3 => token_condition(vec!["code", "category"]),
        1 => token_condition(vec!["status"]),
        1 => token_condition(vec!["code"]).prop_map(|one| Filter::Not(Box::new(one))),
        1 => proptest::collection::vec(token_condition(vec!["code"]), 1..3).prop_map(Filter::Or),
        3 => reference,
        3 => date_condition(),
    ]
}

/// Random resources.
fn drawn(count: usize) -> Filled<Doc> {
    let mut runner = TestRunner::deterministic();
    let strategy = entries();
    let mut draw = || strategy.new_tree(&mut runner).expect("a value").current();
    let docs = (0..count).map(|n| Doc { id: format!("o{n}"), entries: draw() }).collect();
    fill(docs, Changes { redrawn: 3, deleted: 9 }, |_, doc: &mut Doc| doc.entries = draw())
}

fn few() -> &'static Filled<Doc> {
    static FEW: OnceLock<Filled<Doc>> = OnceLock::new();
    FEW.get_or_init(|| drawn(80))
}

fn many() -> &'static Filled<Doc> {
    static MANY: OnceLock<Filled<Doc>> = OnceLock::new();
    MANY.get_or_init(|| drawn(by_store(6_000, 400)))
}

fn paged(store: &Store, filter: &Filter, sort: Option<&Sort>, limit: usize) -> Vec<String> {
    let mut request = SearchRequest::of("Observation", filter.clone(), limit)
        .sorted(sort.into_iter().cloned().collect());
    let mut found = Vec::new();
    loop {
        let page = block_on(store.search(&request)).expect("a search");
        found.extend(page.versions.iter().map(|version| version.key.id.to_string()));
        assert!(!page.plan.is_empty(), "a search says how it went");
        let Some(next) = page.next else { return found };
        request.after = Some(next);
    }
}

/// In the order of dates, or in any order.
#[track_caller]
fn check(filled: &Filled<Doc>, filter: &Filter, limit: usize) {
    let mut expected: Vec<&Doc> =
        filled.docs.iter().filter(|doc| matches(filter, &doc.id, &doc.entries)).collect();
    let mut any = paged(&filled.store, filter, None, limit);
    let mut ids: Vec<_> = expected.iter().map(|doc| doc.id.clone()).collect();
    any.sort_unstable();
    ids.sort_unstable();
    assert_eq!(any, ids);
    for is_descending in [false, true] {
        expected.sort_by_key(|doc| {
            let lows = doc.entries.iter().filter_map(|entry| match &entry.value {
                IndexValue::Date(date) => Some(date.low),
                _ => None,
            });
            let low = if is_descending { lows.max().map(|low| -low) } else { lows.min() };
            let place: u32 = doc.id[1..].parse().expect("a number");
            (low.is_none(), low, place)
        });
        let sort = Sort { param: param("date"), is_descending };
        let found = paged(&filled.store, filter, Some(&sort), limit);
        let ids: Vec<_> = expected.iter().map(|doc| doc.id.clone()).collect();
        assert_eq!(found, ids, "descending: {is_descending}");
    }
    for wanted in [TotalWanted::Accurate, TotalWanted::Estimate] {
        let mut request = SearchRequest::of("Observation", filter.clone(), 1);
        request.total = wanted;
        let total = block_on(filled.store.search(&request)).expect("a search").total;
        let total = total.expect("a total was wanted");
        assert!(wanted == TotalWanted::Estimate || total == expected.len() as u64);
        assert!(total <= filled.docs.len() as u64);
    }
}

proptest! {
    #![proptest_config(cases(150, 30))]

    #[test]
    fn conditions_on_a_chart_find_what_matches(
        parts in proptest::collection::vec(condition(), 1..5),
        limit in 1_usize..9,
    ) {
        check(few(), &Filter::And(parts.clone()), limit);
        check(many(), &Filter::And(parts), limit * 110);
    }
}

proptest! {
    #![proptest_config(cases(12, 8))]

    #[test]
    fn dates_alone_find_what_matches(
        parts in proptest::collection::vec(date_condition(), 1..3),
        limit in 100_usize..900,
    ) {
        check(many(), &Filter::And(parts), limit);
    }
}

#[test]
fn a_random_chart_is_sound() {
    let report = block_on(many().store.check(|_| ())).expect("a check");
    assert_eq!(report.problems, Vec::<String>::new());
}
