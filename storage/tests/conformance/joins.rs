//! Chains and `_has`: conditions on what a resource refers to, and on what refers to it.

use fhir::search::{
    Entry, Filter, IndexValue, Param, ReferenceValue, Test, TokenTest, TokenValue, UriValue,
};
use storage::{Check, Refusal, SearchRequest, Store, StoreError};

use super::{commit, delete, entry, ids, pages, put, reference, search, write};

fn code(resource: &str, text: &str) -> Entry {
    entry(resource, "code", IndexValue::Token(TokenValue::new(None, text)))
}

fn url(resource: &str, text: &str) -> Entry {
    entry(resource, "url", IndexValue::Uri(UriValue(text.to_owned())))
}

fn version(resource: &str, text: &str) -> Entry {
    entry(resource, "version", IndexValue::Token(TokenValue::new(None, text)))
}

/// A reference by URL, `url|version` or without version.
fn canonical(resource: &str, param: &str, text: &str) -> Entry {
    let (url, version) = match text.split_once('|') {
        Some((url, version)) => (url, Some(version.to_owned())),
        None => (text, None),
    };
    let value = ReferenceValue::Url { url: url.to_owned(), version };
    entry(resource, param, IndexValue::Reference(value))
}

fn versioned(resource: &str, param: &str, id: &str, version: &str) -> Entry {
    let value = ReferenceValue::Local {
        resource: "Patient".to_owned(),
        id: id.to_owned(),
        version: Some(version.to_owned()),
    };
    entry(resource, param, IndexValue::Reference(value))
}

fn has_code(resource: &str, text: &str) -> Filter {
    let test = TokenTest { system: None, code: Some(text.to_owned()) };
    Filter::Matches(Param::new(resource, "code"), Test::Token(test))
}

fn chain(resource: &str, param: &str, target: &str, inner: Filter) -> Filter {
    Filter::Chain(Param::new(resource, param), target.into(), Box::new(inner))
}

fn has(resource: &str, param: &str, inner: Filter) -> Filter {
    Filter::Has(Param::new(resource, param), Box::new(inner))
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

/// What a filter finds as a whole, in pages, as ids and as a total.
async fn check(store: &Store, resource: &str, filter: Filter, expected: &[&str]) {
    let request = SearchRequest::of(resource, filter.clone(), 100);
    assert_eq!(ids(&search(store, request.clone()).await), expected, "{filter:?}");
    assert_eq!(pages(store, request.clone(), 1).await.concat(), expected, "{filter:?}");
    let found = store.ids(resource, &filter, 100).await.expect("ids");
    assert_eq!(found.iter().map(|id| &**id).collect::<Vec<_>>(), expected, "{filter:?}");
    let mut counted = request.counted();
    counted.limit = 0;
    assert_eq!(search(store, counted).await.total, Some(expected.len() as u64), "{filter:?}");
}

async fn people(store: &Store) {
    let patient = |id: &str, text: &str, more: Vec<Entry>| {
        put(&format!("Patient/{id}"), "x", [vec![code("Patient", text)], more].concat())
    };
    let of = |id: &str| reference("Observation", "subject", &format!("Patient/{id}"));
    let observation = |id: &str, text: &str, of: Entry| {
        put(&format!("Observation/{id}"), "x", vec![code("Observation", text), of])
    };
    let clinic = reference("Patient", "organization", "Organization/o");
    let writes = vec![
        patient("a", "red", vec![clinic]),
        patient("b", "blue", vec![]),
        patient("gone", "red", vec![]),
        put("Organization/o", "x", vec![code("Organization", "clinic")]),
        observation("1", "hot", of("a")),
        observation("2", "cold", of("a")),
        observation("3", "hot", of("b")),
        observation("4", "hot", of("gone")),
        observation("5", "hot", of("never")),
        observation("6", "hot", reference("Observation", "subject", "Group/a")),
        observation("7", "cold", versioned("Observation", "subject", "b", "9")),
    ];
    commit(store, writes, vec![]).await.expect("a commit");
    write(store, delete("Patient/gone")).await;
}

pub(crate) async fn a_chain_leads_to_what_is_current_and_of_the_type(store: Store) {
    people(&store).await;
    let of = |inner| chain("Observation", "subject", "Patient", inner);
    check(&store, "Observation", of(has_code("Patient", "red")), &["1", "2"]).await;
    check(&store, "Observation", of(has_code("Patient", "blue")), &["3", "7"]).await;
    check(&store, "Observation", of(Filter::All), &["1", "2", "3", "7"]).await;
    check(&store, "Observation", of(has_code("Patient", "green")), &[]).await;
    check(&store, "Observation", chain("Observation", "subject", "Group", Filter::All), &[]).await;
    check(&store, "Observation", of(Filter::Ids(vec!["gone".into()])), &[]).await;
}

pub(crate) async fn a_chain_goes_with_other_conditions(store: Store) {
    people(&store).await;
    let of = |inner| chain("Observation", "subject", "Patient", inner);
    let hot = || has_code("Observation", "hot");
    let red = || has_code("Patient", "red");
    check(&store, "Observation", Filter::And(vec![hot(), of(red())]), &["1"]).await;
    check(
        &store,
        "Observation",
        Filter::Or(vec![hot(), of(red())]),
        &["1", "2", "3", "4", "5", "6"],
    )
    .await;
    let neither = Filter::And(vec![hot(), not(of(red()))]);
    check(&store, "Observation", neither, &["3", "4", "5", "6"]).await;
    check(&store, "Observation", of(not(red())), &["3", "7"]).await;
    check(&store, "Observation", not(of(Filter::All)), &["4", "5", "6"]).await;
}

pub(crate) async fn chains_go_over_several_hops(store: Store) {
    people(&store).await;
    let clinic =
        chain("Patient", "organization", "Organization", has_code("Organization", "clinic"));
    check(&store, "Observation", chain("Observation", "subject", "Patient", clinic), &["1", "2"])
        .await;
}

pub(crate) async fn has_finds_what_is_referred_to(store: Store) {
    people(&store).await;
    let has = |inner| has("Observation", "subject", inner);
    check(&store, "Patient", has(has_code("Observation", "hot")), &["a", "b"]).await;
    check(&store, "Patient", has(has_code("Observation", "cold")), &["a", "b"]).await;
    let both = Filter::And(vec![has(has_code("Observation", "hot")), has_code("Patient", "blue")]);
    check(&store, "Patient", both, &["b"]).await;
    let two = Filter::And(vec![has(Filter::Ids(vec!["2".into()])), has(Filter::All)]);
    check(&store, "Patient", two, &["a"]).await;
    check(&store, "Patient", not(has(Filter::Ids(vec!["2".into()]))), &["b"]).await;
    check(&store, "Organization", has(Filter::All), &[]).await;
}

pub(crate) async fn has_and_chains_nest(store: Store) {
    people(&store).await;
    let seen = has("Observation", "subject", has_code("Observation", "hot"));
    let clinics = has("Patient", "organization", seen.clone());
    check(&store, "Organization", clinics, &["o"]).await;
    // The siblings of an observation: those of the same patient.
    let siblings = chain(
        "Observation",
        "subject",
        "Patient",
        has("Observation", "subject", Filter::Ids(vec!["2".into()])),
    );
    check(&store, "Observation", siblings, &["1", "2"]).await;
}

pub(crate) async fn what_changed_is_joined_as_it_is_now(store: Store) {
    people(&store).await;
    let of = |inner| chain("Observation", "subject", "Patient", inner);
    write(&store, put("Patient/gone", "x", vec![code("Patient", "green")])).await;
    check(&store, "Observation", of(has_code("Patient", "green")), &["4"]).await;
    write(&store, put("Patient/a", "x", vec![code("Patient", "green")])).await;
    check(&store, "Observation", of(has_code("Patient", "red")), &[]).await;
    check(&store, "Observation", of(has_code("Patient", "green")), &["1", "2", "4"]).await;
    write(&store, delete("Observation/1")).await;
    let hot = has("Observation", "subject", has_code("Observation", "hot"));
    check(&store, "Patient", hot, &["b", "gone"]).await;
}

pub(crate) async fn canonical_references_are_joined_by_url_and_version(store: Store) {
    let long = format!("http://x/{}", "y".repeat(300));
    let form = |id: &str, at: &str, text: &str| {
        let entries = vec![url("Form", at), version("Form", text), code("Form", id)];
        put(&format!("Form/{id}"), "x", entries)
    };
    let answer = |id: &str, to: &str| {
        put(&format!("Answer/{id}"), "x", vec![canonical("Answer", "form", to)])
    };
    let writes = vec![
        form("one", "http://x/form", "1"),
        form("two", "http://x/form", "2"),
        form("long", &long, "1"),
        answer("any", "http://x/form"),
        answer("v1", "http://x/form|1"),
        answer("v2", "http://x/form|2"),
        answer("v3", "http://x/form|3"),
        answer("long", &long),
        answer("longer", &format!("{long}y")),
        answer("long-v1", &format!("{long}|1")),
        answer("long-v2", &format!("{long}|2")),
        answer("else", "http://x/other"),
        put("Answer/local", "x", vec![reference("Answer", "form", "Form/two")]),
        put("Answer/words", "x", vec![canonical("Answer", "form", "")]),
    ];
    commit(&store, writes, vec![]).await.expect("a commit");
    let of = |inner| chain("Answer", "form", "Form", inner);
    check(&store, "Answer", of(has_code("Form", "one")), &["any", "v1"]).await;
    check(&store, "Answer", of(has_code("Form", "two")), &["any", "v2", "local"]).await;
    check(&store, "Answer", of(has_code("Form", "long")), &["long", "long-v1"]).await;
    check(&store, "Answer", not(of(Filter::All)), &["v3", "longer", "long-v2", "else", "words"])
        .await;
    let by = |id: &str| has("Answer", "form", Filter::Ids(vec![id.to_owned()]));
    check(&store, "Form", by("any"), &["one", "two"]).await;
    check(&store, "Form", by("v2"), &["two"]).await;
    check(&store, "Form", by("v3"), &[]).await;
    check(&store, "Form", by("local"), &["two"]).await;
    check(&store, "Form", by("long-v1"), &["long"]).await;
    check(&store, "Form", has("Answer", "form", Filter::All), &["one", "two", "long"]).await;
}

pub(crate) async fn what_refers_to_itself_or_in_a_circle_is_joined(store: Store) {
    let next = |id: &str, to: &str| {
        let entries =
            vec![reference("Patient", "link", &format!("Patient/{to}")), code("Patient", id)];
        put(&format!("Patient/{id}"), "x", entries)
    };
    let writes = vec![next("a", "b"), next("b", "c"), next("c", "a"), next("self", "self")];
    commit(&store, writes, vec![]).await.expect("a commit");
    let mut filter = has_code("Patient", "a");
    for expected in ["c", "b", "a", "c", "b", "a"] {
        filter = chain("Patient", "link", "Patient", filter);
        check(&store, "Patient", filter.clone(), &[expected]).await;
    }
    for expected in ["b", "c", "a"] {
        filter = has("Patient", "link", filter);
        check(&store, "Patient", filter.clone(), &[expected]).await;
    }
    let own = chain("Patient", "link", "Patient", has_code("Patient", "self"));
    check(&store, "Patient", own, &["self"]).await;
}

pub(crate) async fn joins_with_what_was_never_written_hold_of_nothing(store: Store) {
    people(&store).await;
    let none = chain("Observation", "device", "Device", Filter::All);
    check(&store, "Observation", none.clone(), &[]).await;
    check(
        &store,
        "Observation",
        Filter::And(vec![not(none), has_code("Observation", "cold")]),
        &["2", "7"],
    )
    .await;
    check(&store, "Patient", has("Device", "patient", Filter::All), &[]).await;
    check(&store, "Device", has("Observation", "device", Filter::All), &[]).await;
}

pub(crate) async fn a_check_sees_through_joins(store: Store) {
    people(&store).await;
    let filter = chain("Observation", "subject", "Patient", has_code("Patient", "red"));
    let check = |ids: &[&str]| Check::Matches {
        resource: "Observation".into(),
        filter: filter.clone(),
        ids: ids.iter().map(|id| (*id).into()).collect(),
    };
    let write = || vec![put("Device/d", "x", vec![])];
    commit(&store, write(), vec![check(&["2", "1"])]).await.expect("a commit");
    let refused = commit(&store, write(), vec![check(&["1"])]).await;
    assert!(matches!(refused, Err(StoreError::Refused { refusal: Refusal::Matches, .. })));
    let put_blue = vec![put("Patient/a", "x", vec![code("Patient", "blue")])];
    commit(&store, put_blue, vec![]).await.expect("a commit");
    commit(&store, write(), vec![check(&[])]).await.expect("a commit");
}

pub(crate) async fn joins_over_many_are_paged_and_counted(store: Store) {
    let count = 1_500;
    for start in (0..count).step_by(500) {
        let writes = (start..start + 500)
            .flat_map(|n| {
                let colour = if n % 3 == 0 { "red" } else { "blue" };
                let patient = format!("Patient/p{n:04}");
                let of = reference("Observation", "subject", &format!("Patient/p{:04}", n / 2));
                [
                    put(&patient, "x", vec![code("Patient", colour)]),
                    put(&format!("Observation/o{n:04}"), "x", vec![of]),
                ]
            })
            .collect();
        commit(&store, writes, vec![]).await.expect("a commit");
    }
    let red = |n: usize| n.is_multiple_of(3);
    let wanted = chain("Observation", "subject", "Patient", has_code("Patient", "red"));
    let expected: Vec<_> = (0..count).filter(|n| red(n / 2)).map(|n| format!("o{n:04}")).collect();
    let request = SearchRequest::of("Observation", wanted, 70).counted();
    assert_eq!(pages(&store, request.clone(), 70).await.concat(), expected);
    assert_eq!(search(&store, request).await.total, Some(expected.len() as u64));
    let referred = has("Observation", "subject", Filter::All);
    let both = Filter::And(vec![has_code("Patient", "red"), not(referred)]);
    let expected: Vec<_> =
        (count / 2..count).filter(|n| red(*n)).map(|n| format!("p{n:04}")).collect();
    let request = SearchRequest::of("Patient", both, 70).counted();
    assert_eq!(pages(&store, request.clone(), 70).await.concat(), expected);
    assert_eq!(search(&store, request).await.total, Some(expected.len() as u64));
}

pub(crate) async fn the_plan_tells_how_a_join_was_carried_out(store: Store) {
    people(&store).await;
    let red = chain("Observation", "subject", "Patient", has_code("Patient", "red"));
    let plan = search(&store, SearchRequest::of("Observation", red, 10)).await.plan;
    let step = plan.iter().find(|step| step.what.contains("other side"));
    let step = step.expect("a step about the other side");
    assert!(step.what.contains("Observation.subject"), "{}", step.what);
    assert_eq!(step.real, Some(1));
    assert!(plan.iter().all(|step| !step.what.contains("red")), "values are not told");
}
