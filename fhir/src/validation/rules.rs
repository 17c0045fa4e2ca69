//! What the walk needs to know of each type, worked out once from the element tables.

use std::sync::OnceLock;

use super::codes::CodeSet;
use super::primitive::Primitive;
use super::vocabulary::Vocabulary;
use crate::definitions::{Definitions, Property, Schema, Strength, Type, TypeId, TypeKind};

/// What is special about the values of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Primitive(Primitive),
    Resource,
    Extension,
    Reference,
    Coding,
    CodeableConcept,
    /// Any other element.
    Element,
}

/// How the codes of a property are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codes {
    /// Anything goes.
    Free,
    /// Number of the value set in [`Rules::sets`].
    Set(u16),
    /// A vocabulary of ours; when it is the set itself, no other coding is enough.
    Vocabulary { vocabulary: Vocabulary, is_whole: bool },
}

/// What holds for one property, beside its row in the element table.
#[derive(Debug, Clone, Copy)]
pub(super) struct PropertyRule {
    pub(super) codes: Codes,
    /// `id` of an element.
    pub(super) is_element_id: bool,
}

/// What holds for one type, beside its element table.
#[derive(Debug)]
pub(super) struct TypeRule {
    pub(super) shape: Shape,
    /// Properties that must be there.
    pub(super) required: Vec<u16>,
    /// One for each property of the type.
    pub(super) properties: Vec<PropertyRule>,
}

/// The rules of all types of some definitions.
#[derive(Debug)]
pub(crate) struct Rules {
    types: Vec<TypeRule>,
    /// `Element`: what stands beside a primitive value.
    pub(super) element: Option<TypeId>,
    sets: Vec<(String, OnceLock<Option<CodeSet>>)>,
}

impl Rules {
    /// Works the rules out; value sets are expanded when a code of theirs is first met.
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut rules = Self { types: Vec::new(), element: schema.id("Element"), sets: Vec::new() };
        for one in schema.types() {
            let properties = one.properties.iter().map(|property| PropertyRule {
                codes: rules.codes(property),
                is_element_id: property.name == "id" && one.kind != TypeKind::Resource,
            });
            let properties = properties.collect();
            let required = (0..).zip(&one.properties).filter(|(_, property)| property.min > 0);
            let required = required.map(|(at, _)| at).collect();
            rules.types.push(TypeRule { shape: shape(one), required, properties });
        }
        rules
    }

    /// The rules of a type.
    pub(super) fn get(&self, id: TypeId) -> &TypeRule {
        &self.types[usize::from(id.0)]
    }

    /// URL and codes of a value set; no codes when the definitions do not hold all of them.
    pub(super) fn set(&self, number: u16, definitions: &Definitions) -> (&str, Option<&CodeSet>) {
        let (url, set) = &self.sets[usize::from(number)];
        (url, set.get_or_init(|| CodeSet::expand(url, definitions)).as_ref())
    }

    fn codes(&mut self, property: &Property) -> Codes {
        let Some(binding) = &property.binding else { return Codes::Free };
        let largest = binding.max_value_set.as_deref();
        if let Some(vocabulary) = largest.and_then(Vocabulary::of) {
            return Codes::Vocabulary { vocabulary, is_whole: false };
        }
        if binding.strength != Strength::Required {
            return Codes::Free;
        }
        if let Some(vocabulary) = Vocabulary::of(&binding.value_set) {
            return Codes::Vocabulary { vocabulary, is_whole: true };
        }
        let known = self.sets.iter().position(|(url, _)| *url == binding.value_set);
        let number = known.unwrap_or_else(|| {
            self.sets.push((binding.value_set.clone(), OnceLock::new()));
            self.sets.len() - 1
        });
        u16::try_from(number).map_or(Codes::Free, Codes::Set)
    }
}

fn shape(one: &Type) -> Shape {
    match (one.kind, one.name.as_str()) {
        (TypeKind::Primitive, name) => Shape::Primitive(Primitive::of(name)),
        (TypeKind::Resource, _) => Shape::Resource,
        (_, "Extension") => Shape::Extension,
        (_, "Reference") => Shape::Reference,
        (_, "Coding") => Shape::Coding,
        (_, "CodeableConcept") => Shape::CodeableConcept,
        _ => Shape::Element,
    }
}
