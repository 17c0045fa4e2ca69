//! [`resolve()`]: from a reference to what it points to.
//!
//! [`resolve()`]: https://hl7.org/fhir/R4/fhirpath.html#functions

use super::Environment;
use super::item::{Item, Node};
use crate::definitions::{Schema, TypeId};
use crate::json::Value;

/// What the item refers to; nothing where that is not known.
pub(super) fn resolve<'a>(env: &Environment<'a>, item: &Item<'a>) -> Option<Item<'a>> {
    let object = item.as_node().and_then(|node| node.value).filter(|value| value.is_object());
    let text = match object {
        Some(object) => object.str("reference"),
        None => item.to_text(),
    };
    let stated = object.and_then(|object| object.str("type"));
    let Some(text) = text else { return stub(env.schema, &stated?) };
    if let Some(id) = text.strip_prefix('#') {
        let found = contained(env.resource, id).or_else(|| contained(env.root_resource, id))?;
        return Item::resource(env.schema, found).ok();
    }
    if let Some(found) = entry(env.root_resource, &text) {
        return Item::resource(env.schema, found).ok();
    }
    if let Some(resolver) = env.resolver {
        return Item::resource(env.schema, resolver.resolve(&text)?).ok();
    }
    match named_type(env.schema, &text) {
        Some(type_id) => Some(unresolved(type_id)),
        None => stub(env.schema, &stated?),
    }
}

fn stub<'a>(schema: &Schema, type_name: &str) -> Option<Item<'a>> {
    Some(unresolved(schema.resource(type_name)?.0))
}

/// A resource of which the type alone is known.
fn unresolved<'a>(type_id: TypeId) -> Item<'a> {
    Item::Node(Node { value: None, sibling: None, type_id })
}

/// The contained resource of this id; `#` alone is the container itself.
fn contained<'a>(container: Value<'a>, id: &str) -> Option<Value<'a>> {
    if id.is_empty() {
        return Some(container);
    }
    container.list("contained").find(|one| one.str("id").is_some_and(|found| found == id))
}

/// The resource of the Bundle's entry whose full URL is the reference, or ends in it.
fn entry<'a>(bundle: Value<'a>, reference: &str) -> Option<Value<'a>> {
    if bundle.str("resourceType")? != "Bundle" {
        return None;
    }
    let is_meant = |url: &str| {
        let rest = url.strip_suffix(reference);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let found = bundle
        .list("entry")
        .find(|entry| entry.str("fullUrl").is_some_and(|url| is_meant(&url)))?;
    found.get("resource")
}

/// The type in `Patient/1`, `https://example.org/fhir/Patient/1` or `…/Patient/1/_history/2`.
fn named_type(schema: &Schema, reference: &str) -> Option<TypeId> {
    // A conditional reference names its type too: `Patient?identifier=1`.
    if let Some((path, _)) = reference.split_once('?') {
        let name = path.rsplit('/').next()?;
        return schema.resource(name).map(|(type_id, _)| type_id);
    }
    let mut parts = reference.rsplit('/');
    let mut id = parts.next()?;
    let mut before = parts.next()?;
    if before == "_history" {
        id = parts.next()?;
        before = parts.next()?;
    }
    if id.is_empty() {
        return None;
    }
    schema.resource(before).map(|(type_id, _)| type_id)
}
