//! What collections are made of: elements of a resource, and values of the system types.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::PathError;
use super::quantity::Quantity;
use crate::definitions::{Schema, Type, TypeId, TypeKind};
use crate::json::Value;
use crate::primitive::{DateTime, TimeOfDay};

/// One item of a collection.
#[derive(Debug, Clone)]
pub enum Item<'a> {
    /// An element or a resource.
    Node(Node<'a>),
    /// `System.Boolean`
    Boolean(bool),
    /// `System.String`
    String(Cow<'a, str>),
    /// `System.Integer`
    Integer(i64),
    /// `System.Decimal`, with the precision that it was written in.
    Decimal(Decimal),
    /// `System.Date`
    Date(DateTime),
    /// `System.DateTime`
    DateTime(DateTime),
    /// `System.Time`
    Time(TimeOfDay),
    /// `System.Quantity`
    Quantity(Quantity<'a>),
    /// What `type()` gives.
    Type(TypeInfo<'a>),
}

/// An element or a resource: where it stands, and its type.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    /// Its JSON; none where a primitive has only an id or extensions, and for what a reference
    /// points to but nobody resolved.
    pub value: Option<Value<'a>>,
    /// The object with id and extensions of a primitive: the property with `_` before its name.
    pub sibling: Option<Value<'a>>,
    /// Its type; that of a resource is the one it states.
    pub type_id: TypeId,
}

/// A type as a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeInfo<'a> {
    /// `FHIR` or `System`.
    pub namespace: &'static str,
    /// `Patient`, `String`.
    pub name: &'a str,
    /// `FHIR.DomainResource`, `System.Any`.
    pub base: Option<&'a str>,
}

impl<'a> Item<'a> {
    /// A resource, by the type that it states.
    ///
    /// # Errors
    /// When it states none, or one that is not in the schema.
    pub fn resource(schema: &Schema, value: Value<'a>) -> Result<Self, PathError> {
        match stated_type(schema, value) {
            Some(type_id) => Ok(Self::element(value, type_id)),
            None => Err(PathError::execution("a resource needs a resourceType of FHIR R4")),
        }
    }

    /// An element of this type.
    #[must_use]
    pub fn element(value: Value<'a>, type_id: TypeId) -> Self {
        Item::Node(Node { value: Some(value), sibling: None, type_id })
    }

    /// A text.
    #[must_use]
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Item::String(text.into())
    }

    /// The element, unless this is a system value.
    #[must_use]
    pub fn as_node(&self) -> Option<Node<'a>> {
        match self {
            Item::Node(node) => Some(*node),
            _ => None,
        }
    }

    /// `Patient`, `HumanName`, `code`; `String`, `Integer` for system values.
    #[must_use]
    pub fn type_name<'s>(&self, schema: &'s Schema) -> &'s str {
        match self {
            Item::Node(node) => &schema.get(node.type_id).name,
            Item::Boolean(_) => "Boolean",
            Item::String(_) => "String",
            Item::Integer(_) => "Integer",
            Item::Decimal(_) => "Decimal",
            Item::Date(_) => "Date",
            Item::DateTime(_) => "DateTime",
            Item::Time(_) => "Time",
            Item::Quantity(_) => "Quantity",
            Item::Type(_) => "TypeInfo",
        }
    }

    /// The text of a primitive element or a system value: what `toString()` gives, without a
    /// check of its type. `None` for an element with children and for one without a value.
    #[must_use]
    pub fn to_text(&self) -> Option<Cow<'a, str>> {
        Some(match self {
            Item::Node(node) => return node.text(),
            Item::String(text) => text.clone(),
            Item::Boolean(is_true) => Cow::Borrowed(if *is_true { "true" } else { "false" }),
            Item::Integer(number) => number.to_string().into(),
            Item::Decimal(number) => number.to_string().into(),
            Item::Date(date) | Item::DateTime(date) => date.to_string().into(),
            Item::Time(time) => time.to_string().into(),
            Item::Quantity(quantity) => quantity.to_string().into(),
            Item::Type(_) => return None,
        })
    }
}

impl<'a> Node<'a> {
    /// Its type.
    #[must_use]
    pub fn of_type<'s>(&self, schema: &'s Schema) -> &'s Type {
        schema.get(self.type_id)
    }

    /// Its place in its document: that of its value, or else of its id and extensions.
    #[must_use]
    pub fn place(&self) -> Option<Value<'a>> {
        self.value.or(self.sibling)
    }

    /// The text of a primitive's value.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, str>> {
        let value = self.value?;
        if value.is_object() || value.is_array() || value.is_null() {
            return None;
        }
        value.as_str().or_else(|| Some(Cow::Borrowed(value.raw())))
    }

    /// Is this type a primitive?
    #[must_use]
    pub fn is_primitive(&self, schema: &Schema) -> bool {
        self.of_type(schema).kind == TypeKind::Primitive
    }
}

/// The type that a resource states.
pub(super) fn stated_type(schema: &Schema, value: Value<'_>) -> Option<TypeId> {
    schema.id(&value.str("resourceType")?)
}
