//! [Escaping]: `,`, `$`, `|` and `\` within a value.
//!
//! [Escaping]: https://hl7.org/fhir/R4/search.html#escaping

use std::borrow::Cow;

/// The parts of a value between separators that are not escaped; escapes stay in the parts. At
/// least one part.
pub(crate) fn split(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_escaped) = (0, false);
    for (at, c) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == separator {
            parts.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The text that was meant. The error says which escape is none.
pub(crate) fn unescape(text: &str) -> Result<Cow<'_, str>, String> {
    if !text.contains('\\') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some(c @ (',' | '$' | '|' | '\\')) => out.push(c),
            _ => {
                return Err(format!(
                    "'{text}' has a '\\' that escapes nothing: escapes are \\, \\$ \\| and \\\\."
                ));
            }
        }
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::{split, unescape};

    #[test]
    fn a_separator_counts_unless_it_is_escaped() {
        assert_eq!(split(r"a,b\,c\\,d", ','), ["a", r"b\,c\\", "d"]);
        assert_eq!(split("", ','), [""]);
        assert_eq!(split("é|", '|'), ["é", ""]);
    }

    #[test]
    fn an_escape_stands_for_its_character_and_others_are_illegal() {
        assert_eq!(unescape(r"a\,b\$c\|d\\e").unwrap(), r"a,b$c|d\e");
        assert!(unescape(r"xx\xx").is_err());
        assert!(unescape(r"xx\").is_err());
    }
}
