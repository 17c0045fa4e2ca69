//! _sort: by any parameter, those without a value last.

use fhir::search::IndexValue;
use fhir::search::{Filter, NumberValue, Param, QuantityUnit, QuantityValue, Sort, StringValue};
use storage::Store;

use super::{commit, date, entry, has_token, pages, patient, put, request, string, token, write};

async fn sorted(store: &Store, code: &str, is_descending: bool) -> Vec<String> {
    let mut wanted = request(Filter::All);
    wanted = wanted.sorted(vec![Sort { param: Param::new("Patient", code), is_descending }]);
    let whole = pages(store, wanted.clone(), 1_000).await.concat();
    for limit in [1, 2, 3] {
        assert_eq!(pages(store, wanted.clone(), limit).await.concat(), whole);
    }
    whole
}

pub(crate) async fn sorted_by_a_date_in_both_directions(store: Store) {
    for (id, low) in [("c", 30), ("a", 10), ("b", -20)] {
        patient(&store, id, vec![date("birthdate", low, low + 5)]).await;
    }
    assert_eq!(sorted(&store, "birthdate", false).await, ["b", "a", "c"]);
    assert_eq!(sorted(&store, "birthdate", true).await, ["c", "a", "b"]);
}

pub(crate) async fn resources_without_a_value_come_last_in_both_directions(store: Store) {
    patient(&store, "none1", vec![]).await;
    patient(&store, "x", vec![string("name", "x")]).await;
    patient(&store, "none2", vec![]).await;
    patient(&store, "a", vec![string("name", "a")]).await;
    assert_eq!(sorted(&store, "name", false).await, ["a", "x", "none1", "none2"]);
    assert_eq!(sorted(&store, "name", true).await, ["x", "a", "none1", "none2"]);
    assert_eq!(sorted(&store, "unknown", true).await, ["none1", "x", "none2", "a"]);
}

pub(crate) async fn several_values_sort_by_the_first_in_the_order(store: Store) {
    patient(&store, "p", vec![string("name", "a"), string("name", "z")]).await;
    patient(&store, "q", vec![string("name", "m")]).await;
    assert_eq!(sorted(&store, "name", false).await, ["p", "q"]);
    assert_eq!(sorted(&store, "name", true).await, ["p", "q"]);
}

pub(crate) async fn a_text_is_not_sorted_by_its_later_words(store: Store) {
    let part = |text: &str| entry("Patient", "name", IndexValue::String(StringValue::part(text)));
    patient(&store, "p", vec![string("name", "zed adams"), part("adams")]).await;
    patient(&store, "q", vec![string("name", "miller zz"), part("zz")]).await;
    patient(&store, "r", vec![part("part alone")]).await;
    assert_eq!(sorted(&store, "name", false).await, ["q", "r", "p"]);
    assert_eq!(sorted(&store, "name", true).await, ["p", "r", "q"]);
}

pub(crate) async fn equals_keep_the_order_in_which_they_were_written(store: Store) {
    for id in ["z", "a", "m"] {
        patient(&store, id, vec![token("gender", "male")]).await;
    }
    assert_eq!(sorted(&store, "gender", false).await, ["z", "a", "m"]);
    assert_eq!(sorted(&store, "gender", true).await, ["z", "a", "m"]);
}

pub(crate) async fn sorted_by_id(store: Store) {
    for id in ["b", "a", "C"] {
        patient(&store, id, vec![]).await;
    }
    assert_eq!(sorted(&store, "_id", false).await, ["C", "a", "b"]);
    assert_eq!(sorted(&store, "_id", true).await, ["b", "a", "C"]);
}

pub(crate) async fn sorted_by_last_updated(store: Store) {
    for id in ["a", "b", "c"] {
        patient(&store, id, vec![]).await;
    }
    write(&store, put("Patient/a", "again", vec![])).await;
    assert_eq!(sorted(&store, "_lastUpdated", false).await, ["b", "c", "a"]);
    assert_eq!(sorted(&store, "_lastUpdated", true).await, ["a", "c", "b"]);
}

pub(crate) async fn numbers_and_quantities_sort_by_their_number(store: Store) {
    for (id, number) in [("ten", 10.0), ("minus", -5.5), ("two", 2.0)] {
        let number = NumberValue { low: number, high: number };
        let any = QuantityValue { number, unit: QuantityUnit::Any };
        let bare = QuantityValue { number, unit: QuantityUnit::Bare(format!("unit of {id}")) };
        let entries = vec![
            entry("Patient", "age", IndexValue::Number(number)),
            entry("Patient", "weight", IndexValue::Quantity(bare)),
            entry("Patient", "weight", IndexValue::Quantity(any)),
        ];
        patient(&store, id, entries).await;
    }
    for code in ["age", "weight"] {
        assert_eq!(sorted(&store, code, false).await, ["minus", "two", "ten"]);
        assert_eq!(sorted(&store, code, true).await, ["ten", "two", "minus"]);
    }
}

pub(crate) async fn a_filter_and_an_order_go_together(store: Store) {
    let writes = (0..900)
        .map(|n| {
            let tag = token("tag", if n % 3 == 0 { "yes" } else { "no" });
            let name = string("name", &format!("{:03}", 999 - n));
            put(&format!("Patient/p{n:03}"), "x", vec![tag, name])
        })
        .collect();
    commit(&store, writes, vec![]).await.expect("a commit");
    let mut wanted = request(has_token("tag", "yes"));
    let param = Param::new("Patient", "name");
    wanted = wanted.sorted(vec![Sort { param, is_descending: false }]);
    let expected: Vec<_> =
        (0..900).rev().filter(|n| n % 3 == 0).map(|n| format!("p{n:03}")).collect();
    assert_eq!(pages(&store, wanted, 70).await.concat(), expected);
}

pub(crate) async fn many_equals_are_paged_through(store: Store) {
    for start in [0, 800] {
        let writes = (start..start + 800)
            .map(|n| {
                let status = if n % 400 == 399 { "b" } else { "a" };
                put(&format!("Patient/p{n:04}"), "x", vec![token("status", status)])
            })
            .collect();
        commit(&store, writes, vec![]).await.expect("a commit");
    }
    for is_descending in [false, true] {
        let mut wanted = request(Filter::All);
        let param = Param::new("Patient", "status");
        wanted = wanted.sorted(vec![Sort { param, is_descending }]);
        let (few, many): (Vec<_>, Vec<_>) = (0..1600).partition(|n| n % 400 == 399);
        let order = if is_descending { [few, many] } else { [many, few] };
        let expected: Vec<_> = order.concat().iter().map(|n| format!("p{n:04}")).collect();
        assert_eq!(pages(&store, wanted, 150).await.concat(), expected);
    }
}
