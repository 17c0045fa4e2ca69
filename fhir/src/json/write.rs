//! JSON text out: escapes both ways.

/// Appends `text` to `out` as the inside of a JSON string.
pub fn escape_into(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            other if u32::from(other) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
}

/// `text` as a JSON string, quotes included.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    escape_into(text, &mut out);
    out.push('"');
    out
}

/// Where the escape that starts at `at` ends; faults name what is no escape of JSON.
pub(super) fn skip_escape(bytes: &[u8], at: usize) -> Result<usize, (usize, String)> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let unit = hex4(bytes, at + 2)
                .ok_or_else(|| (at, "\\u without four hexadecimal digits".to_owned()))?;
            match unit {
                0xD800..=0xDBFF => match paired(bytes, at + 6) {
                    Some(_) => Ok(at + 12),
                    None => Err((at, "half of a surrogate pair".to_owned())),
                },
                0xDC00..=0xDFFF => Err((at, "half of a surrogate pair".to_owned())),
                _ => Ok(at + 6),
            }
        }
        _ => Err((at, "an escape that JSON does not have".to_owned())),
    }
}

fn hex4(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |sum, &digit| Some(sum * 16 + char::from(digit).to_digit(16)?))
}

/// The low surrogate written at `at`.
fn paired(bytes: &[u8], at: usize) -> Option<u32> {
    if bytes.get(at..at + 2)? != b"\\u" {
        return None;
    }
    hex4(bytes, at + 2).filter(|low| (0xDC00..=0xDFFF).contains(low))
}

/// The text behind the inside of a JSON string that the parser accepted.
pub(super) fn unescape(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut out = String::with_capacity(raw.len());
    let mut at = 0;
    while let Some(found) = raw[at..].find('\\') {
        out.push_str(&raw[at..at + found]);
        at += found;
        let (character, end) = one(bytes, at);
        out.push(character);
        at = end;
    }
    out.push_str(&raw[at..]);
    out
}

fn one(bytes: &[u8], at: usize) -> (char, usize) {
    match bytes[at + 1] {
        b'n' => ('\n', at + 2),
        b'r' => ('\r', at + 2),
        b't' => ('\t', at + 2),
        b'b' => ('\u{8}', at + 2),
        b'f' => ('\u{c}', at + 2),
        b'u' => {
            let unit = hex4(bytes, at + 2).unwrap_or(0xFFFD);
            match paired(bytes, at + 6) {
                Some(low) if (0xD800..=0xDBFF).contains(&unit) => {
                    let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    (char::from_u32(code).unwrap_or('\u{FFFD}'), at + 12)
                }
                _ => (char::from_u32(unit).unwrap_or('\u{FFFD}'), at + 6),
            }
        }
        other => (char::from(other), at + 2),
    }
}
