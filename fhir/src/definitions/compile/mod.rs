//! Compiles FHIR definitions, as [packages] and release archives carry them, into [`Facts`].
//!
//! [packages]: https://hl7.org/fhir/packages.html

mod element;
mod json;
mod node;
mod search;
mod source;
mod structure;
mod terminology;
#[cfg(test)]
mod tests;
mod typed;
mod xml;

use super::schema_build::SchemaError;
use super::{Facts, Schema, Structure, TypedJson};
use crate::json::JsonError;

use element::{PendingValue, Slot};
use node::Node;

pub use source::Source;

/// What a compilation gives.
#[derive(Debug)]
pub struct Compiled {
    /// The facts, each list sorted by URL and free of duplicates.
    pub facts: Facts,
    /// Name and version of what was compiled.
    pub source: Source,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
}

/// A definition that gave no facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Type and URL, or the file when it has no URL.
    pub what: String,
    /// Why.
    pub why: &'static str,
}

/// Why definitions cannot be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// A file is no JSON.
    #[error("{file}: {source}")]
    Json {
        /// The file.
        file: String,
        /// What is wrong, with its place.
        source: JsonError,
    },
    /// A file is no FHIR XML.
    #[error("{file}: {message}")]
    Xml {
        /// The file.
        file: String,
        /// What is wrong, with its place.
        message: String,
    },
    /// A fixed, pattern, least or greatest value does not fit its type.
    #[error("{url}, element {element}: {message}")]
    Value {
        /// The structure.
        url: String,
        /// Id of the element.
        element: String,
        /// What is wrong.
        message: String,
    },
    /// The structures make no complete element tables.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// Compiles files of definitions: JSON or XML by the end of their names, each one resource or a
/// Bundle of them; other files, and resources that define nothing, are passed over. `files` are
/// (path in the package, content). `base` gives the element tables of the FHIR version; it is asked
/// only when the files do not define the types themselves.
///
/// # Errors
/// When a file cannot be read or a value does not fit its type.
pub fn compile<'a, N: AsRef<str>, B: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (N, B)>,
    base: impl FnOnce() -> Option<&'a Schema>,
) -> Result<Compiled, CompileError> {
    let mut gathered = Gathered::default();
    for (name, bytes) in files {
        gathered.file(name.as_ref(), bytes.as_ref())?;
    }
    gathered.finish(base)
}

#[derive(Default)]
struct Gathered {
    facts: Facts,
    source: Source,
    left_out: Vec<LeftOut>,
    /// (structure, value), as long as structures are not sorted.
    pending: Vec<(usize, PendingValue)>,
}

impl Gathered {
    fn file(&mut self, name: &str, bytes: &[u8]) -> Result<(), CompileError> {
        if !source::is_definition(name) {
            return Ok(());
        }
        if name.ends_with(".xml") {
            let node = xml::read(bytes)
                .map_err(|message| CompileError::Xml { file: name.to_owned(), message })?;
            if let Some(node) = node {
                self.resource(&node, name);
            }
        } else if name.ends_with(".json") {
            let node = json::read(bytes)
                .map_err(|source| CompileError::Json { file: name.to_owned(), source })?;
            if name.ends_with("package.json") {
                self.source.package(&node);
            }
            self.resource(&node, name);
        } else if name.ends_with("pom.properties") {
            self.source.properties(&String::from_utf8_lossy(bytes));
        }
        Ok(())
    }

    fn resource(&mut self, node: &Node, file: &str) {
        let facts = &mut self.facts;
        let Some(kind) = node.resource_type() else { return };
        let added = match kind {
            "Bundle" => {
                for resource in node.all("entry").filter_map(|entry| entry.get("resource")) {
                    self.resource(resource, file);
                }
                return;
            }
            "StructureDefinition" => {
                self.source.fhir_version(node.str("fhirVersion"));
                structure::structure(node).map(|(structure, values)| {
                    let at = facts.structures.len();
                    facts.structures.push(structure);
                    self.pending.extend(values.into_iter().map(|value| (at, value)));
                })
            }
            "SearchParameter" => {
                search::search_parameter(node).map(|one| facts.search_parameters.push(one))
            }
            "CompartmentDefinition" => {
                search::compartment(node).map(|one| facts.compartments.push(one))
            }
            "OperationDefinition" => search::operation(node).map(|one| facts.operations.push(one)),
            "ValueSet" => terminology::value_set(node).map(|one| facts.value_sets.push(one)),
            "CodeSystem" => terminology::code_system(node).map(|one| facts.code_systems.push(one)),
            "ConceptMap" => terminology::concept_map(node).map(|one| facts.concept_maps.push(one)),
            _ => return,
        };
        if let Err(why) = added {
            let what = format!("{kind} {}", node.str("url").unwrap_or(file));
            self.left_out.push(LeftOut { what, why });
        }
    }

    fn finish<'a>(
        mut self,
        base: impl FnOnce() -> Option<&'a Schema>,
    ) -> Result<Compiled, CompileError> {
        let structures = &mut self.facts.structures;
        let own = if structures.iter().any(|one| one.type_name == "Element") {
            Some(Schema::from_structures(structures)?)
        } else {
            None
        };
        let schema = match &own {
            Some(own) => Some(own),
            None => base(),
        };
        for (structure, value) in self.pending {
            settle(&mut structures[structure], &value, schema)?;
        }
        let left_out = &mut self.left_out;
        let facts = &mut self.facts;
        arrange(&mut facts.structures, |one| &one.url, left_out);
        arrange(&mut facts.search_parameters, |one| &one.url, left_out);
        arrange(&mut facts.compartments, |one| &one.url, left_out);
        arrange(&mut facts.operations, |one| &one.url, left_out);
        arrange(&mut facts.value_sets, |one| &one.url, left_out);
        arrange(&mut facts.code_systems, |one| &one.url, left_out);
        arrange(&mut facts.concept_maps, |one| &one.url, left_out);
        Ok(Compiled { facts: self.facts, source: self.source, left_out: self.left_out })
    }
}

/// Gives a value its JSON form.
fn settle(
    structure: &mut Structure,
    value: &PendingValue,
    schema: Option<&Schema>,
) -> Result<(), CompileError> {
    let element = &mut structure.elements[value.element];
    let json = typed::to_json(&value.node, &value.type_name, schema).map_err(|message| {
        CompileError::Value { url: structure.url.clone(), element: element.id.clone(), message }
    })?;
    let slot = match value.slot {
        Slot::Fixed => &mut element.fixed,
        Slot::Pattern => &mut element.pattern,
        Slot::MinValue => &mut element.min_value,
        Slot::MaxValue => &mut element.max_value,
    };
    *slot = Some(TypedJson { type_name: value.type_name.clone(), json });
    Ok(())
}

/// Sorts by URL and keeps the first of what is there twice.
fn arrange<T: PartialEq>(list: &mut Vec<T>, url: fn(&T) -> &String, left_out: &mut Vec<LeftOut>) {
    list.sort_by(|a, b| url(a).cmp(url(b)));
    list.dedup_by(|later, first| {
        let is_twice = url(later) == url(first);
        if is_twice && later != first {
            let why = "defined before with other content";
            left_out.push(LeftOut { what: url(later).clone(), why });
        }
        is_twice
    });
}
