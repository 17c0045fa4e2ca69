//! Codes, identifiers and flags for [token] parameters.
//!
//! [token]: https://hl7.org/fhir/R4/search.html#token

use crate::json::{Kind, Value};
use crate::search::TokenValue;

use super::convert::Element;

pub(super) fn add(element: Element<'_>, code_system: u64, add: &mut dyn FnMut(TokenValue)) {
    let value = element.value;
    match element.type_name {
        "Coding" => system_and(value, "code", add),
        "CodeableConcept" => {
            let mut codings = value.list("coding").peekable();
            if codings.peek().is_none() {
                // A concept in words alone has no code, and is not missing.
                add(TokenValue::new(None, ""));
            }
            for coding in codings {
                system_and(coding, "code", add);
            }
        }
        "Identifier" => system_and(value, "value", add),
        "ContactPoint" => {
            // `phone|555` means a telephone number, and `555` any contact.
            if value.get("value").is_some() {
                system_and(value, "value", add);
            }
        }
        _ => match value.kind() {
            Kind::String => {
                let text = value.as_str().unwrap_or_default();
                add(TokenValue { system: code_system, code: text.to_lowercase() });
            }
            Kind::True | Kind::False | Kind::Number => add(TokenValue::new(None, value.raw())),
            Kind::Object | Kind::Array | Kind::Null => (),
        },
    }
}

/// An identifier under each coding of its type.
pub(super) fn of_type(identifier: Value<'_>, add: &mut dyn FnMut(TokenValue)) {
    let Some(value) = identifier.str("value") else { return };
    let Some(kind) = identifier.get("type") else { return };
    for coding in kind.list("coding") {
        if let (Some(system), Some(code)) = (coding.str("system"), coding.str("code")) {
            add(TokenValue::of_type(&system, &code, &value));
        }
    }
}

/// The token of an object with a system; an empty one where it has neither system nor code, which
/// no query matches and which makes the element not missing.
pub(super) fn system_and(object: Value<'_>, key: &str, add: &mut dyn FnMut(TokenValue)) {
    let (system, code) = (object.str("system"), object.str(key));
    add(TokenValue::new(system.as_deref(), &code.unwrap_or_default()));
}
