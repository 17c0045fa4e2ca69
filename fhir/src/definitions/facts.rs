//! The facts of FHIR definitions, without their prose: what a pack holds.
//!
//! Shapes follow [StructureDefinition], [SearchParameter], [CompartmentDefinition],
//! [OperationDefinition], [ValueSet] and [CodeSystem].
//!
//! [StructureDefinition]: https://hl7.org/fhir/R4/structuredefinition.html
//! [SearchParameter]: https://hl7.org/fhir/R4/searchparameter.html
//! [CompartmentDefinition]: https://hl7.org/fhir/R4/compartmentdefinition.html
//! [OperationDefinition]: https://hl7.org/fhir/R4/operationdefinition.html
//! [ValueSet]: https://hl7.org/fhir/R4/valueset.html
//! [CodeSystem]: https://hl7.org/fhir/R4/codesystem.html

use serde::{Deserialize, Serialize};

/// All facts of one source, each list sorted by URL.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Types, profiles, extensions and logical models.
    pub structures: Vec<Structure>,
    /// Search parameters.
    pub search_parameters: Vec<SearchParameter>,
    /// Compartments.
    pub compartments: Vec<Compartment>,
    /// Operations.
    pub operations: Vec<Operation>,
    /// Value sets.
    pub value_sets: Vec<ValueSet>,
    /// Code systems.
    pub code_systems: Vec<CodeSystem>,
    /// Concept maps.
    pub concept_maps: Vec<ConceptMap>,
}

/// What a structure describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StructureKind {
    /// `boolean`, `string`, `code` …
    PrimitiveType,
    /// `HumanName`, `Extension`, `BackboneElement` …
    ComplexType,
    /// `Patient`, `Bundle` …
    Resource,
    /// A logical model.
    Logical,
}

/// How a structure relates to its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Derivation {
    /// A type of its own.
    Specialization,
    /// A profile on a type.
    Constraint,
}

/// One StructureDefinition with its snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Structure {
    /// Canonical URL, without version.
    pub url: String,
    /// Business version.
    pub version: Option<String>,
    /// Computer-friendly name.
    pub name: String,
    /// What is described.
    pub kind: StructureKind,
    /// No instance has exactly this type.
    pub is_abstract: bool,
    /// The type defined or constrained: `Patient`.
    pub type_name: String,
    /// Canonical URL of the base.
    pub base: Option<String>,
    /// Type or profile.
    pub derivation: Option<Derivation>,
    /// Where an extension may be used: (kind of context, expression).
    pub contexts: Vec<(String, String)>,
    /// The snapshot, in its order; the first is the root.
    pub elements: Vec<Element>,
}

/// One ElementDefinition of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// `Patient.contact:emergency.name`.
    pub id: String,
    /// `Patient.contact.name`; a choice ends in `[x]`.
    pub path: String,
    /// Name of the slice that this element opens.
    pub slice_name: Option<String>,
    /// How the element's repetitions are told apart.
    pub slicing: Option<Slicing>,
    /// Least number of occurrences.
    pub min: u32,
    /// Greatest number of occurrences; `None` is `*`.
    pub max: Option<u32>,
    /// `max` of the element in the base definition: whether JSON has an array.
    pub base_max: Option<u32>,
    /// Types allowed here; empty for the root and for a content reference.
    pub types: Vec<ElementType>,
    /// `#Observation.referenceRange`: the element whose content is shared.
    pub content_reference: Option<String>,
    /// Binding to a value set.
    pub binding: Option<Binding>,
    /// Invariants stated on this element.
    pub constraints: Vec<Constraint>,
    /// Changes the meaning of its parent.
    pub is_modifier: bool,
    /// Part of `_summary=true`.
    pub is_summary: bool,
    /// Profile's must-support flag.
    pub must_support: bool,
    /// Written as an XML attribute or as XHTML: `xmlAttr`, `xhtml` …
    pub representation: Option<String>,
    /// The only value allowed.
    pub fixed: Option<TypedJson>,
    /// What a value must contain.
    pub pattern: Option<TypedJson>,
    /// Least value.
    pub min_value: Option<TypedJson>,
    /// Greatest value.
    pub max_value: Option<TypedJson>,
    /// Greatest length of a string, in characters.
    pub max_length: Option<u32>,
}

/// A value from a definition: its type and its JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypedJson {
    /// `CodeableConcept`.
    pub type_name: String,
    /// Compact JSON.
    pub json: String,
}

/// Slicing of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slicing {
    /// (type, path): `("pattern", "code")`.
    pub discriminators: Vec<(String, String)>,
    /// Slices must come in order.
    pub ordered: bool,
    /// `open`, `closed`, `openAtEnd`.
    pub rules: String,
}

/// One allowed type of an element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementType {
    /// `CodeableConcept`, `Reference`; FHIRPath system types (`Resource.id`, `Extension.url`,
    /// `xhtml.id` …) stand under the FHIR type of the `structuredefinition-fhir-type` extension
    /// (`id`, `uri`, `string` …).
    pub code: String,
    /// Profiles that the value must conform to.
    pub profiles: Vec<String>,
    /// Canonical URLs of what a reference may point to.
    pub targets: Vec<String>,
}

/// Strength of a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Strength {
    /// A suggestion only.
    Example,
    /// Should be from the set.
    Preferred,
    /// Must be from the set where a code of it applies.
    Extensible,
    /// Must be from the set.
    Required,
}

/// Binding of a coded element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// How strict it is.
    pub strength: Strength,
    /// Canonical URL, perhaps with `|version`.
    pub value_set: String,
    /// The `elementdefinition-maxValueSet` extension.
    pub max_value_set: Option<String>,
}

/// An invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// `pat-1`.
    pub key: String,
    /// Error, or warning only.
    pub is_error: bool,
    /// FHIRPath that must be true.
    pub expression: Option<String>,
    /// Canonical URL of the structure that states it.
    pub source: Option<String>,
}

/// Type of a search parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SearchType {
    /// A number.
    Number,
    /// A date, dateTime, instant, Period or Timing.
    Date,
    /// Text.
    String,
    /// A code, identifier or flag.
    Token,
    /// A reference to a resource.
    Reference,
    /// Several parameters of one element.
    Composite,
    /// A number with a unit.
    Quantity,
    /// A URI.
    Uri,
    /// By its own rules (`near`).
    Special,
}

/// One SearchParameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchParameter {
    /// Canonical URL.
    pub url: String,
    /// Name in a query.
    pub code: String,
    /// Resource types it is for; `Resource` and `DomainResource` stand for all.
    pub base: Vec<String>,
    /// How its values compare.
    pub kind: SearchType,
    /// FHIRPath to the values; 16 parameters have none.
    pub expression: Option<String>,
    /// Resource types that a reference may have.
    pub targets: Vec<String>,
    /// Components of a composite: (canonical URL of the parameter, expression).
    pub components: Vec<(String, String)>,
    /// New to a tenant: what is written is indexed by it, what was written before is not yet, so
    /// that no search may use it.
    #[serde(skip)]
    pub is_waiting: bool,
}

/// One CompartmentDefinition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compartment {
    /// Canonical URL.
    pub url: String,
    /// `Patient`, `Encounter`, `Device` …
    pub code: String,
    /// (resource type, codes of the parameters that make it a member; empty: never a member).
    pub resources: Vec<(String, Vec<String>)>,
}

/// One OperationDefinition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Canonical URL.
    pub url: String,
    /// Name in a URL, without `$`.
    pub code: String,
    /// May it change data?
    pub affects_state: bool,
    /// Resource types it is for.
    pub resources: Vec<String>,
    /// Invoked at the base.
    pub system: bool,
    /// Invoked on a type.
    pub type_level: bool,
    /// Invoked on an instance.
    pub instance: bool,
    /// In and out parameters.
    pub parameters: Vec<OperationParameter>,
}

/// One parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationParameter {
    /// Name.
    pub name: String,
    /// `in` rather than `out`.
    pub is_in: bool,
    /// Least number of occurrences.
    pub min: u32,
    /// Greatest number of occurrences; `None` is `*`.
    pub max: Option<u32>,
    /// Type; none when it has parts.
    pub type_name: Option<String>,
    /// How a string is searched: `token` …
    pub search_type: Option<String>,
    /// Parts.
    pub parts: Vec<OperationParameter>,
}

/// One ValueSet: its definition, and its expansion where the source carries one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueSet {
    /// Canonical URL.
    pub url: String,
    /// Business version.
    pub version: Option<String>,
    /// What is in.
    pub includes: Vec<ValueSetPart>,
    /// What is out again.
    pub excludes: Vec<ValueSetPart>,
    /// (system, code) of a carried expansion.
    pub expansion: Vec<(String, String)>,
}

/// One include or exclude of a ValueSet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueSetPart {
    /// Code system.
    pub system: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Listed codes with their displays; empty with no filter: the whole system.
    pub concepts: Vec<(String, Option<String>)>,
    /// (property, op, value).
    pub filters: Vec<(String, String, String)>,
    /// Value sets whose content is included.
    pub value_sets: Vec<String>,
}

/// How much of a code system a resource carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Nothing.
    NotPresent,
    /// Some examples.
    Example,
    /// Some codes.
    Fragment,
    /// Everything.
    Complete,
    /// Properties for another system's codes.
    Supplement,
}

/// One CodeSystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSystem {
    /// Canonical URL: the `system` of its codings.
    pub url: String,
    /// Business version.
    pub version: Option<String>,
    /// How much is here.
    pub content: Content,
    /// Codes that differ by case differ.
    pub case_sensitive: bool,
    /// Canonical URL of the value set of all its codes.
    pub value_set: Option<String>,
    /// All concepts, parents before children.
    pub concepts: Vec<Concept>,
}

/// One concept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concept {
    /// Code.
    pub code: String,
    /// Display.
    pub display: Option<String>,
    /// Indices of its parents in the system's list: nesting and `subsumedBy`/`parent` properties.
    pub parents: Vec<u32>,
    /// Groups others and is not to be chosen: property `notSelectable` or `abstract`.
    pub is_abstract: bool,
    /// Status is inactive, deprecated or retired.
    pub is_inactive: bool,
}

/// One ConceptMap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConceptMap {
    /// Canonical URL.
    pub url: String,
    /// (source system, target system, mappings).
    pub groups: Vec<(String, String, Vec<Mapping>)>,
}

/// (source code, target code, equivalence).
pub type Mapping = (String, String, String);
