//! [Types]: tests, casts, reflection, and what FHIR's primitives are in the System namespace.
//!
//! [Types]: http://hl7.org/fhirpath/N1/#types

use std::str::FromStr;

use rust_decimal::Decimal;

use super::PathError;
use super::ast::{Namespace, TypeName};
use super::item::{Item, Node, TypeInfo};
use super::quantity::{Calendar, Quantity, Unit};
use crate::definitions::{Schema, TypeId, TypeKind};
use crate::json::Value;
use crate::primitive::{DateTime, TimeOfDay};

const SYSTEM: [&str; 9] =
    ["Any", "Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"];
const UCUM: &str = "http://unitsofmeasure.org";

/// Is the type the named one or derived from it?
pub(super) fn is_named(schema: &Schema, type_id: TypeId, name: &str) -> bool {
    let mut at = Some(type_id);
    while let Some(id) = at {
        let current = schema.get(id);
        if current.name == name {
            return true;
        }
        at = current.base;
    }
    false
}

/// `is`: the type or one derived from it.
///
/// # Errors
/// When there is no such type.
pub(super) fn is(schema: &Schema, item: &Item<'_>, named: &TypeName) -> Result<bool, PathError> {
    let is_match = match item {
        Item::Node(node) => {
            named.namespace != Some(Namespace::System)
                && is_named(schema, node.type_id, &named.name)
        }
        _ => is_system(schema, item, named),
    };
    if !is_match {
        check_exists(schema, named)?;
    }
    Ok(is_match)
}

/// `as` and `ofType`: the type or one derived from it, but of primitives the type alone: a `code`
/// is not taken for a `string`, which is what the suite of the specification asks for.
///
/// # Errors
/// As [`is`].
pub(super) fn is_cast(
    schema: &Schema,
    item: &Item<'_>,
    named: &TypeName,
) -> Result<bool, PathError> {
    match item {
        Item::Node(node) if node.is_primitive(schema) => {
            // The parameter code-value-date of R4 has `value.as(DateTime)` and means this.
            let wanted = if &*named.name == "DateTime" { "dateTime" } else { &*named.name };
            let is_match =
                named.namespace != Some(Namespace::System) && node.of_type(schema).name == wanted;
            if !is_match {
                check_exists(schema, named)?;
            }
            Ok(is_match)
        }
        _ => is(schema, item, named),
    }
}

fn is_system(schema: &Schema, item: &Item<'_>, named: &TypeName) -> bool {
    named.namespace != Some(Namespace::Fhir)
        && (item.type_name(schema) == &*named.name || &*named.name == "Any")
}

fn check_exists(schema: &Schema, named: &TypeName) -> Result<(), PathError> {
    let is_known = match named.namespace {
        Some(Namespace::System) => return Ok(()),
        Some(Namespace::Fhir) => schema.id(&named.name).is_some(),
        None => schema.id(&named.name).is_some() || SYSTEM.contains(&&*named.name),
    };
    if is_known {
        return Ok(());
    }
    Err(PathError::execution(format!("there is no type {}", named.name)))
}

/// `type()`
pub(super) fn type_of<'a>(schema: &'a Schema, item: &Item<'a>) -> TypeInfo<'a> {
    let name = item.type_name(schema);
    match item {
        Item::Node(node) => {
            let base = node.of_type(schema).base.map(|base| schema.get(base).name.as_str());
            TypeInfo { namespace: "FHIR", name, base }
        }
        _ => TypeInfo { namespace: "System", name, base: Some("Any") },
    }
}

/// A primitive as the System value that it converts to; a FHIR Quantity as a System one; anything
/// else as it is. `None` for a primitive without a value.
pub(super) fn system<'a>(schema: &Schema, item: Item<'a>) -> Option<Item<'a>> {
    let Item::Node(node) = item else { return Some(item) };
    let kind = node.of_type(schema);
    match kind.kind {
        TypeKind::Primitive => primitive(&kind.name, node),
        TypeKind::Complex if is_named(schema, node.type_id, "Quantity") => {
            Some(node.value.and_then(quantity).map_or(item, Item::Quantity))
        }
        _ => Some(item),
    }
}

fn primitive<'a>(type_name: &str, node: Node<'a>) -> Option<Item<'a>> {
    let text = node.text()?;
    let value = match type_name {
        "boolean" => node.value.and_then(Value::as_bool).map(Item::Boolean),
        "integer" | "positiveInt" | "unsignedInt" => text.parse().ok().map(Item::Integer),
        "decimal" => decimal(&text).map(Item::Decimal),
        "date" => DateTime::parse(&text).map(Item::Date),
        "dateTime" | "instant" => DateTime::parse(&text).map(Item::DateTime),
        "time" => TimeOfDay::parse(&text).map(Item::Time),
        _ => None,
    };
    Some(value.unwrap_or(Item::String(text)))
}

/// A decimal as JSON and FHIRPath write it.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) {
        return Decimal::from_scientific(text).ok();
    }
    Decimal::from_str(text).ok()
}

/// A [FHIR Quantity] with a value as a System quantity; its UCUM codes of time are calendar
/// durations. With a comparator it is no single amount.
///
/// [FHIR Quantity]: https://hl7.org/fhir/R4/fhirpath.html#quantity
fn quantity(value: Value<'_>) -> Option<Quantity<'_>> {
    let number = decimal(value.get("value")?.as_number()?)?;
    if value.get("comparator").is_some() {
        return None;
    }
    let unit = match value.str("code") {
        Some(code) if value.str("system").as_deref() == Some(UCUM) => {
            Calendar::of_code(&code).map_or(Unit::Ucum(code), Unit::Calendar)
        }
        Some(code) => Unit::Other(code),
        None => value.str("unit").map_or(Unit::ONE, Unit::Other),
    };
    Some(Quantity { value: number, unit })
}
