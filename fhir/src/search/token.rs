//! [Token] parameters.
//!
//! Codes compare without regard to case, as the specification advises servers to do when in doubt;
//! systems compare exactly.
//!
//! [Token]: https://hl7.org/fhir/R4/search.html#token

use super::query::escape::{split, unescape};
use super::stable_hash;

/// A code, identifier or flag in the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd)]
pub struct TokenValue {
    /// [`stable_hash`] of the system; 0: it has none.
    pub system: u64,
    /// The code in lower case; may be empty when only a system is known.
    pub code: String,
}

/// A token asked for: `code`, `system|code`, `|code`, `system|`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenTest {
    /// `None`: any or no system; `Some(0)`: without a system; else the system's [`stable_hash`].
    pub system: Option<u64>,
    /// The code in lower case; `None`: any code of the system.
    pub code: Option<String>,
}

impl TokenValue {
    /// The index value of a code.
    #[must_use]
    pub fn new(system: Option<&str>, code: &str) -> Self {
        Self { system: system.map_or(0, stable_hash), code: code.to_lowercase() }
    }
}

impl TokenTest {
    /// Reads `code`, `system|code`, `|code` or `system|`, escapes in place. The error says what is
    /// allowed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        const FORMS: &str = "code, system|code, |code or system|";
        match split(text, '|').as_slice() {
            [code] => Ok(Self { system: None, code: Some(unescape(code)?.to_lowercase()) }),
            ["", ""] => Err(format!("'{text}' names no code and no system: write {FORMS}.")),
            [system, code] => Ok(Self {
                system: Some(match *system {
                    "" => 0,
                    system => stable_hash(&unescape(system)?),
                }),
                code: match *code {
                    "" => None,
                    code => Some(unescape(code)?.to_lowercase()),
                },
            }),
            _ => Err(format!(
                "'{text}' has more than one '|': write {FORMS}, and \\| for a '|' within a code."
            )),
        }
    }

    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &TokenValue) -> bool {
        self.system.is_none_or(|system| system == value.system)
            && self.code.as_ref().is_none_or(|code| *code == value.code)
    }
}
