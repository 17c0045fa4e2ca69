//! search: every kind of filter, over what is current.

use fhir::search::{
    CompositeTest, DateTest, Entry, Filter, IndexValue, NearTest, Param, PositionValue, Prefix,
    ReferenceTest, ReferenceValue, StringMode, StringTest, StringValue, Test, TokenTest,
    TokenValue, UriMode, UriTest, UriValue, fold, stable_hash,
};
use storage::{SearchRequest, Store};

use super::{
    commit, date, delete, entry, found, has_token, matches, patient, put, reference, search,
    string, token, write,
};

fn has_string(mode: StringMode, text: &str) -> Filter {
    let test = StringTest { mode, folded: fold(text), exact: stable_hash(text) };
    matches("name", Test::String(test))
}

fn has_date(prefix: Prefix, low: i64, high: i64) -> Filter {
    matches("date", Test::Date(DateTest { prefix, low, high }))
}

pub(crate) async fn a_search_finds_by_token_with_and_without_system(store: Store) {
    patient(&store, "a", vec![token("identifier", "s|1")]).await;
    patient(&store, "b", vec![token("identifier", "t|1")]).await;
    patient(&store, "c", vec![token("identifier", "1")]).await;
    assert_eq!(found(&store, has_token("identifier", "1")).await, ["a", "b", "c"]);
    assert_eq!(found(&store, has_token("identifier", "s|1")).await, ["a"]);
    assert_eq!(found(&store, has_token("identifier", "s|2")).await, [""; 0]);
    let none = TokenTest { system: Some(0), code: Some("1".into()) };
    assert_eq!(found(&store, matches("identifier", Test::Token(none))).await, ["c"]);
    let any = TokenTest { system: Some(stable_hash("t")), code: None };
    assert_eq!(found(&store, matches("identifier", Test::Token(any))).await, ["b"]);
    let bare = TokenTest { system: Some(0), code: None };
    assert_eq!(found(&store, matches("identifier", Test::Token(bare))).await, ["c"]);
}

pub(crate) async fn long_codes_and_texts_are_told_apart(store: Store) {
    let long = "x".repeat(300);
    let (one, two) = (format!("{long}1"), format!("{long}2"));
    patient(&store, "a", vec![token("identifier", &one), string("name", &one)]).await;
    patient(&store, "b", vec![token("identifier", &two), string("name", &two)]).await;
    assert_eq!(found(&store, has_token("identifier", &one)).await, ["a"]);
    assert_eq!(found(&store, has_string(StringMode::Exact, &two)).await, ["b"]);
    assert_eq!(found(&store, has_string(StringMode::Starts, &two)).await, ["b"]);
    assert_eq!(found(&store, has_string(StringMode::Starts, &long)).await, ["a", "b"]);
    assert_eq!(found(&store, has_string(StringMode::Contains, "x1")).await, ["a"]);
}

pub(crate) async fn strings_match_at_the_start_anywhere_or_exactly(store: Store) {
    patient(&store, "a", vec![string("name", "Peter")]).await;
    patient(&store, "b", vec![string("name", "peter pan")]).await;
    patient(&store, "c", vec![string("name", "Salpeter")]).await;
    assert_eq!(found(&store, has_string(StringMode::Starts, "PET")).await, ["a", "b"]);
    assert_eq!(found(&store, has_string(StringMode::Contains, "pet")).await, ["a", "b", "c"]);
    assert_eq!(found(&store, has_string(StringMode::Exact, "Peter")).await, ["a"]);
    assert_eq!(found(&store, has_string(StringMode::Exact, "peter")).await, [""; 0]);
}

pub(crate) async fn long_periods_are_found_by_both_ends(store: Store) {
    let day = 86_400_000_000;
    patient(&store, "month", vec![date("date", 0, 30 * day)]).await;
    patient(&store, "instant", vec![date("date", 10 * day, 10 * day)]).await;
    patient(&store, "open", vec![date("date", i64::MIN, 5 * day)]).await;
    patient(&store, "since", vec![date("date", 20 * day, i64::MAX)]).await;
    let of = |prefix, low: i64, high: i64| has_date(prefix, low * day, high * day);
    assert_eq!(found(&store, of(Prefix::Gt, 12, 12)).await, ["month", "since"]);
    assert_eq!(found(&store, of(Prefix::Lt, 0, 0)).await, ["open"]);
    assert_eq!(found(&store, of(Prefix::Sa, 12, 12)).await, ["since"]);
    assert_eq!(found(&store, of(Prefix::Eb, 8, 8)).await, ["open"]);
    assert_eq!(found(&store, of(Prefix::Eq, 0, 30)).await, ["month", "instant"]);
    assert_eq!(found(&store, of(Prefix::Ap, 4, 6)).await, ["month", "open"]);
    assert_eq!(found(&store, of(Prefix::Ne, 0, 30)).await, ["open", "since"]);
    assert_eq!(found(&store, of(Prefix::Ge, 10, 10)).await, ["month", "instant", "since"]);
    assert_eq!(found(&store, of(Prefix::Le, 10, 10)).await, ["month", "instant", "open"]);
}

pub(crate) async fn references_match_by_type_and_id_or_url(store: Store) {
    let version = |version: Option<&str>| {
        let value = ReferenceValue::Local {
            resource: "Patient".into(),
            id: "1".into(),
            version: version.map(str::to_owned),
        };
        entry("Patient", "link", IndexValue::Reference(value))
    };
    patient(&store, "a", vec![version(None)]).await;
    patient(&store, "b", vec![version(Some("2"))]).await;
    patient(&store, "c", vec![reference("Patient", "link", "Group/1")]).await;
    let url = ReferenceValue::Url { url: "urn:x".into(), version: None };
    patient(&store, "d", vec![entry("Patient", "link", IndexValue::Reference(url))]).await;
    let local = |resources: &[&str], version: Option<&str>| {
        let test = ReferenceTest::Local {
            resources: resources.iter().map(|r| (*r).to_owned()).collect(),
            id: "1".into(),
            version: version.map(str::to_owned),
        };
        matches("link", Test::Reference(test))
    };
    assert_eq!(found(&store, local(&[], None)).await, ["a", "b", "c"]);
    assert_eq!(found(&store, local(&["Patient"], None)).await, ["a", "b"]);
    assert_eq!(found(&store, local(&["Group", "Patient"], None)).await, ["a", "b", "c"]);
    assert_eq!(found(&store, local(&["Patient"], Some("2"))).await, ["b"]);
    let url = ReferenceTest::Url { url: "urn:x".into(), version: None };
    assert_eq!(found(&store, matches("link", Test::Reference(url))).await, ["d"]);
}

pub(crate) async fn uris_match_exactly_below_and_above(store: Store) {
    for (id, uri) in [("a", "http://x/a"), ("b", "http://x/a/b"), ("c", "http://x/ab")] {
        let value = IndexValue::Uri(UriValue(uri.into()));
        patient(&store, id, vec![entry("Patient", "url", value)]).await;
    }
    let uri = |mode, uri: &str| matches("url", Test::Uri(UriTest { mode, uri: uri.into() }));
    assert_eq!(found(&store, uri(UriMode::Exact, "http://x/a")).await, ["a"]);
    assert_eq!(found(&store, uri(UriMode::Below, "http://x/a")).await, ["a", "b"]);
    assert_eq!(found(&store, uri(UriMode::Above, "http://x/a/b/c")).await, ["a", "b"]);
    assert_eq!(found(&store, uri(UriMode::Contains, "x/ab")).await, ["c"]);
}

pub(crate) async fn circles_reach_over_the_poles_and_the_date_line(store: Store) {
    let at = |latitude: f64, longitude: f64| PositionValue { latitude, longitude };
    for (id, position) in [
        ("north", at(89.95, 90.0)),
        ("across", at(0.0, -179.95)),
        ("south", at(-90.0, 0.0)),
        ("berlin", at(52.52, 13.405)),
    ] {
        patient(&store, id, vec![entry("Patient", "near", IndexValue::Position(position))]).await;
    }
    let near = |latitude, longitude, distance_m| {
        let centre = at(latitude, longitude);
        matches("near", Test::Near(NearTest { centre, distance_m }))
    };
    assert_eq!(found(&store, near(89.95, -90.0, 12_000.0)).await, ["north"]);
    assert_eq!(found(&store, near(89.95, -90.0, 11_000.0)).await, [""; 0]);
    assert_eq!(found(&store, near(0.0, 179.95, 12_000.0)).await, ["across"]);
    assert_eq!(found(&store, near(-89.99, 180.0, 1_200.0)).await, ["south"]);
    assert_eq!(found(&store, near(52.52, 13.405, 0.0)).await, ["berlin"]);
    let all = ["north", "across", "south", "berlin"];
    assert_eq!(found(&store, near(0.0, 0.0, 20_100_000.0)).await, all);
}

pub(crate) async fn composites_match_within_one_element(store: Store) {
    let pair = |code: &str, text: &str| {
        let code = IndexValue::Token(TokenValue::new(Some("s"), code));
        let text = IndexValue::String(StringValue::new(text));
        entry("Patient", "pair", IndexValue::Composite(vec![code, text]))
    };
    patient(&store, "a", vec![pair("x", "one"), pair("y", "two")]).await;
    patient(&store, "b", vec![pair("x", "two")]).await;
    let asked = |system: Option<&str>, code: &str, text: &str| {
        let token = TokenTest { system: system.map(stable_hash), code: Some(code.into()) };
        let folded = fold(text);
        let text = StringTest { mode: StringMode::Starts, folded, exact: stable_hash(text) };
        matches(
            "pair",
            Test::Composite(CompositeTest(vec![Test::Token(token), Test::String(text)])),
        )
    };
    assert_eq!(found(&store, asked(Some("s"), "x", "two")).await, ["b"]);
    assert_eq!(found(&store, asked(None, "x", "o")).await, ["a"]);
    assert_eq!(found(&store, asked(None, "y", "one")).await, [""; 0]);
    assert_eq!(found(&store, asked(Some("t"), "x", "two")).await, [""; 0]);
}

pub(crate) async fn all_parts_of_a_conjunction_hold(store: Store) {
    patient(&store, "a", vec![token("gender", "male"), string("name", "x")]).await;
    patient(&store, "b", vec![token("gender", "male"), string("name", "y")]).await;
    let both = vec![has_token("gender", "male"), has_string(StringMode::Starts, "y")];
    assert_eq!(found(&store, Filter::And(both)).await, ["b"]);
    assert_eq!(found(&store, Filter::And(vec![])).await, ["a", "b"]);
}

pub(crate) async fn one_part_of_a_disjunction_is_enough(store: Store) {
    patient(&store, "a", vec![token("gender", "male")]).await;
    patient(&store, "b", vec![token("gender", "female")]).await;
    patient(&store, "c", vec![token("gender", "other")]).await;
    let either = vec![has_token("gender", "other"), has_token("gender", "male")];
    assert_eq!(found(&store, Filter::Or(either)).await, ["a", "c"]);
    assert_eq!(found(&store, Filter::Or(vec![])).await, [""; 0]);
}

pub(crate) async fn a_negation_finds_what_has_no_value_too(store: Store) {
    patient(&store, "a", vec![token("gender", "male")]).await;
    patient(&store, "b", vec![token("gender", "female")]).await;
    patient(&store, "c", vec![]).await;
    let not = Filter::Not(Box::new(has_token("gender", "male")));
    assert_eq!(found(&store, not).await, ["b", "c"]);
}

pub(crate) async fn missing_is_the_absence_of_any_value(store: Store) {
    patient(&store, "a", vec![token("gender", "male")]).await;
    patient(&store, "b", vec![]).await;
    let present = || Filter::Present(Param::new("Patient", "gender"));
    assert_eq!(found(&store, present()).await, ["a"]);
    assert_eq!(found(&store, Filter::Not(Box::new(present()))).await, ["b"]);
    let unknown = Filter::Present(Param::new("Patient", "never-seen"));
    assert_eq!(found(&store, unknown.clone()).await, [""; 0]);
    assert_eq!(found(&store, Filter::Not(Box::new(unknown))).await, ["a", "b"]);
}

pub(crate) async fn ids_find_what_is_current_in_the_order_of_writing(store: Store) {
    for id in ["b", "a", "c"] {
        patient(&store, id, vec![]).await;
    }
    write(&store, delete("Patient/c")).await;
    let ids = ["a", "x", "c", "b", "a"].map(str::to_owned).to_vec();
    assert_eq!(found(&store, Filter::Ids(ids)).await, ["b", "a"]);
    let one = TokenTest { system: None, code: Some("a".into()) };
    assert_eq!(found(&store, matches("_id", Test::Token(one))).await, ["a"]);
}

pub(crate) async fn last_updated_is_searched_like_a_date(store: Store) {
    patient(&store, "a", vec![]).await;
    let middle = patient(&store, "b", vec![]).await.last_updated_us;
    patient(&store, "c", vec![]).await;
    let of = |prefix| {
        let test = DateTest { prefix, low: middle, high: middle };
        matches("_lastUpdated", Test::Date(test))
    };
    assert_eq!(found(&store, of(Prefix::Eq)).await, ["b"]);
    assert_eq!(found(&store, of(Prefix::Lt)).await, ["a"]);
    assert_eq!(found(&store, of(Prefix::Gt)).await, ["c"]);
    assert_eq!(found(&store, of(Prefix::Ge)).await, ["b", "c"]);
    write(&store, put("Patient/a", "again", vec![])).await;
    assert_eq!(found(&store, of(Prefix::Lt)).await, [""; 0]);
}

pub(crate) async fn an_update_is_found_by_its_new_values_alone(store: Store) {
    patient(&store, "a", vec![token("gender", "male"), string("name", "old")]).await;
    write(&store, put("Patient/a", "x", vec![token("gender", "male"), string("name", "new")]))
        .await;
    assert_eq!(found(&store, has_string(StringMode::Starts, "old")).await, [""; 0]);
    assert_eq!(found(&store, has_string(StringMode::Starts, "new")).await, ["a"]);
    assert_eq!(found(&store, has_token("gender", "male")).await, ["a"]);
}

pub(crate) async fn a_deleted_resource_is_not_found(store: Store) {
    patient(&store, "a", vec![token("gender", "male")]).await;
    write(&store, delete("Patient/a")).await;
    assert_eq!(found(&store, has_token("gender", "male")).await, [""; 0]);
    assert_eq!(found(&store, Filter::All).await, [""; 0]);
    write(&store, put("Patient/a", "x", vec![token("gender", "female")])).await;
    assert_eq!(found(&store, has_token("gender", "male")).await, [""; 0]);
    assert_eq!(found(&store, has_token("gender", "female")).await, ["a"]);
}

pub(crate) async fn a_type_finds_only_its_own(store: Store) {
    patient(&store, "a", vec![]).await;
    write(&store, put("Device/d", "x", vec![])).await;
    assert_eq!(found(&store, Filter::All).await, ["a"]);
}

pub(crate) async fn the_same_value_twice_is_found_once(store: Store) {
    let twice = vec![token("gender", "male"), token("gender", "male"), string("name", "x")];
    patient(&store, "a", twice).await;
    assert_eq!(found(&store, has_token("gender", "male")).await, ["a"]);
}

/// With dates in days: what has the code and one of them in that span.
async fn check_code_and_date(store: &Store, code: &str, (prefix, day): (Prefix, i64), is: &[&str]) {
    const DAY_US: i64 = 86_400_000_000;
    let (system, code) = code.split_once('|').map_or((None, code), |(s, c)| (Some(s), c));
    let system = system.map(|system| TokenValue::new(Some(system), "").system);
    let code = Test::Token(TokenTest { system, code: Some(code.to_owned()) });
    let date = Test::Date(DateTest { prefix, low: day * DAY_US, high: (day + 1) * DAY_US - 1 });
    let matches = |code: &str, test: Test| Filter::Matches(Param::new("Observation", code), test);
    let filter = Filter::And(vec![matches("code", code), matches("date", date)]);
    let mut request = SearchRequest::of("Observation", filter, 10).counted();
    let page = search(store, request.clone()).await;
    let found: Vec<&str> = page.versions.iter().map(|version| &*version.key.id).collect();
    assert_eq!(found, is);
    request.limit = 1;
    assert_eq!(search(store, request).await.total, Some(is.len() as u64));
}

pub(crate) async fn a_code_and_a_date_are_found_together(store: Store) {
    const HOUR_US: i64 = 3_600_000_000;
    let observation = |id: &str, codes: &[&str], hours: &[(i64, i64)]| {
        let code =
            |code: &&str| Entry { param: Param::new("Observation", "code"), ..token("code", code) };
        let date = |(low, high): &(i64, i64)| Entry {
            param: Param::new("Observation", "date"),
            ..date("date", low * HOUR_US, high * HOUR_US)
        };
        let entries = codes.iter().map(code).chain(hours.iter().map(date)).collect();
        put(&format!("Observation/{id}"), "x", entries)
    };
    let writes = vec![
        observation("a", &["s|x"], &[(1, 1)]),
        observation("b", &["s|x"], &[(25, 25)]),
        observation("c", &["t|x"], &[(26, 27)]),
        observation("d", &["x", "s|y"], &[(50, 50)]),
        observation("e", &["s|x"], &[]),
    ];
    commit(&store, writes, vec![]).await.expect("a commit");
    check_code_and_date(&store, "s|x", (Prefix::Eq, 1), &["b"]).await;
    check_code_and_date(&store, "x", (Prefix::Eq, 1), &["b", "c"]).await;
    check_code_and_date(&store, "x", (Prefix::Ge, 1), &["b", "c", "d"]).await;
    check_code_and_date(&store, "x", (Prefix::Lt, 1), &["a"]).await;
    check_code_and_date(&store, "s|y", (Prefix::Sa, 1), &["d"]).await;
    check_code_and_date(&store, "t|y", (Prefix::Ge, 0), &[]).await;
    // One of several dates, and a date of many days.
    let writes = vec![
        observation("f", &["s|x"], &[(2, 2), (25, 25)]),
        observation("g", &["s|x"], &[(0, 24 * 9)]),
    ];
    commit(&store, writes, vec![]).await.expect("a commit");
    check_code_and_date(&store, "s|x", (Prefix::Eq, 1), &["b", "f"]).await;
    check_code_and_date(&store, "x", (Prefix::Ge, 1), &["b", "c", "d", "f", "g"]).await;
    check_code_and_date(&store, "s|y", (Prefix::Ge, 1), &["d"]).await;
}
