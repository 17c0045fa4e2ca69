//! One value: a primitive, a data type or a resource.

use super::primitive::Primitive;
use super::rules::{Codes, Shape};
use super::{Spot, Walk, shown};
use crate::json::Value;

impl<'a> Walk<'a> {
    /// One value of an element, neither array nor null.
    pub(super) fn single(&mut self, value: Value<'a>, spot: Spot<'_>) {
        let shape = self.rules.get(spot.kind.type_id).shape;
        match shape {
            Shape::Primitive(primitive) => return self.primitive(value, primitive, &spot),
            Shape::Resource if spot.property.name == "contained" => {
                return self.contained(value, &spot.place);
            }
            Shape::Resource => return self.resource(value, &spot.place),
            _ if !value.is_object() => {
                let text = format!(
                    "{} is there as {}; its type {} is a JSON object: {{ … }}.",
                    spot.property.path,
                    shown(value),
                    self.schema.get(spot.kind.type_id).name,
                );
                return self.error("structure", value, &spot.place, text);
            }
            _ => {}
        }
        self.object(value, spot.kind.type_id, &spot.place);
        if !value.entries().any(|member| member.key() != "id") {
            return self.nothing(value, &spot.place);
        }
        match shape {
            Shape::Extension => self.extension(value, &spot),
            Shape::Reference => self.reference(value, &spot),
            Shape::Coding if spot.rule.codes != Codes::Free => self.coding(value, &spot),
            Shape::CodeableConcept if spot.rule.codes != Codes::Free => self.concept(value, &spot),
            _ => {}
        }
    }

    fn primitive(&mut self, value: Value<'a>, primitive: Primitive, spot: &Spot<'_>) {
        let primitive = if spot.rule.is_element_id { Primitive::ElementId } else { primitive };
        let name = || self.schema.get(spot.kind.type_id).name.as_str();
        if !primitive.is_written_as(value.kind()) {
            let text = format!(
                "{} is there as {}; the type {} is {}.",
                spot.property.path,
                shown(value),
                name(),
                primitive.json()
            );
            return self.error("structure", value, &spot.place, text);
        }
        if let Err(reason) = primitive.check(value) {
            let text = format!("{} is not right for the type {}: {reason}.", shown(value), name());
            let code = if primitive == Primitive::Xhtml { "invariant" } else { "value" };
            return self.error(code, value, &spot.place, text);
        }
        if primitive == Primitive::Uri {
            self.note_fragment(value);
        }
        if spot.rule.codes != Codes::Free {
            self.code(value, spot);
        }
    }

    /// [Extension]: its URL, and either a value or extensions.
    ///
    /// [Extension]: https://hl7.org/fhir/R4/extensibility.html#Extension
    fn extension(&mut self, value: Value<'_>, spot: &Spot<'_>) {
        let has_extensions = value.get("extension").is_some();
        let is_value = |key: &str| key.starts_with("value") || key.starts_with("_value");
        let has_value = value.entries().any(|member| is_value(member.key()));
        let text = match (has_extensions, has_value) {
            (true, true) => "An extension with a value and with extensions (ext-1); keep one.",
            (false, false) => {
                "An extension without content (ext-1); it has a value[x] or extensions."
            }
            _ => "",
        };
        if !text.is_empty() {
            self.error("invariant", value, &spot.place, text.into());
        }
        let is_nested = spot.property.path == "Extension.extension";
        let Some(url) = value.get("url").filter(|_| !is_nested) else { return };
        if url.as_str().is_some_and(|text| !text.contains(':')) {
            let text = format!(
                "{} is relative; only an extension inside of an extension has such a url, \
                 others an absolute one.",
                shown(url)
            );
            self.error("value", url, &spot.place.child("url"), text);
        }
    }
}
