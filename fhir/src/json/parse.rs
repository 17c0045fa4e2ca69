//! A single pass over the bytes of a document: what is not JSON is refused with its place.

use std::collections::HashSet;

use super::{Json, Kind, Node, Tree, write};

/// What a document may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Greatest nesting of arrays and objects.
    pub depth_max: usize,
    /// Greatest number of values.
    pub nodes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth_max: 64, nodes_max: 1_000_000 }
    }
}

/// Why a text is no acceptable JSON, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {line}, column {column}")]
pub struct JsonError {
    /// What was wrong and what would be right.
    pub message: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset, from 0.
    pub offset: usize,
}

type Fault = (usize, String);

/// Objects up to this size look for a duplicate key by comparing; larger ones hash.
const COMPARED_KEYS_MAX: usize = 24;

pub(super) fn parse(bytes: Vec<u8>, limits: Limits) -> Result<Json, JsonError> {
    let (json, has_escaped_key) = parse_as_it_stands(bytes, limits)?;
    if !has_escaped_key {
        return Ok(json);
    }
    // A property name written with escapes is legal but never needed in FHIR; spelled out once
    // here, every look-up may compare plain text. Only quotes, backslashes and control characters
    // in a name stay escaped.
    let plain = Tree::from(json.root()).to_string();
    parse_as_it_stands(plain.into_bytes(), limits).map(|(json, _)| json)
}

/// The document, and whether a property name has an escape.
fn parse_as_it_stands(bytes: Vec<u8>, limits: Limits) -> Result<(Json, bool), JsonError> {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Err(place(&bytes, 0, "a byte-order mark; JSON starts with its first value".into()));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            return Err(place(error.as_bytes(), offset, "invalid UTF-8".into()));
        }
    };
    if u32::try_from(text.len()).is_err() {
        return Err(place(text.as_bytes(), 0, "a document of 4 GiB or more".into()));
    }
    let mut parser = Parser {
        bytes: text.as_bytes(),
        at: 0,
        nodes: Vec::with_capacity(text.len() / 24 + 4),
        limits,
        has_escaped_key: false,
    };
    if let Err((offset, message)) = parser.document() {
        return Err(place(text.as_bytes(), offset, message));
    }
    let nodes = std::mem::take(&mut parser.nodes).into_boxed_slice();
    let has_escaped_key = parser.has_escaped_key;
    Ok((Json { text: text.into_boxed_str(), nodes }, has_escaped_key))
}

fn place(bytes: &[u8], offset: usize, message: String) -> JsonError {
    let before = &bytes[..offset.min(bytes.len())];
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
    JsonError {
        message,
        line: before.iter().filter(|&&b| b == b'\n').count() + 1,
        column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
        offset,
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    limits: Limits,
    has_escaped_key: bool,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), Fault> {
        self.space();
        self.value(0, (0, 0))?;
        self.space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err((self.at, "text after the end of the document".into())),
        }
    }

    fn value(&mut self, depth: usize, key: (u32, u32)) -> Result<(), Fault> {
        if self.nodes.len() >= self.limits.nodes_max {
            return Err((self.at, format!("more than {} values", self.limits.nodes_max)));
        }
        let start = self.at;
        let index = self.open(key);
        let kind = match self.peek() {
            Some(b'{') => self.object(index, depth + 1)?,
            Some(b'[') => self.array(depth + 1)?,
            Some(b'"') => {
                let is_escaped = self.string()?;
                self.nodes[index].is_escaped = is_escaped;
                Kind::String
            }
            Some(b't') => self.word("true", Kind::True)?,
            Some(b'f') => self.word("false", Kind::False)?,
            Some(b'n') => self.word("null", Kind::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => return Err((start, self.unexpected("a value"))),
            None => return Err((start, "the document ends where a value should stand".into())),
        };
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[index];
        node.kind = kind;
        node.end = self.at as u32;
        node.next = next;
        Ok(())
    }

    fn open(&mut self, (key_start, key_end): (u32, u32)) -> usize {
        self.nodes.push(Node {
            start: self.at as u32,
            end: 0,
            key_start,
            key_end,
            next: 0,
            kind: Kind::Null,
            is_escaped: false,
        });
        self.nodes.len() - 1
    }

    fn object(&mut self, index: usize, depth: usize) -> Result<Kind, Fault> {
        self.enter(depth)?;
        self.space();
        let mut count = 0;
        if self.peek() != Some(b'}') {
            loop {
                self.space();
                let key = self.key()?;
                self.space();
                self.expect(b':', "':' after a property name")?;
                self.space();
                self.value(depth, key)?;
                count += 1;
                self.space();
                if !self.comma(b'}')? {
                    break;
                }
            }
        }
        self.at += 1;
        self.refuse_duplicates(index, count)?;
        Ok(Kind::Object)
    }

    fn array(&mut self, depth: usize) -> Result<Kind, Fault> {
        self.enter(depth)?;
        self.space();
        if self.peek() != Some(b']') {
            loop {
                self.space();
                self.value(depth, (0, 0))?;
                self.space();
                if !self.comma(b']')? {
                    break;
                }
            }
        }
        self.at += 1;
        Ok(Kind::Array)
    }

    fn enter(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > self.limits.depth_max {
            return Err((self.at, format!("nesting deeper than {}", self.limits.depth_max)));
        }
        self.at += 1;
        Ok(())
    }

    /// After a member: true to go on with the next one, false at the end.
    fn comma(&mut self, end: u8) -> Result<bool, Fault> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == end => Ok(false),
            _ => Err((self.at, self.unexpected(&format!("',' or '{}'", char::from(end))))),
        }
    }

    fn key(&mut self) -> Result<(u32, u32), Fault> {
        if self.peek() != Some(b'"') {
            return Err((self.at, self.unexpected("a property name in double quotes")));
        }
        let start = self.at + 1;
        if self.string()? {
            self.has_escaped_key = true;
        }
        Ok((start as u32, (self.at - 1) as u32))
    }

    fn refuse_duplicates(&self, index: usize, count: usize) -> Result<(), Fault> {
        if count < 2 {
            return Ok(());
        }
        let mut seen: Vec<&[u8]> = Vec::with_capacity(count.min(COMPARED_KEYS_MAX));
        let mut hashed: HashSet<&[u8]> = HashSet::new();
        let mut at = index + 1;
        while at < self.nodes.len() {
            let node = &self.nodes[at];
            let key = &self.bytes[node.key_start as usize..node.key_end as usize];
            let is_new = if count <= COMPARED_KEYS_MAX {
                let is_new = !seen.contains(&key);
                seen.push(key);
                is_new
            } else {
                hashed.insert(key)
            };
            if !is_new {
                let name = String::from_utf8_lossy(key).into_owned();
                return Err((
                    node.key_start as usize - 1,
                    format!("the property \"{name}\" a second time in one object"),
                ));
            }
            at = node.next as usize;
        }
        Ok(())
    }

    /// Skips a string; true when it has an escape.
    fn string(&mut self) -> Result<bool, Fault> {
        let start = self.at;
        self.at += 1;
        let mut is_escaped = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(is_escaped);
                }
                Some(b'\\') => {
                    is_escaped = true;
                    self.at = write::skip_escape(self.bytes, self.at)?;
                }
                Some(byte) if byte < 0x20 => {
                    return Err((self.at, "a control character in a string; escape it".into()));
                }
                Some(_) => self.at += 1,
                None => return Err((start, "a string without its closing quote".into())),
            }
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, Fault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err((self.at, self.unexpected("a value")));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err((start, "a number without digits".into())),
        }
        if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err((start, "a number with a leading zero".into()));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits(start)?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits(start)?;
        }
        Ok(Kind::Number)
    }

    fn some_digits(&mut self, start: usize) -> Result<(), Fault> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err((start, "a number that breaks off".into()));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err((self.at, self.unexpected(what)));
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self, wanted: &str) -> String {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        if rest.starts_with(b"NaN") || rest.starts_with(b"Infinity") || rest.starts_with(b"-Inf") {
            return format!("NaN and Infinity are not JSON; {wanted} should stand");
        }
        // The text is UTF-8 and the parser stops at character boundaries only.
        match std::str::from_utf8(rest).ok().and_then(|text| text.chars().next()) {
            Some(found) => format!("{found:?} where {wanted} should stand"),
            None => format!("the document ends where {wanted} should stand"),
        }
    }
}
