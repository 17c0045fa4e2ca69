//! A place in a parsed document.

use std::borrow::Cow;
use std::ops::Range;

use super::{Json, Node, write};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number; its text is kept.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// A value of a [`Json`] document: two words, copied freely.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    json: &'a Json,
    at: u32,
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.raw())
    }
}

impl<'a> Value<'a> {
    pub(super) fn new(json: &'a Json, at: u32) -> Self {
        Self { json, at }
    }

    fn node(self) -> &'a Node {
        &self.json.nodes[self.at as usize]
    }

    /// Number of this value in document order, unique in its document: what tells two places
    /// with equal text apart.
    #[must_use]
    pub fn index(self) -> u32 {
        self.at
    }

    /// The document that this value stands in.
    #[must_use]
    pub fn document(self) -> &'a Json {
        self.json
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Its text as it stands in the document, quotes included.
    #[must_use]
    pub fn raw(self) -> &'a str {
        &self.json.text[self.span()]
    }

    /// Where it stands in the document, in bytes.
    #[must_use]
    pub fn span(self) -> Range<usize> {
        let node = self.node();
        node.start as usize..node.end as usize
    }

    /// The name of the property whose value this is; empty in an array and at the root.
    #[must_use]
    pub fn key(self) -> &'a str {
        let node = self.node();
        &self.json.text[node.key_start as usize..node.key_end as usize]
    }

    /// Is it an object?
    #[must_use]
    pub fn is_object(self) -> bool {
        self.kind() == Kind::Object
    }

    /// Is it an array?
    #[must_use]
    pub fn is_array(self) -> bool {
        self.kind() == Kind::Array
    }

    /// Is it `null`?
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        let node = self.node();
        if node.kind != Kind::String {
            return None;
        }
        let inside = &self.json.text[node.start as usize + 1..node.end as usize - 1];
        Some(if node.is_escaped {
            Cow::Owned(write::unescape(inside))
        } else {
            Cow::Borrowed(inside)
        })
    }

    /// A boolean.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.kind() {
            Kind::True => Some(true),
            Kind::False => Some(false),
            _ => None,
        }
    }

    /// The text of a number, as it was written.
    #[must_use]
    pub fn as_number(self) -> Option<&'a str> {
        (self.kind() == Kind::Number).then(|| self.raw())
    }

    /// The value of a property of this object; `None` too when this is no object.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Value<'a>> {
        self.entries().find(|value| value.key() == key)
    }

    /// The value at a path of properties: `at(&["meta", "versionId"])`.
    #[must_use]
    pub fn at(self, keys: &[&str]) -> Option<Value<'a>> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text of a string property.
    #[must_use]
    pub fn str(self, key: &str) -> Option<Cow<'a, str>> {
        self.get(key)?.as_str()
    }

    /// The properties of an object in their order; each value knows its [`key`](Value::key). Empty
    /// when this is no object.
    #[must_use]
    pub fn entries(self) -> Entries<'a> {
        let end = if self.is_object() { self.node().next } else { self.at + 1 };
        Entries { json: self.json, at: self.at + 1, end }
    }

    /// The items of an array in their order. Empty when this is no array.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        let end = if self.is_array() { self.node().next } else { self.at + 1 };
        Items { json: self.json, at: self.at + 1, end }
    }

    /// Items of an array property; empty when there is none.
    #[must_use]
    pub fn list(self, key: &str) -> Items<'a> {
        match self.get(key) {
            Some(value) => value.items(),
            None => Items { json: self.json, at: 0, end: 0 },
        }
    }

    /// Appends this value without insignificant white space.
    pub fn write_compact(self, out: &mut String) {
        match self.kind() {
            Kind::Object => {
                out.push('{');
                for (index, member) in self.entries().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push('"');
                    out.push_str(member.key());
                    out.push_str("\":");
                    member.write_compact(out);
                }
                out.push('}');
            }
            Kind::Array => {
                out.push('[');
                for (index, item) in self.items().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write_compact(out);
                }
                out.push(']');
            }
            _ => out.push_str(self.raw()),
        }
    }
}

/// Properties of an object.
#[derive(Clone)]
pub struct Entries<'a> {
    json: &'a Json,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        advance(self.json, &mut self.at, self.end)
    }
}

/// Items of an array.
#[derive(Clone)]
pub struct Items<'a> {
    json: &'a Json,
    at: u32,
    end: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        advance(self.json, &mut self.at, self.end)
    }
}

fn advance<'a>(json: &'a Json, at: &mut u32, end: u32) -> Option<Value<'a>> {
    if *at >= end {
        return None;
    }
    let value = Value { json, at: *at };
    *at = value.node().next;
    Some(value)
}
