//! FHIR definitions as compact facts: compiled from packages, loaded lazily from a pack.

mod facts;
mod schema;

pub use facts::{
    Binding, CodeSystem, Compartment, Concept, ConceptMap, Constraint, Content, Derivation,
    Element, ElementType, Operation, OperationParameter, SearchParameter, SearchType, Slicing,
    Strength, Structure, StructureKind, TypedJson, ValueSet, ValueSetPart,
};
pub use schema::{Property, PropertyType, Schema, Type, TypeId, TypeKind};
