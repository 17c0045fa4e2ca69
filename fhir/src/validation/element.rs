//! The properties of an object against the element table of its type ([JSON], cardinality,
//! choices).
//!
//! [JSON]: https://hl7.org/fhir/R4/json.html

use super::place::Place;
use super::rules::Shape;
use super::{Spot, Walk, short, shown};
use crate::definitions::{Property, Type, TypeId};
use crate::json::{Kind, Value};
use crate::resource::nearest;

/// Names shown when no known one is near.
const NAMES_MAX: usize = 12;

/// The properties that an object had so far, by number.
#[derive(Default)]
struct Seen([u64; 4]);

impl Seen {
    /// True when it is new. No type of R4 has 256 elements; those beyond would count as seen.
    fn insert(&mut self, at: u16) -> bool {
        let Some(word) = self.0.get_mut(usize::from(at / 64)) else { return true };
        let bit = 1 << (at % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn has(&self, at: u16) -> bool {
        self.0.get(usize::from(at / 64)).is_none_or(|word| word & (1 << (at % 64)) != 0)
    }
}

impl<'a> Walk<'a> {
    /// The properties of an object of this type.
    pub(super) fn object(&mut self, value: Value<'a>, type_id: TypeId, place: &Place<'_>) {
        let (table, rule) = (self.schema.get(type_id), self.rules.get(type_id));
        let is_resource = rule.shape == Shape::Resource;
        let mut seen = Seen::default();
        for member in value.entries() {
            if self.is_full {
                return;
            }
            let key = member.key();
            if is_resource && key == "resourceType" {
                continue;
            }
            let name = key.strip_prefix('_').unwrap_or(key);
            let Some(&(at, choice)) = table.by_json_name.get(name) else {
                self.unknown(member, table, place);
                continue;
            };
            let property = &table.properties[usize::from(at)];
            let spot = Spot {
                property,
                kind: &property.types[usize::from(choice)],
                rule: &rule.properties[usize::from(at)],
                place: place.child(&property.name),
            };
            if !seen.insert(at) && property.is_choice {
                self.second_choice(value, member, table, &spot);
            }
            if key.len() == name.len() {
                self.member(value, member, spot);
            } else {
                self.twin(value, member, spot);
            }
        }
        for &at in &rule.required {
            if !seen.has(at) {
                self.missing(value, table, at, place);
            }
        }
    }

    fn missing(&mut self, value: Value<'_>, table: &Type, at: u16, place: &Place<'_>) {
        let property = &table.properties[usize::from(at)];
        let most = property.max.map_or("*".to_owned(), |max| max.to_string());
        let mut text =
            format!("{} is missing; its cardinality is {}..{most}", property.path, property.min);
        if property.is_choice {
            text.push_str(", as ");
            text.push_str(&choices(property));
        }
        text.push('.');
        self.error("required", value, &place.child(&property.name), text);
    }

    fn second_choice(
        &mut self,
        object: Value<'_>,
        member: Value<'_>,
        table: &Type,
        spot: &Spot<'_>,
    ) {
        let first = object
            .entries()
            .take_while(|other| other.index() < member.index())
            .map(|other| other.key().strip_prefix('_').unwrap_or(other.key()))
            .find(|other| {
                table
                    .property(other)
                    .is_some_and(|(property, _)| property.path == spot.property.path)
            });
        let Some(first) = first.filter(|first| *first != spot.kind.json_name) else { return };
        let text = format!(
            "{} is there as {first} and as {}; it has one type only: keep one of the two.",
            spot.property.path, spot.kind.json_name
        );
        self.error("structure", member, &spot.place, text);
    }

    fn unknown(&mut self, member: Value<'_>, table: &Type, place: &Place<'_>) {
        let key = short(member.key());
        let text = format!("{} has no element {key:?}", table.name);
        let stem = table.properties.iter().find(|property| {
            let rest = key.trim_start_matches('_').strip_prefix(property.name.as_str());
            property.is_choice && rest.is_some_and(|rest| !rest.starts_with(char::is_lowercase))
        });
        let text = if key == "fhir_comments" {
            format!("{text}; comments ended with DSTU2: leave them out.")
        } else if key == "resourceType" {
            format!("{text}; it belongs to resources only, and a {} is none.", table.name)
        } else if let Some(property) = stem {
            format!("{text}; {} may be {}.", property.path, choices(property))
        } else {
            format!("{text}; {}.", known(key, table))
        };
        self.error("structure", member, &place.child(key), text);
    }

    /// A property without `_`.
    fn member(&mut self, object: Value<'a>, value: Value<'a>, spot: Spot<'_>) {
        if !spot.property.is_array {
            return match value.kind() {
                Kind::Array => self.array_for_single(value, &spot),
                Kind::Null => self.null(value, &spot.place),
                _ => self.single(value, spot),
            };
        }
        if !self.is_array(value, &spot) {
            return;
        }
        let mut twins: Option<Vec<bool>> = None;
        for (index, item) in value.items().enumerate() {
            if self.is_full {
                return;
            }
            if !item.is_null() {
                self.single(item, spot.item(index));
                continue;
            }
            let twins = twins.get_or_insert_with(|| twins_of(object, value.key()));
            if !twins.get(index).copied().unwrap_or(false) {
                self.null(item, &spot.place.item(index));
            }
        }
    }

    /// A property with `_`: id and extensions of a primitive.
    fn twin(&mut self, object: Value<'a>, twin: Value<'a>, spot: Spot<'_>) {
        let name = spot.kind.json_name.as_str();
        if !matches!(self.rules.get(spot.kind.type_id).shape, Shape::Primitive(_)) {
            let text = format!(
                "\"_{name}\" is for extensions of a primitive, and {} is none; its extensions \
                 stand inside of it.",
                spot.property.path
            );
            return self.error("structure", twin, &spot.place, text);
        }
        if name == "id" || spot.property.is_xml_attribute {
            let text = format!("{} has no extensions; leave \"_{name}\" out.", spot.property.path);
            return self.error("structure", twin, &spot.place, text);
        }
        let value = object.get(name);
        if !spot.property.is_array {
            let has_value = value.is_some_and(|value| !value.is_null());
            return self.extensions(twin, has_value, &spot.place);
        }
        if !self.is_array(twin, &spot) {
            return;
        }
        let lengths = value.map(|value| (value.items().count(), twin.items().count()));
        if let Some((values, twins)) = lengths.filter(|(values, twins)| values != twins) {
            let text = format!(
                "{name:?} has {values} items and \"_{name}\" has {twins}; they go together one by \
                 one, with null where there is nothing."
            );
            self.error("structure", twin, &spot.place, text);
        }
        let mut values = value.map(Value::items);
        for (index, item) in twin.items().enumerate() {
            if self.is_full {
                return;
            }
            let of = values.as_mut().and_then(Iterator::next);
            let place = spot.place.item(index);
            match (item.is_null(), of) {
                (true, None) => self.null(item, &place),
                (true, Some(_)) => {}
                (false, of) => {
                    self.extensions(item, of.is_some_and(|of| !of.is_null()), &place);
                }
            }
        }
    }

    /// The object beside a primitive value.
    fn extensions(&mut self, value: Value<'a>, has_value: bool, place: &Place<'_>) {
        let Some(element) = self.rules.element.filter(|_| value.is_object()) else {
            let text = format!(
                "{} where an object with the id and the extensions of a primitive should stand.",
                shown(value)
            );
            return self.error("structure", value, place, text);
        };
        self.object(value, element, place);
        if value.entries().next().is_none() || (!has_value && value.get("extension").is_none()) {
            self.nothing(value, place);
        }
    }

    fn is_array(&mut self, value: Value<'_>, spot: &Spot<'_>) -> bool {
        let path = &spot.property.path;
        let count = value.items().count();
        let text = if !value.is_array() {
            format!("{path} may repeat, so its JSON is an array: [ … ]; here is {}.", shown(value))
        } else if count == 0 {
            format!("An empty array; leave {path} out.")
        } else if spot.property.max.is_some_and(|max| count > max as usize) {
            let max = spot.property.max.unwrap_or(u32::MAX);
            format!(
                "{path} is there {count} times; it may be there {}..{max} times.",
                spot.property.min
            )
        } else {
            return true;
        };
        self.error("structure", value, &spot.place, text);
        value.is_array() && count > 0
    }

    fn array_for_single(&mut self, value: Value<'_>, spot: &Spot<'_>) {
        let path = &spot.property.path;
        let text = format!("{path} does not repeat, so its JSON is no array; take off the [ ].");
        self.error("structure", value, &spot.place, text);
    }

    fn null(&mut self, value: Value<'_>, place: &Place<'_>) {
        let text = "null stands only in an array of primitives where the other array, with or \
                    without \"_\", has something at that position; leave it out.";
        self.error("structure", value, place, text.into());
    }

    /// Neither value nor children.
    pub(super) fn nothing(&mut self, value: Value<'_>, place: &Place<'_>) {
        let text = "An element without content (ele-1); it has a value, or children other than \
                    id: leave it out.";
        self.error("invariant", value, place, text.into());
    }
}

/// Where `_name` has an object.
fn twins_of(object: Value<'_>, name: &str) -> Vec<bool> {
    let twin = object.entries().find(|other| other.key().strip_prefix('_') == Some(name));
    twin.map(|twin| twin.items().map(Value::is_object).collect()).unwrap_or_default()
}

/// The JSON properties of a choice.
fn choices(property: &Property) -> String {
    let names = property.types.iter().map(|one| one.json_name.as_str());
    let listed: Vec<&str> = names.take(NAMES_MAX).collect();
    let more = if property.types.len() > NAMES_MAX { " …" } else { "" };
    format!("{}{more}", listed.join(", "))
}

fn known(key: &str, table: &Type) -> String {
    let names = || {
        let properties = table.properties.iter();
        properties.flat_map(|one| one.types.iter().map(|kind| kind.json_name.as_str()))
    };
    match nearest(key, names(), 1).first() {
        Some(near) => format!("the nearest that it has is {near:?}"),
        None => {
            let listed: Vec<&str> = names().take(NAMES_MAX).collect();
            let more = if names().nth(NAMES_MAX).is_some() { " …" } else { "" };
            format!("it has {}{more}", listed.join(", "))
        }
    }
}
