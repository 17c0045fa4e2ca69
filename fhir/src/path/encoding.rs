//! [Encodings] and escapes of strings.
//!
//! [Encodings]: http://hl7.org/fhirpath/N1/#additional-string-functions

use super::PathError;
use super::calls::Arguments;
use super::eval::BYTES_PER_STEP;
use super::functions::Function;
use super::item::Item;
use crate::json::{Json, quote};

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn apply<'a>(
    input: &Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    let Item::String(text) = input else {
        return Err(arguments.wrong_input(input, "a string"));
    };
    let Some(form) = arguments.text(0)? else { return Ok(None) };
    arguments.evaluator.burn(text.len() as u64 / BYTES_PER_STEP)?;
    let result = match (arguments.function(), &*form) {
        (Function::Encode, "hex") => Some(text.bytes().map(|b| format!("{b:02x}")).collect()),
        (Function::Encode, "base64") => Some(to_base64(text.as_bytes(), STANDARD)),
        (Function::Encode, "urlbase64") => Some(to_base64(text.as_bytes(), FOR_URLS)),
        (Function::Decode, "hex") => from_hex(text).and_then(to_text),
        (Function::Decode, "base64") => from_base64(text, STANDARD).and_then(to_text),
        (Function::Decode, "urlbase64") => from_base64(text, FOR_URLS).and_then(to_text),
        (Function::Escape, "html") => Some(to_html(text)),
        (Function::Escape, "json") => {
            let quoted = quote(text);
            Some(quoted[1..quoted.len() - 1].to_owned())
        }
        (Function::Unescape, "html") => Some(from_html(text)),
        (Function::Unescape, "json") => from_json(text),
        (function, _) => {
            let name = function.name();
            let known = match function {
                Function::Encode | Function::Decode => "hex, base64 and urlbase64",
                _ => "html and json",
            };
            return Err(PathError::execution(format!("{name}() knows {known}, not {form:?}")));
        }
    };
    Ok(result.map(Item::text))
}

fn to_text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

fn to_base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let index = (group >> (18 - 6 * at)) & 63;
            let is_padding = at > chunk.len();
            out.push(if is_padding { '=' } else { char::from(alphabet[index as usize]) });
        }
    }
    out
}

fn from_base64(text: &str, alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = alphabet.iter().position(|known| *known == byte)?;
        group = group << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((group >> bits & 255) as u8);
        }
    }
    Some(out)
}

/// Character and reference; `&` is first, so that what was escaped is not escaped again.
const REFERENCES: [(&str, &str); 5] =
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")];

fn to_html(text: &str) -> String {
    REFERENCES.iter().fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped))
}

fn from_html(text: &str) -> String {
    REFERENCES
        .iter()
        .rev()
        .fold(text.to_owned(), |text, (plain, escaped)| text.replace(escaped, plain))
}

fn from_json(text: &str) -> Option<String> {
    // Quotes that are not escaped stand for themselves.
    let mut quoted = String::from("\"");
    let mut is_escape = false;
    for character in text.chars() {
        if character == '"' && !is_escape {
            quoted.push('\\');
        }
        is_escape = character == '\\' && !is_escape;
        quoted.push(character);
    }
    quoted.push('"');
    let json = Json::parse(quoted).ok()?;
    json.root().as_str().map(|text| text.into_owned())
}
