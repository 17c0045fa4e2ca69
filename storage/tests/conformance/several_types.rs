//! Searches of several types at once: one order, one position, one total.

use fhir::search::{
    Entry, Filter, IndexValue, Param, Sort, StringValue, Test, TokenTest, TokenValue,
};
use storage::{SearchPart, SearchRequest, Store, TotalWanted};

use super::{commit, delete, entry, ids, pages, put, search, write};

const TYPES: [&str; 3] = ["Patient", "Group", "Device"];

fn name(resource: &str, text: &str) -> Entry {
    entry(resource, "name", IndexValue::String(StringValue::new(text)))
}

fn tag(resource: &str, text: &str) -> Entry {
    entry(resource, "_tag", IndexValue::Token(TokenValue::new(None, text)))
}

fn tagged(resource: &str, text: &str) -> Filter {
    let test = TokenTest { system: None, code: Some(text.to_owned()) };
    Filter::Matches(Param::new(resource, "_tag"), Test::Token(test))
}

/// A request about types, each with its own filter, sorted by the same codes.
fn request(
    types: &[&str],
    filter: impl Fn(&str) -> Filter,
    sort: &[(&str, bool)],
) -> SearchRequest {
    let part = |resource: &&str| SearchPart {
        resource: (*resource).into(),
        filter: filter(resource),
        sort: sort
            .iter()
            .map(|(code, is_descending)| Sort {
                param: Param::new(*resource, *code),
                is_descending: *is_descending,
            })
            .collect(),
    };
    SearchRequest {
        parts: types.iter().map(part).collect(),
        after: None,
        limit: 1_000,
        total: TotalWanted::Accurate,
    }
}

async fn check(store: &Store, request: SearchRequest, expected: &[String]) {
    let whole = search(store, request.clone()).await;
    assert_eq!(ids(&whole), expected);
    assert_eq!(whole.total, Some(expected.len() as u64));
    for limit in [1, 2, 5, 7] {
        assert_eq!(pages(store, request.clone(), limit).await.concat(), expected);
        let mut first = request.clone();
        first.limit = limit;
        assert_eq!(search(store, first).await.total, Some(expected.len() as u64));
    }
}

/// `count` resources, the types taking turns: `r0` a Patient, `r1` a Group …
async fn fill(store: &Store, count: usize) {
    let writes = (0..count)
        .map(|n| {
            let resource = TYPES[n % 3];
            let half = if n % 2 == 0 { "even" } else { "odd" };
            let mut entries = vec![tag(resource, half)];
            if n % 5 != 4 {
                entries.push(name(resource, &format!("name {}", n * 7 % 10)));
            }
            put(&format!("{resource}/r{n}"), "x", entries)
        })
        .collect();
    commit(store, writes, vec![]).await.expect("a commit");
}

fn numbered(numbers: impl Iterator<Item = usize>) -> Vec<String> {
    numbers.map(|n| format!("r{n}")).collect()
}

pub(crate) async fn several_types_come_in_the_order_of_first_writing(store: Store) {
    fill(&store, 20).await;
    check(&store, request(&TYPES, |_| Filter::All, &[]), &numbered(0..20)).await;
    let odd = request(&TYPES, |resource| tagged(resource, "odd"), &[]);
    check(&store, odd, &numbered((0..20).filter(|n| n % 2 == 1))).await;
    let two = request(&["Device", "Patient"], |_| Filter::All, &[]);
    check(&store, two, &numbered((0..20).filter(|n| n % 3 != 1))).await;
    let each = request(
        &TYPES,
        |resource| if resource == "Group" { Filter::All } else { tagged(resource, "even") },
        &[],
    );
    check(&store, each, &numbered((0..20).filter(|n| n % 3 == 1 || n % 2 == 0))).await;
    let page = search(&store, request(&["Group"], |_| Filter::All, &[])).await;
    assert!(page.versions.iter().all(|version| &*version.key.resource == "Group"));
}

pub(crate) async fn several_types_are_sorted_together(store: Store) {
    fill(&store, 20).await;
    for is_descending in [false, true] {
        let key = |n: &usize| (n % 5 != 4).then_some(n * 7 % 10);
        let mut order: Vec<usize> = (0..20).collect();
        order.sort_by_key(|n| match (key(n), is_descending) {
            (None, _) => (2, 0),
            (Some(key), false) => (1, key as i64),
            (Some(key), true) => (1, -(key as i64)),
        });
        let sorted = request(&TYPES, |_| Filter::All, &[("name", is_descending)]);
        check(&store, sorted, &numbered(order.into_iter())).await;
    }
    let latest = request(&TYPES, |_| Filter::All, &[("_id", true)]);
    let mut names = numbered(0..20);
    names.sort();
    names.reverse();
    check(&store, latest, &names).await;
}

pub(crate) async fn types_never_written_take_no_part(store: Store) {
    let nothing = request(&["Flag", "Goal"], |_| Filter::All, &[]);
    check(&store, nothing.clone(), &[]).await;
    fill(&store, 3).await;
    check(&store, nothing, &[]).await;
    let one = request(&["Flag", "Group", "Goal"], |_| Filter::All, &[("name", false)]);
    check(&store, one, &numbered(1..2)).await;
    let none = SearchRequest { parts: vec![], ..request(&[], |_| Filter::All, &[]) };
    check(&store, none, &[]).await;
}

pub(crate) async fn pages_of_several_types_are_stable_under_writes(store: Store) {
    fill(&store, 12).await;
    for sort in [&[][..], &[("_id", false)]] {
        let mut wanted = request(&TYPES, |_| Filter::All, sort);
        wanted.limit = 3;
        let first = search(&store, wanted.clone()).await;
        write(&store, put("Group/a-new-one", "x", vec![])).await;
        write(&store, put("Patient/r9-new", "x", vec![])).await;
        wanted.after = first.next.clone();
        wanted.limit = 100;
        let rest = search(&store, wanted).await;
        let joined = [ids(&first), ids(&rest)].concat();
        let mut expected = numbered(0..12);
        if !sort.is_empty() {
            expected.sort();
        }
        assert_eq!(joined, expected);
        write(&store, delete("Group/a-new-one")).await;
        write(&store, delete("Patient/r9-new")).await;
    }
}

pub(crate) async fn a_total_of_several_types_can_be_asked_alone(store: Store) {
    fill(&store, 20).await;
    let mut wanted = request(&TYPES, |resource| tagged(resource, "odd"), &[]);
    wanted.limit = 0;
    wanted.total = TotalWanted::Free;
    let page = search(&store, wanted).await;
    assert_eq!((page.versions.len(), page.total, page.next), (0, Some(10), None));
}
