//! The tags and texts of a document, refused where they are not well-formed ([namespaces]).
//!
//! [namespaces]: https://www.w3.org/TR/xml-names/

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesDecl, Event as Raw};
use quick_xml::name::ResolveResult;

use super::characters::{is_character, is_name};
use super::{ATTRIBUTES_MAX, FHIR, Fault, NODES_MAX, SCHEMA_INSTANCE, XHTML};

/// One thing in a document, in the order of the text; declarations are passed over.
pub(super) enum Event<'x> {
    Open(Tag<'x>),
    Close,
    /// Raw text without references.
    Text(&'x str),
    /// `&amp;` as `amp`.
    Reference(&'x str),
    CData(&'x str),
    Comment(&'x str),
    End,
}

/// A start tag or an empty-element tag.
pub(super) struct Tag<'x> {
    /// The name without its prefix.
    pub(super) name: &'x str,
    pub(super) namespace: Namespace,
    /// `<name/>`: no [`Event::Close`] follows.
    pub(super) is_empty: bool,
    /// All but the declarations of namespaces.
    pub(super) attributes: Vec<Attribute<'x>>,
    pub(super) offset: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Namespace {
    Fhir,
    Xhtml,
    None,
    Other,
}

pub(super) struct Attribute<'x> {
    /// The name with its prefix.
    pub(super) name: &'x str,
    /// The value as it stands in the document, without quotes.
    pub(super) raw: &'x str,
    /// Belongs to XML Schema instances (`xsi:schemaLocation`).
    pub(super) is_schema_instance: bool,
    pub(super) offset: usize,
}

pub(super) struct Events<'x> {
    text: &'x str,
    reader: NsReader<&'x [u8]>,
    nodes: usize,
}

impl<'x> Events<'x> {
    /// The events of a text, which must not start with a byte-order mark.
    pub(super) fn new(text: &'x str) -> Result<Self, Fault> {
        if let Some((offset, character)) = text.char_indices().find(|&(_, c)| !is_character(c)) {
            let code = u32::from(character);
            return Err(Fault::new(offset, format!("U+{code:04X}, which XML does not have")));
        }
        let mut reader = NsReader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        Ok(Self { text, reader, nodes: 0 })
    }

    /// Where the next event starts, in bytes.
    pub(super) fn offset(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(self.text.len())
    }

    pub(super) fn next(&mut self) -> Result<Event<'x>, Fault> {
        loop {
            let offset = self.offset();
            let (namespace, event) = match self.reader.read_resolved_event() {
                Ok((resolved, event)) => (namespace(&resolved), event),
                Err(error) => {
                    let at = usize::try_from(self.reader.error_position()).unwrap_or(offset);
                    return Err(Fault::new(at, format!("not well-formed: {error}")));
                }
            };
            let raw = &self.text[offset..self.offset()];
            return Ok(match event {
                Raw::Start(_) => Event::Open(self.tag(raw, false, namespace, offset)?),
                Raw::Empty(_) => Event::Open(self.tag(raw, true, namespace, offset)?),
                Raw::End(_) => Event::Close,
                Raw::Text(_) => Event::Text(text(raw, offset)?),
                Raw::GeneralRef(_) => Event::Reference(inside(raw, "&", ";")),
                Raw::CData(_) => Event::CData(inside(raw, "<![CDATA[", "]]>")),
                Raw::Comment(_) => Event::Comment(comment(raw, offset)?),
                Raw::Decl(declaration) => {
                    declared(&declaration, offset)?;
                    continue;
                }
                Raw::PI(_) => {
                    return Err(Fault::new(offset, "a processing instruction; FHIR allows none"));
                }
                Raw::DocType(_) => {
                    return Err(Fault::new(
                        offset,
                        "a document type declaration; FHIR allows none",
                    ));
                }
                Raw::Eof => Event::End,
            });
        }
    }

    fn tag(
        &mut self,
        raw: &'x str,
        is_empty: bool,
        namespace: Result<Namespace, String>,
        offset: usize,
    ) -> Result<Tag<'x>, Fault> {
        let content = inside(raw, "<", if is_empty { "/>" } else { ">" });
        let name_end = content.find([' ', '\t', '\n', '\r']).unwrap_or(content.len());
        let name = &content[..name_end];
        if !is_name(name) {
            return Err(Fault::new(offset, format!("\"{name}\" is no name of an element")));
        }
        let namespace = namespace.map_err(|prefix| undeclared(offset, &prefix))?;
        let attributes = self.attributes(content, name_end, offset + 1)?;
        // JSON has one value where XML has an element with its attribute "value".
        let others = attributes.iter().filter(|one| one.name != "value").count();
        self.count(1 + others, offset)?;
        let name = name.rsplit(':').next().unwrap_or(name);
        Ok(Tag { name, namespace, is_empty, attributes, offset })
    }

    fn attributes(
        &self,
        content: &'x str,
        name_end: usize,
        offset: usize,
    ) -> Result<Vec<Attribute<'x>>, Fault> {
        let mut attributes = Vec::new();
        for (index, attribute) in Attributes::new(content, name_end).enumerate() {
            // Each is compared with all before it.
            if index == ATTRIBUTES_MAX {
                let message = format!("more than {ATTRIBUTES_MAX} attributes in one element");
                return Err(Fault::new(offset, message));
            }
            let attribute = attribute.map_err(|error| {
                Fault::new(offset + name_end, format!("not well-formed: {error}"))
            })?;
            let name = attribute.key.into_inner();
            let at = place(name, content);
            let Cow::Borrowed(raw) = attribute.value else {
                unreachable!("the attributes of a slice borrow from it")
            };
            let offset = offset + at;
            if !is_name(name) {
                return Err(Fault::new(offset, format!("\"{name}\" is no name of an attribute")));
            }
            if !content[..at].ends_with([' ', '\t', '\n', '\r']) {
                return Err(Fault::new(offset, format!("white space is missing before {name}")));
            }
            if raw.contains('<') {
                return Err(Fault::new(offset, format!("'<' in {name}; write &lt;")));
            }
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let is_schema_instance = match self.reader.resolver().resolve_attribute(attribute.key).0
            {
                ResolveResult::Bound(bound) => bound.into_inner() == SCHEMA_INSTANCE,
                ResolveResult::Unbound => false,
                ResolveResult::Unknown(prefix) => {
                    return Err(undeclared(offset, &prefix));
                }
            };
            attributes.push(Attribute { name, raw, is_schema_instance, offset });
        }
        Ok(attributes)
    }

    fn count(&mut self, more: usize, offset: usize) -> Result<(), Fault> {
        self.nodes += more;
        if self.nodes > NODES_MAX {
            let message = format!("more than {NODES_MAX} elements and attributes");
            return Err(Fault::new(offset, message));
        }
        Ok(())
    }
}

/// The namespace, or the prefix that is not declared.
fn namespace(resolved: &ResolveResult<'_>) -> Result<Namespace, String> {
    match resolved {
        ResolveResult::Unbound => Ok(Namespace::None),
        ResolveResult::Bound(name) => Ok(match name.into_inner() {
            FHIR => Namespace::Fhir,
            XHTML => Namespace::Xhtml,
            _ => Namespace::Other,
        }),
        ResolveResult::Unknown(prefix) => Err(prefix.clone()),
    }
}

fn undeclared(offset: usize, prefix: &str) -> Fault {
    Fault::new(offset, format!("the prefix \"{prefix}\" is declared nowhere"))
}

/// Where a part of a text starts in it, in bytes.
fn place(part: &str, whole: &str) -> usize {
    (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize).min(whole.len())
}

/// What stands between the marks that an event's text has at its ends.
fn inside<'x>(raw: &'x str, before: &str, after: &str) -> &'x str {
    let raw = raw.strip_prefix(before).unwrap_or(raw);
    raw.strip_suffix(after).unwrap_or(raw)
}

fn text(raw: &str, offset: usize) -> Result<&str, Fault> {
    match raw.find("]]>") {
        Some(at) => Err(Fault::new(offset + at, "\"]]>\" in text; write ]]&gt;")),
        None => Ok(raw),
    }
}

fn comment(raw: &str, offset: usize) -> Result<&str, Fault> {
    let content = inside(raw, "<!--", "-->");
    if content.ends_with('-') {
        return Err(Fault::new(offset, "a comment that ends with \"--->\"; write \"-->\""));
    }
    Ok(content)
}

fn declared(declaration: &BytesDecl<'_>, offset: usize) -> Result<(), Fault> {
    if offset > 0 {
        return Err(Fault::new(offset, "an XML declaration that is not at the document's start"));
    }
    let version = declaration
        .version()
        .map_err(|error| Fault::new(offset, format!("not well-formed: {error}")))?;
    if version != "1.0" {
        return Err(Fault::new(offset, format!("XML {version}; FHIR is XML 1.0")));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("UTF-8") => Ok(()),
        Some(Ok(encoding)) => {
            Err(Fault::new(offset, format!("the encoding {encoding}; FHIR is UTF-8")))
        }
        Some(Err(error)) => Err(Fault::new(offset, format!("not well-formed: {error}"))),
    }
}
