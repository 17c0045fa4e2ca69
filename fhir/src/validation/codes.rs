//! The codes of a value set, as far as the definitions hold them ([composing a value set]).
//!
//! [composing a value set]: https://hl7.org/fhir/R4/valueset.html#compositions

use std::collections::BTreeSet;

use crate::definitions::{Content, Definitions, ValueSetPart};

/// Value sets that include each other end here.
const DEPTH_MAX: usize = 16;

/// (code, system) pairs.
type Pairs = BTreeSet<(String, String)>;

/// All codes of a value set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CodeSet {
    /// (code, system), sorted.
    pairs: Vec<(Box<str>, Box<str>)>,
}

impl CodeSet {
    /// The codes of the value set of this URL; `None` when the definitions do not hold all of them.
    pub(super) fn expand(url: &str, definitions: &Definitions) -> Option<Self> {
        let pairs = value_set(url, definitions, 0)?;
        let pairs = pairs.into_iter().map(|(code, system)| (code.into(), system.into())).collect();
        Some(Self { pairs })
    }

    /// Is there such a code, in whatever system?
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.pairs.binary_search_by(|(known, _)| known.as_ref().cmp(code)).is_ok()
    }

    /// Is this code of this system in the set?
    pub(super) fn has(&self, system: &str, code: &str) -> bool {
        self.pairs
            .binary_search_by(|(known, of)| {
                known.as_ref().cmp(code).then_with(|| of.as_ref().cmp(system))
            })
            .is_ok()
    }

    /// The codes, sorted.
    pub(super) fn codes(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(code, _)| code.as_ref())
    }

    /// Number of codes.
    pub(super) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The systems that the codes are from, without repetition.
    pub(super) fn systems(&self) -> BTreeSet<&str> {
        self.pairs.iter().map(|(_, system)| system.as_ref()).collect()
    }
}

fn value_set(url: &str, definitions: &Definitions, depth: usize) -> Option<Pairs> {
    if depth > DEPTH_MAX {
        return None;
    }
    let set = definitions.value_set(url)?;
    if set.includes.is_empty() {
        let carried = set.expansion.iter().map(|(system, code)| (code.clone(), system.clone()));
        let carried: Pairs = carried.collect();
        return (!carried.is_empty()).then_some(carried);
    }
    let mut pairs = Pairs::new();
    for include in &set.includes {
        pairs.append(&mut part(include, definitions, depth)?);
    }
    for exclude in &set.excludes {
        for pair in part(exclude, definitions, depth)? {
            pairs.remove(&pair);
        }
    }
    Some(pairs)
}

/// What one include or exclude stands for: the codes that all its conditions share.
fn part(part: &ValueSetPart, definitions: &Definitions, depth: usize) -> Option<Pairs> {
    let mut found = match &part.system {
        Some(system) => Some(of_system(system, part, definitions)?),
        None => None,
    };
    for url in &part.value_sets {
        let other = value_set(url, definitions, depth + 1)?;
        found = Some(match found {
            Some(pairs) => pairs.intersection(&other).cloned().collect(),
            None => other,
        });
    }
    found
}

fn of_system(system: &str, part: &ValueSetPart, definitions: &Definitions) -> Option<Pairs> {
    let pair = |code: &str| (code.to_owned(), system.to_owned());
    if !part.concepts.is_empty() {
        return Some(part.concepts.iter().map(|(code, _)| pair(code)).collect());
    }
    let code_system = definitions.code_system(system)?;
    if code_system.content != Content::Complete || code_system.concepts.is_empty() {
        return None;
    }
    let mut is_in = vec![true; code_system.concepts.len()];
    for (property, operation, value) in &part.filters {
        let below = match (property.as_str(), operation.as_str()) {
            ("concept", "is-a") => descendants(&code_system.concepts, value, true),
            ("concept", "descendent-of") => descendants(&code_system.concepts, value, false),
            // Filters by other properties need what the definitions do not keep.
            _ => return None,
        };
        for (is_in, is_below) in is_in.iter_mut().zip(below) {
            *is_in &= is_below;
        }
    }
    let concepts = code_system.concepts.iter().zip(is_in);
    Some(concepts.filter(|(_, is_in)| *is_in).map(|(concept, _)| pair(&concept.code)).collect())
}

/// Which concepts are below this one; parents stand before their children.
fn descendants(concepts: &[crate::definitions::Concept], root: &str, with_root: bool) -> Vec<bool> {
    let mut is_below = vec![false; concepts.len()];
    for (at, concept) in concepts.iter().enumerate() {
        is_below[at] =
            concept.code == root || concept.parents.iter().any(|&parent| is_below[parent as usize]);
    }
    if !with_root {
        for (is_below, concept) in is_below.iter_mut().zip(concepts) {
            *is_below &= concept.code != root;
        }
    }
    is_below
}

#[cfg(test)]
mod tests {
    use super::CodeSet;
    use crate::definitions::r4;

    #[track_caller]
    fn check(name: &str, inside: &[(&str, &str)], outside: &[(&str, &str)]) {
        let url = format!("http://hl7.org/fhir/ValueSet/{name}");
        let set = CodeSet::expand(&url, r4()).expect("the definitions hold it");
        for (system, code) in inside {
            assert!(set.has(system, code) && set.has_code(code), "{system} {code}");
        }
        for (system, code) in outside {
            assert!(!set.has(system, code), "{system} {code}");
        }
    }

    #[test]
    fn a_whole_system_and_listed_codes_are_the_set() {
        let gender = "http://hl7.org/fhir/administrative-gender";
        check("administrative-gender", &[(gender, "female")], &[(gender, "f"), ("", "female")]);
        check("all-types", &[("http://hl7.org/fhir/resource-types", "Patient")], &[]);
    }

    #[test]
    fn a_set_of_external_codes_is_not_decided() {
        assert_eq!(CodeSet::expand("http://hl7.org/fhir/ValueSet/currencies", r4()), None);
        assert_eq!(CodeSet::expand("http://example.org/none", r4()), None);
    }

    #[test]
    fn every_required_binding_of_r4_is_decided_but_the_external_ones() {
        let schema = r4().schema();
        let mut open: Vec<&str> = Vec::new();
        for name in schema.resource_names() {
            let prefix = format!("{name}.");
            let places = r4().types().iter().filter(|one| one.type_name == name);
            for element in places.flat_map(|one| &one.elements) {
                let Some(binding) = &element.binding else { continue };
                let is_own = element.path.starts_with(&prefix);
                if is_own && binding.strength == crate::definitions::Strength::Required {
                    let url = binding.value_set.split('|').next().unwrap_or("");
                    if CodeSet::expand(url, r4()).is_none() {
                        open.push(url);
                    }
                }
            }
        }
        open.sort_unstable();
        open.dedup();
        assert_eq!(
            open,
            [
                "http://hl7.org/fhir/ValueSet/mimetypes",
                "http://hl7.org/fhir/ValueSet/ucum-units",
                "http://loinc.org/vs/LL379-9",
            ]
        );
    }
}
