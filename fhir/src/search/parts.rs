//! Parameters that others make up: `Observation.combo-code` has the values of `code` and of
//! `component-code`, and no others, so an index that has those two need not have them again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use crate::definitions::{self, SearchType};

use super::Param;
use super::parameter::{branches, is_indexed};

/// The parameters whose values are together those of this one of R4, each of the same type; none
/// where its values are its own. They are made up of no others themselves.
///
/// Told of tokens that at most two others make up, and of strings that are one other: to ask for two
/// equalities instead of one costs an index little, to ask for two ranges may cost it much.
#[must_use]
pub fn parts(param: &Param) -> &'static [Param] {
    static PARTS: OnceLock<HashMap<Param, Vec<Param>>> = OnceLock::new();
    PARTS.get_or_init(all).get(param).map_or(&[], Vec::as_slice)
}

/// A parameter with the paths that its values come from.
struct Paths<'a> {
    code: &'a str,
    kind: SearchType,
    paths: BTreeSet<&'a str>,
}

fn all() -> HashMap<Param, Vec<Param>> {
    let definitions = definitions::r4();
    let mut found = HashMap::new();
    for resource in definitions.schema().resource_names() {
        let name: Arc<str> = resource.into();
        let parameters = definitions.search_parameters_of(resource).into_iter();
        let indexed = parameters
            .filter(|one| matches!(one.kind, SearchType::Token | SearchType::String))
            .filter(|one| is_indexed(one, resource));
        let mut left: Vec<Paths<'_>> = indexed
            .map(|one| Paths {
                code: &one.code,
                kind: one.kind,
                paths: branches(one, resource).collect(),
            })
            .collect();
        // What makes up others has fewer paths, or a code that comes first.
        left.sort_by_key(|one| (one.paths.len(), one.code));
        let mut own: Vec<Paths<'_>> = Vec::with_capacity(left.len());
        for one in left {
            match made_up_of(&one, &own) {
                Some(codes) => {
                    let param = |code: &str| Param::new(Arc::clone(&name), code);
                    found.insert(param(one.code), codes.into_iter().map(param).collect());
                }
                None => own.push(one),
            }
        }
    }
    found
}

fn made_up_of<'a>(one: &Paths<'_>, others: &[Paths<'a>]) -> Option<Vec<&'a str>> {
    let within: Vec<&Paths<'a>> = others
        .iter()
        .filter(|other| other.kind == one.kind && other.paths.is_subset(&one.paths))
        .collect();
    if let Some(same) = within.iter().find(|other| other.paths == one.paths) {
        return Some(vec![same.code]);
    }
    if one.kind != SearchType::Token {
        return None;
    }
    within.iter().enumerate().find_map(|(at, first)| {
        let fills = |second: &&&Paths<'_>| {
            one.paths.iter().all(|path| first.paths.contains(path) || second.paths.contains(path))
        };
        let second = within[at + 1..].iter().find(fills)?;
        Some(vec![first.code, second.code])
    })
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::search::Param;

    #[track_caller]
    fn check(resource: &str, code: &str, expected: &[&str]) {
        let found = parts(&Param::new(resource, code)).iter();
        assert_eq!(found.map(|part| &*part.code).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_others_make_up_is_told() {
        check("Observation", "combo-code", &["code", "component-code"]);
        check("Observation", "combo-value-concept", &["component-value-concept", "value-concept"]);
        check("Patient", "phonetic", &["name"]);
    }

    #[test]
    fn what_has_values_of_its_own_or_is_costly_to_ask_for_in_parts_is_not_made_up() {
        check("Observation", "code", &[]);
        check("Observation", "combo-value-quantity", &[]);
        check("Patient", "name", &[]);
        check("Organization", "phonetic", &[]);
        check("Patient", "nothing", &[]);
    }
}
