//! What of a [SearchParameter] concerns one resource type.
//!
//! [SearchParameter]: https://hl7.org/fhir/R4/searchparameter.html

use crate::definitions::{Definitions, Schema, SearchParameter, SearchType};

/// The parameters of a resource type that a search may use, those of all resources among them,
/// sorted by code: what a CapabilityStatement can list.
#[must_use]
pub fn searchable<'a>(definitions: &'a Definitions, resource: &str) -> Vec<&'a SearchParameter> {
    let mut found = definitions.search_parameters_of(resource);
    found.retain(|parameter| is_searchable(parameter, resource));
    found
}

/// Can a search on this resource type use the parameter? Not where it has rules of its own
/// (`_filter`; but `near` is built) or no expression for the type (`_text`, `_content`,
/// `Patient.age`), nor while what was written before the parameter is not indexed by it.
pub(super) fn is_searchable(parameter: &SearchParameter, resource: &str) -> bool {
    !parameter.is_waiting && is_indexed(parameter, resource)
}

/// Does a resource of this type leave index entries for the parameter?
pub(super) fn is_indexed(parameter: &SearchParameter, resource: &str) -> bool {
    let is_built = parameter.kind != SearchType::Special || parameter.code == "near";
    is_built && branches(parameter, resource).next().is_some()
}

/// May a reference parameter of the type `source` refer to a resource of the type `target`?
pub(super) fn may_refer_to(
    parameter: &SearchParameter,
    source: &str,
    target: &str,
    schema: &Schema,
) -> bool {
    let targets = targets(parameter, source, schema);
    targets.is_empty() || targets.contains(&target)
}

/// The types that a reference parameter may refer to on this resource type; none: any. Of those
/// that the parameter has, which may be for several resource types, these are the ones that its
/// expression tells (`subject.where(resolve() is Patient)`) or that its element allows.
pub(super) fn targets<'a>(
    parameter: &'a SearchParameter,
    resource: &str,
    schema: &Schema,
) -> Vec<&'a str> {
    let mut allowed: Vec<&str> = Vec::new();
    let all = || parameter.targets.iter().map(String::as_str).collect();
    for branch in branches(parameter, resource) {
        match branch.split_once("resolve() is ") {
            Some((_, rest)) => allowed.push(root(rest)),
            None => match element_targets(branch, schema) {
                Some(targets) => allowed.extend(targets),
                None => return all(),
            },
        }
    }
    let mut found: Vec<&str> = all();
    found.retain(|target| allowed.contains(target));
    if found.is_empty() { all() } else { found }
}

/// The types that the element at the end of a plain path may refer to; `None` where the branch is
/// no such path, and where the element may refer to any.
fn element_targets<'s>(branch: &str, schema: &'s Schema) -> Option<impl Iterator<Item = &'s str>> {
    let mut steps = branch.split('.');
    let (_, mut at) = schema.by_name(steps.next()?)?;
    let mut targets: &[String] = &[];
    for step in steps {
        let (_, property) = at.property(step)?;
        targets = &property.targets;
        at = schema.get(property.type_id);
    }
    (!targets.is_empty()).then(|| targets.iter().map(String::as_str))
}

/// The parts of the parameter's expression, which is a union over types, that start at this type:
/// by its name or, as in `InsurancePlan.name`, whose expression is `name | alias`, without one.
pub(super) fn branches<'a>(
    parameter: &'a SearchParameter,
    resource: &str,
) -> impl Iterator<Item = &'a str> {
    let expression = parameter.expression.as_deref().unwrap_or_default();
    let is_of_one_type = matches!(parameter.base.as_slice(), [only] if only == resource);
    split_union(expression).into_iter().filter(move |branch| {
        let root = root(branch);
        let is_nameless = root.starts_with(|c: char| c.is_ascii_lowercase());
        root == resource
            || matches!(root, "Resource" | "DomainResource")
            || (is_of_one_type && is_nameless)
    })
}

/// The type that a branch starts at.
pub(super) fn root(branch: &str) -> &str {
    let start = branch.trim_start_matches(['(', ' ']);
    let end = start.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(start.len());
    &start[..end]
}

/// Splits at each `|` that is in no parentheses and no text.
pub(super) fn split_union(expression: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut is_text) = (Vec::new(), 0, 0_u32, false);
    for (at, byte) in expression.bytes().enumerate() {
        match byte {
            b'\'' => is_text = !is_text,
            b'(' if !is_text => depth += 1,
            b')' if !is_text => depth = depth.saturating_sub(1),
            b'|' if !is_text && depth == 0 => {
                parts.push(expression[start..at].trim());
                start = at + 1;
            }
            _ => (),
        }
    }
    parts.push(expression[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::{branches, searchable, split_union};
    use crate::definitions;

    #[track_caller]
    fn check(resource: &str, code: &str, expected: &[&str]) {
        let parameter = definitions::r4().search_parameter(resource, code).expect("of R4");
        assert_eq!(branches(parameter, resource).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_the_branches_of_the_type_are_taken() {
        check("MedicationRequest", "code", &["(MedicationRequest.medication as CodeableConcept)"]);
        check("Observation", "combo-code", &["Observation.code", "Observation.component.code"]);
        check("Patient", "_tag", &["Resource.meta.tag"]);
        check("InsurancePlan", "name", &["name", "alias"]);
        assert_eq!(split_union("a.where(b='x|y' | c) | (d)"), ["a.where(b='x|y' | c)", "(d)"]);
    }

    #[test]
    fn a_reference_may_have_the_types_that_its_expression_and_its_element_allow() {
        let targets = |resource, code| {
            let parameter = definitions::r4().search_parameter(resource, code).expect("of R4");
            super::targets(parameter, resource, definitions::r4().schema())
        };
        assert_eq!(targets("Observation", "patient"), ["Patient"]);
        assert_eq!(targets("Encounter", "practitioner"), ["Practitioner"]);
        assert_eq!(targets("AllergyIntolerance", "patient"), ["Patient"]);
        assert_eq!(targets("Observation", "encounter"), ["Encounter"]);
        assert_eq!(targets("DocumentReference", "encounter"), ["Encounter", "EpisodeOfCare"]);
        assert_eq!(targets("MedicationRequest", "medication"), ["Medication"]);
        assert_eq!(targets("Observation", "subject").len(), 4);
        assert!(targets("Provenance", "target").len() > 100);
        assert_eq!(targets("Patient", "organization"), ["Organization"]);
        assert_eq!(targets("Group", "managing-entity").len(), 4);
    }

    #[test]
    fn what_has_no_expression_or_rules_of_its_own_is_not_offered() {
        let codes = |resource| -> Vec<&str> {
            searchable(definitions::r4(), resource).iter().map(|one| one.code.as_str()).collect()
        };
        let patient = codes("Patient");
        for code in ["_id", "_lastUpdated", "_profile", "_security", "_source", "_tag", "name"] {
            assert!(patient.contains(&code), "{code}");
        }
        for code in ["_text", "_content", "_filter", "_query", "age"] {
            assert!(!patient.contains(&code), "{code}");
        }
        assert!(codes("Location").contains(&"near"));
    }
}
