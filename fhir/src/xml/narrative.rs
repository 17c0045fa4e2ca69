//! The XHTML of a narrative, copied from one document to the other ([narrative]).
//!
//! The copy stands alone: the namespace is declared on its `div` and nowhere else, no name has a
//! prefix but `xml:lang` and `xml:space`, CDATA is text. All else stays as it was written.
//!
//! [narrative]: https://hl7.org/fhir/R4/narrative.html

use super::characters::{attribute_value, escape_cdata, is_space, line_ends, referenced};
use super::events::{Event, Events, Namespace, Tag};
use super::{DEPTH_MAX, Fault, XHTML};

/// The narrative whose `div` was just opened.
pub(super) fn copy(events: &mut Events<'_>, div: &Tag<'_>) -> Result<String, Fault> {
    copy_from(events, div, &[Namespace::Xhtml])
}

fn copy_from(
    events: &mut Events<'_>,
    div: &Tag<'_>,
    namespaces: &[Namespace],
) -> Result<String, Fault> {
    if div.name != "div" || !namespaces.contains(&div.namespace) {
        let message = format!("<{}> where a <div xmlns=\"{XHTML}\"> should stand", div.name);
        return Err(Fault::new(div.offset, message));
    }
    let mut out = String::new();
    open(div, &mut out, true)?;
    let mut names = if div.is_empty { Vec::new() } else { vec![div.name] };
    while !names.is_empty() {
        let offset = events.offset();
        match events.next()? {
            Event::Open(tag) => {
                if !namespaces.contains(&tag.namespace) {
                    let message = format!("<{}> is not in the namespace {XHTML}", tag.name);
                    return Err(Fault::new(offset, message));
                }
                if names.len() >= DEPTH_MAX {
                    return Err(Fault::new(
                        offset,
                        format!("XHTML nested deeper than {DEPTH_MAX}"),
                    ));
                }
                open(&tag, &mut out, false)?;
                if !tag.is_empty {
                    names.push(tag.name);
                }
            }
            Event::Close => {
                let name = names.pop().unwrap_or_default();
                out.extend(["</", name, ">"]);
            }
            Event::Text(raw) => out.push_str(&line_ends(raw)),
            Event::Reference(name) => {
                referenced(name).map_err(|message| Fault::new(offset, message))?;
                out.extend(["&", name, ";"]);
            }
            Event::CData(raw) => escape_cdata(&line_ends(raw), &mut out),
            Event::Comment(raw) => out.extend(["<!--", &line_ends(raw), "-->"]),
            Event::End => return Err(Fault::new(offset, "the text ends inside its <div>")),
        }
    }
    Ok(out)
}

/// The narrative that a JSON string holds, ready to stand in an XML document. The string should
/// declare the namespace too; that it does is for validation to insist on.
pub(super) fn parse(text: &str) -> Result<String, Fault> {
    let mut events = Events::new(text.trim_start_matches([' ', '\t', '\n', '\r']))?;
    let out = match events.next()? {
        Event::Open(tag) => copy_from(&mut events, &tag, &[Namespace::Xhtml, Namespace::None])?,
        _ => return Err(Fault::new(0, "text where a <div> should stand")),
    };
    loop {
        let offset = events.offset();
        match events.next()? {
            Event::End => return Ok(out),
            Event::Text(raw) if is_space(raw) => {}
            _ => return Err(Fault::new(offset, "something after the <div>; it stands alone")),
        }
    }
}

fn open(tag: &Tag<'_>, out: &mut String, is_outermost: bool) -> Result<(), Fault> {
    out.extend(["<", tag.name]);
    if is_outermost {
        out.extend([" xmlns=\"", XHTML, "\""]);
    }
    for attribute in &tag.attributes {
        let name = attribute.name;
        if name.contains(':') && !matches!(name, "xml:lang" | "xml:space") {
            return Err(Fault::new(attribute.offset, format!("{name} is no attribute of XHTML")));
        }
        attribute_value(attribute.raw).map_err(|message| Fault::new(attribute.offset, message))?;
        let quote = if attribute.raw.contains('"') { "'" } else { "\"" };
        out.extend([" ", name, "=", quote, &line_ends(attribute.raw), quote]);
    }
    out.push_str(if tag.is_empty { "/>" } else { ">" });
    Ok(())
}
