//! [StructureDefinition] to its facts.
//!
//! [StructureDefinition]: https://hl7.org/fhir/R4/structuredefinition.html

use crate::definitions::{Derivation, Structure, StructureKind};

use super::element::{self, PendingValue};
use super::node::Node;

/// The structure, and its values that wait for the element tables. The error says why it is none.
pub(super) fn structure(node: &Node) -> Result<(Structure, Vec<PendingValue>), &'static str> {
    let url = node.string("url").ok_or("no url")?;
    let type_name = node.str("type").ok_or("no type")?;
    let kind = match node.str("kind") {
        Some("primitive-type") => StructureKind::PrimitiveType,
        Some("complex-type") => StructureKind::ComplexType,
        Some("resource") => StructureKind::Resource,
        Some("logical") => StructureKind::Logical,
        _ => return Err("a kind that R4 does not have"),
    };
    let snapshot = node.get("snapshot").ok_or("no snapshot")?;
    let mut pending = Vec::new();
    let mut elements = Vec::new();
    for (position, definition) in snapshot.all("element").enumerate() {
        elements.push(element::element(definition).ok_or("an element without path")?);
        element::values(definition, position, &mut pending);
    }
    if elements.is_empty() {
        return Err("an empty snapshot");
    }
    let structure = Structure {
        url,
        version: node.string("version"),
        name: node.string("name").unwrap_or_default(),
        kind,
        is_abstract: node.is_true("abstract"),
        type_name: type_name.to_owned(),
        base: node.string("baseDefinition"),
        derivation: match node.str("derivation") {
            Some("specialization") => Some(Derivation::Specialization),
            Some("constraint") => Some(Derivation::Constraint),
            _ => None,
        },
        contexts: node.all("context").filter_map(context).collect(),
        elements,
    };
    Ok((structure, pending))
}

fn context(node: &Node) -> Option<(String, String)> {
    Some((node.string("type")?, node.string("expression")?))
}
