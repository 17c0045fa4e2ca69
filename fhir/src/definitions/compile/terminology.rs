//! [ValueSet], [CodeSystem] and [ConceptMap] to their facts.
//!
//! [ValueSet]: https://hl7.org/fhir/R4/valueset.html
//! [CodeSystem]: https://hl7.org/fhir/R4/codesystem.html
//! [ConceptMap]: https://hl7.org/fhir/R4/conceptmap.html

use std::collections::HashMap;

use crate::definitions::{
    CodeSystem, Concept, ConceptMap, Content, Mapping, ValueSet, ValueSetPart,
};

use super::node::Node;

/// One value set. The error says why it is none.
pub(super) fn value_set(node: &Node) -> Result<ValueSet, &'static str> {
    let parts = |name| {
        let compose = node.get("compose");
        compose.map_or_else(Vec::new, |compose| compose.all(name).map(part).collect())
    };
    let mut expansion = Vec::new();
    if let Some(node) = node.get("expansion") {
        contained(node, &mut expansion);
    }
    Ok(ValueSet {
        url: node.string("url").ok_or("no url")?,
        version: node.string("version"),
        includes: parts("include"),
        excludes: parts("exclude"),
        expansion,
    })
}

fn part(node: &Node) -> ValueSetPart {
    ValueSetPart {
        system: node.string("system"),
        version: node.string("version"),
        concepts: node
            .all("concept")
            .filter_map(|one| Some((one.string("code")?, one.string("display"))))
            .collect(),
        filters: node
            .all("filter")
            .filter_map(|one| {
                Some((one.string("property")?, one.string("op")?, one.string("value")?))
            })
            .collect(),
        value_sets: node.strings("valueSet"),
    }
}

/// Abstract entries of an expansion group the others and cannot be chosen.
fn contained(node: &Node, expansion: &mut Vec<(String, String)>) {
    for entry in node.all("contains") {
        if !entry.is_true("abstract")
            && let (Some(system), Some(code)) = (entry.string("system"), entry.string("code"))
        {
            expansion.push((system, code));
        }
        contained(entry, expansion);
    }
}

/// One code system. The error says why it is none.
pub(super) fn code_system(node: &Node) -> Result<CodeSystem, &'static str> {
    let content = match node.str("content") {
        Some("not-present") => Content::NotPresent,
        Some("example") => Content::Example,
        Some("fragment") => Content::Fragment,
        Some("complete") => Content::Complete,
        Some("supplement") => Content::Supplement,
        _ => return Err("a content that R4 does not have"),
    };
    Ok(CodeSystem {
        url: node.string("url").ok_or("no url")?,
        version: node.string("version"),
        content,
        case_sensitive: node.is_true("caseSensitive"),
        value_set: node.string("valueSet"),
        concepts: concepts(node),
    })
}

fn concepts(system: &Node) -> Vec<Concept> {
    let mut found = Vec::new();
    flatten(system, None, &mut found);
    let by_code: HashMap<&str, usize> =
        found.iter().enumerate().map(|(at, (concept, _))| (concept.code.as_str(), at)).collect();
    let mut edges = Vec::new();
    for (at, (_, node)) in found.iter().enumerate() {
        for property in node.all("property") {
            let code = property.choice("value").and_then(|(_, value)| value.text.as_deref());
            let Some(&other) = code.and_then(|code| by_code.get(code)) else { continue };
            match property.str("code") {
                Some("subsumedBy" | "parent") => edges.push((at, other)),
                Some("child") => edges.push((other, at)),
                _ => {}
            }
        }
    }
    let mut concepts: Vec<Concept> = found.into_iter().map(|(concept, _)| concept).collect();
    for (child, parent) in edges {
        let parent = number(parent);
        if !concepts[child].parents.contains(&parent) {
            concepts[child].parents.push(parent);
        }
    }
    concepts
}

fn number(at: usize) -> u32 {
    u32::try_from(at).expect("a file of definitions has fewer than 2^32 concepts")
}

fn flatten<'a>(node: &'a Node, parent: Option<u32>, found: &mut Vec<(Concept, &'a Node)>) {
    for child in node.all("concept") {
        let Some(concept) = concept(child, parent) else { continue };
        let at = number(found.len());
        found.push((concept, child));
        flatten(child, Some(at), found);
    }
}

fn concept(node: &Node, parent: Option<u32>) -> Option<Concept> {
    let property = |name: &str| {
        let property = node.all("property").find(|one| one.str("code") == Some(name))?;
        property.choice("value")?.1.text.as_deref()
    };
    let is_inactive = matches!(property("status"), Some("inactive" | "deprecated" | "retired"))
        || property("inactive") == Some("true");
    let is_abstract =
        property("notSelectable") == Some("true") || property("abstract") == Some("true");
    Some(Concept {
        code: node.string("code")?,
        display: node.string("display"),
        parents: parent.into_iter().collect(),
        is_abstract,
        is_inactive,
    })
}

/// One concept map. The error says why it is none.
pub(super) fn concept_map(node: &Node) -> Result<ConceptMap, &'static str> {
    let groups = node.all("group").map(|group| {
        (
            group.string("source").unwrap_or_default(),
            group.string("target").unwrap_or_default(),
            group.all("element").flat_map(mappings).collect(),
        )
    });
    Ok(ConceptMap { url: node.string("url").ok_or("no url")?, groups: groups.collect() })
}

fn mappings(element: &Node) -> Vec<Mapping> {
    let Some(source) = element.str("code") else { return Vec::new() };
    let target = |node: &Node| {
        let code = node.string("code").unwrap_or_default();
        let equivalence = node.string("equivalence").unwrap_or_default();
        (source.to_owned(), code, equivalence)
    };
    element.all("target").map(target).collect()
}
