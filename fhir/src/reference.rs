//! [References]: what their text means, where they stand in a resource, and how they are rewritten
//! when a transaction gives resources their ids.
//!
//! [References]: https://hl7.org/fhir/R4/references.html

use std::borrow::Cow;

use crate::definitions::{Schema, TypeId};
use crate::json::{Kind, Value, escape_into};

/// What the text of a reference points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// A resource of this server: `Patient/1`, or the same under one of its own bases.
    Local {
        /// Resource type.
        resource: &'a str,
        /// Logical id.
        id: &'a str,
        /// `2` of `Patient/1/_history/2`.
        version: Option<&'a str>,
    },
    /// A search that finds the resource: `Patient?identifier=…`; legal in a transaction alone.
    Conditional {
        /// Resource type.
        resource: &'a str,
        /// What stands after the question mark.
        query: &'a str,
    },
    /// `#id`: a contained resource, or the container itself for `#`.
    Contained(&'a str),
    /// Anything else: another server, a `urn:`.
    Elsewhere,
}

/// Reads the text of a reference. `bases` are this server's own, without a slash at the end.
#[must_use]
pub fn target<'a>(text: &'a str, bases: &[String], schema: &Schema) -> Target<'a> {
    if let Some(id) = text.strip_prefix('#') {
        return Target::Contained(id);
    }
    let own = bases.iter().find_map(|base| text.strip_prefix(base.as_str())?.strip_prefix('/'));
    let relative = own.unwrap_or(text);
    if let Some((resource, query)) = relative.split_once('?') {
        return match schema.resource(resource) {
            Some(_) => Target::Conditional { resource, query },
            None => Target::Elsewhere,
        };
    }
    let mut parts = relative.split('/');
    let (Some(resource), Some(id)) = (parts.next(), parts.next()) else {
        return Target::Elsewhere;
    };
    if schema.resource(resource).is_none() || !is_id(id) {
        return Target::Elsewhere;
    }
    match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => Target::Local { resource, id, version: None },
        (Some("_history"), Some(version), None) if is_id(version) => {
            Target::Local { resource, id, version: Some(version) }
        }
        _ => Target::Elsewhere,
    }
}

/// Is this a legal [id]: 1 to 64 of `A-Za-z0-9-.`?
///
/// [id]: https://hl7.org/fhir/R4/datatypes.html#id
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

/// Where a text that may point to a resource stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `Reference.reference`.
    Reference,
    /// An element of type uri, url, oid or uuid (canonical is none of them).
    Uri,
    /// The XHTML of a narrative.
    Narrative,
}

/// Calls `visit` for the text of every reference, URI and narrative of a resource, contained and
/// bundled ones included.
pub fn visit(resource: Value<'_>, schema: &Schema, found: &mut dyn FnMut(Place, &str)) {
    rewrite(resource, schema, &mut |place, text| {
        found(place, text);
        None
    });
}

/// The resource as compact JSON, with the texts that `change` gives in place of references, URIs
/// and narratives.
pub fn rewrite(
    resource: Value<'_>,
    schema: &Schema,
    change: &mut dyn FnMut(Place, &str) -> Option<String>,
) -> String {
    let mut out = String::with_capacity(resource.raw().len());
    Rewriter { schema, change }.object(resource, None, &mut out);
    out
}

struct Rewriter<'a> {
    schema: &'a Schema,
    change: &'a mut dyn FnMut(Place, &str) -> Option<String>,
}

impl Rewriter<'_> {
    /// `type_id` is the type that the parent states; a resource names its own.
    fn object(&mut self, value: Value<'_>, type_id: Option<TypeId>, out: &mut String) {
        let own = value.str("resourceType").and_then(|name| self.schema.id(&name));
        let Some(type_id) = own.or(type_id) else {
            value.write_compact(out);
            return;
        };
        let (schema, r#type) = (self.schema, self.schema.get(type_id));
        let is_reference = r#type.name == "Reference";
        out.push('{');
        for (index, member) in value.entries().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push('"');
            out.push_str(member.key());
            out.push_str("\":");
            if let Some(name) = member.key().strip_prefix('_') {
                let element = r#type.property(name).and_then(|_| schema.id("Element"));
                self.member(member, element, None, out);
                continue;
            }
            let child = r#type.property(member.key()).map(|(_, t)| t.type_id);
            let place = match child.map(|id| schema.get(id).name.as_str()) {
                _ if is_reference && member.key() == "reference" => Some(Place::Reference),
                Some("uri" | "url" | "oid" | "uuid") => Some(Place::Uri),
                Some("xhtml") => Some(Place::Narrative),
                _ => None,
            };
            self.member(member, child, place, out);
        }
        out.push('}');
    }

    fn member(
        &mut self,
        value: Value<'_>,
        type_id: Option<TypeId>,
        place: Option<Place>,
        out: &mut String,
    ) {
        match value.kind() {
            Kind::Object => self.object(value, type_id, out),
            Kind::Array => {
                out.push('[');
                for (index, item) in value.items().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.member(item, type_id, place, out);
                }
                out.push(']');
            }
            Kind::String => self.string(value, place, out),
            _ => out.push_str(value.raw()),
        }
    }

    fn string(&mut self, value: Value<'_>, place: Option<Place>, out: &mut String) {
        let text = value.as_str().unwrap_or(Cow::Borrowed(""));
        match place.and_then(|place| (self.change)(place, &text)) {
            None => out.push_str(value.raw()),
            Some(changed) => {
                out.push('"');
                escape_into(&changed, out);
                out.push('"');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Target, rewrite, target};
    use crate::definitions;
    use crate::json::Json;

    #[track_caller]
    fn check(text: &str, expected: Target<'_>) {
        let bases = ["http://h/fhir".to_owned()];
        assert_eq!(target(text, &bases, definitions::r4().schema()), expected, "{text}");
    }

    #[test]
    fn a_relative_reference_is_local() {
        check("Patient/1", Target::Local { resource: "Patient", id: "1", version: None });
        check(
            "Patient/1/_history/2",
            Target::Local { resource: "Patient", id: "1", version: Some("2") },
        );
    }

    #[test]
    fn a_reference_under_the_own_base_is_local_and_others_are_not() {
        check(
            "http://h/fhir/Patient/1",
            Target::Local { resource: "Patient", id: "1", version: None },
        );
        check("http://other/fhir/Patient/1", Target::Elsewhere);
        check("urn:uuid:6c8f0a5e-0000-4000-8000-000000000000", Target::Elsewhere);
        check("Nothing/1", Target::Elsewhere);
        check("Patient/1/Observation/2", Target::Elsewhere);
    }

    #[test]
    fn a_search_and_a_fragment_are_told_apart() {
        check(
            "Patient?identifier=a|b",
            Target::Conditional { resource: "Patient", query: "identifier=a|b" },
        );
        check("#p1", Target::Contained("p1"));
    }

    #[test]
    fn references_uris_and_narratives_are_rewritten_and_nothing_else() {
        let json = Json::parse(
            r#"{ "resourceType":"Observation", "text":{"status":"generated","div":"urn:uuid:1"},
               "subject":{"reference":"urn:uuid:1","display":"urn:uuid:1"},
               "extension":[{"url":"urn:uuid:1","valueCanonical":"urn:uuid:1"}],
               "valueQuantity":{"value":1.0}, "note":[{"text":"urn:uuid:1"}],
               "contained":[{"resourceType":"Patient","generalPractitioner":[{"reference":"urn:uuid:1"}]}]}"#,
        )
        .unwrap();
        let mut places = Vec::new();
        let text = rewrite(json.root(), definitions::r4().schema(), &mut |place, text| {
            places.push(place);
            Some(text.replace("urn:uuid:1", "X"))
        });
        assert_eq!(
            text,
            concat!(
                r#"{"resourceType":"Observation","text":{"status":"generated","div":"X"},"#,
                r#""subject":{"reference":"X","display":"urn:uuid:1"},"#,
                r#""extension":[{"url":"X","valueCanonical":"urn:uuid:1"}],"#,
                r#""valueQuantity":{"value":1.0},"note":[{"text":"urn:uuid:1"}],"#,
                r#""contained":[{"resourceType":"Patient","generalPractitioner":[{"reference":"X"}]}]}"#
            )
        );
        assert_eq!(places, [Place::Narrative, Place::Reference, Place::Uri, Place::Reference]);
    }
}
