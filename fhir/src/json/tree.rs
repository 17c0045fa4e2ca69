//! A document to be changed: patches, XML in, rewritten references.

use std::fmt;

use super::{Json, JsonError, Kind, Value, write};

/// A JSON value that owns its parts. Numbers keep their text, objects their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as its text.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Tree>),
    /// An object: its properties in order.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// An object without properties.
    #[must_use]
    pub fn object() -> Self {
        Tree::Object(Vec::new())
    }

    /// A string.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Tree::String(text.into())
    }

    /// The value of a property.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Tree::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The value of a property, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match self {
            Tree::Object(members) => members.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Sets a property: in its place where it stands, at the end otherwise. Nothing happens when
    /// this is no object.
    pub fn set(&mut self, key: &str, value: Tree) {
        if let Some(old) = self.get_mut(key) {
            *old = value;
        } else if let Tree::Object(members) = self {
            members.push((key.to_owned(), value));
        }
    }

    /// Takes a property out of an object.
    pub fn remove(&mut self, key: &str) -> Option<Tree> {
        let Tree::Object(members) = self else { return None };
        let index = members.iter().position(|(k, _)| k == key)?;
        Some(members.remove(index).1)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Tree::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array; empty otherwise.
    #[must_use]
    pub fn items(&self) -> &[Tree] {
        match self {
            Tree::Array(items) => items,
            _ => &[],
        }
    }

    /// Do both mean the same JSON? The order of properties does not count, nor how a number is
    /// written.
    #[must_use]
    pub fn means_same(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Number(a), Tree::Number(b)) => a == b || same_number(a, b),
            (Tree::Array(a), Tree::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.means_same(b))
            }
            (Tree::Object(a), Tree::Object(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(k, v)| other.get(k).is_some_and(|w| v.means_same(w)))
            }
            _ => self == other,
        }
    }

    /// The tree as a parsed document.
    ///
    /// # Errors
    /// When it is nested deeper or holds more values than a document may.
    pub fn to_json(&self) -> Result<Json, JsonError> {
        Json::parse(self.to_string())
    }
}

fn same_number(a: &str, b: &str) -> bool {
    matches!((exact(a), exact(b)), (Some(a), Some(b)) if a == b)
}

/// A number as sign, digits without zeros at their ends, and power of ten: floating point would
/// take long integers for the same. `None` for a power beyond all use.
fn exact(text: &str) -> Option<(bool, String, i64)> {
    let (is_negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_end_matches('0');
    let places =
        i64::try_from(all.len() - significant.len()).ok()? - i64::try_from(fraction.len()).ok()?;
    let significant = significant.trim_start_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    Some((is_negative, significant.to_owned(), power.parse::<i64>().ok()?.checked_add(places)?))
}

impl From<Value<'_>> for Tree {
    fn from(value: Value<'_>) -> Self {
        match value.kind() {
            Kind::Null => Tree::Null,
            Kind::True => Tree::Bool(true),
            Kind::False => Tree::Bool(false),
            Kind::Number => Tree::Number(value.raw().to_owned()),
            Kind::String => {
                Tree::String(value.as_str().map(|text| text.into_owned()).unwrap_or_default())
            }
            Kind::Array => Tree::Array(value.items().map(Tree::from).collect()),
            Kind::Object => {
                Tree::Object(value.entries().map(|v| (key_text(v.key()), Tree::from(v))).collect())
            }
        }
    }
}

fn key_text(raw: &str) -> String {
    if raw.contains('\\') { write::unescape(raw) } else { raw.to_owned() }
}

impl fmt::Display for Tree {
    /// Compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        append(self, &mut out);
        f.write_str(&out)
    }
}

fn append(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Null => out.push_str("null"),
        Tree::Bool(true) => out.push_str("true"),
        Tree::Bool(false) => out.push_str("false"),
        Tree::Number(text) => out.push_str(text),
        Tree::String(text) => append_string(text, out),
        Tree::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append(item, out);
            }
            out.push(']');
        }
        Tree::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                append_string(key, out);
                out.push(':');
                append(value, out);
            }
            out.push('}');
        }
    }
}

fn append_string(text: &str, out: &mut String) {
    out.push('"');
    write::escape_into(text, out);
    out.push('"');
}
