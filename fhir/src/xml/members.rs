//! The properties of a JSON object as they come in as elements, repetitions gathered.

use crate::definitions::{Property, PropertyType, Type};
use crate::json::Tree;

/// What one element says: the value, and the id and extensions that JSON keeps in `_name`.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) value: Option<Tree>,
    pub(super) rest: Option<Tree>,
}

/// Properties in the order in which they came.
#[derive(Default)]
pub(super) struct Members<'s> {
    gathered: Vec<Gathered<'s>>,
}

struct Gathered<'s> {
    at: u16,
    json_name: &'s str,
    is_array: bool,
    parts: Vec<Parts>,
}

/// A child element that may stand where it stands.
pub(super) struct Child<'s> {
    pub(super) kind: &'s PropertyType,
    /// Place among its repetitions where it may repeat.
    pub(super) index: Option<usize>,
}

impl<'s> Members<'s> {
    /// Opens a place for the next element of this name.
    ///
    /// # Errors
    /// When the type has no such element, has it once only, or has it before another that came.
    pub(super) fn open(&mut self, of: &'s Type, name: &str) -> Result<Child<'s>, String> {
        let known = of.by_json_name.get(name).map(|&(at, choice)| {
            let property = &of.properties[usize::from(at)];
            (at, property, &property.types[usize::from(choice)])
        });
        let Some((at, property, kind)) = known.filter(|(_, one, _)| !one.is_xml_attribute) else {
            return Err(format!("<{name}> is no element of {}", of.name));
        };
        match self.gathered.last() {
            Some(last) if last.json_name == kind.json_name && !last.is_array => {
                return Err(format!("<{name}> a second time; {} has one at most", of.name));
            }
            Some(last) if last.json_name != kind.json_name => {
                if at < last.at || self.gathered.iter().any(|one| one.json_name == kind.json_name) {
                    return Err(out_of_order(of, name, last));
                }
                self.start(at, property, kind);
            }
            Some(_) => {}
            None => self.start(at, property, kind),
        }
        let last = self.gathered.last().map_or(0, |one| one.parts.len());
        Ok(Child { kind, index: property.is_array.then_some(last) })
    }

    fn start(&mut self, at: u16, property: &'s Property, kind: &'s PropertyType) {
        self.gathered.push(Gathered {
            at,
            json_name: &kind.json_name,
            is_array: property.is_array,
            parts: Vec::new(),
        });
    }

    /// Fills the place opened last.
    pub(super) fn fill(&mut self, parts: Parts) {
        if let Some(last) = self.gathered.last_mut() {
            last.parts.push(parts);
        }
    }

    /// The properties, `name` and `_name` where each has something to say.
    pub(super) fn into_properties(self) -> Vec<(String, Tree)> {
        let mut properties = Vec::with_capacity(self.gathered.len());
        for one in self.gathered {
            let (values, rests): (Vec<_>, Vec<_>) =
                one.parts.into_iter().map(|parts| (parts.value, parts.rest)).unzip();
            let hidden = format!("_{}", one.json_name);
            for (name, parts) in [(one.json_name.to_owned(), values), (hidden, rests)] {
                if parts.iter().all(Option::is_none) {
                    continue;
                }
                let mut items = parts.into_iter().map(|part| part.unwrap_or(Tree::Null));
                let value =
                    if one.is_array { Some(Tree::Array(items.collect())) } else { items.next() };
                properties.extend(value.map(|value| (name, value)));
            }
        }
        properties
    }
}

fn out_of_order(of: &Type, name: &str, last: &Gathered<'_>) -> String {
    format!("<{name}> after <{}>; in {} it stands before", last.json_name, of.name)
}
