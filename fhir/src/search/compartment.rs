//! [Compartments]: what belongs to a patient, an encounter, a practitioner …
//!
//! [Compartments]: https://hl7.org/fhir/R4/compartmentdefinition.html

use std::sync::Arc;

use super::{Filter, Param, ReferenceTest, Test};
use crate::definitions::Definitions;

/// Which resources of a type are in the compartment of `compartment/id`: those that refer to it by
/// one of the parameters that the definition names, and the resource itself. `None` when there is
/// no such compartment, or when the type is never in it.
#[must_use]
pub fn compartment_filter(
    compartment: &str,
    id: &str,
    resource: &str,
    definitions: &Definitions,
) -> Option<Filter> {
    let definition = definitions.compartment(compartment)?;
    let (_, codes) = definition.resources.iter().find(|(name, _)| name == resource)?;
    let resource: Arc<str> = resource.into();
    let mut parts = Vec::new();
    if &*resource == compartment {
        parts.push(Filter::Ids(vec![id.to_owned()]));
    }
    // `{def}` stands for the resource itself.
    for code in codes.iter().filter(|code| *code != "{def}") {
        let test = ReferenceTest::Local {
            resources: vec![compartment.to_owned()],
            id: id.to_owned(),
            version: None,
        };
        let param = Param { resource: resource.clone(), code: code.as_str().into() };
        parts.push(Filter::Matches(param, Test::Reference(test)));
    }
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(Filter::Or(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::compartment_filter;
    use crate::definitions::{SearchType, r4};
    use crate::search::{Filter, matches};

    #[test]
    fn a_member_refers_by_one_of_the_named_parameters() {
        let filter = compartment_filter("Patient", "1", "Observation", r4()).unwrap();
        let Filter::Or(parts) = filter else { panic!("two ways in") };
        assert_eq!(parts.len(), 2);
        assert!(compartment_filter("Patient", "1", "Organization", r4()).is_none());
        assert!(compartment_filter("Organization", "1", "Patient", r4()).is_none());
    }

    #[test]
    fn a_resource_is_in_its_own_compartment() {
        for name in ["Patient", "Encounter", "Practitioner", "RelatedPerson"] {
            let filter = compartment_filter(name, "1", name, r4()).unwrap();
            assert!(matches(&filter, "1", &[]), "{name}");
            assert!(!matches(&filter, "2", &[]), "{name}");
        }
    }

    #[test]
    fn every_parameter_that_a_compartment_names_is_a_reference() {
        for compartment in r4().compartments() {
            for (resource, codes) in &compartment.resources {
                for code in codes.iter().filter(|code| *code != "{def}") {
                    let parameter = r4().search_parameter(resource, code).expect("defined");
                    assert_eq!(parameter.kind, SearchType::Reference, "{resource} {code}");
                }
            }
        }
    }
}
