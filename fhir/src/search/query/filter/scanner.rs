//! The words of a `_filter` expression. What a word is depends on where it stands, so the parser asks
//! for the one that it needs.

use std::borrow::Cow;

use super::Fault;

/// A place in the text of an expression.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Bytes read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Skips white space; was there any?
    pub(super) fn skip_space(&mut self) -> bool {
        let rest = self.rest();
        let space = rest.len() - rest.trim_start().len();
        self.at += space;
        space > 0
    }

    /// Reads this character, if it is next.
    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let is_next = self.rest().starts_with(wanted);
        if is_next {
            self.at += wanted.len_utf8();
        }
        is_next
    }

    pub(super) fn expect(&mut self, wanted: char, after: &str) -> Result<(), Fault> {
        if self.eat(wanted) {
            return Ok(());
        }
        Err(self.expected(&format!("'{wanted}' {after}")))
    }

    /// Reads a name: a letter or `_`, then letters, digits, `_` and `-`.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            return None;
        }
        let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let end = rest.find(|c| !is_inner(c)).unwrap_or(rest.len());
        self.at += end;
        Some(&rest[..end])
    }

    /// Reads the name if it is this word, in whatever case.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let start = self.at;
        if self.name().is_some_and(|name| name.eq_ignore_ascii_case(word)) {
            return true;
        }
        self.at = start;
        false
    }

    /// What should stand here, and what does.
    pub(super) fn expected(&self, wanted: &str) -> Fault {
        const SHOWN_MAX: usize = 24;
        let rest = self.rest();
        let word = rest.find(char::is_whitespace).map_or(rest, |end| &rest[..end.max(1)]);
        let found = match word.char_indices().nth(SHOWN_MAX) {
            _ if rest.is_empty() => "the expression ends".to_owned(),
            Some((end, _)) => format!("here is '{}…'", &word[..end]),
            None => format!("here is '{word}'"),
        };
        Fault { at: self.at, text: format!("expected {wanted}, but {found}.") }
    }

    /// Reads a value: a JSON string, or all up to white space, `)` or `]`.
    pub(super) fn value(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.rest().starts_with('"') {
            return self.string().map(Cow::Owned);
        }
        let is_end = |c: char| c.is_whitespace() || matches!(c, ')' | ']');
        let rest = self.rest();
        let end = rest.find(is_end).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.expected("a value, with spaces in it as a text in double quotes"));
        }
        let end = end + zone_len(&rest[..end], &rest[end..]);
        self.at += end;
        Ok(Cow::Borrowed(&rest[..end]))
    }

    fn string(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let at = self.at;
            let Some(c) = self.next() else {
                let text = "this text has no '\"' at its end.".to_owned();
                return Err(Fault { at: start, text });
            };
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let escaped = self.escape().ok_or_else(|| Fault {
                        at,
                        text: "this '\\' escapes nothing: escapes are those of JSON.".to_owned(),
                    })?;
                    out.push(escaped);
                }
                c => out.push(c),
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// The character that a JSON escape stands for, its backslash read.
    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.unit()?;
                let is_high = (0xd800..0xdc00).contains(&unit);
                if !is_high {
                    return char::from_u32(unit);
                }
                if !(self.eat('\\') && self.eat('u')) {
                    return None;
                }
                let low = self.unit()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                return char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + low);
            }
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// The length of a zone that belongs to the time before it: its plus sign, not escaped in the
/// address, has become a space.
fn zone_len(time: &str, rest: &str) -> usize {
    let is_time = time.starts_with(|c: char| c.is_ascii_digit()) && time.contains('T');
    let is_zone = |zone: &[u8]| {
        matches!(zone, [b' ', a, b, b':', c, d]
        if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()))
    };
    let zone = rest.as_bytes().get(..6).filter(|zone| is_time && is_zone(zone));
    let ends = rest[zone.map_or(0, <[u8]>::len)..].chars().next();
    let is_end = ends.is_none_or(|c| c.is_whitespace() || matches!(c, ')' | ']'));
    if is_end { zone.map_or(0, <[u8]>::len) } else { 0 }
}
