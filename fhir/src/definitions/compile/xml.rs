//! Reads the [XML form] of a resource into a [`Node`].
//!
//! [XML form]: https://hl7.org/fhir/R4/xml.html

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::node::{Node, Written};

/// Greatest nesting of elements; JSON has two levels for one of XML.
const DEPTH_MAX: usize = 64;

/// The resource in this document; none when its root is no resource (a Maven POM, a schema).
/// The error says what was wrong and at which byte.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Node>, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("{e}; FHIR XML is UTF-8"))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<(String, Node)> = vec![(String::new(), Node::default())];
    loop {
        let event = reader.read_event();
        let place = reader.buffer_position();
        match event.map_err(|e| format!("{e} at byte {place}"))? {
            Event::Start(start) if start.name().as_ref() == "div" => {
                // Narrative is no fact.
                reader.read_to_end(start.name()).map_err(|e| format!("{e} at byte {place}"))?;
            }
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => {
                let child = element(&start)?;
                close(&mut open, child);
            }
            Event::End(_) => {
                let child = open.pop().expect("the reader checks that end tags match");
                close(&mut open, child);
            }
            Event::DocType(_) => return Err(format!("a DTD at byte {place}; FHIR has none")),
            Event::Eof => break,
            _ => {}
        }
        if open.len() > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} levels at byte {place}"));
        }
    }
    let (_, document) = open.pop().expect("the document itself is never closed");
    if !open.is_empty() {
        return Err("the document ends inside an element".into());
    }
    Ok(document.resource_type().is_some().then_some(document))
}

fn element(start: &BytesStart<'_>) -> Result<(String, Node), String> {
    let name = start.local_name().as_ref().to_owned();
    let mut node = Node::default();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| format!("{e} in {name}"))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|e| format!("{e} in {name}"))?;
        match attribute.key.as_ref() {
            "value" => node.text = Some(value.into_owned()),
            key @ ("id" | "url") => {
                let child = Node::primitive(value, Written::Attribute);
                node.children.push((key.to_owned(), child));
            }
            _ => {}
        }
    }
    Ok((name, node))
}

/// Hangs a finished element into its parent. A resource's element (`<resource><Patient>`, and the
/// root in its document) gives its parent type and children, which is the shape of JSON.
fn close(open: &mut [(String, Node)], (name, child): (String, Node)) {
    let Some((_, parent)) = open.last_mut() else { return };
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        let kind = Node::primitive(name, Written::Attribute);
        parent.children.push(("resourceType".to_owned(), kind));
        parent.children.extend(child.children);
    } else {
        parent.children.push((name, child));
    }
}
