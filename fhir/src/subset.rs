//! A part of a resource: what [`_summary`] and [`_elements`] ask for, cut from its text.
//!
//! Nothing is written anew: what stays is copied as it stands, so that decimals keep their digits
//! and members their order. The tag SUBSETTED says that it is not the whole.
//!
//! [`_summary`]: https://hl7.org/fhir/R4/search.html#summary
//! [`_elements`]: https://hl7.org/fhir/R4/search.html#elements

use crate::definitions::{Property, Schema, Type, TypeId, TypeKind};
use crate::json::{Kind, Value};

const SYSTEM: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
const CODE: &str = "SUBSETTED";
const TAG: &str = concat!(
    r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","#,
    r#""code":"SUBSETTED"}"#
);

/// Which part of a resource is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Subset {
    /// All of it, as it is.
    #[default]
    Whole,
    /// What the definitions mark as summary at each level, what is mandatory there, and what
    /// changes the meaning of the rest.
    Summary,
    /// The narrative, `id`, `meta`, and what is mandatory at the top.
    Text,
    /// All but the narrative.
    Data,
    /// These elements of the top level, as `name` or `Patient.name`; with them `id`, `meta`, what is
    /// mandatory at the top, and what changes the meaning of the rest.
    Elements(Vec<String>),
}

impl Subset {
    /// Is it all of the resource?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Subset::Whole
    }

    /// The part of this resource as JSON, tagged as one; all of it, as it is, when all is wanted or
    /// it is no resource.
    #[must_use]
    pub fn cut(&self, resource: Value<'_>, schema: &Schema) -> String {
        let table = resource.str("resourceType").and_then(|name| schema.resource(&name));
        let Some((_, table)) = table.filter(|_| !self.is_whole()) else {
            return resource.raw().to_owned();
        };
        let mut out = String::with_capacity(resource.raw().len() + TAG.len() + 16);
        let mut has_meta = false;
        out.push('{');
        for member in resource.entries() {
            let key = member.key();
            let found = table.property(key.strip_prefix('_').unwrap_or(key));
            let is_kept = match found {
                Some((property, _)) => self.keeps(table, property),
                None => key == "resourceType",
            };
            if !is_kept {
                continue;
            }
            start_member(key, &mut out);
            match found {
                _ if key == "meta" => {
                    has_meta = true;
                    tagged(member, &mut out);
                }
                Some((_, kind)) if *self == Subset::Summary => {
                    summary(member, kind.type_id, schema, &mut out);
                }
                _ => out.push_str(member.raw()),
            }
        }
        if !has_meta {
            start_member("meta", &mut out);
            out.push_str("{\"tag\":[");
            out.push_str(TAG);
            out.push_str("]}");
        }
        out.push('}');
        out
    }

    /// Does an element of the top level stay?
    fn keeps(&self, table: &Type, property: &Property) -> bool {
        if matches!(property.name.as_str(), "id" | "meta") {
            return true;
        }
        match self {
            Subset::Whole => true,
            Subset::Summary => is_of_summary(property),
            Subset::Text => property.name == "text" || property.min > 0,
            Subset::Data => property.name != "text",
            Subset::Elements(names) => {
                property.min > 0
                    || property.is_modifier
                    || names.iter().any(|name| is_named(name, table, property))
            }
        }
    }
}

/// Does the name of an element, as [`Subset::Elements`] has it, mean a property of this type? Of a
/// choice it is the stem (`value`, also as `value[x]`) or one of its members (`valueQuantity`).
#[must_use]
pub fn is_named(name: &str, table: &Type, property: &Property) -> bool {
    let name = match name.split_once('.') {
        Some((root, name)) if root == table.name => name,
        Some(_) => return false,
        None => name,
    };
    let stem = name.strip_suffix("[x]").filter(|_| property.is_choice).unwrap_or(name);
    property.name == stem
        || property.is_choice && property.types.iter().any(|one| one.json_name == name)
}

/// Is a resource marked as a part of one, by its `meta.tag`?
#[must_use]
pub fn is_subset(resource: Value<'_>) -> bool {
    resource.get("meta").is_some_and(is_tagged)
}

fn is_tagged(meta: Value<'_>) -> bool {
    meta.list("tag").any(|tag| {
        tag.str("code").as_deref() == Some(CODE) && tag.str("system").as_deref() == Some(SYSTEM)
    })
}

/// Appends `meta` with the tag.
fn tagged(meta: Value<'_>, out: &mut String) {
    if !meta.is_object() || is_tagged(meta) {
        out.push_str(meta.raw());
        return;
    }
    out.push('{');
    let mut has_tags = false;
    for member in meta.entries() {
        start_member(member.key(), out);
        let mut tags = member.items();
        if member.key() != "tag" || tags.next().is_none() {
            out.push_str(member.raw());
            continue;
        }
        has_tags = true;
        out.push_str(member.raw().strip_suffix(']').unwrap_or_default());
        out.push(',');
        out.push_str(TAG);
        out.push(']');
    }
    if !has_tags {
        start_member("tag", out);
        out.push('[');
        out.push_str(TAG);
        out.push(']');
    }
    out.push('}');
}

fn is_of_summary(property: &Property) -> bool {
    property.is_summary || property.is_modifier || property.min > 0
}

/// Appends what belongs to the summary of a value of this type.
fn summary(value: Value<'_>, type_id: TypeId, schema: &Schema, out: &mut String) {
    match value.kind() {
        Kind::Array => {
            out.push('[');
            for (index, item) in value.items().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                summary(item, type_id, schema, out);
            }
            out.push(']');
        }
        Kind::Object => object_summary(value, schema.get(type_id), schema, out),
        _ => out.push_str(value.raw()),
    }
}

fn object_summary(object: Value<'_>, table: &Type, schema: &Schema, out: &mut String) {
    // What stands beside a primitive, an extension and a resource within another are one piece:
    // their definitions mark nothing as summary.
    let is_piece = table.kind == TypeKind::Primitive
        || table.kind == TypeKind::Resource
        || table.name == "Extension";
    let start = out.len();
    out.push('{');
    for member in object.entries().filter(|_| !is_piece) {
        let key = member.key();
        let found = table.property(key.strip_prefix('_').unwrap_or(key));
        let Some((_, kind)) = found.filter(|(property, _)| is_of_summary(property)) else {
            continue;
        };
        start_member(key, out);
        summary(member, kind.type_id, schema, out);
    }
    if out.len() == start + 1 {
        // An element is never empty, and one that is kept says at least why it has no value.
        out.truncate(start);
        out.push_str(object.raw());
        return;
    }
    out.push('}');
}

fn start_member(key: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
}
