//! Resources [contained] in others: what of them stands in the index, and which of them match.
//!
//! Their entries stand among those of their container, under one parameter of its type: a composite
//! of what the value is of (`Medication.code`) and the value. A search of contained resources takes
//! its candidates from there and decides each contained resource by its own entries. A chain is
//! evaluated inside contained resources: values of those that the container refers to by one of its
//! parameters stand there again, with the parameter before the type (`medication:Medication.code`).
//!
//! [contained]: https://hl7.org/fhir/R4/search.html#contained

use std::sync::Arc;

use super::{
    CompositeTest, Entry, Filter, IndexValue, Indexer, Param, ReferenceValue, Test, TokenTest,
    TokenValue, UriMode, UriTest, UriValue, matches,
};
use crate::json::Value;

/// The code of the parameter; no search names it.
const CODE: &str = "_contained";

/// What the resources contained in this one leave in the index, beside its `own` entries; what
/// several of them have in common comes as often.
#[must_use]
pub fn contained_entries(
    container: Value<'_>,
    own: &[Entry],
    indexer: &Indexer,
    bases: &[String],
) -> Vec<Entry> {
    let Some(name) = container.str("resourceType") else { return Vec::new() };
    let param = Param::new(&*name, CODE);
    let mut entries: Vec<Entry> = Vec::new();
    for resource in container.list("contained") {
        let Some(name) = resource.str("resourceType") else { continue };
        let id = resource.str("id").unwrap_or_default();
        let fragment = format!("#{id}");
        let refers = |entry: &&Entry| match &entry.value {
            IndexValue::Reference(ReferenceValue::Url { url, .. }) => *url == fragment,
            _ => false,
        };
        let by: Vec<&str> = own.iter().filter(refers).map(|entry| &*entry.param.code).collect();
        let mut add = |code: &str, value: IndexValue| {
            let mut under = |of: String| {
                let of = IndexValue::Uri(UriValue(of));
                let value = IndexValue::Composite(vec![of, value.clone()]);
                entries.push(Entry { param: param.clone(), value });
            };
            for reference in &by {
                under(format!("{reference}:{name}.{code}"));
            }
            under(format!("{name}.{code}"));
        };
        add("_id", IndexValue::Token(TokenValue::new(None, &id)));
        for entry in indexer.entries(resource, bases) {
            if !matches!(entry.value, IndexValue::Composite(_)) {
                add(&entry.param.code, entry.value);
            }
        }
    }
    entries
}

/// The containers of the parameter's type that refer by it to a contained resource of the type
/// `target` of which the filter holds: what a chain finds [inside contained
/// resources](https://hl7.org/fhir/R4/search.html#contained). `None` where the index does not say
/// it: of conditions on what a resource lacks, and on resources further away.
#[must_use]
pub fn chained_into_contained(param: &Param, target: &str, filter: &Filter) -> Option<Filter> {
    match filter {
        Filter::Matches(inner, test) if !matches!(test, Test::Composite(_)) => {
            let uri = format!("{}:{target}.{}", param.code, inner.code);
            let of = Test::Uri(UriTest { mode: UriMode::Exact, uri });
            let test = Test::Composite(CompositeTest(vec![of, test.clone()]));
            Some(Filter::Matches(Param::new(param.resource.clone(), CODE), test))
        }
        Filter::Or(parts) => {
            let parts = parts.iter().filter_map(|one| chained_into_contained(param, target, one));
            Some(Filter::Or(parts.collect()))
        }
        _ => None,
    }
}

/// The containers of this type that may contain what the filter of a type asks for: no fewer than
/// do. The filter asks for nothing of other resources.
#[must_use]
pub fn contained_filter(container: &Arc<str>, resource: &str, filter: &Filter) -> Filter {
    let has = |code: &str, test: Test| {
        let of = UriTest { mode: UriMode::Exact, uri: format!("{resource}.{code}") };
        let test = Test::Composite(CompositeTest(vec![Test::Uri(of), test]));
        Filter::Matches(Param::new(container.clone(), CODE), test)
    };
    let id = |code: Option<String>| has("_id", Test::Token(TokenTest { system: None, code }));
    let of = |part: &Filter| contained_filter(container, resource, part);
    match filter {
        Filter::And(parts) => Filter::And(parts.iter().map(of).collect()),
        Filter::Or(parts) => Filter::Or(parts.iter().map(of).collect()),
        Filter::Ids(ids) => {
            Filter::Or(ids.iter().map(|one| id(Some(one.to_lowercase()))).collect())
        }
        Filter::Matches(param, test) if !matches!(test, Test::Composite(_)) => {
            has(&param.code, test.clone())
        }
        // What the index cannot say of a contained resource, each is asked itself.
        _ => id(None),
    }
}

/// The contained resources of a type that the filter holds of.
#[must_use]
pub fn contained_matches<'a>(
    container: Value<'a>,
    resource: &str,
    filter: &Filter,
    indexer: &Indexer,
    bases: &[String],
) -> Vec<Value<'a>> {
    let all = container.list("contained");
    let mut found: Vec<Value<'a>> =
        all.filter(|one| one.str("resourceType").as_deref() == Some(resource)).collect();
    found.retain(|one| {
        let id = one.str("id").unwrap_or_default();
        matches(filter, &id, &indexer.entries(*one, bases))
    });
    found
}
