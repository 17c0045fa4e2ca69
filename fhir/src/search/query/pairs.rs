//! A query string or [form] as names and values.
//!
//! [form]: https://url.spec.whatwg.org/#application/x-www-form-urlencoded

use std::borrow::Cow;

use crate::outcome::{Kind, Outcome};

/// Greatest length of a query string or form, in bytes: escapes make three of one.
const QUERY_BYTES_MAX: usize = 192 * 1024;

/// Most parameters.
const PAIRS_MAX: usize = 1_000;

/// Names and values of a query string or a form, in their order. A name without `=` has an empty
/// value.
///
/// # Errors
/// `Invalid` where a percent sign is not followed by two hexadecimal digits, and where the bytes
/// are no UTF-8; `TooLarge` for more than 192 KiB or more than 1,000 parameters.
pub fn decode_pairs(query: &str) -> Result<Vec<(String, String)>, Outcome> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Outcome::new(
            Kind::TooLarge,
            format!("The parameters are longer than {QUERY_BYTES_MAX} bytes."),
        ));
    }
    let pairs = || query.split('&').filter(|pair| !pair.is_empty());
    if pairs().nth(PAIRS_MAX).is_some() {
        return Err(Outcome::new(
            Kind::TooLarge,
            format!("There are more than {PAIRS_MAX} parameters."),
        ));
    }
    pairs()
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name, name)?;
            let value = decode(value, &name)?;
            Ok((name, value))
        })
        .collect()
}

/// A time as it was meant: a plus sign that was not escaped in the address has become a space, as
/// in `10:00:00 02:00`.
#[must_use]
pub fn with_plus(time: &str) -> Cow<'_, str> {
    if time.contains('T') && time.matches(' ').count() == 1 {
        return time.replace(' ', "+").into();
    }
    time.into()
}

fn decode(text: &str, name: &str) -> Result<String, Outcome> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let (high, low) = (hex(bytes.next()), hex(bytes.next()));
                let (Some(high), Some(low)) = (high, low) else {
                    return Err(Outcome::invalid(format!(
                        "Parameter '{name}' has a '%' that two hexadecimal digits do not follow: \
                         write a percent sign as %25."
                    ))
                    .at(name));
                };
                out.push(high << 4 | low);
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).map_err(|_| {
        Outcome::invalid(format!("Parameter '{name}' is not in UTF-8 when its escapes are read."))
            .at(name)
    })
}

fn hex(byte: Option<u8>) -> Option<u8> {
    let digit = char::from(byte?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// A name or value as it may stand in an address. Characters that mean something within a value of
/// a search and nothing in a query string stay readable.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b',' | b'$' | b'*' => {
                out.push(char::from(byte));
            }
            _ => {
                out.push('%');
                for digit in [byte >> 4, byte & 15] {
                    out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{decode_pairs, encode};

    #[test]
    fn names_and_values_are_unescaped_in_their_order() {
        let pairs = decode_pairs("name=Pet%C3%A9r+J&&code=a%7Cb&flag&x==").unwrap();
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(pairs, [("name", "Petér J"), ("code", "a|b"), ("flag", ""), ("x", "=")]);
        assert!(decode_pairs("").unwrap().is_empty());
    }

    #[test]
    fn a_broken_escape_is_refused_with_the_name() {
        for query in ["name=%", "name=%4", "name=%zz", "name=%C3", "%=a"] {
            let outcome = decode_pairs(query).unwrap_err();
            assert_eq!(outcome.kind, crate::Kind::Invalid, "{query}");
            assert!(outcome.issues[0].expression.is_some(), "{query}");
        }
    }

    #[test]
    fn parameters_have_a_limit() {
        assert_eq!(decode_pairs(&"a=b&".repeat(1_000)).unwrap().len(), 1_000);
        for query in ["a=b&".repeat(1_001), format!("a={}", "b".repeat(200_000))] {
            assert_eq!(decode_pairs(&query).unwrap_err().kind, crate::Kind::TooLarge);
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_to_the_same(name in "\\PC{1,9}", value in any::<String>()) {
            let query = format!("{}={}", encode(&name), encode(&value));
            prop_assert!(query.is_ascii());
            prop_assert_eq!(decode_pairs(&query).unwrap(), vec![(name, value)]);
        }
    }
}
