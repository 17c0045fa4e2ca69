//! `_sort` by several parameters, each in its own direction.

use fhir::search::{Filter, Param, Sort};
use storage::{SORT_KEYS_MAX, Store};

use super::{commit, date, delete, has_token, ids, pages, patient, put, request, search, string};
use super::{token, write};

fn sort(keys: &[(&str, bool)]) -> Vec<Sort> {
    keys.iter()
        .map(|(code, is_descending)| Sort {
            param: Param::new("Patient", *code),
            is_descending: *is_descending,
        })
        .collect()
}

async fn sorted(store: &Store, filter: Filter, keys: &[(&str, bool)]) -> Vec<String> {
    let wanted = request(filter).sorted(sort(keys));
    let whole = pages(store, wanted.clone(), 1_000).await.concat();
    for limit in [1, 2, 3] {
        assert_eq!(pages(store, wanted.clone(), limit).await.concat(), whole);
    }
    whole
}

pub(crate) async fn the_first_key_decides_first(store: Store) {
    for (id, family, given) in [
        ("1", "miller", "zoe"),
        ("2", "adams", "bob"),
        ("3", "miller", "ann"),
        ("4", "adams", "zoe"),
        ("5", "miller", "ann"),
    ] {
        patient(&store, id, vec![string("family", family), string("given", given)]).await;
    }
    let by = |family, given| [("family", family), ("given", given)];
    let all = || Filter::All;
    assert_eq!(sorted(&store, all(), &by(false, false)).await, ["2", "4", "3", "5", "1"]);
    assert_eq!(sorted(&store, all(), &by(false, true)).await, ["4", "2", "1", "3", "5"]);
    assert_eq!(sorted(&store, all(), &by(true, false)).await, ["3", "5", "1", "2", "4"]);
    assert_eq!(sorted(&store, all(), &by(true, true)).await, ["1", "3", "5", "4", "2"]);
    let three = [("given", false), ("family", true), ("_id", true)];
    assert_eq!(sorted(&store, all(), &three).await, ["5", "3", "2", "1", "4"]);
}

pub(crate) async fn a_missing_value_is_last_for_each_key(store: Store) {
    for (id, family, birth) in [
        ("1", None, Some(5)),
        ("2", Some("a"), None),
        ("3", None, None),
        ("4", Some("a"), Some(7)),
        ("5", None, Some(3)),
        ("6", Some("b"), Some(1)),
    ] {
        let family = family.map(|family| string("family", family));
        let birth = birth.map(|birth| date("birthdate", birth, birth));
        patient(&store, id, family.into_iter().chain(birth).collect()).await;
    }
    let by = |family, birth| [("family", family), ("birthdate", birth)];
    let all = || Filter::All;
    assert_eq!(sorted(&store, all(), &by(false, false)).await, ["4", "2", "6", "5", "1", "3"]);
    assert_eq!(sorted(&store, all(), &by(true, true)).await, ["6", "4", "2", "1", "5", "3"]);
    let unknown = [("unknown", true), ("birthdate", true), ("family", true)];
    assert_eq!(sorted(&store, all(), &unknown).await, ["4", "1", "5", "6", "2", "3"]);
}

pub(crate) async fn long_keys_that_are_cut_still_page(store: Store) {
    let long = "x".repeat(100);
    for n in 0..9 {
        let texts = vec![string("family", &format!("{long}{}", 9 - n)), string("given", &long)];
        patient(&store, &format!("p{n}"), texts).await;
    }
    let keys = [("family", true), ("given", false), ("family", false), ("given", true)];
    let expected: Vec<_> = (0..9).map(|n| format!("p{n}")).collect();
    assert_eq!(sorted(&store, Filter::All, &keys).await, expected);
}

/// 3,000 resources: of the first key one value is rare, one very common, and some have none.
async fn fill(store: &Store) -> Vec<(usize, Option<usize>, usize, Option<usize>)> {
    let shape = |n: usize| {
        let status = match n % 100 {
            0..3 => Some(0),
            3..10 => None,
            _ => Some(1),
        };
        (n, status, n * 7919 % 50, (!n.is_multiple_of(4)).then_some(n * 31 % 7))
    };
    for start in (0..3_000).step_by(500) {
        let writes = (start..start + 500)
            .map(|n| {
                let (_, status, day, name) = shape(n);
                let mut entries = vec![date("date", day as i64, day as i64)];
                entries.extend(status.map(|status| token("status", &format!("s{status}"))));
                entries.extend(name.map(|name| string("name", &format!("n{name}"))));
                put(&format!("Patient/p{n}"), "x", entries)
            })
            .collect();
        commit(store, writes, vec![]).await.expect("a commit");
    }
    (0..3_000).map(shape).collect()
}

fn key(value: Option<usize>, is_descending: bool) -> (bool, i64) {
    let value = value.map(|value| if is_descending { -(value as i64) } else { value as i64 });
    (value.is_none(), value.unwrap_or_default())
}

pub(crate) async fn large_groups_are_walked_by_the_next_key(store: Store) {
    let mut rows = fill(&store).await;
    for (status, day, name) in [(false, true, false), (true, false, true)] {
        rows.sort_by_key(|row| {
            (key(row.1, status), key(Some(row.2), day), key(row.3, name), row.0)
        });
        let expected: Vec<_> = rows.iter().map(|row| format!("p{}", row.0)).collect();
        let keys = sort(&[("status", status), ("date", day), ("name", name)]);
        let all = request(Filter::All).sorted(keys.clone());
        assert_eq!(pages(&store, all.clone(), 190).await.concat(), expected);
        assert_eq!(pages(&store, all, 3_500).await.concat(), expected);
        let few = request(has_token("status", "s0")).sorted(keys);
        let expected: Vec<_> =
            rows.iter().filter(|row| row.1 == Some(0)).map(|row| format!("p{}", row.0)).collect();
        assert_eq!(pages(&store, few, 7).await.concat(), expected);
    }
}

pub(crate) async fn all_of_many_come_to_their_last_page(store: Store) {
    let mut rows = fill(&store).await;
    let id = |row: &(usize, Option<usize>, usize, Option<usize>)| format!("p{}", row.0);
    for is_descending in [false, true] {
        let all = |code| request(Filter::All).sorted(sort(&[(code, is_descending)]));
        rows.sort_by_key(|row| (key(Some(row.2), is_descending), row.0));
        let expected: Vec<_> = rows.iter().map(id).collect();
        assert_eq!(pages(&store, all("date"), 490).await.concat(), expected);
        rows.sort_by_key(|row| (key(row.3, is_descending), row.0));
        let expected: Vec<_> = rows.iter().map(id).collect();
        assert_eq!(pages(&store, all("name"), 490).await.concat(), expected);
        let mut expected: Vec<_> = rows.iter().map(id).collect();
        expected.sort();
        if is_descending {
            expected.reverse();
        }
        assert_eq!(pages(&store, all("_id"), 490).await.concat(), expected);
    }
    write(&store, delete("Patient/p1")).await;
    let ids = request(Filter::All).sorted(sort(&[("_id", false), ("date", true)]));
    assert_eq!(pages(&store, ids, 490).await.concat()[..3], ["p0", "p10", "p100"]);
    let long = "x".repeat(50);
    for n in 0..9 {
        patient(&store, &format!("{long}{}", 9 - n), vec![]).await;
    }
    let ids = request(Filter::All).sorted(sort(&[("_id", false)]));
    let found = pages(&store, ids, 4).await.concat();
    let expected: Vec<_> = (0..9).map(|n| format!("{long}{}", 9 - n)).collect();
    assert_eq!(found[found.len() - 9..], expected, "what begins alike comes as it was written");
}

pub(crate) async fn pages_by_several_keys_are_stable_under_writes(store: Store) {
    for n in 0..12 {
        let entries = vec![string("name", &format!("n{}", n % 3)), date("date", n / 6, n / 6)];
        patient(&store, &format!("p{n}"), entries).await;
    }
    let mut wanted = request(Filter::All).sorted(sort(&[("name", false), ("date", true)]));
    wanted.limit = 3;
    let first = search(&store, wanted.clone()).await;
    assert_eq!(ids(&first), ["p6", "p9", "p0"]);
    patient(&store, "new", vec![string("name", "n0"), date("date", 0, 0)]).await;
    write(&store, delete("Patient/p0")).await;
    write(&store, delete("Patient/p7")).await;
    wanted.after = first.next;
    let second = search(&store, wanted).await;
    assert_eq!(ids(&second), ["p3", "p10", "p1"]);
}

pub(crate) async fn a_position_belongs_to_its_number_of_keys(store: Store) {
    for id in ["a", "b"] {
        patient(&store, id, vec![string("name", id)]).await;
    }
    let mut wanted = request(Filter::All).sorted(sort(&[("name", false)]));
    wanted.limit = 1;
    wanted.after = search(&store, wanted.clone()).await.next;
    assert!(wanted.after.is_some());
    let wanted = wanted.sorted(sort(&[("name", false), ("_id", false)]));
    assert!(store.search(&wanted).await.is_err());
    let many: Vec<_> = (0..=SORT_KEYS_MAX).map(|_| ("name", false)).collect();
    assert!(store.search(&request(Filter::All).sorted(sort(&many))).await.is_err());
}
