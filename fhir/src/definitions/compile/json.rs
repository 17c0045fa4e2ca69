//! Reads the [JSON form] of a resource into a [`Node`].
//!
//! [JSON form]: https://hl7.org/fhir/R4/json.html

use crate::json::{Json, JsonError, Kind, Limits, Value};

use super::node::{Node, Written};

/// Definitions come as Bundles of a whole release, so they may be larger than what a client sends.
const LIMITS: Limits = Limits { depth_max: 64, nodes_max: 20_000_000 };

/// A byte-order mark before the document is passed over: packages in the wild have them.
pub(super) fn read(bytes: &[u8]) -> Result<Node, JsonError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let json = Json::parse_with(bytes, LIMITS)?;
    Ok(node(json.root()))
}

fn node(value: Value<'_>) -> Node {
    match value.kind() {
        Kind::Object => object(value),
        Kind::String => {
            Node::primitive(value.as_str().unwrap_or_default().into_owned(), Written::Quoted)
        }
        Kind::Number | Kind::True | Kind::False => Node::primitive(value.raw(), Written::Bare),
        Kind::Null | Kind::Array => Node::default(),
    }
}

fn object(value: Value<'_>) -> Node {
    let mut object = Node::default();
    for entry in value.entries().filter(|entry| !entry.key().starts_with('_')) {
        for (item, in_list) in occurrences(entry) {
            let child = Node { in_list, ..node(item) };
            object.children.push((entry.key().to_owned(), child));
        }
    }
    for entry in value.entries() {
        if let Some(name) = entry.key().strip_prefix('_') {
            join(&mut object, name, entry);
        }
    }
    object
}

fn occurrences(value: Value<'_>) -> Vec<(Value<'_>, bool)> {
    if value.is_array() {
        value.items().map(|item| (item, true)).collect()
    } else {
        vec![(value, false)]
    }
}

/// Joins `_name` (id and extensions of a primitive) with `name`.
fn join(object: &mut Node, name: &str, value: Value<'_>) {
    for (position, (item, in_list)) in occurrences(value).into_iter().enumerate() {
        let additions = node(item).children;
        let mut places = object.children.iter_mut().filter(|(key, _)| key == name);
        if let Some((_, place)) = places.nth(position) {
            place.children.extend(additions);
        } else {
            let child = Node { in_list, children: additions, ..Node::default() };
            object.children.push((name.to_owned(), child));
        }
    }
}
