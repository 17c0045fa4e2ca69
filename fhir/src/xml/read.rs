//! XML in: elements become properties by the element tables.

use super::characters::{attribute_value, is_space};
use super::events::{Attribute, Event, Events, Namespace, Tag};
use super::literal::literal;
use super::members::{Child, Members, Parts};
use super::{DEPTH_MAX, FHIR, Fault, XmlError, narrative};
use crate::definitions::{Schema, Type, TypeKind};
use crate::json::{Json, Tree};

pub(super) fn document(xml: &[u8], schema: &Schema) -> Result<Json, XmlError> {
    let xml = xml.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(xml);
    let text = std::str::from_utf8(xml).map_err(|error| {
        let valid = String::from_utf8_lossy(&xml[..error.valid_up_to()]);
        Fault::new(error.valid_up_to(), "invalid UTF-8").in_text(&valid, "")
    })?;
    let events = Events::new(text).map_err(|fault| fault.in_text(text, ""))?;
    let mut read = Read { schema, events, path: String::new(), depth: 0 };
    let tree = read.root().map_err(|fault| fault.in_text(text, &read.path))?;
    tree.to_json().map_err(|error| {
        Fault::new(0, format!("the resource makes no JSON: {}", error.message)).in_text(text, "")
    })
}

struct Read<'s, 'x> {
    schema: &'s Schema,
    events: Events<'x>,
    /// Where the reader is; it stays at the place of a fault.
    path: String,
    depth: usize,
}

impl<'s, 'x> Read<'s, 'x> {
    fn root(&mut self) -> Result<Tree, Fault> {
        let tag = loop {
            let offset = self.events.offset();
            match self.events.next()? {
                Event::Open(tag) => break tag,
                Event::End => {
                    return Err(Fault::new(offset, "no element; a resource should stand"));
                }
                event => self.between(&event, offset)?,
            }
        };
        self.path.push_str(tag.name);
        let resource = self.resource(&tag, true)?;
        loop {
            let offset = self.events.offset();
            match self.events.next()? {
                Event::Open(tag) => {
                    let message = format!("<{}> after the end of the resource", tag.name);
                    return Err(Fault::new(offset, message));
                }
                Event::End => return Ok(resource),
                event => self.between(&event, offset)?,
            }
        }
    }

    /// Passes over what may stand between elements: white space and comments.
    fn between(&self, event: &Event<'_>, offset: usize) -> Result<(), Fault> {
        match event {
            Event::Comment(_) => Ok(()),
            Event::Text(raw) if is_space(raw) => Ok(()),
            _ => Err(Fault::new(
                offset,
                "text between elements; a value stands in the attribute \"value\"",
            )),
        }
    }

    fn resource(&mut self, tag: &Tag<'x>, is_root: bool) -> Result<Tree, Fault> {
        self.in_fhir(tag)?;
        let Some((_, kind)) = self.schema.resource(tag.name) else {
            return Err(Fault::new(
                tag.offset,
                format!("<{}> is no resource type of R4", tag.name),
            ));
        };
        for attribute in &tag.attributes {
            // Where the schema lies is a hint that a reader may pass over.
            if !(is_root && attribute.is_schema_instance) {
                return Err(unknown(attribute, tag.name));
            }
        }
        let mut members = vec![("resourceType".to_owned(), Tree::string(tag.name))];
        members.extend(self.children(kind, tag)?.into_properties());
        Ok(Tree::Object(members))
    }

    fn in_fhir(&self, tag: &Tag<'_>) -> Result<(), Fault> {
        if tag.namespace == Namespace::Fhir {
            return Ok(());
        }
        Err(Fault::new(tag.offset, format!("<{}> is not in the namespace {FHIR}", tag.name)))
    }

    /// Reads up to the end of the element that `tag` opened.
    fn children(&mut self, of: &'s Type, tag: &Tag<'x>) -> Result<Members<'s>, Fault> {
        let mut members = Members::default();
        if tag.is_empty {
            return Ok(members);
        }
        self.enter(tag)?;
        loop {
            let offset = self.events.offset();
            match self.events.next()? {
                Event::Open(child) => {
                    let place = members.open(of, child.name);
                    let length = self.step(child.name, place.as_ref().ok());
                    let place = place.map_err(|message| Fault::new(offset, message))?;
                    let parts = self.element(&child, &place)?;
                    members.fill(parts);
                    self.path.truncate(length);
                }
                Event::Close => break,
                Event::End => {
                    return Err(Fault::new(offset, format!("the text ends inside <{}>", tag.name)));
                }
                event => self.between(&event, offset)?,
            }
        }
        self.depth -= 1;
        Ok(members)
    }

    fn enter(&mut self, tag: &Tag<'_>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Fault::new(tag.offset, format!("nesting deeper than {DEPTH_MAX}")));
        }
        Ok(())
    }

    /// Puts a child onto the path; the length to cut it back to.
    fn step(&mut self, name: &str, place: Option<&Child<'_>>) -> usize {
        let length = self.path.len();
        self.path.extend([".", name]);
        if let Some(index) = place.and_then(|place| place.index) {
            self.path.push_str(&format!("[{index}]"));
        }
        length
    }

    fn element(&mut self, tag: &Tag<'x>, place: &Child<'s>) -> Result<Parts, Fault> {
        let kind = self.schema.get(place.kind.type_id);
        if kind.name == "xhtml" {
            let div = narrative::copy(&mut self.events, tag)?;
            return Ok(Parts { value: Some(Tree::String(div)), rest: None });
        }
        self.in_fhir(tag)?;
        if kind.kind == TypeKind::Resource {
            let value = Some(self.wrapped(tag)?);
            return Ok(Parts { value, rest: None });
        }
        let (value, mut members) = self.attributes(kind, tag)?;
        members.extend(self.children(kind, tag)?.into_properties());
        if members.is_empty() && value.is_none() {
            let message = format!("<{}> is empty; it should have a value or content", tag.name);
            return Err(Fault::new(tag.offset, message));
        }
        let object = (!members.is_empty()).then_some(Tree::Object(members));
        Ok(match kind.kind {
            TypeKind::Primitive => {
                let value = value.map(|text| literal(self.schema, kind, text));
                Parts { value, rest: object }
            }
            _ => Parts { value: object, rest: None },
        })
    }

    /// The resource inside `contained`, `resource` or `outcome`.
    fn wrapped(&mut self, tag: &Tag<'x>) -> Result<Tree, Fault> {
        if let Some(attribute) = tag.attributes.first() {
            return Err(unknown(attribute, tag.name));
        }
        let mut resource = None;
        let mut is_open = !tag.is_empty;
        if is_open {
            self.enter(tag)?;
        }
        while is_open {
            let offset = self.events.offset();
            match self.events.next()? {
                Event::Open(inner) if resource.is_none() => {
                    resource = Some(self.resource(&inner, false)?);
                }
                Event::Open(_) => {
                    let message = format!("a second resource in one <{}>", tag.name);
                    return Err(Fault::new(offset, message));
                }
                Event::Close => {
                    self.depth -= 1;
                    is_open = false;
                }
                Event::End => {
                    return Err(Fault::new(offset, format!("the text ends inside <{}>", tag.name)));
                }
                event => self.between(&event, offset)?,
            }
        }
        resource.ok_or_else(|| Fault::new(tag.offset, format!("<{}> without a resource", tag.name)))
    }

    /// The text of a primitive and the properties that are attributes, in the tables' order.
    fn attributes(&self, kind: &'s Type, tag: &Tag<'_>) -> Result<Attributes, Fault> {
        let mut value = None;
        let mut found = Vec::new();
        for attribute in &tag.attributes {
            let text = attribute_value(attribute.raw)
                .map_err(|message| Fault::new(attribute.offset, message))?
                .into_owned();
            if kind.kind == TypeKind::Primitive && attribute.name == "value" {
                value = Some(text);
                continue;
            }
            match kind.by_json_name.get(attribute.name) {
                Some(&(at, _)) if kind.properties[usize::from(at)].is_xml_attribute => {
                    found.push((at, (attribute.name.to_owned(), Tree::String(text))));
                }
                _ => return Err(unknown(attribute, &kind.name)),
            }
        }
        found.sort_unstable_by_key(|&(at, _)| at);
        Ok((value, found.into_iter().map(|(_, member)| member).collect()))
    }
}

type Attributes = (Option<String>, Vec<(String, Tree)>);

fn unknown(attribute: &Attribute<'_>, of: &str) -> Fault {
    Fault::new(attribute.offset, format!("{} is no attribute of {of}", attribute.name))
}
