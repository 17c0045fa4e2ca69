//! The XHTML of a [narrative]: what `Narrative.div` may contain.
//!
//! Invariants txt-1 and txt-2, and `htmlChecks()` of FHIRPath.
//!
//! [narrative]: https://hl7.org/fhir/R4/narrative.html#xhtml

mod names;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::xml::characters::{is_character, referenced};
use names::{is_attribute, is_element};

const NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

/// Deeper nesting has no use in a narrative, and a browser would pay for it.
const DEPTH_MAX: usize = 100;

/// Schemes that open a document or start a message, and run nothing.
const LINK_SCHEMES: [&str; 9] =
    ["http", "https", "mailto", "tel", "sms", "ftp", "urn", "cid", "mid"];

/// Is this text the `div` of a narrative?
///
/// The root must be `div` in the XHTML namespace; elements, attributes and the schemes of links
/// must be among those that the specification allows; there must be some text or an image. A
/// narrative is XML, so it has the five entities of XML and no others.
///
/// # Errors
/// What is wrong first, and what would be right.
pub fn check(text: &str) -> Result<(), String> {
    if let Some(found) = text.chars().find(|&one| !is_character(one)) {
        return Err(format!("the character U+{:04X}, which XML does not have", u32::from(found)));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut walk = Walk::default();
    loop {
        let event = reader.read_event().map_err(|error| format!("no well-formed XML: {error}"))?;
        if matches!(event, Event::Eof) {
            return walk.end();
        }
        walk.event(&event)?;
    }
}

#[derive(Default)]
struct Walk {
    depth: usize,
    has_root: bool,
    has_content: bool,
}

impl Walk {
    fn event(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(start) => {
                self.element(start)?;
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(format!("elements nested deeper than {DEPTH_MAX}"));
                }
            }
            Event::Empty(start) => self.element(start)?,
            Event::End(_) => self.depth -= 1,
            Event::Text(text) if text.contains("]]>") => {
                return Err("\"]]>\" in text; write \"]]&gt;\"".into());
            }
            Event::Text(text) => self.text(!text.chars().all(char::is_whitespace))?,
            Event::CData(text) => self.text(!text.chars().all(char::is_whitespace))?,
            Event::GeneralRef(reference) => {
                let character = referenced(reference)?;
                self.text(!character.is_whitespace())?;
            }
            Event::Comment(_) | Event::Eof => {}
            Event::Decl(_) | Event::PI(_) => {
                return Err("a processing instruction; a narrative is its div element alone".into());
            }
            Event::DocType(_) => {
                return Err("a DOCTYPE; a narrative is its div element alone".into());
            }
        }
        Ok(())
    }

    fn text(&mut self, is_content: bool) -> Result<(), String> {
        if self.depth == 0 && is_content {
            return Err("text outside of the div element".into());
        }
        self.has_content |= is_content;
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        let name = start.name();
        let name = name.as_ref();
        let is_root = self.depth == 0;
        if is_root && (self.has_root || name != "div") {
            return Err(format!("<{name}> as an outermost element; there is one, <div>"));
        }
        self.has_root = true;
        if !is_element(name) {
            return Err(format!(
                "the element <{name}>; a narrative has text formatting, lists, tables, links and \
                 images only, their names in lower case"
            ));
        }
        let mut has_namespace = false;
        let mut has_source = false;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| {
                format!("no well-formed XML: an attribute of <{name}>: {error}")
            })?;
            let key = attribute.key.as_ref();
            let value: &str = &attribute.value;
            attribute_text(name, key, value)?;
            match key {
                "xmlns" if value == NAMESPACE => has_namespace = true,
                "xmlns" => return Err(format!("the namespace {value:?}; XHTML has {NAMESPACE:?}")),
                "href" => link(name, key, &plain(value)?)?,
                "src" | "longdesc" | "cite" | "usemap" => {
                    link(name, key, &plain(value)?)?;
                    has_source |= key == "src";
                }
                "style" => style(&plain(value)?)?,
                "xml:lang" | "xml:space" => {}
                _ if is_attribute(key) => {}
                _ => return Err(refused_attribute(name, key)),
            }
        }
        if is_root && !has_namespace {
            return Err(format!("<div> without its namespace; write <div xmlns={NAMESPACE:?}>"));
        }
        self.has_content |= name == "img" && has_source;
        Ok(())
    }

    fn end(self) -> Result<(), String> {
        if self.depth > 0 {
            return Err("no well-formed XML: an element without its end tag".into());
        }
        if !self.has_root {
            return Err(format!("no element; a narrative is one <div xmlns={NAMESPACE:?}>"));
        }
        if !self.has_content {
            return Err("no content (txt-2); a narrative has some text or an image".into());
        }
        Ok(())
    }
}

fn refused_attribute(element: &str, key: &str) -> String {
    if key.len() > 2 && key.get(..2).is_some_and(|on| on.eq_ignore_ascii_case("on")) {
        return format!("the event attribute {key} of <{element}>; a narrative runs nothing");
    }
    format!("the attribute {key} of <{element}>, which a narrative does not have")
}

fn attribute_text(element: &str, key: &str, value: &str) -> Result<(), String> {
    if value.contains('<') {
        return Err(format!("no well-formed XML: \"<\" in {key} of <{element}>; write \"&lt;\""));
    }
    Ok(())
}

/// The text of an attribute with its references resolved.
fn plain(raw: &str) -> Result<String, String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) =
            after.split_once(';').ok_or("a \"&\" that begins no reference; write \"&amp;\"")?;
        out.push(referenced(name)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Only links that run nothing. A browser passes over control characters and spaces in a scheme, so
/// they are taken out before it is judged.
fn link(element: &str, key: &str, target: &str) -> Result<(), String> {
    let target: String = target.chars().filter(|&one| one > ' ').collect();
    let end = target.find([':', '/', '?', '#']).unwrap_or(target.len());
    if !target[end..].starts_with(':') {
        return Ok(());
    }
    let scheme = target[..end].to_ascii_lowercase();
    let is_image = element == "img" && scheme == "data";
    if is_image && target[end + 1..].to_ascii_lowercase().starts_with("image/") {
        return Ok(());
    }
    if LINK_SCHEMES.contains(&scheme.as_str()) {
        return Ok(());
    }
    Err(format!(
        "{key} of <{element}> with the scheme {scheme:?}; allowed are relative links, {} and \
         data:image/… for images",
        LINK_SCHEMES.join(", ")
    ))
}

/// Styles are allowed, but nothing that some browser would run.
fn style(text: &str) -> Result<(), String> {
    let text: String =
        text.chars().filter(|one| !one.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let is_active = ["javascript:", "vbscript:", "expression(", "behavior:", "-moz-binding"];
    match is_active.iter().find(|word| text.contains(*word)) {
        Some(word) => Err(format!("{word:?} in a style; a narrative runs nothing")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[track_caller]
    fn refused(inside: &str, reason: &str) {
        let text = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div>");
        let error = check(&text).expect_err("must be refused");
        assert!(error.contains(reason), "{error}");
    }

    #[track_caller]
    fn accepted(inside: &str) {
        let text = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div>");
        assert_eq!(check(&text), Ok(()), "{inside}");
    }

    #[test]
    fn a_narrative_has_formatting_links_and_images() {
        accepted("<p style=\"color: red\">5 &lt; 6 &#160;<br/></p><!-- note -->");
        accepted("<img src=\"data:image/png;base64,AAAA\" alt=\"x\"/>");
        accepted("<a href=\"mailto:a@b\">x</a><a href=\"#a\">y</a><a href=\"Patient/1\">z</a>");
        accepted("<table border=\"1\"><tr><td colspan=\"2\" xml:lang=\"en\">x</td></tr></table>");
        accepted("<![CDATA[ <x> ]]>");
    }

    #[test]
    fn a_narrative_runs_nothing() {
        refused("<script>alert(1)</script>", "<script>");
        refused("<p onclick=\"x()\">x</p>", "event attribute onclick");
        refused("<a href=\"javascript:x\">x</a>", "\"javascript\"");
        refused("<a href=\" java&#10;script:x\">x</a>", "\"javascript\"");
        refused("<a href=\"data:text/html,x\">x</a>", "\"data\"");
        refused("<img src=\"data:text/html,x\"/>", "\"data\"");
        refused("<p style=\"width: expression(x)\">x</p>", "expression(");
        refused("<iframe src=\"x\"/>", "<iframe>");
        refused("<form/>x", "<form>");
        refused("<style>x</style>", "<style>");
    }

    #[test]
    fn a_narrative_is_xml_with_some_content() {
        refused("", "no content");
        refused(" <p>\n</p>&#160;", "no content");
        refused("<img alt=\"x\"/>", "no content");
        refused("<p>x", "XML");
        refused("<p>x</b>", "XML");
        refused("x &nbsp; y", "&nbsp;");
        refused("x & y", "XML");
        refused("<p class=\"a\" class=\"b\">x</p>", "XML");
        refused("<p title=\"a<b\">x</p>", "XML");
        refused("<p title=a>x</p>", "XML");
        refused("<P>x</P>", "<P>");
        refused("<?php x?>x", "processing instruction");
        refused("x ]]> y", "]]&gt;");
        refused("x\u{1}", "U+0001");
        refused("<p xmlns=\"http://example.org\">x</p>", "namespace");
        refused(&"<span>".repeat(200), "deeper");
        for (text, reason) in [
            ("", "no element"),
            ("text", "outside"),
            ("<p xmlns=\"http://www.w3.org/1999/xhtml\">x</p>", "<div>"),
            ("<div>x</div>", "without its namespace"),
            ("<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div> y", "outside"),
            ("<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div><div/>", "outermost"),
            ("<div xmlns=\"http://www.w3.org/1999/xhtml\">x", "end tag"),
            ("<!DOCTYPE div><div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>", "DOCTYPE"),
        ] {
            let error = check(text).expect_err("must be refused");
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
