//! Text for [string] parameters.
//!
//! [string]: https://hl7.org/fhir/R4/search.html#string

use std::borrow::Cow;

use crate::json::Value;
use crate::search::StringValue;

use super::convert::Element;

pub(super) fn add(element: Element<'_>, is_family: bool, add: &mut dyn FnMut(StringValue)) {
    let value = element.value;
    match element.type_name {
        "HumanName" => human_name(value, add),
        "Address" => address(value, add),
        "CodeableConcept" => {
            whole(value.get("text"), add);
            for coding in value.list("coding") {
                whole(coding.get("display"), add);
            }
        }
        "Coding" | "Reference" => whole(value.get("display"), add),
        "Identifier" | "ContactPoint" => whole(value.get("value"), add),
        "Annotation" => whole(value.get("text"), add),
        _ if is_family => family(value, add),
        _ => whole(Some(value), add),
    }
}

fn whole(value: Option<Value<'_>>, add: &mut dyn FnMut(StringValue)) {
    if let Some(text) = value.and_then(Value::as_str).filter(|text| !text.is_empty()) {
        add(StringValue::new(&text));
    }
}

/// Characters of a part of a name that are indexed: of a text of a thousand words each word would
/// bring all that follow.
const PART_MAX: usize = 128;

/// A family name, and what it is from its second word on: `Quiñones` finds `Carreño Quiñones`.
fn family(value: Value<'_>, add: &mut dyn FnMut(StringValue)) {
    whole(Some(value), add);
    let Some(text) = value.as_str() else { return };
    let breaks = text.match_indices(|c: char| c.is_whitespace() || c == '-');
    for (at, found) in breaks {
        let rest = text[at + found.len()..].trim_start();
        if rest.starts_with(char::is_alphanumeric) {
            let end = rest.char_indices().nth(PART_MAX).map_or(rest.len(), |(end, _)| end);
            add(StringValue::part(&rest[..end]));
        }
    }
}

fn human_name(name: Value<'_>, add: &mut dyn FnMut(StringValue)) {
    if let Some(text) = name.get("family") {
        family(text, add);
    }
    for key in ["given", "prefix", "suffix"] {
        for part in name.list(key) {
            whole(Some(part), add);
        }
    }
    whole(name.get("text"), add);
    if name.get("text").is_none() {
        joined(name.list("given").chain(name.get("family")), add);
    }
}

fn address(address: Value<'_>, add: &mut dyn FnMut(StringValue)) {
    const PARTS: [&str; 5] = ["city", "district", "state", "postalCode", "country"];
    for line in address.list("line") {
        whole(Some(line), add);
    }
    for key in PARTS {
        whole(address.get(key), add);
    }
    whole(address.get("text"), add);
    if address.get("text").is_none() {
        let parts = PARTS.into_iter().filter_map(|key| address.get(key));
        joined(address.list("line").chain(parts), add);
    }
}

/// Several texts as one, for who asks for the whole.
fn joined<'a>(parts: impl Iterator<Item = Value<'a>>, add: &mut dyn FnMut(StringValue)) {
    let parts: Vec<Cow<'a, str>> = parts.filter_map(Value::as_str).collect();
    if parts.len() > 1 {
        add(StringValue::part(&parts.join(" ")));
    }
}
