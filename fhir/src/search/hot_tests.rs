use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::sample::select;

use super::{HotTest, hot, hot_test};
use crate::definitions::r4;
use crate::json::Json;
use crate::search::query::{Context, decode_pairs, parse};
use crate::search::{
    DateTest, DateValue, Entry, Filter, IndexValue, Indexer, Param, Prefix, ReferenceTest,
    ReferenceValue, Test, TokenTest, TokenValue, matches, searchable,
};

fn param(code: &str) -> Param {
    Param::new("Observation", code)
}

fn entry(code: &str, value: IndexValue) -> Entry {
    Entry { param: param(code), value }
}

/// A resource about one patient at most, as the definitions of both parameters would have it.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let token = (0..3_u64, select(vec!["a", "b", "c"]))
        .prop_map(|(system, code)| TokenValue { system, code: code.to_owned() });
    let tokens = || proptest::collection::vec(token.clone(), 0..4);
    let date = (0..6_i64, select(vec![0, 1, 2, 9])).prop_map(|(day, days)| {
        let day_us = 86_400_000_000;
        DateValue { low: day * day_us, high: (day + days) * day_us }
    });
    let dates = proptest::collection::vec(date, 0..3);
    let subject = (select(vec!["Patient", "Group"]), select(vec!["1", "2"]), any::<bool>());
    (proptest::option::of(subject), tokens(), tokens(), dates).prop_map(
        |(subject, codes, categories, mut dates)| {
            let mut entries = Vec::new();
            if let Some((resource, id, is_versioned)) = subject {
                let value = IndexValue::Reference(ReferenceValue::Local {
                    resource: resource.to_owned(),
                    id: id.to_owned(),
                    version: is_versioned.then(|| "7".to_owned()),
                });
                entries.push(entry("subject", value.clone()));
                if resource == "Patient" {
                    entries.push(entry("patient", value));
                }
            }
            let token = |code: &'static str| move |one| entry(code, IndexValue::Token(one));
            entries.extend(codes.into_iter().map(token("code")));
            entries.extend(categories.into_iter().map(token("category")));
            dates.dedup();
            entries.extend(dates.into_iter().map(|one| entry("date", IndexValue::Date(one))));
            entries
        },
    )
}

fn condition() -> impl Strategy<Value = Filter> {
    use Prefix::{Ap, Eb, Eq, Ge, Gt, Le, Lt, Ne, Sa};
    let token = (select(vec!["code", "category"]), any::<Option<bool>>(), 0..3_u64).prop_flat_map(
        |(code, has_system, system)| {
            select(vec![None, Some("a"), Some("b")]).prop_map(move |text: Option<&str>| {
                let system = has_system.map(|_| system);
                let test = TokenTest { system, code: text.map(str::to_owned) };
                Filter::Matches(param(code), Test::Token(test))
            })
        },
    );
    let types = select(vec![vec![], vec!["Patient"], vec!["Group"], vec!["Patient", "Group"]]);
    let reference = (select(vec!["patient", "subject"]), types, select(vec!["1", "2"]))
        .prop_flat_map(|(code, types, id)| {
            select(vec![None, Some("7")]).prop_map(move |version: Option<&str>| {
                let test = ReferenceTest::Local {
                    resources: types.iter().map(|one| (*one).to_owned()).collect(),
                    id: id.to_owned(),
                    version: version.map(str::to_owned),
                };
                Filter::Matches(param(code), Test::Reference(test))
            })
        });
    let date = (select(vec![Eq, Ne, Gt, Lt, Ge, Le, Sa, Eb, Ap]), 0..8_i64).prop_map(|(p, day)| {
        let low = day * 86_400_000_000;
        let test = DateTest { prefix: p, low, high: low + 86_399_999_999 };
        Filter::Matches(param("date"), Test::Date(test))
    });
    let one = prop_oneof![3 => token, 3 => reference, 3 => date];
    let some = proptest::collection::vec(one, 1..3);
    some.prop_map(|mut some| if some.len() == 1 { some.remove(0) } else { Filter::Or(some) })
}

/// Does a value of the resource pass, decided by its plain values where they have to?
fn passes(test: &HotTest, parts: &[&Filter], entries: &[Entry]) -> bool {
    let of = |code: &str| -> Vec<&IndexValue> {
        let own = entries.iter().filter(|entry| &*entry.param.code == code);
        own.map(|entry| &entry.value).collect()
    };
    let plain = || test.answered.iter().all(|at| matches(parts[*at], "1", entries));
    test.hot.values(&of).iter().any(|value| test.matches(value).unwrap_or_else(plain))
}

proptest! {
    #[test]
    fn a_combination_means_what_its_conditions_mean(
        entries in entries(),
        parts in proptest::collection::vec(condition(), 1..5),
        is_by_date: bool,
    ) {
        let parts: Vec<&Filter> = parts.iter().collect();
        if let Some(test) = hot_test("Observation", &parts, is_by_date.then_some("date")) {
            let plain = test.answered.iter().all(|at| matches(parts[*at], "1", &entries));
            prop_assert_eq!(passes(&test, &parts, &entries), plain);
            prop_assert!(test.answered.len() > 1 || is_by_date);
        }
    }
}

fn answered(query: &str, order: Option<&str>) -> Option<(&'static str, usize)> {
    let context = Context { definitions: r4(), bases: &[], now_us: 0, is_lenient: false };
    let pairs = decode_pairs(query).expect("pairs");
    let parsed = parse("Observation", &pairs, &context).expect("a query");
    let parts = match &parsed.query.filter {
        Filter::And(parts) => parts.iter().collect(),
        other => vec![other],
    };
    hot_test("Observation", &parts, order).map(|test| (test.hot.code, test.answered.len()))
}

#[test]
fn the_searches_of_a_chart_are_answered_by_a_combination() {
    let check = |query, order, expected| assert_eq!(answered(query, order), expected, "{query}");
    check("patient=1&code=a", None, Some(("patient code date", 2)));
    check("subject=Patient/1&code=s|a,s|b", None, Some(("patient code date", 2)));
    check("patient=1&code=a&date=ge2020&date=lt2021", None, Some(("patient code date", 4)));
    check("patient=1&category=c&date=2020", None, Some(("patient category date", 3)));
    check("patient=1", Some("date"), Some(("patient date", 1)));
    check("code=a&date=ge2020", None, Some(("code date", 2)));
    check("code=a", Some("date"), Some(("code date", 1)));
    check("code=a", None, None);
    check("patient=1", None, None);
    check("code:not=a&date=2020", None, None);
    check("subject=Group/1&category=c", None, None);
    check("date=2020", Some("date"), None);
}

#[test]
fn no_parameter_has_the_name_of_a_combination() {
    for hot in hot("Observation") {
        assert!(hot.code.contains(' '));
        let known = searchable(r4(), hot.resource);
        for code in [hot.date, "patient", "subject", "code", "category"] {
            assert!(known.iter().any(|one| one.code == code), "{code}");
        }
    }
}

#[test]
fn patient_leads_to_the_patients_that_subject_leads_to() {
    for subject in ["Patient/1", "Group/1", "Device/1", "Patient/1/_history/2"] {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},
            "subject":{{"reference":"{subject}"}}}}"#
        );
        let json = Json::parse(text).expect("JSON");
        let entries = Indexer::r4().entries(json.root(), &[]);
        let of = |code: &str| -> Vec<&IndexValue> {
            let own = entries.iter().filter(|entry| &*entry.param.code == code);
            own.map(|entry| &entry.value).collect()
        };
        let expected = if subject.starts_with("Patient") { of("subject") } else { Vec::new() };
        assert_eq!(of("patient"), expected, "{subject}");
    }
}
