//! [JSON Patch]: operations on a document, one after the other, all or none.
//!
//! [JSON Patch]: https://www.rfc-editor.org/rfc/rfc6902

use super::pointer::Pointer;
use crate::json::{Kind, Limits, Tree, Value};

/// Greatest number of operations in one patch.
pub const OPERATIONS_MAX: usize = 1_000;

/// Greatest number of values that a patch may put into a document, with all copies: copies of
/// copies would double it at every step.
const ADDED_VALUES_MAX: usize = 1_000_000;

/// Greatest number of bytes of text that a patch may put into a document.
const ADDED_BYTES_MAX: usize = 16 << 20;

/// Greatest length of an error's message, in characters.
const MESSAGE_LENGTH_MAX: usize = 400;

/// Why a patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("operation {operation}: {message}")]
pub struct PatchError {
    /// Which operation failed, from 0.
    pub operation: usize,
    /// What was wrong and what would be right. It tells nothing of the document's values.
    pub message: String,
    /// The way in which it failed.
    pub kind: PatchErrorKind,
}

/// The ways in which a patch fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchErrorKind {
    /// It is no patch, or larger than one may be.
    Malformed,
    /// A `test` found nothing or something else.
    TestFailed,
    /// An operation other than `test` names a place that the document does not have.
    PathMissing,
}

type Fault = (PatchErrorKind, String);

/// Applies a patch to a document, which stays as it was when an operation fails.
///
/// # Errors
/// The first operation that fails.
pub fn apply(tree: &mut Tree, patch: Value<'_>) -> Result<(), PatchError> {
    // What a message quotes came from outside, of any length.
    let cut = |message: String| message.chars().take(MESSAGE_LENGTH_MAX).collect();
    let failed =
        |operation, (kind, message): Fault| PatchError { operation, message: cut(message), kind };
    if !patch.is_array() {
        return Err(failed(0, malformed("a JSON Patch should be an array of operations")));
    }
    if patch.items().nth(OPERATIONS_MAX).is_some() {
        let message = format!("a patch should have at most {OPERATIONS_MAX} operations");
        return Err(failed(OPERATIONS_MAX, malformed(message)));
    }
    let mut patched = tree.clone();
    let mut room = Room { values: ADDED_VALUES_MAX, bytes: ADDED_BYTES_MAX };
    for (index, operation) in patch.items().enumerate() {
        perform(operation, &mut patched, &mut room).map_err(|fault| failed(index, fault))?;
    }
    *tree = patched;
    Ok(())
}

fn perform(operation: Value<'_>, tree: &mut Tree, room: &mut Room) -> Result<(), Fault> {
    if !operation.is_object() {
        return Err(malformed("an operation should be an object with \"op\" and \"path\""));
    }
    let name = text(operation, "op")?;
    if !matches!(name.as_str(), "add" | "remove" | "replace" | "move" | "copy" | "test") {
        return Err(malformed(format!(
            "\"{name}\" is no operation; it should be add, remove, replace, move, copy or test"
        )));
    }
    let path = pointer(operation, "path")?;
    match name.as_str() {
        "add" => return put(&path, tree, value(operation, room)?),
        "remove" => path.remove(tree).map(drop),
        "replace" => {
            let value = value(operation, room)?;
            refuse_depth(&path, &value)?;
            path.get_mut(tree).map(|old| *old = value)
        }
        "move" => return relocate(&pointer(operation, "from")?, &path, tree),
        "copy" => {
            let from = pointer(operation, "from")?;
            let copied = from.get(tree).map_err(missing)?;
            room.take(copied)?;
            let copied = copied.clone();
            return put(&path, tree, copied);
        }
        _ => return test(&path, &value(operation, room)?, tree),
    }
    .map_err(missing)
}

/// `move`, which is a word of the language.
fn relocate(from: &Pointer, path: &Pointer, tree: &mut Tree) -> Result<(), Fault> {
    if path.is_inside(from) {
        return Err(malformed(format!("\"{from}\" cannot move to \"{path}\", a part of itself")));
    }
    if path == from {
        return from.get(tree).map(drop).map_err(missing);
    }
    let value = from.remove(tree).map_err(missing)?;
    put(path, tree, value)
}

fn put(path: &Pointer, tree: &mut Tree, value: Tree) -> Result<(), Fault> {
    refuse_depth(path, &value)?;
    path.insert(tree, value).map_err(missing)
}

/// A document nested by each operation a little more would exhaust the stack.
fn refuse_depth(path: &Pointer, value: &Tree) -> Result<(), Fault> {
    let depth_max = Limits::default().depth_max;
    if path.length() + depth(value) > depth_max {
        return Err(malformed(format!("\"{path}\": a document nests at most {depth_max} deep")));
    }
    Ok(())
}

fn depth(tree: &Tree) -> usize {
    match tree {
        Tree::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Tree::Object(members) => {
            1 + members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

fn test(path: &Pointer, expected: &Tree, tree: &Tree) -> Result<(), Fault> {
    let failed = |message| (PatchErrorKind::TestFailed, message);
    let found = path.get(tree).map_err(failed)?;
    if found.means_same(expected) {
        return Ok(());
    }
    Err(failed(format!("the value at \"{path}\" is not equal to the \"value\" of the test")))
}

fn text(operation: Value<'_>, name: &str) -> Result<String, Fault> {
    let value = operation.get(name).filter(|value| value.kind() == Kind::String);
    let text = value.and_then(|value| value.as_str());
    text.map(|text| text.into_owned())
        .ok_or_else(|| malformed(format!("\"{name}\" should be there and a string")))
}

fn pointer(operation: Value<'_>, name: &str) -> Result<Pointer, Fault> {
    let text = text(operation, name)?;
    Pointer::parse(&text).ok_or_else(|| {
        malformed(format!(
            "\"{name}\": \"{text}\" is no JSON Pointer; each step should start with \"/\", and \
             \"~\" and \"/\" in a name should be written ~0 and ~1"
        ))
    })
}

fn value(operation: Value<'_>, room: &mut Room) -> Result<Tree, Fault> {
    let value = operation.get("value").ok_or_else(|| malformed("\"value\" should be there"))?;
    let value = Tree::from(value);
    room.take(&value)?;
    Ok(value)
}

/// What a patch may still put into the document.
struct Room {
    values: usize,
    bytes: usize,
}

impl Room {
    fn take(&mut self, tree: &Tree) -> Result<(), Fault> {
        let bytes = match tree {
            Tree::Null | Tree::Bool(_) => 0,
            Tree::Number(text) | Tree::String(text) => text.len(),
            Tree::Array(items) => {
                items.iter().try_for_each(|item| self.take(item))?;
                0
            }
            Tree::Object(members) => {
                members.iter().try_for_each(|(_, value)| self.take(value))?;
                members.iter().map(|(name, _)| name.len()).sum()
            }
        };
        let values = self.values.checked_sub(1);
        (self.values, self.bytes) = values.zip(self.bytes.checked_sub(bytes)).ok_or_else(|| {
            malformed(format!(
                "a patch should put at most {ADDED_VALUES_MAX} values and {ADDED_BYTES_MAX} \
                     bytes into a document"
            ))
        })?;
        Ok(())
    }
}

fn malformed(message: impl Into<String>) -> Fault {
    (PatchErrorKind::Malformed, message.into())
}

fn missing(message: String) -> Fault {
    (PatchErrorKind::PathMissing, message)
}
