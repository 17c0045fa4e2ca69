//! Places in a document, and elements with their `_` twins.

use crate::json::{Tree, Value};

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Where an element stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// From the root to the object that holds the element.
    pub(super) parent: Vec<Step>,
    /// Its property there, without `_`; empty for the root.
    pub(super) key: String,
    /// Its position, in a list.
    pub(super) index: Option<usize>,
}

impl Place {
    /// The place of a value below the root.
    pub(super) fn of(root: Value<'_>, target: Value<'_>) -> Option<Self> {
        if !std::ptr::eq(root.document(), target.document()) {
            return None;
        }
        let mut steps = Vec::new();
        let mut at = root;
        while at.index() != target.index() {
            // The child that holds the target is the last one that starts no later.
            let is_before = |child: &(usize, Value<'_>)| child.1.index() <= target.index();
            let children: Box<dyn Iterator<Item = Value<'_>>> =
                if at.is_array() { Box::new(at.items()) } else { Box::new(at.entries()) };
            let (index, child) = children.enumerate().take_while(is_before).last()?;
            steps.push(match at.is_array() {
                true => Step::Index(index),
                false => Step::Key(child.key().to_owned()),
            });
            at = child;
        }
        let mut place = Place { parent: steps, key: String::new(), index: None };
        if let Some(Step::Index(index)) = place.parent.last() {
            place.index = Some(*index);
            place.parent.pop();
        }
        match place.parent.pop() {
            Some(Step::Key(key)) => {
                place.key = key.strip_prefix('_').unwrap_or(&key).to_owned();
                Some(place)
            }
            None if place.index.is_none() => Some(place),
            // A list in a list, which FHIR does not have.
            _ => None,
        }
    }

    /// Is it the resource itself?
    pub(super) fn is_root(&self) -> bool {
        self.key.is_empty()
    }

    /// Are both items of the same list?
    pub(super) fn is_same_list(&self, other: &Place) -> bool {
        self.key == other.key && self.parent == other.parent
    }

    /// The element's value, to be changed.
    pub(super) fn value_mut<'t>(&self, tree: &'t mut Tree) -> Option<&'t mut Tree> {
        let parent = at_mut(tree, &self.parent)?;
        if self.is_root() {
            return Some(parent);
        }
        let value = parent.get_mut(&self.key)?;
        match (self.index, value) {
            (None, value) => Some(value),
            (Some(index), Tree::Array(items)) => items.get_mut(index),
            _ => None,
        }
    }

    /// The object with id and extensions of a primitive, which is made where there was none.
    pub(super) fn sibling_mut<'t>(&self, tree: &'t mut Tree) -> Option<&'t mut Tree> {
        let parent = at_mut(tree, &self.parent)?;
        let mut list = list(parent, &self.key);
        let element = list.get_mut(self.index.unwrap_or(0))?;
        element.sibling.get_or_insert_with(Tree::object);
        match self.index {
            Some(_) => put_list(parent, &self.key, list),
            None => put(parent, &self.key, list.swap_remove(0)),
        }
        match (self.index, parent.get_mut(&format!("_{}", self.key))?) {
            (Some(index), Tree::Array(items)) => items.get_mut(index),
            (_, sibling) => Some(sibling),
        }
    }
}

/// The value at these steps.
pub(super) fn at_mut<'t>(tree: &'t mut Tree, steps: &[Step]) -> Option<&'t mut Tree> {
    steps.iter().try_fold(tree, |tree, step| match (step, tree) {
        (Step::Key(key), tree) => tree.get_mut(key),
        (Step::Index(index), Tree::Array(items)) => items.get_mut(*index),
        (Step::Index(_), _) => None,
    })
}

/// An element: its value, and for a primitive the object with its id and extensions.
#[derive(Debug, Clone, Default)]
pub(super) struct Element {
    pub(super) value: Option<Tree>,
    pub(super) sibling: Option<Tree>,
}

/// The elements of a property.
pub(super) fn list(object: &Tree, key: &str) -> Vec<Element> {
    let values = items(object.get(key));
    let siblings = items(object.get(&format!("_{key}")));
    let count = values.len().max(siblings.len());
    let part = |parts: &[&Tree], index: usize| {
        parts.get(index).filter(|part| ***part != Tree::Null).map(|part| (*part).clone())
    };
    (0..count)
        .map(|index| Element { value: part(&values, index), sibling: part(&siblings, index) })
        .collect()
}

fn items(property: Option<&Tree>) -> Vec<&Tree> {
    match property {
        None => Vec::new(),
        Some(Tree::Array(items)) => items.iter().collect(),
        Some(single) => vec![single],
    }
}

/// Sets a property that repeats.
pub(super) fn put_list(object: &mut Tree, key: &str, list: Vec<Element>) {
    let (mut values, mut siblings) = (Vec::new(), Vec::new());
    for element in list {
        values.push(element.value);
        siblings.push(element.sibling);
    }
    put_array(object, key, values);
    put_array(object, &format!("_{key}"), siblings);
}

fn put_array(object: &mut Tree, key: &str, parts: Vec<Option<Tree>>) {
    if parts.iter().all(Option::is_none) {
        object.remove(key);
        return;
    }
    let parts = parts.into_iter().map(|part| part.unwrap_or(Tree::Null)).collect();
    object.set(key, Tree::Array(parts));
}

/// Sets a property that does not repeat.
pub(super) fn put(object: &mut Tree, key: &str, element: Element) {
    for (key, part) in [(key.to_owned(), element.value), (format!("_{key}"), element.sibling)] {
        match part {
            Some(part) => object.set(&key, part),
            None => {
                object.remove(&key);
            }
        }
    }
}

/// Gives a property another name, in its place.
pub(super) fn rename(object: &mut Tree, old: &str, new: &str) {
    let Tree::Object(members) = object else { return };
    for (key, _) in members {
        if key == old {
            *key = new.to_owned();
        } else if key.strip_prefix('_') == Some(old) {
            *key = format!("_{new}");
        }
    }
}

/// Takes out objects and arrays that are empty, which FHIR does not have; false when the whole
/// tree is.
pub(super) fn prune(tree: &mut Tree) -> bool {
    match tree {
        Tree::Object(members) => {
            members.retain_mut(|(key, value)| match value {
                Tree::Array(items) if key.starts_with('_') => prune_twins(items),
                other => prune(other),
            });
            !members.is_empty()
        }
        Tree::Array(items) => {
            items.retain_mut(prune);
            !items.is_empty()
        }
        _ => true,
    }
}

/// In a list that runs beside another every place counts.
fn prune_twins(items: &mut [Tree]) -> bool {
    for item in items.iter_mut() {
        if !prune(item) {
            *item = Tree::Null;
        }
    }
    items.iter().any(|item| *item != Tree::Null)
}
