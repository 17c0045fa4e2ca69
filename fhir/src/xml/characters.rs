//! The characters, names and references of [XML 1.0].
//!
//! [XML 1.0]: https://www.w3.org/TR/xml/

use std::borrow::Cow;
use std::fmt::Write;

/// May it stand in an XML document at all?
pub(crate) fn is_character(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Only white space of XML?
pub(super) fn is_space(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}

/// A name, with at most one prefix.
pub(super) fn is_name(name: &str) -> bool {
    let mut parts = name.split(':');
    let local = parts.next().is_some_and(is_part) && parts.next().is_none_or(is_part);
    local && parts.next().is_none()
}

fn is_part(part: &str) -> bool {
    part.starts_with(is_name_start)
        && part.chars().all(|character| {
            is_name_start(character)
                || matches!(character,
                    '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}'
                    | '\u{203F}'..='\u{2040}')
        })
}

fn is_name_start(character: char) -> bool {
    matches!(character,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// The character behind a reference, given without `&` and `;`.
pub(crate) fn referenced(name: &str) -> Result<char, String> {
    match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => {}
    }
    let Some(number) = name.strip_prefix('#') else {
        return Err(format!(
            "the entity &{name}; where XML has amp, lt, gt, quot and apos only; write the character \
             itself, &#160; for a space that does not break"
        ));
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    // `from_str_radix` would take a sign.
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    let code = u32::from_str_radix(digits, radix).ok().filter(|_| is_number);
    code.and_then(char::from_u32)
        .filter(|&character| is_character(character))
        .ok_or_else(|| format!("&{name}; is no character of XML"))
}

/// The value of an attribute behind its raw text: references resolved, white space made spaces.
///
/// # Errors
/// What is wrong with a reference.
pub(super) fn attribute_value(raw: &str) -> Result<Cow<'_, str>, String> {
    if !raw.contains(['&', '\t', '\n', '\r']) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(reference) = rest.strip_prefix('&') {
            let end = reference.find(';').ok_or("a '&' that starts no reference; write &amp;")?;
            out.push(referenced(&reference[..end])?);
            rest = &reference[end + 1..];
        } else {
            out.push(' ');
            rest = rest.strip_prefix("\r\n").unwrap_or(&rest[1..]);
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// Line ends as XML reads them: each is one line feed.
pub(super) fn line_ends(raw: &str) -> Cow<'_, str> {
    if raw.contains('\r') {
        Cow::Owned(raw.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(raw)
    }
}

/// Appends `text` as the inside of an attribute in double quotes. White space other than the
/// space is written as references, for a reader would make it spaces.
///
/// # Errors
/// The character that XML does not have.
pub(super) fn escape_attribute(text: &str, out: &mut String) -> Result<(), char> {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                write!(out, "&#{};", u32::from(character)).expect("a string takes all text");
            }
            other if is_character(other) => out.push(other),
            other => return Err(other),
        }
    }
    Ok(())
}

/// Appends the content of a CDATA section as text. Its brackets become references, for with what
/// follows they could make the "]]>" that text must not have.
pub(super) fn escape_cdata(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            ']' => out.push_str("&#93;"),
            other => out.push(other),
        }
    }
}
