//! The value of an operation as the JSON of the element that it becomes.

use super::operation::value_of;
use super::place::{self, Element};
use super::{Fault, malformed, property_of, quoted};
use crate::definitions::{Property, PropertyType, Schema, TypeKind};
use crate::json::{Kind, Tree, Value};

/// Levels of parts in parts.
const DEPTH_MAX: usize = 50;

/// An element to be put into the document.
pub(super) struct Content {
    /// The property that it is written as: `valueQuantity`, `name`.
    pub(super) json_name: String,
    /// What is written there.
    pub(super) element: Element,
}

impl Content {
    /// The content that a `value` part gives to a property: its `value[x]`, its resource, or an
    /// object of its parts.
    pub(super) fn read(
        schema: &Schema,
        property: &Property,
        part: Value<'_>,
    ) -> Result<Self, Fault> {
        read(schema, property, part, 0)
    }
}

fn read(
    schema: &Schema,
    property: &Property,
    part: Value<'_>,
    depth: usize,
) -> Result<Content, Fault> {
    if depth > DEPTH_MAX {
        return Err(malformed(format!("parts are nested deeper than {DEPTH_MAX} levels")));
    }
    if let Some(resource) = part.get("resource") {
        return of_resource(schema, property, resource);
    }
    let (value, sibling) = value_of(part, schema);
    let type_name = value.as_ref().or(sibling.as_ref()).map(|(_, name)| name.as_str());
    let Some(type_name) = type_name else {
        return of_parts(schema, property, part, depth);
    };
    let value = value.as_ref().map(|(value, _)| *value);
    let choice = choice(schema, property, type_name, value)?;
    let tree = |value: Option<Value<'_>>| value.filter(|value| !value.is_null()).map(Tree::from);
    let sibling = sibling.as_ref().map(|(sibling, _)| *sibling);
    let element = Element { value: tree(value), sibling: tree(sibling) };
    Ok(Content { json_name: choice.json_name.clone(), element })
}

/// The type of the property that a value of this type can have.
///
/// A primitive may be given under the name of another one, as clients do (`valueString` for a
/// code) and as the suite of the specification does for XHTML, when both are written alike.
fn choice<'s>(
    schema: &'s Schema,
    property: &'s Property,
    type_name: &str,
    value: Option<Value<'_>>,
) -> Result<&'s PropertyType, Fault> {
    let name_of = |one: &PropertyType| schema.get(one.type_id).name.as_str();
    if let Some(exact) = property.types.iter().find(|one| name_of(one) == type_name) {
        return Ok(exact);
    }
    let given = schema.id(type_name);
    let is_fit = |one: &&PropertyType| {
        let Some(given) = given else { return false };
        if schema.get(one.type_id).kind == TypeKind::Primitive {
            let is_primitive = schema.get(given).kind == TypeKind::Primitive;
            let wanted = json_kind(name_of(one));
            return is_primitive && value.is_none_or(|value| same_kind(value.kind(), wanted));
        }
        schema.is_a(given, one.type_id) || schema.is_a(one.type_id, given)
    };
    // Of several types only the right one will do.
    let alone = if property.types.len() == 1 { property.types.first() } else { None };
    alone.filter(is_fit).ok_or_else(|| {
        let wanted: Vec<&str> = property.types.iter().map(name_of).collect();
        let path = &property.path;
        malformed(format!("{path} is of type {}, not {type_name}", wanted.join(" or ")))
    })
}

fn json_kind(primitive: &str) -> Kind {
    match primitive {
        "boolean" => Kind::True,
        "decimal" | "integer" | "positiveInt" | "unsignedInt" => Kind::Number,
        _ => Kind::String,
    }
}

fn same_kind(found: Kind, wanted: Kind) -> bool {
    found == wanted || (found == Kind::False && wanted == Kind::True)
}

fn of_resource(
    schema: &Schema,
    property: &Property,
    resource: Value<'_>,
) -> Result<Content, Fault> {
    let takes =
        property.types.iter().find(|one| schema.get(one.type_id).kind == TypeKind::Resource);
    let Some(takes) = takes else {
        return Err(malformed(format!("{} does not take a resource", property.path)));
    };
    let element = Element { value: Some(Tree::from(resource)), sibling: None };
    Ok(Content { json_name: takes.json_name.clone(), element })
}

/// An element that is no type of `value[x]`, given child by child.
fn of_parts(
    schema: &Schema,
    property: &Property,
    part: Value<'_>,
    depth: usize,
) -> Result<Content, Fault> {
    let path = &property.path;
    let [choice] = property.types.as_slice() else {
        return Err(malformed(format!("the value for {path} needs one of its types, not parts")));
    };
    let kind = schema.get(choice.type_id);
    let mut object = Tree::object();
    for child in part.list("part") {
        let name = child.str("name").unwrap_or_default();
        let child_property = property_of(kind, &name)?;
        let content = read(schema, child_property, child, depth + 1)?;
        let mut list = place::list(&object, &content.json_name);
        if child_property.is_array {
            list.push(content.element);
            place::put_list(&mut object, &content.json_name, list);
        } else if list.is_empty() {
            place::put(&mut object, &content.json_name, content.element);
        } else {
            return Err(malformed(format!("{path} has one {}, not several", quoted(&name))));
        }
    }
    if object == Tree::object() {
        return Err(malformed(format!("the value for {path} is empty")));
    }
    let element = if kind.kind == TypeKind::Primitive {
        Element { value: None, sibling: Some(object) }
    } else {
        Element { value: Some(object), sibling: None }
    };
    Ok(Content { json_name: choice.json_name.clone(), element })
}
