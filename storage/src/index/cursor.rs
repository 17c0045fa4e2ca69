//! Reading and writing the parts of keys and values: integers, texts, ids.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes below this end a text within a key; a text that holds one of them is cut before it.
const TERMINATORS: u8 = 2;
const WHOLE: u8 = 0;
const CUT: u8 = 1;

const ID_UUID: u8 = 2;
const ID_TEXT: u8 = 3;

/// Reads parts from the front of bytes; every read is `None` at the end or at what it cannot be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Option<i64> {
        self.u64().map(ordered_to_i64)
    }

    pub(crate) fn f64(&mut self) -> Option<f64> {
        self.u64().map(ordered_to_f64)
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn len(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    /// A text written by [`put_str`].
    pub(crate) fn str(&mut self) -> Option<&'a str> {
        let len = self.len()?;
        std::str::from_utf8(self.bytes(len)?).ok()
    }

    /// A text within a key, written by [`put_text`]: `Some(None)` when it was cut.
    pub(crate) fn text(&mut self) -> Option<Option<&'a str>> {
        let end = self.0.iter().position(|byte| *byte < TERMINATORS)?;
        let text = self.bytes(end)?;
        match self.u8()? {
            WHOLE => Some(Some(std::str::from_utf8(text).ok()?)),
            _ => self.u64().map(|_| None),
        }
    }

    /// An id within a key, written by [`put_key_id`]: `Some(None)` when it was cut.
    pub(crate) fn key_id(&mut self) -> Option<Option<String>> {
        match self.u8()? {
            ID_UUID => Some(Some(uuid_text(self.bytes(16)?))),
            _ => Some(self.text()?.map(str::to_owned)),
        }
    }

    /// An id within a value, written by [`put_id`].
    pub(crate) fn id(&mut self) -> Option<String> {
        match self.u8()? {
            ID_UUID => Some(uuid_text(self.bytes(16)?)),
            _ => self.str().map(str::to_owned),
        }
    }
}

/// Seven bits a byte, least first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 & 0x7F | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Length and text.
pub(crate) fn put_str(out: &mut Vec<u8>, text: &str) {
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// A text within a key: it sorts like the text, and no other text's bytes start with it. A long one
/// is cut, and its hash follows.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str, len_max: usize) {
    let kept = text_start(text, len_max);
    out.extend_from_slice(kept);
    if kept.len() == text.len() {
        out.push(WHOLE);
    } else {
        out.push(CUT);
        out.extend_from_slice(&xxh3_64(text.as_bytes()).to_be_bytes());
    }
}

/// The bytes of a text that [`put_text`] keeps.
pub(crate) fn text_start(text: &str, len_max: usize) -> &[u8] {
    let bytes = text.as_bytes();
    let clean = bytes.iter().position(|byte| *byte < TERMINATORS).unwrap_or(bytes.len());
    &bytes[..clean.min(len_max)]
}

/// Where the text at the start of `bytes` ends, its terminator included; a cut one's hash not.
pub(crate) fn text_len(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte < TERMINATORS).map_or(bytes.len(), |end| end + 1)
}

/// An id within a key: a UUID as its 16 bytes, another one as text.
pub(crate) fn put_key_id(out: &mut Vec<u8>, id: &str, len_max: usize) {
    match uuid_bytes(id) {
        Some(uuid) => {
            out.push(ID_UUID);
            out.extend_from_slice(&uuid);
        }
        None => {
            out.push(ID_TEXT);
            put_text(out, id, len_max);
        }
    }
}

/// An id within a value: a UUID as its 16 bytes, another one as text.
pub(crate) fn put_id(out: &mut Vec<u8>, id: &str) {
    match uuid_bytes(id) {
        Some(uuid) => {
            out.push(ID_UUID);
            out.extend_from_slice(&uuid);
        }
        None => {
            out.push(ID_TEXT);
            put_str(out, id);
        }
    }
}

/// The bytes of a UUID in its canonical form: lower case, with hyphens.
fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut uuid = [0; 16];
    let mut digits = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        uuid[digits / 2] = uuid[digits / 2] << 4 | digit;
        digits += 1;
    }
    Some(uuid)
}

fn uuid_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xF] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// Bytes that sort like the integer.
pub(crate) fn ordered_i64(value: i64) -> [u8; 8] {
    (value as u64 ^ 1 << 63).to_be_bytes()
}

fn ordered_to_i64(bits: u64) -> i64 {
    (bits ^ 1 << 63) as i64
}

/// Bytes that sort like the number; both zeros are one.
pub(crate) fn ordered_f64(value: f64) -> [u8; 8] {
    let bits = (value + 0.0).to_bits();
    let flipped = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    flipped.to_be_bytes()
}

fn ordered_to_f64(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{
        Cursor, ordered_f64, ordered_i64, put_id, put_key_id, put_str, put_text, put_varint,
    };

    fn written(text: &str, len_max: usize) -> Vec<u8> {
        let mut out = Vec::new();
        put_text(&mut out, text, len_max);
        out
    }

    proptest! {
        #[test]
        fn numbers_sort_as_their_bytes(a in any::<f64>(), b in any::<f64>()) {
            if a < b {
                assert!(ordered_f64(a) < ordered_f64(b));
            }
            if !a.is_nan() {
                assert_eq!(Cursor(&ordered_f64(a)).f64(), Some(a));
            }
        }

        #[test]
        fn integers_sort_as_their_bytes(a in any::<i64>(), b in any::<i64>()) {
            assert_eq!(ordered_i64(a).cmp(&ordered_i64(b)), a.cmp(&b));
            assert_eq!(Cursor(&ordered_i64(a)).i64(), Some(a));
        }

        #[test]
        fn texts_in_keys_sort_as_texts(a in "[ -~é]{0,12}", b in "[ -~é]{0,12}") {
            assert_eq!(written(&a, 64).cmp(&written(&b, 64)), a.as_bytes().cmp(b.as_bytes()));
        }

        #[test]
        fn texts_in_keys_come_back_or_are_cut(text in any::<String>(), len_max in 0usize..40) {
            let bytes = written(&text, len_max);
            let mut cursor = Cursor(&bytes);
            let read = cursor.text().expect("a text");
            assert!(cursor.is_empty());
            let is_whole = text.len() <= len_max && text.bytes().all(|byte| byte > 1);
            assert_eq!(read, is_whole.then_some(text.as_str()));
        }

        #[test]
        fn ids_come_back(id in "[A-Za-z0-9.-]{1,64}", uuid: u128, number: u64) {
            let hex = format!("{uuid:032x}");
            let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
            for id in [&id, &uuid] {
                let mut bytes = Vec::new();
                put_id(&mut bytes, id);
                put_key_id(&mut bytes, id, 64);
                put_str(&mut bytes, id);
                put_varint(&mut bytes, number);
                let mut cursor = Cursor(&bytes);
                assert_eq!(cursor.id().as_ref(), Some(id));
                assert_eq!(cursor.key_id(), Some(Some(id.clone())));
                assert_eq!(cursor.str(), Some(id.as_str()));
                assert_eq!(cursor.varint(), Some(number));
            }
        }
    }
}
