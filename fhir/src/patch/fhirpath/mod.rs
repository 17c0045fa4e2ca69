//! [FHIRPath Patch]: operations on elements that are found by FHIRPath, all or none.
//!
//! [FHIRPath Patch]: https://hl7.org/fhir/R4/fhirpatch.html

mod content;
mod operation;
mod place;

use std::cell::Cell;

use crate::definitions::{Property, Schema, Type, TypeId, TypeKind};
use crate::json::{Json, Tree, Value};
use crate::path::{Environment, Expression, Item, PathError};
use crate::resource::nearest;

use super::json::{OPERATIONS_MAX, PatchError, PatchErrorKind};
use content::Content;
use operation::{Action, Operation};
use place::{Place, Step};

/// Bytes that may be parsed again after operations: a document's size times its operations.
const WORK_BYTES_MAX: usize = 256 << 20;
/// Steps that finding the places of elements may take, all operations together: an element is
/// sought for from the beginning of the document.
const PLACE_STEPS_MAX: u64 = 1 << 30;
/// Elements that a path may lead to.
const PLACES_MAX: usize = 20_000;
/// Longest quotation of what a client wrote, in characters.
const QUOTED_MAX: usize = 200;

pub(super) type Fault = (PatchErrorKind, String);

/// The document after the operations of a Parameters resource, one after the other. Elements
/// that are left without content are taken out at the end.
///
/// # Errors
/// The first operation that fails: [`PatchErrorKind::Malformed`] where the operation itself is
/// wrong, [`PatchErrorKind::PathMissing`] where it does not fit the document.
pub fn apply(document: &Json, parameters: Value<'_>, schema: &Schema) -> Result<Json, PatchError> {
    let fail =
        |operation: usize| move |(kind, message): Fault| PatchError { operation, message, kind };
    let operations = operation::all(parameters, schema)
        .map_err(|(operation, message)| fail(operation)(malformed(message)))?;
    let mut tree = Tree::from(document.root());
    let mut current: Option<Json> = None;
    let mut work = 0;
    let steps_left = Cell::new(PLACE_STEPS_MAX);
    for (number, operation) in operations.iter().enumerate() {
        let json = current.as_ref().unwrap_or(document);
        work += json.text().len();
        if work > WORK_BYTES_MAX {
            let message = "too many operations for a document of this size: give them in parts";
            return Err(fail(number)(malformed(message)));
        }
        let patch = Patch { schema, json, steps_left: &steps_left };
        let next = patch
            .perform(&mut tree, operation)
            .and_then(|()| tree.to_json().map_err(|error| malformed(error.to_string())));
        current = Some(next.map_err(fail(number))?);
    }
    place::prune(&mut tree);
    let last = operations.len().saturating_sub(1);
    tree.to_json().map_err(|error| fail(last)(malformed(error.to_string())))
}

pub(super) fn malformed(message: impl Into<String>) -> Fault {
    (PatchErrorKind::Malformed, message.into())
}

fn missing(message: impl Into<String>) -> Fault {
    (PatchErrorKind::PathMissing, message.into())
}

/// What a client wrote, for an error's message.
pub(super) fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_MAX).collect()
}

/// One operation's view: the document as it stands before it.
struct Patch<'a> {
    schema: &'a Schema,
    json: &'a Json,
    /// Of [`PLACE_STEPS_MAX`].
    steps_left: &'a Cell<u64>,
}

impl Patch<'_> {
    fn perform(&self, tree: &mut Tree, operation: &Operation<'_>) -> Result<(), Fault> {
        let path = &*operation.path;
        match &operation.action {
            Action::Add { name, value } => self.add(tree, path, name, *value),
            Action::Insert { index, value } => self.insert(tree, path, *index, *value),
            Action::Delete => self.delete(tree, path),
            Action::Replace { value } => self.replace(tree, path, *value),
            Action::Move { source, destination } => self.shift(tree, path, *source, *destination),
        }
    }

    /// Types and places of the elements at a path.
    fn find(&self, path: &str) -> Result<Vec<(TypeId, Place)>, Fault> {
        let shown = quoted(path);
        let refused = |error: PathError| malformed(format!("path {shown}: {error}"));
        let expression = Expression::parse(path).map_err(refused)?;
        let root = self.json.root();
        let focus = Item::resource(self.schema, root).map_err(|e| malformed(e.to_string()))?;
        let mut found = Vec::new();
        let (mut has_others, mut are_too_many) = (false, false);
        let visit = |item: Item<'_>| {
            if are_too_many {
                return;
            }
            let node = item.as_node();
            let place = node.and_then(|node| {
                let value = node.place()?;
                let left = self.steps_left.get().checked_sub(value.index() as u64);
                are_too_many = left.is_none() || found.len() == PLACES_MAX;
                self.steps_left.set(left.unwrap_or(0));
                Some((node.type_id, Place::of(root, value)?))
            });
            has_others |= place.is_none();
            found.extend(place);
        };
        let env = Environment::new(self.schema, root);
        expression.each(&env, focus, visit).map_err(refused)?;
        if are_too_many {
            let message =
                format!("path {shown} leads to more elements than can be patched at once");
            return Err(malformed(message));
        }
        if has_others {
            let message = format!("path {shown} should lead to elements of the document");
            return Err(malformed(message));
        }
        Ok(found)
    }

    fn find_one(&self, path: &str, verb: &str) -> Result<(TypeId, Place), Fault> {
        let mut found = self.find(path)?;
        let shown = quoted(path);
        match (found.pop(), found.len()) {
            (None, _) => Err(missing(format!("no content found at {shown} when {verb}"))),
            (Some(only), 0) => Ok(only),
            (Some(_), more) => {
                let count = more + 1;
                Err(missing(format!("{count} elements at {shown} when {verb}: one is needed")))
            }
        }
    }

    /// The list that the elements at a path make up.
    fn find_list(&self, path: &str, verb: &str) -> Result<Place, Fault> {
        let found = self.find(path)?;
        let shown = quoted(path);
        let Some((_, first)) = found.first() else {
            return Err(missing(format!("no content found at {shown} when {verb}")));
        };
        let is_list = first.index.is_some();
        if !is_list || found.iter().any(|(_, other)| !first.is_same_list(other)) {
            return Err(missing(format!("{shown} should be one list when {verb}")));
        }
        Ok(first.clone())
    }

    fn add(&self, tree: &mut Tree, path: &str, name: &str, value: Value<'_>) -> Result<(), Fault> {
        let (type_id, place) = self.find_one(path, "adding")?;
        let parent = self.schema.get(type_id);
        let property = property_of(parent, name)?;
        let content = Content::read(self.schema, property, value)?;
        let object = if parent.kind == TypeKind::Primitive {
            place.sibling_mut(tree)
        } else {
            place.value_mut(tree)
        };
        let object = object.ok_or_else(|| missing(format!("{} has no content", quoted(path))))?;
        if property.is_array {
            let mut list = place::list(object, &content.json_name);
            list.push(content.element);
            place::put_list(object, &content.json_name, list);
            return Ok(());
        }
        let is_there = |json_name: &str| {
            object.get(json_name).is_some() || object.get(&format!("_{json_name}")).is_some()
        };
        if let Some(old) = property.types.iter().find(|one| is_there(&one.json_name)) {
            let old = &old.json_name;
            return Err(missing(format!("{}.{old} is there already: replace it", quoted(path))));
        }
        place::put(object, &content.json_name, content.element);
        Ok(())
    }

    fn insert(
        &self,
        tree: &mut Tree,
        path: &str,
        index: usize,
        value: Value<'_>,
    ) -> Result<(), Fault> {
        let place = self.find_list(path, "inserting")?;
        let content = Content::read(self.schema, self.property_at(&place)?, value)?;
        let object = parent_mut(tree, &place, path)?;
        let mut list = place::list(object, &place.key);
        if index > list.len() {
            return Err(out_of_range("index", index, list.len()));
        }
        list.insert(index, content.element);
        place::put_list(object, &place.key, list);
        Ok(())
    }

    /// Nothing to delete is no error: the wish is fulfilled.
    fn delete(&self, tree: &mut Tree, path: &str) -> Result<(), Fault> {
        if self.find(path)?.is_empty() {
            return Ok(());
        }
        let (_, place) = self.find_one(path, "deleting")?;
        if place.is_root() {
            return Err(malformed("a patch cannot delete the resource"));
        }
        let object = parent_mut(tree, &place, path)?;
        match place.index {
            Some(index) => {
                let mut list = place::list(object, &place.key);
                list.remove(index);
                place::put_list(object, &place.key, list);
            }
            None => place::put(object, &place.key, place::Element::default()),
        }
        Ok(())
    }

    fn replace(&self, tree: &mut Tree, path: &str, value: Value<'_>) -> Result<(), Fault> {
        let (_, place) = self.find_one(path, "replacing")?;
        if place.is_root() {
            return Err(malformed("a patch cannot replace the resource: update it"));
        }
        let content = Content::read(self.schema, self.property_at(&place)?, value)?;
        let object = parent_mut(tree, &place, path)?;
        match place.index {
            Some(index) => {
                let mut list = place::list(object, &place.key);
                list[index] = content.element;
                place::put_list(object, &place.key, list);
            }
            None => {
                // A choice may get another type, and with it another name.
                if place.key != content.json_name {
                    place::rename(object, &place.key, &content.json_name);
                }
                place::put(object, &content.json_name, content.element);
            }
        }
        Ok(())
    }

    fn shift(
        &self,
        tree: &mut Tree,
        path: &str,
        source: usize,
        destination: usize,
    ) -> Result<(), Fault> {
        let place = self.find_list(path, "moving")?;
        let object = parent_mut(tree, &place, path)?;
        let mut list = place::list(object, &place.key);
        let last = list.len() - 1;
        for (name, index) in [("source", source), ("destination", destination)] {
            if index > last {
                return Err(out_of_range(name, index, last));
            }
        }
        let element = list.remove(source);
        list.insert(destination, element);
        place::put_list(object, &place.key, list);
        Ok(())
    }

    /// The definition of the element at a place.
    fn property_at(&self, place: &Place) -> Result<&Property, Fault> {
        let mut value = self.json.root();
        let unknown = || missing("an element that FHIR R4 does not define");
        let stated = |value: Value<'_>| self.schema.id(&value.str("resourceType")?);
        let mut kind = self.schema.get(stated(value).ok_or_else(unknown)?);
        for step in &place.parent {
            value = match step {
                Step::Index(index) => value.items().nth(*index),
                Step::Key(key) => {
                    let bare = key.strip_prefix('_').unwrap_or(key);
                    kind = self.schema.get(kind.property(bare).ok_or_else(unknown)?.1.type_id);
                    value.get(key)
                }
            }
            .ok_or_else(unknown)?;
            if kind.kind == TypeKind::Resource
                && let Some(id) = stated(value)
            {
                kind = self.schema.get(id);
            }
        }
        Ok(kind.property(&place.key).ok_or_else(unknown)?.0)
    }
}

fn parent_mut<'t>(tree: &'t mut Tree, place: &Place, path: &str) -> Result<&'t mut Tree, Fault> {
    let parent = place::at_mut(tree, &place.parent);
    parent.ok_or_else(|| missing(format!("no content found at {}", quoted(path))))
}

/// The child of this name: `value` or, for a choice, `valueQuantity` too.
fn property_of<'s>(parent: &'s Type, name: &str) -> Result<&'s Property, Fault> {
    let known = parent.properties.iter().find(|property| property.name == name);
    if let Some(property) = known.or_else(|| parent.property(name).map(|found| found.0)) {
        return Ok(property);
    }
    let names = parent.properties.iter().map(|property| property.name.as_str());
    let hint = match nearest(name, names, 3).as_slice() {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(", ")),
    };
    Err(malformed(format!("{} has no element {}{hint}", parent.name, quoted(name))))
}

fn out_of_range(name: &str, index: usize, last: usize) -> Fault {
    missing(format!("{name} {index} is outside of the list: 0 to {last} would be in it"))
}
