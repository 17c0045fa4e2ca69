//! [Token] parameters.
//!
//! Codes compare without regard to case, as the specification advises servers to do when in doubt;
//! systems compare exactly.
//!
//! [Token]: https://hl7.org/fhir/R4/search.html#token

use super::query::escape::{split, unescape};
use super::stable_hash;

/// The system of booleans, as the search page and as the code system itself write it.
const BOOLEANS: [&str; 2] =
    ["http://hl7.org/fhir/special-values", "http://terminology.hl7.org/CodeSystem/special-values"];

/// What a value of `:of-type` that is none is answered with.
fn not_of_type(text: &str) -> String {
    format!(
        "'{text}' is not what :of-type goes with: write system|code|value, the system and code of \
         the identifier's type and the identifier's value; none may be empty."
    )
}

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

impl TokenValue {
    /// The index value of an identifier under its type: what `:of-type` compares.
    pub(super) fn of_type(type_system: &str, type_code: &str, value: &str) -> Self {
        Self { system: type_hash(type_system, type_code), code: value.to_lowercase() }
    }
}

/// The hash that stands for an identifier's type; its code compares without case, like all codes.
fn type_hash(system: &str, code: &str) -> u64 {
    stable_hash(&format!("{system}|{}", code.to_lowercase()))
}

impl TokenTest {
    /// Reads `system|code|value` of [`:of-type`], escapes in place. The error says what is allowed.
    ///
    /// [`:of-type`]: https://hl7.org/fhir/R4/search.html#modifiers
    pub(super) fn parse_of_type(text: &str) -> Result<Self, String> {
        let parts = split(text, '|');
        let [system, code, value] = parts.as_slice() else {
            return Err(not_of_type(text));
        };
        if system.is_empty() || code.is_empty() || value.is_empty() {
            return Err(not_of_type(text));
        }
        Ok(Self {
            system: Some(type_hash(&unescape(system)?, &unescape(code)?)),
            code: Some(unescape(value)?.to_lowercase()),
        })
    }

    /// The same code of a boolean without a system, where the system asked for is the one that
    /// [booleans] have unsaid.
    ///
    /// [booleans]: https://hl7.org/fhir/R4/search.html#token
    pub(super) fn of_boolean(&self) -> Option<Self> {
        let is_special = BOOLEANS.iter().any(|system| self.system == Some(stable_hash(system)));
        let is_boolean = self.code.as_deref().is_none_or(|code| matches!(code, "true" | "false"));
        (is_special && is_boolean).then(|| Self { system: Some(0), code: self.code.clone() })
    }

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

#[cfg(test)]
mod tests {
    use super::{TokenTest, TokenValue};

    #[track_caller]
    fn check(query: &str, system: Option<&str>, code: &str, is_match: bool) {
        let test = TokenTest::parse(query).expect("a token");
        assert_eq!(test.matches(&TokenValue::new(system, code)), is_match, "{query} of {code}");
    }

    #[test]
    fn the_four_forms_say_which_system_is_meant() {
        for (query, in_system, without) in [
            ("A", true, true),
            ("http://s|a", true, false),
            ("http://t|a", false, false),
            ("|a", false, true),
            ("http://s|", true, false),
            ("b", false, false),
        ] {
            check(query, Some("http://s"), "a", in_system);
            check(query, None, "A", without);
        }
        check(r"a\|b", None, "a|b", true);
        for wrong in ["|", "a|b|c", r"a\b"] {
            assert!(TokenTest::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_type_names_type_and_value() {
        let value = TokenValue::of_type("http://t", "MR", "12x");
        for (query, is_match) in [
            ("http://t|MR|12x", true),
            ("http://t|mr|12X", true),
            ("http://t|MRT|12x", false),
            ("http://t|MR|12", false),
            ("http://u|MR|12x", false),
        ] {
            let test = TokenTest::parse_of_type(query).expect("of a type");
            assert_eq!(test.matches(&value), is_match, "{query}");
        }
        for wrong in ["12x", "MR|12x", "|MR|12x", "http://t||12x", "http://t|MR|", "a|b|c|d"] {
            let text = TokenTest::parse_of_type(wrong).unwrap_err();
            assert!(text.contains(wrong) && text.contains("system|code|value"), "{text}");
        }
    }

    #[test]
    fn a_boolean_has_the_system_of_the_special_values() {
        let asked = |query| TokenTest::parse(query).unwrap().of_boolean();
        let without = TokenTest { system: Some(0), code: Some("true".to_owned()) };
        assert_eq!(asked("http://hl7.org/fhir/special-values|true"), Some(without));
        assert_eq!(asked("http://hl7.org/fhir/special-values|nil"), None);
        assert_eq!(asked("http://loinc.org|true"), None);
        assert_eq!(asked("true"), None);
    }
}
