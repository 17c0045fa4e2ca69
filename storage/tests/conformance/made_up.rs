//! search: parameters whose values are those of others, as `Observation.combo-code`, which has those
//! of `code` and of `component-code`.

use fhir::search::{
    Entry, Filter, IndexValue, Param, Sort, StringMode, StringTest, Test, TokenTest, TokenValue,
    fold, stable_hash,
};
use storage::{SearchRequest, Store};

use super::{entry, found, ids, matches, patient, put, search, string, write};

const COMBO: &str = "combo-code";

/// An Observation with a code, and one of a component, each also under what they make up.
async fn observation(store: &Store, id: &str, code: &str, component: Option<&str>) {
    let token = |param: &str, code: &str| -> Entry {
        let value = TokenValue::new(Some("http://loinc.org"), code);
        entry("Observation", param, IndexValue::Token(value))
    };
    let mut entries = vec![token("code", code), token(COMBO, code)];
    entries.extend(
        component
            .into_iter()
            .flat_map(|component| [token("component-code", component), token(COMBO, component)]),
    );
    write(store, put(&format!("Observation/{id}"), id, entries)).await;
}

async fn observations(store: &Store, filter: Filter) -> Vec<String> {
    ids(&search(store, SearchRequest::of("Observation", filter, 100)).await)
}

fn combo(system: Option<&str>, code: Option<&str>) -> Filter {
    let test = TokenTest { system: system.map(stable_hash), code: code.map(str::to_owned) };
    Filter::Matches(Param::new("Observation", COMBO), Test::Token(test))
}

pub(crate) async fn a_token_that_two_others_make_up_is_found_by_either(store: Store) {
    let loinc = Some("http://loinc.org");
    observation(&store, "panel", "85354-9", Some("8480-6")).await;
    observation(&store, "single", "8480-6", None).await;
    observation(&store, "other", "8867-4", Some("8462-4")).await;
    write(&store, put("Observation/bare", "bare", vec![])).await;
    assert_eq!(observations(&store, combo(loinc, Some("8480-6"))).await, ["panel", "single"]);
    assert_eq!(observations(&store, combo(None, Some("8480-6"))).await, ["panel", "single"]);
    assert_eq!(observations(&store, combo(loinc, Some("85354-9"))).await, ["panel"]);
    assert_eq!(observations(&store, combo(loinc, None)).await, ["panel", "single", "other"]);
    assert_eq!(observations(&store, combo(Some("http://x"), None)).await, [""; 0]);
    let not = Filter::Not(Box::new(combo(loinc, Some("8480-6"))));
    assert_eq!(observations(&store, not).await, ["other", "bare"]);
    let present = Filter::Present(Param::new("Observation", COMBO));
    assert_eq!(observations(&store, present.clone()).await, ["panel", "single", "other"]);
    let missing = Filter::Not(Box::new(present));
    assert_eq!(observations(&store, missing).await, ["bare"]);
    let other = TokenTest { system: None, code: Some("8480-6".to_owned()) };
    let other = Filter::Matches(Param::new("Observation", COMBO), Test::OtherToken(other));
    assert_eq!(observations(&store, other).await, ["panel", "other"]);
    let both = Filter::And(vec![combo(None, Some("85354-9")), combo(None, Some("8480-6"))]);
    assert_eq!(observations(&store, both).await, ["panel"]);
    let mut sorted = SearchRequest::of("Observation", Filter::All, 100);
    sorted.parts[0].sort =
        vec![Sort { param: Param::new("Observation", COMBO), is_descending: false }];
    assert_eq!(ids(&search(&store, sorted).await), ["other", "panel", "single", "bare"]);
}

pub(crate) async fn a_text_that_is_another_one_is_found_and_counted_as_that(store: Store) {
    let both = |text: &str| vec![string("name", text), string("phonetic", text)];
    patient(&store, "a", both("Peter")).await;
    patient(&store, "b", both("Salpeter")).await;
    patient(&store, "c", vec![]).await;
    let phonetic = |mode, text: &str| {
        let test = StringTest { mode, folded: fold(text), exact: stable_hash(text) };
        matches("phonetic", Test::String(test))
    };
    assert_eq!(found(&store, phonetic(StringMode::Starts, "pet")).await, ["a"]);
    assert_eq!(found(&store, phonetic(StringMode::Contains, "pet")).await, ["a", "b"]);
    assert_eq!(found(&store, phonetic(StringMode::Exact, "Peter")).await, ["a"]);
    let present = Filter::Present(Param::new("Patient", "phonetic"));
    assert_eq!(found(&store, present.clone()).await, ["a", "b"]);
    assert_eq!(found(&store, Filter::Not(Box::new(present))).await, ["c"]);
}
