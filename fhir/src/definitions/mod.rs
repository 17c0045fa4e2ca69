//! FHIR definitions as compact facts: compiled from packages, loaded lazily from a pack.

pub mod compile;
mod facts;
mod pack;
mod schema;
mod schema_build;
mod store;

pub use facts::{
    Binding, CodeSystem, Compartment, Concept, ConceptMap, Constraint, Content, Derivation,
    Element, ElementType, Facts, Mapping, Operation, OperationParameter, SearchParameter,
    SearchType, Slicing, Strength, Structure, StructureKind, TypedJson, ValueSet, ValueSetPart,
};
pub use pack::{PackError, encode};
pub use schema::{Property, PropertyType, Schema, Type, TypeId, TypeKind};
pub use schema_build::SchemaError;
pub use store::{Definitions, r4};
