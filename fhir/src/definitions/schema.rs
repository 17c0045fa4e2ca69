//! The element tables of the R4 types, arranged for look-up by JSON property.
//!
//! Every place that has children is a [`Type`]: a primitive, a complex type, a resource, and each
//! backbone element under its path (`Patient.contact`).

use std::collections::HashMap;

use super::{Binding, Constraint};

/// Number of a [`Type`] in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u16);

/// What kind of place a type describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    /// `string`, `decimal` …: JSON string, number or boolean, XML attribute `value`.
    Primitive,
    /// `HumanName` …
    Complex,
    /// `Patient.contact` …
    Backbone,
    /// `Patient` …
    Resource,
}

/// One type with its children.
#[derive(Debug, Clone)]
pub struct Type {
    /// `Patient`, `HumanName`, `Patient.contact`, `string`.
    pub name: String,
    /// What it is.
    pub kind: TypeKind,
    /// Abstract: `Resource`, `DomainResource`, `Element`, `BackboneElement`.
    pub is_abstract: bool,
    /// `DomainResource` for `Patient`, `BackboneElement` for `Patient.contact`, `Quantity` for
    /// `Age`.
    pub base: Option<TypeId>,
    /// Children in the order of the definition, inherited ones included.
    pub properties: Vec<Property>,
    /// Invariants of the type's root element.
    pub constraints: Vec<Constraint>,
    /// JSON property (`valueQuantity`, `name`) → (index in `properties`, index in its `types`).
    pub by_json_name: HashMap<Box<str>, (u16, u16)>,
}

/// One child element.
#[derive(Debug, Clone)]
pub struct Property {
    /// `name`; for a choice the stem: `value`.
    pub name: String,
    /// `Patient.name`, `Observation.value[x]`.
    pub path: String,
    /// A choice of types: `value[x]`.
    pub is_choice: bool,
    /// Least number of occurrences.
    pub min: u32,
    /// Greatest number of occurrences; `None` is `*`.
    pub max: Option<u32>,
    /// JSON has an array here.
    pub is_array: bool,
    /// The types allowed; one unless `is_choice`. `contained` and `entry.resource` have `Resource`.
    pub types: Vec<PropertyType>,
    /// Binding to a value set.
    pub binding: Option<Binding>,
    /// Invariants of this element, besides those of its type.
    pub constraints: Vec<Constraint>,
    /// Part of `_summary=true`.
    pub is_summary: bool,
    /// Changes the meaning of its parent.
    pub is_modifier: bool,
    /// An XML attribute (`id`, `url` of Extension, `value` of primitives).
    pub is_xml_attribute: bool,
    /// Greatest length of a string, in characters.
    pub max_length: Option<u32>,
}

/// One type that a child may have.
#[derive(Debug, Clone)]
pub struct PropertyType {
    /// The type; for `contentReference` that of the referenced element.
    pub type_id: TypeId,
    /// The JSON property: `valueQuantity`, `name`.
    pub json_name: String,
    /// Resource types that a reference may point to; empty: any.
    pub targets: Vec<String>,
    /// Profiles named on the type.
    pub profiles: Vec<String>,
}

/// All types of one FHIR version.
#[derive(Debug)]
pub struct Schema {
    pub(super) types: Vec<Type>,
    pub(super) by_name: HashMap<Box<str>, TypeId>,
}

impl Schema {
    /// The type of this number.
    #[must_use]
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[usize::from(id.0)]
    }

    /// All types, in the order of their numbers.
    #[must_use]
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The type of this name: `Patient`, `HumanName`, `Patient.contact`.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// The type of this name, with its number.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<(TypeId, &Type)> {
        let id = self.id(name)?;
        Some((id, self.get(id)))
    }

    /// The concrete resource type of this name: what may stand in a URL.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<(TypeId, &Type)> {
        self.by_name(name).filter(|(_, t)| t.kind == TypeKind::Resource && !t.is_abstract)
    }

    /// Names of all concrete resource types, sorted.
    #[must_use]
    pub fn resource_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .types
            .iter()
            .filter(|t| t.kind == TypeKind::Resource && !t.is_abstract)
            .map(|t| t.name.as_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// Is `id` the type `ancestor` or derived from it?
    #[must_use]
    pub fn is_a(&self, id: TypeId, ancestor: TypeId) -> bool {
        let mut at = Some(id);
        while let Some(current) = at {
            if current == ancestor {
                return true;
            }
            at = self.get(current).base;
        }
        false
    }
}

impl Type {
    /// The child of this JSON property (`_` prefix taken off), with the type that the name says.
    #[must_use]
    pub fn property(&self, json_name: &str) -> Option<(&Property, &PropertyType)> {
        let &(property, choice) = self.by_json_name.get(json_name)?;
        let property = &self.properties[usize::from(property)];
        Some((property, &property.types[usize::from(choice)]))
    }
}
