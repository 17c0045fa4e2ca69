//! XML out: properties become elements in the order of the element tables.

use super::characters::escape_attribute;
use super::{FHIR, Fault, XmlError, narrative};
use crate::definitions::{Property, PropertyType, Schema, Type, TypeKind};
use crate::json::{Kind, Value};

pub(super) fn document(
    value: Value<'_>,
    schema: &Schema,
    is_pretty: bool,
) -> Result<String, XmlError> {
    let mut out = String::with_capacity(value.raw().len() * 2);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    let mut write = Write { schema, out, is_pretty, depth: 0, path: String::new() };
    match write.resource(value) {
        Ok(()) => Ok(write.out),
        Err(fault) => Err(fault.in_text(value.document().text(), &write.path)),
    }
}

struct Write<'s> {
    schema: &'s Schema,
    out: String,
    is_pretty: bool,
    /// Elements open.
    depth: usize,
    /// Where the writer is; it stays at the place of a fault.
    path: String,
}

/// The values of one property: `name`, `_name`.
struct Member<'s, 'v> {
    at: u16,
    property: &'s Property,
    kind: &'s PropertyType,
    value: Option<Value<'v>>,
    rest: Option<Value<'v>>,
}

impl<'s> Write<'s> {
    fn resource(&mut self, value: Value<'_>) -> Result<(), Fault> {
        let start = value.span().start;
        let Some(name) = value.str("resourceType") else {
            return Err(Fault::new(start, "no \"resourceType\" where a resource should stand"));
        };
        let Some((_, kind)) = self.schema.resource(&name) else {
            return Err(Fault::new(start, format!("\"{name}\" is no resource type of R4")));
        };
        if self.path.is_empty() {
            self.path.push_str(&name);
        }
        let members = members(value, kind, true)?;
        let is_root = self.depth == 0;
        self.open(&name);
        if is_root {
            self.out.extend([" xmlns=\"", FHIR, "\""]);
        }
        self.content(&name, None, &members)
    }

    /// Starts a tag, which the caller ends.
    fn open(&mut self, name: &str) {
        self.new_line();
        self.out.extend(["<", name]);
    }

    fn new_line(&mut self) {
        if self.is_pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }

    /// The attributes and children of the element whose tag was started, to its end.
    fn content(
        &mut self,
        name: &str,
        value: Option<Value<'_>>,
        members: &[Member<'_, '_>],
    ) -> Result<(), Fault> {
        let (attributes, elements): (Vec<_>, Vec<_>) =
            members.iter().partition(|one| one.property.is_xml_attribute);
        for member in attributes {
            self.attribute_member(member)?;
        }
        if let Some(value) = value {
            self.attribute("value", value)?;
        }
        if elements.is_empty() {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        self.depth += 1;
        for member in elements {
            self.member(member)?;
        }
        self.depth -= 1;
        self.new_line();
        self.out.extend(["</", name, ">"]);
        Ok(())
    }

    fn attribute_member(&mut self, member: &Member<'_, '_>) -> Result<(), Fault> {
        let name = &member.property.name;
        if let Some(rest) = member.rest {
            let message = format!("\"_{name}\": in XML {name} is an attribute without extensions");
            return Err(Fault::new(rest.span().start, message));
        }
        let length = self.step(name, None);
        if let Some(value) = member.value {
            self.attribute(name, value)?;
        }
        self.path.truncate(length);
        Ok(())
    }

    fn attribute(&mut self, name: &str, value: Value<'_>) -> Result<(), Fault> {
        let start = value.span().start;
        self.out.extend([" ", name, "=\""]);
        let written = match value.kind() {
            Kind::String => escape_attribute(&value.as_str().unwrap_or_default(), &mut self.out),
            Kind::Number | Kind::True | Kind::False => {
                self.out.push_str(value.raw());
                Ok(())
            }
            _ => return Err(Fault::new(start, format!("{} should be a primitive", shown(value)))),
        };
        written.map_err(|character| no_character(start, character))?;
        self.out.push('"');
        Ok(())
    }

    fn member(&mut self, member: &Member<'_, '_>) -> Result<(), Fault> {
        let name = &member.kind.json_name;
        if !member.property.is_array {
            let length = self.step(name, None);
            self.element(name, member.kind, member.value, member.rest)?;
            self.path.truncate(length);
            return Ok(());
        }
        for value in [member.value, member.rest].into_iter().flatten() {
            if !value.is_array() || value.items().next().is_none() {
                let message = format!("\"{}\" should be an array with items", value.key());
                return Err(Fault::new(value.span().start, message));
            }
        }
        let mut values = member.value.into_iter().flat_map(|value| value.items());
        let mut rests = member.rest.into_iter().flat_map(|value| value.items());
        for index in 0.. {
            let (value, rest) = (values.next(), rests.next());
            if value.is_none() && rest.is_none() {
                break;
            }
            let length = self.step(name, Some(index));
            self.element(name, member.kind, value, rest)?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn step(&mut self, name: &str, index: Option<usize>) -> usize {
        let length = self.path.len();
        self.path.extend([".", name]);
        if let Some(index) = index {
            self.path.push_str(&format!("[{index}]"));
        }
        length
    }

    fn element(
        &mut self,
        name: &str,
        kind: &PropertyType,
        value: Option<Value<'_>>,
        rest: Option<Value<'_>>,
    ) -> Result<(), Fault> {
        let start = value.or(rest).map_or(0, |value| value.span().start);
        let value = value.filter(|value| !value.is_null());
        let rest = rest.filter(|rest| !rest.is_null());
        let kind = self.schema.get(kind.type_id);
        match (kind.kind, value, rest) {
            (_, None, None) => Err(Fault::new(start, "null without a value or an extension")),
            (TypeKind::Primitive, Some(value), None) if kind.name == "xhtml" => self.div(value),
            (TypeKind::Primitive, ..) if kind.name != "xhtml" => {
                let members = rest.map(|rest| members(rest, kind, false)).transpose()?;
                self.open(name);
                self.content(name, value, &members.unwrap_or_default())
            }
            (_, _, Some(rest)) => {
                let message = format!("\"{}\" beside what is no primitive", rest.key());
                Err(Fault::new(rest.span().start, message))
            }
            (TypeKind::Resource, Some(value), None) => {
                self.open(name);
                self.out.push('>');
                self.depth += 1;
                self.resource(value)?;
                self.depth -= 1;
                self.new_line();
                self.out.extend(["</", name, ">"]);
                Ok(())
            }
            (_, Some(value), None) => {
                let members = members(value, kind, false)?;
                self.open(name);
                self.content(name, None, &members)
            }
        }
    }

    fn div(&mut self, value: Value<'_>) -> Result<(), Fault> {
        let start = value.span().start;
        let Some(text) = value.as_str() else {
            return Err(Fault::new(start, format!("{} should be a string", shown(value))));
        };
        let div = narrative::parse(&text).map_err(|fault| {
            let place = format!("at byte {} of the div", fault.offset);
            Fault::new(start, format!("the narrative is no XHTML: {}, {place}", fault.message))
        })?;
        self.new_line();
        self.out.push_str(&div);
        Ok(())
    }
}

/// The properties of an object in the order of the tables, each with its `_name`.
fn members<'s, 'v>(
    value: Value<'v>,
    of: &'s Type,
    is_resource: bool,
) -> Result<Vec<Member<'s, 'v>>, Fault> {
    if !value.is_object() {
        let message = format!("{} should be an object: {}", shown(value), of.name);
        return Err(Fault::new(value.span().start, message));
    }
    if value.entries().next().is_none() {
        return Err(Fault::new(value.span().start, "an empty object; FHIR has none"));
    }
    let mut members: Vec<Member<'s, 'v>> = Vec::new();
    for entry in value.entries() {
        let key = entry.key();
        if is_resource && key == "resourceType" {
            continue;
        }
        let (name, is_rest) = key.strip_prefix('_').map_or((key, false), |name| (name, true));
        let known =
            of.by_json_name.get(name).filter(|_| of.kind != TypeKind::Primitive || name != "value");
        let Some(&(at, choice)) = known else {
            let message = format!("\"{key}\" is no property of {}", of.name);
            return Err(Fault::new(entry.span().start, message));
        };
        let property = &of.properties[usize::from(at)];
        let kind = &property.types[usize::from(choice)];
        let found = members.iter().position(|one| one.kind.json_name == kind.json_name);
        let index = found.unwrap_or_else(|| {
            members.push(Member { at, property, kind, value: None, rest: None });
            members.len() - 1
        });
        let place = &mut members[index];
        *(if is_rest { &mut place.rest } else { &mut place.value }) = Some(entry);
    }
    members.sort_by_key(|one| one.at);
    Ok(members)
}

fn shown(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Object => "an object",
        Kind::Array => "an array",
        Kind::String => "a string",
        Kind::Number => "a number",
        Kind::True | Kind::False => "a boolean",
        Kind::Null => "null",
    }
}

fn no_character(offset: usize, character: char) -> Fault {
    let code = u32::from(character);
    Fault::new(offset, format!("U+{code:04X}, which XML does not have; take it out"))
}
