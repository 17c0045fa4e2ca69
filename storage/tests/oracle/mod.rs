//! Random index values, tests and filters, and what a filter means by [`Test::matches`] alone.

use fhir::search::{
    CompositeTest, DateTest, DateValue, Entry, Filter, IndexValue, NearTest, NumberTest,
    NumberValue, Param, PositionValue, Prefix, QuantityTest, QuantityUnit, QuantityValue,
    ReferenceTest, ReferenceValue, StringMode, StringTest, StringValue, Test, TokenTest,
    TokenValue, UriMode, UriTest, UriValue, stable_hash,
};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// A resource as the oracle keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    pub(crate) id: String,
    pub(crate) entries: Vec<Entry>,
}

/// Does the filter hold?
pub(crate) fn holds(filter: &Filter, doc: &Doc) -> bool {
    match filter {
        Filter::Chain(..) | Filter::Has(..) => panic!("joins are not drawn here"),
        Filter::All => true,
        Filter::And(parts) => parts.iter().all(|part| holds(part, doc)),
        Filter::Or(parts) => parts.iter().any(|part| holds(part, doc)),
        Filter::Not(part) => !holds(part, doc),
        Filter::Ids(ids) => ids.contains(&doc.id),
        Filter::Matches(param, test) => {
            doc.entries.iter().any(|e| e.param == *param && test.matches(&e.value))
        }
        Filter::Present(param) => doc.entries.iter().any(|e| e.param == *param),
    }
}

pub(crate) const KINDS: [&str; 11] = [
    "number",
    "date",
    "string",
    "token",
    "reference",
    "quantity",
    "uri",
    "position",
    "pair",
    "triple",
    "rare",
];

pub(crate) fn param(code: &str) -> Param {
    Param::new("Patient", code)
}

fn texts() -> BoxedStrategy<String> {
    let long = "long ".repeat(50);
    let words = ["", "a", "ab", "abc", "b", "Ab", "é", "a\u{1}b", "a\u{0}", "z z"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.extend([format!("{long}1"), format!("{long}2"), long[..64].to_owned(), long]);
    select(words).boxed()
}

fn systems() -> BoxedStrategy<u64> {
    select(vec![0, stable_hash("s"), stable_hash("t")]).boxed()
}

fn numbers() -> BoxedStrategy<f64> {
    select(vec![-2.0, -1.5, -0.0, 0.0, 0.5, 1.0, 99.5, 100.0, 100.5, 1e9]).boxed()
}

fn instants() -> BoxedStrategy<i64> {
    let hour = 3_600_000_000;
    (-60_i64..60).prop_map(move |n| n * hour / 2).boxed()
}

fn number() -> BoxedStrategy<NumberValue> {
    let point = numbers().prop_map(|low| NumberValue { low, high: low });
    let range =
        (numbers(), numbers()).prop_map(|(a, b)| NumberValue { low: a.min(b), high: a.max(b) });
    let open = numbers().prop_map(|low| NumberValue { low, high: f64::INFINITY });
    let below = numbers().prop_map(|high| NumberValue { low: f64::NEG_INFINITY, high });
    prop_oneof![4 => point, 2 => range, 1 => open, 1 => below].boxed()
}

fn units() -> BoxedStrategy<QuantityUnit> {
    prop_oneof![
        3 => Just(QuantityUnit::Any),
        1 => texts().prop_map(QuantityUnit::Bare),
        1 => (systems(), texts()).prop_map(|(system, code)| QuantityUnit::Coded(system, code)),
        1 => texts().prop_map(QuantityUnit::Canonical),
    ]
    .boxed()
}

fn dates() -> BoxedStrategy<DateValue> {
    prop_oneof![
        instants().prop_map(|low| DateValue { low, high: low }),
        instants().prop_map(|low| DateValue { low, high: low + 86_399_999_999 }),
        (instants(), instants()).prop_map(|(a, b)| DateValue { low: a.min(b), high: a.max(b) }),
        instants().prop_map(|low| DateValue { low, high: i64::MAX }),
        instants().prop_map(|high| DateValue { low: i64::MIN, high }),
    ]
    .boxed()
}

fn tokens() -> BoxedStrategy<TokenValue> {
    (systems(), texts()).prop_map(|(system, code)| TokenValue { system, code }).boxed()
}

const IDS: [&str; 4] = ["1", "2", "0f8fad5b-d9cb-469f-a165-70867728950e", "a.b"];

fn references() -> BoxedStrategy<ReferenceValue> {
    let versions = || select(vec![None, None, Some("1".to_owned()), Some("2".to_owned())]);
    let types = select(vec!["Patient", "Group"]);
    let local = (types, select(IDS.to_vec()), versions()).prop_map(|(resource, id, version)| {
        ReferenceValue::Local { resource: resource.into(), id: id.into(), version }
    });
    let url = (texts(), versions()).prop_map(|(url, version)| ReferenceValue::Url { url, version });
    prop_oneof![3 => local, 1 => url, 1 => tokens().prop_map(ReferenceValue::Identifier)].boxed()
}

fn uris() -> BoxedStrategy<String> {
    let words = [
        "http://x",
        "http://x/",
        "http://x/a",
        "http://x/a/b",
        "http://x/ab",
        "urn:a",
        "http://x|1",
        "http://x|1.2",
    ];
    prop_oneof![select(words.to_vec()).prop_map(str::to_owned), texts()].boxed()
}

/// At both poles, on both sides of the date line and elsewhere.
fn positions() -> BoxedStrategy<PositionValue> {
    let latitudes = select(vec![-90.0, -89.9, -0.0, 0.0, 52.5, 52.500_000_000_000_01, 89.9, 90.0]);
    let longitudes = select(vec![-180.0, -179.9, -0.1, 0.0, 13.4, 13.5, 179.9, 180.0]);
    (latitudes, longitudes)
        .prop_map(|(latitude, longitude)| PositionValue { latitude, longitude })
        .boxed()
}

fn composite(parts: &[&'static str]) -> BoxedStrategy<IndexValue> {
    let parts: Vec<_> = parts.iter().map(|part| value(part)).collect();
    parts.prop_map(IndexValue::Composite).boxed()
}

/// Text as it is: any bytes may stand in the index.
fn raw(text: String) -> StringValue {
    StringValue { exact: stable_hash(&text), folded: text }
}

/// An index value of a kind.
pub(crate) fn value(kind: &str) -> BoxedStrategy<IndexValue> {
    match kind {
        "number" => number().prop_map(IndexValue::Number).boxed(),
        "date" => dates().prop_map(IndexValue::Date).boxed(),
        "string" | "rare" => texts().prop_map(|text| IndexValue::String(raw(text))).boxed(),
        "token" => tokens().prop_map(IndexValue::Token).boxed(),
        "reference" => references().prop_map(IndexValue::Reference).boxed(),
        "quantity" => (number(), units())
            .prop_map(|(number, unit)| IndexValue::Quantity(QuantityValue { number, unit }))
            .boxed(),
        "uri" => uris().prop_map(|uri| IndexValue::Uri(UriValue(uri))).boxed(),
        "position" => positions().prop_map(IndexValue::Position).boxed(),
        "pair" => prop_oneof![
            composite(&["token", "quantity"]),
            composite(&["token", "date"]),
            composite(&["reference", "token"]),
        ]
        .boxed(),
        _ => composite(&["token", "string", "number"]),
    }
}

/// The entries of a resource: few or none of each kind.
pub(crate) fn entries() -> BoxedStrategy<Vec<Entry>> {
    let kinds: Vec<_> = KINDS
        .iter()
        .map(|kind| {
            let count_max = if *kind == "rare" { 0..=1 } else { 0..=2 };
            let odds = if *kind == "rare" { 0.05 } else { 0.9 };
            let values = proptest::collection::vec(value(kind), count_max);
            (proptest::bool::weighted(odds), values).prop_map(move |(is_there, values)| {
                let entry = |value| Entry { param: param(kind), value };
                values.into_iter().filter(|_| is_there).map(entry).collect::<Vec<_>>()
            })
        })
        .collect();
    kinds.prop_map(|kinds| kinds.concat()).boxed()
}

fn prefixes() -> BoxedStrategy<Prefix> {
    use Prefix::{Ap, Eb, Eq, Ge, Gt, Le, Lt, Ne, Sa};
    select(vec![Eq, Ne, Gt, Lt, Ge, Le, Sa, Eb, Ap]).boxed()
}

fn number_test() -> BoxedStrategy<NumberTest> {
    (prefixes(), numbers(), select(vec![0.0, 0.5, 10.0]))
        .prop_map(|(prefix, exact, half)| NumberTest {
            prefix,
            exact,
            low: exact - half,
            high: exact + half,
        })
        .boxed()
}

fn token_test() -> BoxedStrategy<TokenTest> {
    (any::<Option<bool>>(), systems(), any::<bool>(), texts())
        .prop_map(|(with, system, has_code, code)| TokenTest {
            system: with.map(|_| system),
            code: has_code.then_some(code),
        })
        .boxed()
}

fn reference_test() -> BoxedStrategy<ReferenceTest> {
    let version = || select(vec![None, None, Some("1".to_owned())]);
    let types = select(vec![vec![], vec!["Patient"], vec!["Patient", "Group"], vec!["Device"]]);
    let local = (types, select(IDS.to_vec()), version()).prop_map(|(types, id, version)| {
        let resources = types.into_iter().map(str::to_owned).collect();
        ReferenceTest::Local { resources, id: id.into(), version }
    });
    let url = (texts(), version()).prop_map(|(url, version)| ReferenceTest::Url { url, version });
    let versions =
        (texts(), select(vec!["1", "1.2"]), any::<bool>()).prop_map(|(url, version, is_below)| {
            ReferenceTest::Versions { url, version: version.into(), is_below }
        });
    let identifier = token_test().prop_map(ReferenceTest::Identifier);
    prop_oneof![3 => local, 1 => url, 1 => versions, 1 => identifier].boxed()
}

fn string_test() -> BoxedStrategy<StringTest> {
    let modes = select(vec![
        StringMode::Starts,
        StringMode::Contains,
        StringMode::Exact,
        StringMode::Whole,
        StringMode::Other,
        StringMode::Begins,
        StringMode::Ends,
        StringMode::Less,
        StringMode::AtMost,
        StringMode::Greater,
        StringMode::AtLeast,
    ]);
    (modes, texts())
        .prop_map(|(mode, text)| StringTest { mode, exact: stable_hash(&text), folded: text })
        .boxed()
}

fn composite_test(parts: &[&'static str]) -> BoxedStrategy<Test> {
    let parts: Vec<_> = parts.iter().map(|part| test(part)).collect();
    parts.prop_map(|parts| Test::Composite(CompositeTest(parts))).boxed()
}

/// A test of a kind.
pub(crate) fn test(kind: &str) -> BoxedStrategy<Test> {
    match kind {
        "number" => number_test().prop_map(Test::Number).boxed(),
        "date" => prop_oneof![
            4 => (prefixes(), instants(), select(vec![0, 999, 86_399_999_999])).prop_map(
                |(prefix, low, span)| Test::Date(DateTest { prefix, low, high: low + span })
            ),
            // `co`: a period that contains the one between the exchanged bounds.
            1 => (instants(), select(vec![0, 999, 86_399_999_999, 400_000_000_000])).prop_map(
                |(low, span)| {
                    Test::Date(DateTest { prefix: Prefix::Ap, low: low + span, high: low })
                }
            ),
        ]
        .boxed(),
        "string" | "rare" => string_test().prop_map(Test::String).boxed(),
        "token" => prop_oneof![
            3 => token_test().prop_map(Test::Token),
            1 => token_test().prop_map(Test::OtherToken),
        ]
        .boxed(),
        "reference" => reference_test().prop_map(Test::Reference).boxed(),
        "quantity" => (number_test(), units())
            .prop_map(|(number, unit)| Test::Quantity(QuantityTest { number, unit }))
            .boxed(),
        "uri" => {
            let modes = vec![
                UriMode::Exact,
                UriMode::Below,
                UriMode::Above,
                UriMode::Contains,
                UriMode::Starts,
                UriMode::Ends,
                UriMode::Other,
            ];
            (select(modes), uris()).prop_map(|(mode, uri)| Test::Uri(UriTest { mode, uri })).boxed()
        }
        "position" => {
            let distances = select(vec![0.0, 100.0, 7_000.0, 23_000.0, 3e6, 1.5e7, 2.1e7]);
            (positions(), distances)
                .prop_map(|(centre, distance_m)| Test::Near(NearTest { centre, distance_m }))
                .boxed()
        }
        "pair" => prop_oneof![
            composite_test(&["token", "quantity"]),
            composite_test(&["token", "date"]),
            composite_test(&["reference", "token"]),
        ]
        .boxed(),
        _ => composite_test(&["token", "string", "number"]),
    }
}

/// A filter of a few parts.
pub(crate) fn filter(ids: Vec<String>) -> BoxedStrategy<Filter> {
    let matches = select(KINDS.to_vec())
        .prop_flat_map(|kind| test(kind).prop_map(move |test| Filter::Matches(param(kind), test)));
    let present = select(KINDS.to_vec()).prop_map(|kind| Filter::Present(param(kind)));
    let some = proptest::collection::vec(select(ids), 0..6).prop_map(Filter::Ids);
    let leaf = prop_oneof![12 => matches, 1 => present, 1 => some, 1 => Just(Filter::All)];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            3 => parts.clone().prop_map(Filter::And),
            2 => parts.prop_map(Filter::Or),
            1 => inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
    .boxed()
}
