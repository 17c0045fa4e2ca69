//! From an element to its children.

use super::PathError;
use super::eval::{Flow, Sink};
use super::item::{Item, Node, stated_type};
use crate::definitions::{Schema, TypeId, TypeKind};
use crate::json::{Items, Value};

/// The object that holds the children of an element.
fn object<'a>(schema: &Schema, node: Node<'a>) -> Option<Value<'a>> {
    if node.is_primitive(schema) { node.sibling } else { node.value }
}

/// The children of this name; those of `value` may be written as `valueQuantity`.
pub(super) fn named<'a>(
    schema: &Schema,
    node: Node<'a>,
    name: &str,
    sink: &mut Sink<'_, 'a>,
) -> Result<Flow, PathError> {
    let Some(object) = object(schema, node) else { return Ok(Flow::More) };
    let parent = node.of_type(schema);
    let (mut value, mut sibling, mut found) = (None, None, None);
    for entry in object.entries() {
        let key = entry.key();
        let bare = key.strip_prefix('_').unwrap_or(key);
        let Some(rest) = bare.strip_prefix(name) else { continue };
        let is_choice = rest.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
        if !rest.is_empty() && !is_choice {
            continue;
        }
        let Some((property, kind)) = parent.property(bare) else { continue };
        if property.is_choice != is_choice || property.name != name {
            continue;
        }
        found = Some(kind.type_id);
        if key.len() == bare.len() {
            value = Some(entry);
        } else {
            sibling = Some(entry);
        }
    }
    match found {
        Some(type_id) => emit(schema, value, sibling, type_id, sink),
        None => Ok(Flow::More),
    }
}

/// Does the type have a child of this name?
pub(super) fn has_property(schema: &Schema, type_id: TypeId, name: &str) -> bool {
    schema.get(type_id).properties.iter().any(|property| property.name == name)
}

/// All children, in the order of the document.
pub(super) fn children<'a>(
    schema: &Schema,
    node: Node<'a>,
    sink: &mut Sink<'_, 'a>,
) -> Result<Flow, PathError> {
    let Some(object) = object(schema, node) else { return Ok(Flow::More) };
    let parent = node.of_type(schema);
    for entry in object.entries() {
        let key = entry.key();
        let bare = key.strip_prefix('_').unwrap_or(key);
        let Some((_, kind)) = parent.property(bare) else { continue };
        let (value, sibling) = if key.len() == bare.len() {
            let is_sibling = |other: &Value<'_>| other.key().strip_prefix('_') == Some(key);
            (Some(entry), object.entries().find(is_sibling))
        } else if object.get(bare).is_some() {
            continue;
        } else {
            (None, Some(entry))
        };
        if emit(schema, value, sibling, kind.type_id, sink)? == Flow::Enough {
            return Ok(Flow::Enough);
        }
    }
    Ok(Flow::More)
}

/// The elements of one property.
fn emit<'a>(
    schema: &Schema,
    value: Option<Value<'a>>,
    sibling: Option<Value<'a>>,
    type_id: TypeId,
    sink: &mut Sink<'_, 'a>,
) -> Result<Flow, PathError> {
    let is_array = value.or(sibling).is_some_and(Value::is_array);
    if !is_array {
        return element(schema, value, sibling, type_id, sink);
    }
    let mut values = value.map(Value::items);
    let mut siblings = sibling.map(Value::items);
    loop {
        let (value, sibling) = (next(&mut values), next(&mut siblings));
        if value.is_none() && sibling.is_none() {
            return Ok(Flow::More);
        }
        if element(schema, value, sibling, type_id, sink)? == Flow::Enough {
            return Ok(Flow::Enough);
        }
    }
}

fn next<'a>(items: &mut Option<Items<'a>>) -> Option<Value<'a>> {
    items.as_mut()?.next()
}

fn element<'a>(
    schema: &Schema,
    value: Option<Value<'a>>,
    sibling: Option<Value<'a>>,
    type_id: TypeId,
    sink: &mut Sink<'_, 'a>,
) -> Result<Flow, PathError> {
    let value = value.filter(|value| !value.is_null());
    let sibling = sibling.filter(|sibling| sibling.is_object());
    if value.is_none() && sibling.is_none() {
        return Ok(Flow::More);
    }
    let is_resource = schema.get(type_id).kind == TypeKind::Resource;
    let stated = value.filter(|_| is_resource).and_then(|value| stated_type(schema, value));
    sink(Item::Node(Node { value, sibling, type_id: stated.unwrap_or(type_id) }))
}
