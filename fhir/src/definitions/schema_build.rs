//! Builds the [`Schema`] from the snapshots of the types.

use std::collections::HashMap;

use super::{
    Derivation, Element, Property, PropertyType, Schema, Structure, StructureKind, Type, TypeId,
    TypeKind,
};

/// Why structures make no complete element tables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A type, a base or a content reference that no structure defines.
    #[error("{path}: no structure defines {missing}")]
    Missing {
        /// The element, or the type whose base is missing.
        path: String,
        /// What is missing.
        missing: String,
    },
    /// More types than a [`TypeId`] can number.
    #[error("more than 65,535 types and backbone elements")]
    TooMany,
}

impl Schema {
    /// The element tables of all types among these structures; profiles and logical models are
    /// passed over.
    ///
    /// # Errors
    /// When a type is used that is not among them.
    pub fn from_structures(structures: &[Structure]) -> Result<Self, SchemaError> {
        let mut schema = Self { types: Vec::new(), by_name: HashMap::new() };
        let mut places = Vec::new();
        for structure in structures.iter().filter(|one| is_type(one)) {
            for (at, element) in structure.elements.iter().enumerate() {
                if at == 0 || has_children(structure, at) {
                    let kind = if at == 0 { kind(structure) } else { TypeKind::Backbone };
                    schema.add(structure, element, kind)?;
                    places.push((structure, at));
                }
            }
        }
        for (number, (structure, at)) in places.iter().enumerate() {
            let base = schema.base(structure, *at)?;
            let properties = schema.properties(structure, *at)?;
            let this = &mut schema.types[number];
            this.base = base;
            this.by_json_name = by_json_name(&properties);
            this.properties = properties;
        }
        schema.drop_inherited_constraints();
        Ok(schema)
    }

    fn add(
        &mut self,
        structure: &Structure,
        element: &Element,
        kind: TypeKind,
    ) -> Result<(), SchemaError> {
        let id = u16::try_from(self.types.len()).map_err(|_| SchemaError::TooMany)?;
        self.by_name.insert(element.path.as_str().into(), TypeId(id));
        self.types.push(Type {
            name: element.path.clone(),
            kind,
            is_abstract: kind != TypeKind::Backbone && structure.is_abstract,
            base: None,
            properties: Vec::new(),
            constraints: element.constraints.clone(),
            by_json_name: HashMap::new(),
        });
        Ok(())
    }

    fn named(&self, name: &str, path: &str) -> Result<TypeId, SchemaError> {
        self.id(name)
            .ok_or_else(|| SchemaError::Missing { path: path.into(), missing: name.into() })
    }

    fn base(&self, structure: &Structure, at: usize) -> Result<Option<TypeId>, SchemaError> {
        let element = &structure.elements[at];
        let name = if at == 0 {
            structure.base.as_deref().map(|url| url.rsplit('/').next().unwrap_or(url))
        } else {
            element.types.first().map(|one| one.code.as_str())
        };
        name.map(|name| self.named(name, &element.path)).transpose()
    }

    fn properties(&self, structure: &Structure, at: usize) -> Result<Vec<Property>, SchemaError> {
        let parent = &structure.elements[at].path;
        let rest = &structure.elements[at + 1..];
        rest.iter()
            .take_while(|element| is_below(&element.path, parent))
            .filter(|element| {
                element.slice_name.is_none() && !element.path[parent.len() + 1..].contains('.')
            })
            .map(|element| self.property(element, &element.path[parent.len() + 1..]))
            .collect()
    }

    fn property(&self, element: &Element, name: &str) -> Result<Property, SchemaError> {
        let is_choice = name.ends_with("[x]");
        let name = name.trim_end_matches("[x]");
        Ok(Property {
            name: name.to_owned(),
            path: element.path.clone(),
            is_choice,
            min: element.min,
            max: element.max,
            is_array: element.base_max != Some(1),
            types: self.property_types(element, name, is_choice)?,
            binding: element.binding.clone(),
            constraints: element.constraints.clone(),
            is_summary: element.is_summary,
            is_modifier: element.is_modifier,
            is_xml_attribute: element.representation.as_deref() == Some("xmlAttr"),
            max_length: element.max_length,
        })
    }

    fn property_types(
        &self,
        element: &Element,
        name: &str,
        is_choice: bool,
    ) -> Result<Vec<PropertyType>, SchemaError> {
        if let Some(reference) = &element.content_reference {
            let path = reference.rsplit('#').next().unwrap_or(reference);
            let type_id = self.named(path, &element.path)?;
            return Ok(vec![property_type(type_id, name.to_owned())]);
        }
        let mut types: Vec<PropertyType> = Vec::with_capacity(element.types.len());
        for one in &element.types {
            let own = self.id(&element.path);
            let type_id = own.map_or_else(|| self.named(&one.code, &element.path), Ok)?;
            let json_name = if is_choice { choice_name(name, &one.code) } else { name.to_owned() };
            types.push(PropertyType {
                targets: targets(&one.targets),
                profiles: one.profiles.clone(),
                ..property_type(type_id, json_name)
            });
        }
        Ok(types)
    }

    /// Snapshots repeat the invariants of a type on every element of that type.
    fn drop_inherited_constraints(&mut self) {
        let keys: Vec<Vec<String>> = self
            .types
            .iter()
            .map(|one| one.constraints.iter().map(|constraint| constraint.key.clone()).collect())
            .collect();
        for property in self.types.iter_mut().flat_map(|one| &mut one.properties) {
            let types = &property.types;
            property.constraints.retain(|constraint| {
                !types.iter().all(|one| keys[usize::from(one.type_id.0)].contains(&constraint.key))
            });
        }
    }
}

fn is_type(structure: &Structure) -> bool {
    structure.derivation != Some(Derivation::Constraint) && structure.kind != StructureKind::Logical
}

fn kind(structure: &Structure) -> TypeKind {
    match structure.kind {
        StructureKind::PrimitiveType => TypeKind::Primitive,
        StructureKind::ComplexType | StructureKind::Logical => TypeKind::Complex,
        StructureKind::Resource => TypeKind::Resource,
    }
}

fn is_below(path: &str, parent: &str) -> bool {
    path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
}

/// Children follow their parent at once.
fn has_children(structure: &Structure, at: usize) -> bool {
    let element = &structure.elements[at];
    let next = structure.elements.get(at + 1);
    element.slice_name.is_none() && next.is_some_and(|next| is_below(&next.path, &element.path))
}

fn property_type(type_id: TypeId, json_name: String) -> PropertyType {
    PropertyType { type_id, json_name, targets: Vec::new(), profiles: Vec::new() }
}

/// `valueQuantity` of `value` and `Quantity`.
fn choice_name(stem: &str, type_name: &str) -> String {
    let (first, rest) = type_name.split_at(1);
    format!("{stem}{}{rest}", first.to_ascii_uppercase())
}

/// `Patient` of `http://hl7.org/fhir/StructureDefinition/Patient`. `Resource` allows any.
fn targets(urls: &[String]) -> Vec<String> {
    let names: Vec<String> =
        urls.iter().map(|url| url.rsplit('/').next().unwrap_or(url).to_owned()).collect();
    if names.iter().any(|name| name == "Resource") { Vec::new() } else { names }
}

fn by_json_name(properties: &[Property]) -> HashMap<Box<str>, (u16, u16)> {
    let mut names = HashMap::new();
    for (at, property) in (0..).zip(properties) {
        for (choice, one) in (0..).zip(&property.types) {
            names.insert(one.json_name.as_str().into(), (at, choice));
        }
    }
    names
}
