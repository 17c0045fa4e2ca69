//! From an item of an expression to index values, by the [cross-map of types].
//!
//! [cross-map of types]: https://hl7.org/fhir/R4/search.html#table

use crate::definitions::{Schema, SearchType};
use crate::json::Value;
use crate::path::{Item, Node};
use crate::search::{IndexValue, NumberValue, PositionValue, TokenValue, UriValue};

use super::plan::Target;
use super::{quantity, reference, string, time, token};

/// What every conversion knows.
pub(super) struct Scope<'a> {
    pub(super) schema: &'a Schema,
    /// This server's own bases.
    pub(super) bases: &'a [String],
}

/// An element with its type's name.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) value: Value<'a>,
    pub(super) type_name: &'a str,
}

impl Scope<'_> {
    /// Adds the index values of an item. What the parameter's type cannot hold adds nothing.
    pub(super) fn convert(
        &self,
        item: &Item<'_>,
        target: &Target,
        add: &mut dyn FnMut(IndexValue),
    ) {
        match item {
            Item::Node(node) => self.convert_node(*node, target, add),
            Item::Boolean(is_true) if target.kind == SearchType::Token => {
                let code = if *is_true { "true" } else { "false" };
                add(IndexValue::Token(TokenValue::new(None, code)));
            }
            _ => (),
        }
    }

    fn convert_node(&self, node: Node<'_>, target: &Target, add: &mut dyn FnMut(IndexValue)) {
        let Some(value) = node.value else { return };
        let table = node.of_type(self.schema);
        if table.name == "Extension" {
            // A parameter on an extension is one on its value.
            for member in value.entries() {
                let property = table.property(member.key());
                if let Some((_, kind)) = property.filter(|(property, _)| property.name == "value") {
                    let inner = Node { value: Some(member), sibling: None, type_id: kind.type_id };
                    self.convert_node(inner, target, add);
                }
            }
            return;
        }
        let element = Element { value, type_name: &table.name };
        match target.kind {
            SearchType::Number => number(element, add),
            SearchType::Date => {
                if let Some(value) = time::value(element) {
                    add(IndexValue::Date(value));
                }
            }
            SearchType::String => string::add(element, target.is_family, &mut |value| {
                add(IndexValue::String(value));
            }),
            SearchType::Token if target.is_of_type => token::of_type(value, &mut |value| {
                add(IndexValue::Token(value));
            }),
            SearchType::Token => token::add(element, target.code_system, &mut |value| {
                add(IndexValue::Token(value));
            }),
            SearchType::Reference => {
                reference::add(self, node, element, &target.targets, &mut |value| {
                    add(IndexValue::Reference(value));
                });
            }
            SearchType::Quantity => quantity::add(self, node, element, &mut |value| {
                add(IndexValue::Quantity(value));
            }),
            SearchType::Uri => uri(element, add),
            // `near` is the only special parameter that is indexed.
            SearchType::Special => {
                let read = |key| value.get(key)?.as_number()?.parse::<f64>().ok();
                let position = read("latitude").zip(read("longitude"));
                if let Some(at) = position.and_then(|(north, east)| PositionValue::new(north, east))
                {
                    add(IndexValue::Position(at));
                }
            }
            SearchType::Composite => (),
        }
    }
}

fn number(element: Element<'_>, add: &mut dyn FnMut(IndexValue)) {
    let read = |value: Value<'_>| {
        let number = value.as_number()?.parse::<f64>().ok()?;
        number.is_finite().then_some(number)
    };
    if element.type_name == "Range" {
        let bound = |key| element.value.at(&[key, "value"]).and_then(read);
        let (low, high) = (bound("low"), bound("high"));
        if low.is_some() || high.is_some() {
            add(IndexValue::Number(NumberValue {
                low: low.unwrap_or(f64::NEG_INFINITY),
                high: high.unwrap_or(f64::INFINITY),
            }));
        }
    } else if let Some(number) = read(element.value) {
        add(IndexValue::Number(NumberValue::point(number)));
    }
}

fn uri(element: Element<'_>, add: &mut dyn FnMut(IndexValue)) {
    let Some(text) = element.value.as_str().filter(|text| !text.is_empty()) else { return };
    if element.type_name == "canonical"
        && let Some((url, _)) = text.split_once('|')
    {
        // Asked for without a version, any version is meant.
        add(IndexValue::Uri(UriValue(url.to_owned())));
    }
    add(IndexValue::Uri(UriValue(text.into_owned())));
}
