//! [ElementDefinition] to its facts.
//!
//! [ElementDefinition]: https://hl7.org/fhir/R4/elementdefinition.html

use crate::definitions::{Binding, Constraint, Element, ElementType, Slicing, Strength};

use super::node::Node;

const EXTENSIONS: &str = "http://hl7.org/fhir/StructureDefinition/";
const SYSTEM_TYPES: &str = "http://hl7.org/fhirpath/System.";

/// Which value of an element definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Fixed,
    Pattern,
    MinValue,
    MaxValue,
}

/// A value whose JSON form waits for the element tables.
#[derive(Debug)]
pub(super) struct PendingValue {
    /// Index of the element in its snapshot.
    pub(super) element: usize,
    pub(super) slot: Slot,
    pub(super) type_name: String,
    pub(super) node: Node,
}

/// One element, without its values.
pub(super) fn element(node: &Node) -> Option<Element> {
    let path = node.string("path")?;
    let base = node.get("base");
    let base_path = base.and_then(|base| base.str("path")).unwrap_or(&path);
    let max = bound(node.str("max"));
    Some(Element {
        id: node.string("id").unwrap_or_else(|| path.clone()),
        slice_name: node.string("sliceName"),
        slicing: node.get("slicing").map(slicing),
        min: number(node.str("min")),
        max,
        base_max: base.map_or(max, |base| bound(base.str("max"))),
        types: node.all("type").filter_map(|kind| element_type(kind, base_path)).collect(),
        content_reference: node.string("contentReference"),
        binding: node.get("binding").and_then(binding),
        constraints: node.all("constraint").filter_map(constraint).collect(),
        is_modifier: node.is_true("isModifier"),
        is_summary: node.is_true("isSummary"),
        must_support: node.is_true("mustSupport"),
        representation: node.string("representation"),
        fixed: None,
        pattern: None,
        min_value: None,
        max_value: None,
        max_length: node.str("maxLength").and_then(|text| text.parse().ok()),
        path,
    })
}

/// The values of one element definition.
pub(super) fn values(node: &Node, element: usize, pending: &mut Vec<PendingValue>) {
    let slots = [
        ("fixed", Slot::Fixed),
        ("pattern", Slot::Pattern),
        ("minValue", Slot::MinValue),
        ("maxValue", Slot::MaxValue),
    ];
    for (stem, slot) in slots {
        if let Some((suffix, value)) = node.choice(stem) {
            let type_name = type_of_suffix(suffix, value);
            pending.push(PendingValue { element, slot, type_name, node: value.clone() });
        }
    }
}

/// `CodeableConcept` of `fixedCodeableConcept`, `code` of `fixedCode`: the names of primitive
/// types begin small, and only primitives have a text.
fn type_of_suffix(suffix: &str, value: &Node) -> String {
    if value.text.is_none() {
        return suffix.to_owned();
    }
    let (first, rest) = suffix.split_at(1);
    format!("{}{rest}", first.to_ascii_lowercase())
}

fn bound(text: Option<&str>) -> Option<u32> {
    text.and_then(|text| text.parse().ok())
}

fn number(text: Option<&str>) -> u32 {
    bound(text).unwrap_or(0)
}

fn element_type(node: &Node, base_path: &str) -> Option<ElementType> {
    let code = node.get("code")?;
    let code = match code.text.as_deref() {
        Some(name) if name.starts_with(SYSTEM_TYPES) => system_type(node, base_path),
        Some(name) => name.to_owned(),
        None => type_without_code(code)?,
    };
    Some(ElementType {
        code,
        profiles: node.strings("profile"),
        targets: node.strings("targetProfile"),
    })
}

/// The FHIR type behind a FHIRPath system type. The definitions call `Resource.id` a string, but
/// the specification gives it the rules of `id`.
fn system_type(node: &Node, base_path: &str) -> String {
    if base_path == "Resource.id" {
        return "id".to_owned();
    }
    let name = node.extension(&format!("{EXTENSIONS}structuredefinition-fhir-type"));
    name.unwrap_or("string").to_owned()
}

/// Three structures of R4 still name their system types the way of STU3, by extensions alone.
fn type_without_code(code: &Node) -> Option<String> {
    let xml = code.extension(&format!("{EXTENSIONS}structuredefinition-xml-type"));
    if xml == Some("xsd:anyUri") {
        return Some("uri".to_owned());
    }
    code.extension(&format!("{EXTENSIONS}structuredefinition-json-type")).map(str::to_owned)
}

fn slicing(node: &Node) -> Slicing {
    Slicing {
        discriminators: node
            .all("discriminator")
            .filter_map(|one| Some((one.string("type")?, one.string("path")?)))
            .collect(),
        ordered: node.is_true("ordered"),
        rules: node.string("rules").unwrap_or_else(|| "open".to_owned()),
    }
}

fn binding(node: &Node) -> Option<Binding> {
    let strength = match node.str("strength")? {
        "required" => Strength::Required,
        "extensible" => Strength::Extensible,
        "preferred" => Strength::Preferred,
        _ => Strength::Example,
    };
    let max = node.extension(&format!("{EXTENSIONS}elementdefinition-maxValueSet"));
    Some(Binding {
        strength,
        value_set: node.string("valueSet")?,
        max_value_set: max.map(str::to_owned),
    })
}

fn constraint(node: &Node) -> Option<Constraint> {
    Some(Constraint {
        key: node.string("key")?,
        is_error: node.str("severity") != Some("warning"),
        expression: node.string("expression"),
        source: node.string("source"),
    })
}
