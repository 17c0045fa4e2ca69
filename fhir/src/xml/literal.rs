//! The text of a primitive as the JSON that its type asks for ([JSON primitives]).
//!
//! [JSON primitives]: https://hl7.org/fhir/R4/json.html#primitive

use crate::definitions::{Schema, Type};
use crate::json::Tree;

/// A boolean, integer or decimal becomes a literal when the text is one, a string otherwise: so
/// nothing is lost and validation reports it. All other types are strings.
pub(super) fn literal(schema: &Schema, kind: &Type, text: String) -> Tree {
    match json_kind(schema, kind) {
        "boolean" if text == "true" => Tree::Bool(true),
        "boolean" if text == "false" => Tree::Bool(false),
        // JSON has no sign before what is not negative.
        "integer" if is_integer(text.trim_start_matches('+')) && !text.starts_with("++") => {
            Tree::Number(text.trim_start_matches('+').to_owned())
        }
        "decimal" if is_decimal(&text) => Tree::Number(text),
        _ => Tree::String(text),
    }
}

/// The type that decides: `integer` of `positiveInt`.
fn json_kind<'s>(schema: &'s Schema, kind: &'s Type) -> &'s str {
    let mut at = kind;
    loop {
        match (at.name.as_str(), at.base) {
            (name @ ("boolean" | "integer" | "decimal"), _) => return name,
            (_, Some(base)) => at = schema.get(base),
            (_, None) => return "string",
        }
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    text == "0" || (!digits.starts_with('0') && is_digits(digits))
}

fn is_decimal(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (number, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let is_whole = whole == "0" || (!whole.starts_with('0') && is_digits(whole));
    let unsigned = |text: &'_ str| is_digits(text.strip_prefix(['+', '-']).unwrap_or(text));
    is_whole && fraction.is_none_or(is_digits) && exponent.is_none_or(unsigned)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
