//! The tokens of [FHIRPath].
//!
//! [FHIRPath]: http://hl7.org/fhirpath/N1/grammar.html

use super::PathError;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, or a keyword where the grammar has one; back-quoted names are never keywords.
    Name { text: String, is_quoted: bool },
    /// `'…'`, unescaped.
    String(String),
    /// Digits, perhaps with a fraction.
    Number(String),
    /// Date or date and time, without `@`; with a `T` it is a DateTime.
    DateTime(String),
    /// Time, without `@T`.
    Time(String),
    /// `%name`
    Variable(String),
    /// `$this`, `$index`, `$total`, without `$`.
    Dollar(String),
    /// An operator or bracket.
    Symbol(&'static str),
    /// After the last one.
    End,
}

/// Two-character symbols come first.
const SYMBOLS: [&str; 23] = [
    "!=", "!~", "<=", ">=", ".", ",", "(", ")", "[", "]", "{", "}", "+", "-", "*", "/", "&", "|",
    "=", "~", "<", ">", "$",
];

/// All tokens with their offsets; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, PathError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut found = Vec::new();
    loop {
        lexer.skip_space()?;
        let start = lexer.at;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        found.push((token, start));
        if is_end {
            return Ok(found);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) -> Result<(), PathError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let end = trimmed.find("*/").ok_or_else(|| {
                    PathError::syntax(self.at, "a comment that is not closed by */")
                })?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Token, PathError> {
        match self.byte(0) {
            0 if self.at >= self.text.len() => Ok(Token::End),
            b'\'' => Ok(Token::String(self.quoted('\'')?)),
            b'`' => Ok(Token::Name { text: self.quoted('`')?, is_quoted: true }),
            // The form of names in FHIRPath before its first release.
            b'"' => Ok(Token::Name { text: self.quoted('"')?, is_quoted: true }),
            b'0'..=b'9' => Ok(self.number()),
            b'@' => self.temporal(),
            b'%' => self.variable(),
            b'$' => {
                self.at += 1;
                match self.word() {
                    name @ ("this" | "index" | "total") => Ok(Token::Dollar(name.to_owned())),
                    _ => Err(PathError::syntax(self.at, "only $this, $index and $total exist")),
                }
            }
            byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                Ok(Token::Name { text: self.word().to_owned(), is_quoted: false })
            }
            _ => self.symbol(),
        }
    }

    fn symbol(&mut self) -> Result<Token, PathError> {
        let rest = self.rest();
        let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) else {
            let found = rest.chars().next().unwrap_or(' ');
            return Err(PathError::syntax(self.at, format!("{found:?} is no part of FHIRPath")));
        };
        self.at += symbol.len();
        Ok(Token::Symbol(symbol))
    }

    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn digits(&mut self) -> usize {
        let count = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        count
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        self.digits();
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits();
        }
        Token::Number(self.text[start..self.at].to_owned())
    }

    fn temporal(&mut self) -> Result<Token, PathError> {
        self.at += 1;
        let start = self.at;
        if self.byte(0) == b'T' {
            self.at += 1;
            self.clock();
            return Ok(Token::Time(self.text[start + 1..self.at].to_owned()));
        }
        self.digits();
        while self.byte(0) == b'-' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits();
        }
        if self.at == start {
            return Err(PathError::syntax(start, "after @ comes a date, or T and a time"));
        }
        if self.byte(0) == b'T' {
            self.at += 1;
            if self.byte(0).is_ascii_digit() {
                self.clock();
                self.zone();
            }
        }
        Ok(Token::DateTime(self.text[start..self.at].to_owned()))
    }

    fn clock(&mut self) {
        self.digits();
        while self.byte(0) == b':' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits();
        }
        if self.byte(0) == b'.' && self.byte(1).is_ascii_digit() {
            self.at += 1;
            self.digits();
        }
    }

    fn zone(&mut self) {
        let is_offset = matches!(self.byte(0), b'+' | b'-')
            && self.byte(1).is_ascii_digit()
            && self.byte(2).is_ascii_digit()
            && self.byte(3) == b':';
        if is_offset {
            self.at += 4;
            self.digits();
        } else if self.byte(0) == b'Z' {
            self.at += 1;
        }
    }

    fn variable(&mut self) -> Result<Token, PathError> {
        self.at += 1;
        match self.byte(0) {
            quote @ (b'`' | b'\'' | b'"') => Ok(Token::Variable(self.quoted(quote.into())?)),
            _ => {
                let name = self.word();
                if name.is_empty() {
                    return Err(PathError::syntax(self.at, "after % comes the name of a variable"));
                }
                Ok(Token::Variable(name.to_owned()))
            }
        }
    }

    /// The text up to the next `quote`, its escapes resolved.
    fn quoted(&mut self, quote: char) -> Result<String, PathError> {
        let start = self.at;
        let mut out = String::new();
        let mut characters = self.text[start + 1..].char_indices();
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.at = start + 1 + at + character.len_utf8();
                return Ok(out);
            }
            if character != '\\' {
                out.push(character);
                continue;
            }
            match characters.next() {
                Some((_, 'n')) => out.push('\n'),
                Some((_, 'r')) => out.push('\r'),
                Some((_, 't')) => out.push('\t'),
                Some((_, 'f')) => out.push('\u{c}'),
                Some((at, 'u')) => {
                    let hex = self.text.get(start + 2 + at..start + 6 + at);
                    let unit = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    let unit = unit.and_then(char::from_u32).ok_or_else(|| {
                        PathError::syntax(start + at, "\\u needs four hexadecimal digits")
                    })?;
                    out.push(unit);
                    characters.nth(3);
                }
                // Any other escaped character stands for itself: \\ \' \" \` \/.
                Some((_, other)) => out.push(other),
                None => break,
            }
        }
        Err(PathError::syntax(start, format!("a text that is not closed by {quote}")))
    }
}
