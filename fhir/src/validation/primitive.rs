//! The grammars and ranges of the primitive [data types], as they stand in JSON.
//!
//! [data types]: https://hl7.org/fhir/R4/datatypes.html#primitive

use crate::json::{Kind, Value};
use crate::primitive::{DateTime, Precision, TimeOfDay, xhtml};
use crate::reference::is_id;

/// Characters of a string: 1 MiB.
const STRING_CHARACTERS_MAX: usize = 1 << 20;

/// A primitive type by its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Boolean,
    Integer,
    UnsignedInt,
    PositiveInt,
    Decimal,
    String,
    /// `id` of an element: a string without spaces.
    ElementId,
    Uri,
    Base64Binary,
    Instant,
    Date,
    DateTime,
    Time,
    Code,
    Oid,
    Uuid,
    Id,
    Xhtml,
}

impl Primitive {
    /// The grammar of the type of this name; that of a string where there is no narrower one.
    pub(super) fn of(type_name: &str) -> Self {
        match type_name {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "unsignedInt" => Self::UnsignedInt,
            "positiveInt" => Self::PositiveInt,
            "decimal" => Self::Decimal,
            "uri" | "url" | "canonical" => Self::Uri,
            "base64Binary" => Self::Base64Binary,
            "instant" => Self::Instant,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "time" => Self::Time,
            "code" => Self::Code,
            "oid" => Self::Oid,
            "uuid" => Self::Uuid,
            "id" => Self::Id,
            "xhtml" => Self::Xhtml,
            _ => Self::String,
        }
    }

    /// The JSON that a value of this type is written as.
    pub(super) fn json(self) -> &'static str {
        match self {
            Self::Boolean => "a JSON boolean, true or false",
            Self::Integer | Self::UnsignedInt | Self::PositiveInt | Self::Decimal => {
                "a JSON number, without quotes"
            }
            _ => "a JSON string",
        }
    }

    /// Is the JSON of this kind?
    pub(super) fn is_written_as(self, kind: Kind) -> bool {
        match self {
            Self::Boolean => matches!(kind, Kind::True | Kind::False),
            Self::Integer | Self::UnsignedInt | Self::PositiveInt | Self::Decimal => {
                kind == Kind::Number
            }
            _ => kind == Kind::String,
        }
    }

    /// Checks a value whose JSON is of the right kind.
    ///
    /// # Errors
    /// The rule that it breaks, as what would be right.
    pub(super) fn check(self, value: Value<'_>) -> Result<(), String> {
        match self {
            Self::Boolean | Self::Decimal => Ok(()),
            Self::Integer => integer(value.raw(), i64::from(i32::MIN)),
            Self::UnsignedInt => integer(value.raw(), 0),
            Self::PositiveInt => integer(value.raw(), 1),
            _ => match value.as_str() {
                Some(text) => self.text(&text),
                None => Ok(()),
            },
        }
    }

    fn text(self, text: &str) -> Result<(), String> {
        if is_blank(text) {
            return Err("empty or only white space; leave the property out".into());
        }
        match self {
            Self::Uri => uri(text),
            Self::ElementId if text.contains(char::is_whitespace) => {
                Err("an element's id has no spaces".into())
            }
            Self::Base64Binary => base64(text),
            Self::Instant => instant(text),
            Self::Date => date(text),
            Self::DateTime => date_time(text),
            Self::Time => time(text),
            Self::Code => code(text),
            Self::Oid => oid(text),
            Self::Uuid => uuid(text),
            Self::Id if !is_id(text) => {
                Err("an id has 1 to 64 characters of A-Z, a-z, 0-9, \"-\" and \".\"".into())
            }
            Self::Xhtml => xhtml::check(text),
            Self::String => string(text),
            _ => Ok(()),
        }
    }
}

fn is_blank(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'!'..=b'~') => false,
        _ => text.chars().all(char::is_whitespace),
    }
}

fn string(text: &str) -> Result<(), String> {
    // Unescaped text has no control characters, so this scan is over bytes that are in the cache.
    let control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    if let Some(found) = text.bytes().find(|byte| control(byte)) {
        return Err(format!(
            "the control character U+{found:04X}; of these a string may have tab, line feed and \
             carriage return only"
        ));
    }
    if text.len() > STRING_CHARACTERS_MAX && text.chars().count() > STRING_CHARACTERS_MAX {
        return Err(format!("longer than {STRING_CHARACTERS_MAX} characters"));
    }
    Ok(())
}

fn integer(text: &str, least: i64) -> Result<(), String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit()) && text != "-0";
    let most = i64::from(i32::MAX);
    match text.parse::<i64>() {
        Ok(number) if is_whole && (least..=most).contains(&number) => Ok(()),
        _ => Err(format!(
            "a whole number from {least} to {most}, without decimal point and exponent, stands here"
        )),
    }
}

/// White space or control characters.
pub(super) fn has_space(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|byte| byte <= b' ' || byte == 0x7F);
    }
    text.contains(|one: char| one.is_whitespace() || one.is_control())
}

fn uri(text: &str) -> Result<(), String> {
    if has_space(text) {
        return Err("a URI has no white space; write %20 for a space".into());
    }
    Ok(())
}

fn base64(text: &str) -> Result<(), String> {
    let (mut digits, mut padding) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => digits += 1,
            b'=' => padding += 1,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'-' | b'_' => {
                return Err("base64 uses \"+\" and \"/\", not \"-\" and \"_\"".into());
            }
            _ => {
                return Err("base64 has A-Z, a-z, 0-9, \"+\", \"/\" and \"=\" at its end".into());
            }
        }
    }
    if (digits + padding) % 4 != 0 || padding > 2 {
        return Err("base64 has a multiple of 4 characters, filled up with \"=\"".into());
    }
    Ok(())
}

fn is_date_form(text: &str) -> bool {
    matches!(text.len(), 4 | 7 | 10) && !text.contains('T')
}

fn date(text: &str) -> Result<(), String> {
    match DateTime::parse(text) {
        Some(date) if date.precision <= Precision::Day => Ok(()),
        Some(_) => Err("a date has no time: YYYY, YYYY-MM or YYYY-MM-DD".into()),
        None => Err("a date is YYYY, YYYY-MM or YYYY-MM-DD, and a day of the calendar".into()),
    }
}

fn date_time(text: &str) -> Result<(), String> {
    let Some(parsed) = DateTime::parse(text) else {
        return Err("a dateTime is YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with a zone \
                    (Z, +hh:mm), and a time of the calendar"
            .into());
    };
    if parsed.precision <= Precision::Day && is_date_form(text) {
        return Ok(());
    }
    seconds_and_zone(&parsed, "a dateTime with a time")
}

fn instant(text: &str) -> Result<(), String> {
    match DateTime::parse(text) {
        Some(parsed) => seconds_and_zone(&parsed, "an instant"),
        None => Err("an instant is YYYY-MM-DDThh:mm:ss with a zone (Z, +hh:mm), fractions of the \
                     second allowed, and a time of the calendar"
            .into()),
    }
}

fn seconds_and_zone(parsed: &DateTime, what: &str) -> Result<(), String> {
    if parsed.precision < Precision::Second {
        return Err(format!("{what} goes to the second: YYYY-MM-DDThh:mm:ss+zz:zz"));
    }
    if parsed.offset_min.is_none() {
        return Err(format!("{what} has a zone: YYYY-MM-DDThh:mm:ssZ or …+hh:mm"));
    }
    Ok(())
}

fn time(text: &str) -> Result<(), String> {
    match TimeOfDay::parse(text) {
        Some(time) if time.precision >= Precision::Second => Ok(()),
        _ => Err("a time is hh:mm:ss, fractions of the second allowed, from 00:00:00, without a \
                  zone"
            .into()),
    }
}

fn code(text: &str) -> Result<(), String> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let is_space = |one: char| one.is_whitespace();
    let mut was_space = true;
    for one in text.chars() {
        if is_space(one) && (was_space || one != ' ') {
            return Err("a code has no space at its ends and no two in a row".into());
        }
        was_space = is_space(one);
    }
    if was_space {
        return Err("a code has no space at its ends and no two in a row".into());
    }
    string(text)
}

fn oid(text: &str) -> Result<(), String> {
    let is_oid = text.strip_prefix("urn:oid:").is_some_and(|arcs| {
        let mut parts = arcs.split('.');
        let is_root = matches!(parts.next(), Some("0" | "1" | "2"));
        let is_arc = |arc: &str| {
            let digits = arc.bytes().all(|byte| byte.is_ascii_digit());
            digits && !arc.is_empty() && (arc == "0" || !arc.starts_with('0'))
        };
        is_root && arcs.contains('.') && parts.all(is_arc)
    });
    if is_oid {
        return Ok(());
    }
    Err("an oid is urn:oid: and numbers with points, the first of them 0, 1 or 2".into())
}

fn uuid(text: &str) -> Result<(), String> {
    let is_uuid = text.strip_prefix("urn:uuid:").is_some_and(|uuid| {
        uuid.len() == 36
            && uuid.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            })
    });
    if is_uuid {
        return Ok(());
    }
    Err("a uuid is urn:uuid: and 8-4-4-4-12 hexadecimal digits in lower case".into())
}

#[cfg(test)]
mod tests {
    use super::Primitive;

    #[track_caller]
    fn check(kind: Primitive, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert_eq!(kind.text(text), Ok(()), "{text}");
        }
        for text in wrong {
            assert!(kind.text(text).is_err(), "{text:?} as {kind:?}");
        }
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        check(
            Primitive::Date,
            &["2015", "2015-02", "2016-02-29"],
            &["2015-02-29", "2015-13", "2015-2-1", "15", "2015-02-07T10:00:00Z", "0000", "2015-"],
        );
        check(
            Primitive::DateTime,
            &["2015", "2015-02-07T13:28:17Z", "2015-02-07T13:28:17.239-05:00", "2015-02-07"],
            &["2015-02-07T13:28Z", "2015-02-07T13:28:17", "2015-02-07 13:28:17Z", "2015-02-07T"],
        );
        check(
            Primitive::Instant,
            &["2015-02-07T13:28:17.239+14:00", "2015-06-30T23:59:60Z"],
            &["2015-02-07", "2015-02-07T13:28:17", "2015-02-07T24:00:00Z"],
        );
        check(Primitive::Time, &["13:28:17", "00:00:00.5"], &["13:28", "24:00:00", "13:28:17Z"]);
    }

    #[test]
    fn names_and_numbers_have_their_alphabets() {
        check(Primitive::Code, &["a", "a b"], &[" a", "a ", "a  b", "a\tb", ""]);
        check(Primitive::Id, &["a-B.9"], &["a_b", "ä", &"a".repeat(65)]);
        check(Primitive::ElementId, &["a_b"], &["a b"]);
        check(Primitive::Oid, &["urn:oid:1.2.0.3"], &["1.2.3", "urn:oid:3.1", "urn:oid:1.02"]);
        check(
            Primitive::Uuid,
            &["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
            &[
                "c757873d-ec9a-4326-a141-556f43239520",
                "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
            ],
        );
        check(Primitive::Uri, &["http://a/b?c", "#x", "äö"], &["a b", "a\u{a0}b"]);
        check(
            Primitive::Base64Binary,
            &["AAAA", "AA==", "AA AA\n"],
            &["AAA", "A===", "AA=A", "A-A_"],
        );
        check(Primitive::String, &["a\n", " a"], &["", " \n", "a\u{1}", "\u{a0}"]);
    }
}
