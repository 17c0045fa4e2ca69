//! Observations by what they observe: codes are the same by system and code, texts where there is
//! no code, and what shares one code is the same for all its codes.

use std::collections::HashMap;

use fhir::json::Value;

/// One name of what is observed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Name {
    /// System and code.
    Code(String, String),
    Text(String),
    /// Neither.
    Nothing,
}

/// Groups that grow together as names turn out to mean the same.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    by_name: HashMap<Name, usize>,
    /// Of each group the one that it was joined to; itself at the end.
    parents: Vec<usize>,
}

/// What became of the groups when an Observation was put into one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// The group it is in.
    pub(super) group: usize,
    /// Groups that were joined to that one.
    pub(super) joined: Vec<usize>,
}

impl Grouping {
    /// The group of a CodeableConcept.
    pub(super) fn place(&mut self, code: Option<Value<'_>>) -> Placed {
        let names = names(code);
        let mut known: Vec<usize> = names
            .iter()
            .filter_map(|name| self.by_name.get(name))
            .map(|at| self.root(*at))
            .collect();
        known.sort_unstable();
        known.dedup();
        let group = known.first().copied().unwrap_or_else(|| {
            self.parents.push(self.parents.len());
            self.parents.len() - 1
        });
        let joined: Vec<usize> = known.into_iter().skip(1).collect();
        for at in &joined {
            self.parents[*at] = group;
        }
        self.by_name.extend(names.into_iter().map(|name| (name, group)));
        Placed { group, joined }
    }

    fn root(&self, mut at: usize) -> usize {
        while self.parents[at] != at {
            at = self.parents[at];
        }
        at
    }
}

fn names(code: Option<Value<'_>>) -> Vec<Name> {
    let codings = code.into_iter().flat_map(|code| code.list("coding"));
    let mut names: Vec<Name> = codings
        .filter_map(|coding| {
            let system = coding.str("system").unwrap_or_default().into_owned();
            Some(Name::Code(system, coding.str("code")?.into_owned()))
        })
        .collect();
    if names.is_empty() {
        let text = code.and_then(|code| code.str("text"));
        names.push(text.map_or(Name::Nothing, |text| Name::Text(text.into_owned())));
    }
    names
}

#[cfg(test)]
mod tests {
    use fhir::json::Json;

    use super::Grouping;

    /// The number of groups of these concepts; each is a list of codes, or a text.
    #[track_caller]
    fn check(concepts: &[&str], expected: usize) {
        let mut grouping = Grouping::default();
        let mut groups = 0;
        for concept in concepts {
            let text = match concept.strip_prefix('"') {
                Some(text) => format!(r#"{{"text":"{text}}}"#),
                None => {
                    let codings = concept.split(',').map(|c| format!(r#"{{"code":"{c}"}}"#));
                    format!(r#"{{"coding":[{}]}}"#, codings.collect::<Vec<_>>().join(","))
                }
            };
            let json = Json::parse(text).unwrap();
            let before = grouping.parents.len();
            let placed = grouping.place(Some(json.root()));
            groups += grouping.parents.len() - before;
            groups -= placed.joined.len();
        }
        assert_eq!(groups, expected, "{concepts:?}");
    }

    #[test]
    fn codes_are_grouped_as_the_table_of_the_operation_has_it() {
        check(&["a", "b", "c"], 3);
        check(&["a", "b", "a,c"], 2);
        check(&["a", "b", "a,b"], 1);
        check(&["\"textM\"", "\"Text\"", "\"t e x t\""], 3);
    }

    #[test]
    fn equality_is_transitive() {
        check(&["a,b", "c,d", "e", "b,c", "d,e", "f"], 2);
        check(&["\"a\"", "a", "\"a\""], 2);
    }
}
