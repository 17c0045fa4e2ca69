//! [String] parameters.
//!
//! [String]: https://hl7.org/fhir/R4/search.html#string

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

use super::stable_hash;

/// Text in the index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd)]
pub struct StringValue {
    /// The text [folded](fold).
    pub folded: String,
    /// [`stable_hash`] of the text as it stands in the resource; 0 for a part of it, which is never
    /// the exact text.
    pub exact: u64,
}

/// How text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringMode {
    /// Folded text starts with it.
    Starts,
    /// Folded text contains it.
    Contains,
    /// The very text: case and accents too.
    Exact,
    /// A text of the resource is it, folded: `eq` of `_filter`. Parts of texts do not count here
    /// and in what follows but `Ends`.
    Whole,
    /// A text of the resource is another one, folded.
    Other,
    /// A text of the resource starts with it, folded.
    Begins,
    /// Folded text ends with it.
    Ends,
    /// A text of the resource comes before it, by the code points of both folded.
    Less,
    /// A text of the resource comes before it or is it.
    AtMost,
    /// A text of the resource comes after it.
    Greater,
    /// A text of the resource comes after it or is it.
    AtLeast,
}

/// Text asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringTest {
    /// How to compare.
    pub mode: StringMode,
    /// The text folded.
    pub folded: String,
    /// [`stable_hash`] of the text as asked.
    pub exact: u64,
}

impl StringValue {
    /// The index value of a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { folded: fold(text), exact: stable_hash(text) }
    }

    /// The index value of a part of a text, or of several texts joined.
    #[must_use]
    pub fn part(text: &str) -> Self {
        Self { folded: fold(text), exact: 0 }
    }

    /// Is it a text as it stands in the resource?
    fn is_whole(&self) -> bool {
        self.exact != 0
    }
}

impl StringTest {
    /// The test for a text. The error says what is allowed.
    pub(super) fn parse(mode: StringMode, text: &str) -> Result<Self, String> {
        let folded = fold(text);
        if folded.is_empty() && mode != StringMode::Exact {
            return Err(format!(
                "'{text}' is nothing but punctuation, which does not count: give a letter or digit."
            ));
        }
        Ok(Self { mode, folded, exact: stable_hash(text) })
    }

    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &StringValue) -> bool {
        match self.mode {
            StringMode::Starts => value.folded.starts_with(&self.folded),
            StringMode::Contains => value.folded.contains(&self.folded),
            StringMode::Exact => value.exact == self.exact && value.folded == self.folded,
            StringMode::Ends => value.folded.ends_with(&self.folded),
            StringMode::Whole => value.is_whole() && value.folded == self.folded,
            StringMode::Other => value.is_whole() && value.folded != self.folded,
            StringMode::Begins => value.is_whole() && value.folded.starts_with(&self.folded),
            StringMode::Less => value.is_whole() && value.folded < self.folded,
            StringMode::AtMost => value.is_whole() && value.folded <= self.folded,
            StringMode::Greater => value.is_whole() && value.folded > self.folded,
            StringMode::AtLeast => value.is_whole() && value.folded >= self.folded,
        }
    }
}

/// Text as it is compared: case and accents folded, apostrophes left out, other punctuation and
/// runs of white space as one space, none at either end.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        for byte in text.bytes() {
            fold_char(char::from(byte), &mut out);
        }
    } else {
        for c in text.nfkd().flat_map(char::to_lowercase) {
            // Accents have a class; the vowel signs of Indic scripts, which are none, have not.
            if canonical_combining_class(c) == 0 {
                fold_char(c, &mut out);
            }
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

fn fold_char(c: char, out: &mut String) {
    match c {
        'a'..='z' | '0'..='9' => out.push(c),
        'A'..='Z' => out.push(c.to_ascii_lowercase()),
        '\'' | '`' | '\u{b4}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' => (),
        // Letters that no decomposition reaches, as they are typed where they are missing.
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'ø' => out.push('o'),
        'đ' | 'ð' => out.push('d'),
        'ł' => out.push('l'),
        'þ' => out.push_str("th"),
        'ı' => out.push('i'),
        'ς' => out.push('σ'),
        _ if is_separator(c) => {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        }
        _ => out.push(c),
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || c.is_ascii_punctuation()
        || matches!(c, '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}')
        || matches!(c, '«' | '»' | '¡' | '¿' | '·')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{StringMode, StringTest, StringValue, fold};

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        for (text, folded) in [
            ("Carreño  Quiñones", "carreno quinones"),
            ("CARREN\u{303}O", "carreno"),
            ("O'Brien", "obrien"),
            ("O’Brien", "obrien"),
            ("Smith-Jones", "smith jones"),
            ("  St. Mary\t's ", "st mary s"),
            ("Straße", "strasse"),
            ("Ærøskøbing", "aeroskobing"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδος", "οδοσ"),
            ("İstanbul", "istanbul"),
            ("ﬁve", "five"),
            ("किरण", "किरण"),
            ("山田　太郎", "山田 太郎"),
            ("½", "1 2"),
            ("...", ""),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn the_default_is_the_start_contains_is_anywhere_and_exact_is_the_very_text() {
        let value = StringValue::new("Severine");
        for (mode, text, is_match) in [
            (StringMode::Starts, "SÉV", true),
            (StringMode::Starts, "eve", false),
            (StringMode::Contains, "eve", true),
            (StringMode::Exact, "Severine", true),
            (StringMode::Exact, "severine", false),
            (StringMode::Exact, "Sever", false),
        ] {
            let test = StringTest::parse(mode, text).unwrap();
            assert_eq!(test.matches(&value), is_match, "{mode:?} {text}");
        }
        assert!(StringTest::parse(StringMode::Starts, "-").is_err());
        assert!(StringTest::parse(StringMode::Exact, "-").is_ok());
    }

    #[test]
    fn filters_compare_whole_texts_folded() {
        let value = StringValue::new("Séverine Ann");
        for (mode, text, is_match) in [
            (StringMode::Whole, "severine ann", true),
            (StringMode::Whole, "severine", false),
            (StringMode::Other, "SEVERINE ANN", false),
            (StringMode::Other, "severine", true),
            (StringMode::Begins, "sever", true),
            (StringMode::Begins, "ann", false),
            (StringMode::Ends, "ANN", true),
            (StringMode::Ends, "severine", false),
            (StringMode::Less, "sf", true),
            (StringMode::Less, "severine ann", false),
            (StringMode::AtMost, "severine ann", true),
            (StringMode::Greater, "s", true),
            (StringMode::Greater, "severine ann", false),
            (StringMode::AtLeast, "severine ann", true),
            (StringMode::AtLeast, "t", false),
        ] {
            let test = StringTest::parse(mode, text).unwrap();
            assert_eq!(test.matches(&value), is_match, "{mode:?} {text}");
            let is_part = mode == StringMode::Ends && is_match;
            assert_eq!(test.matches(&StringValue::part("Séverine Ann")), is_part, "{mode:?}");
        }
    }

    #[test]
    fn a_word_of_a_text_is_found_and_is_not_the_exact_text() {
        let word = StringValue::part("Quinones");
        assert!(StringTest::parse(StringMode::Starts, "quin").unwrap().matches(&word));
        assert!(!StringTest::parse(StringMode::Exact, "Quinones").unwrap().matches(&word));
    }

    proptest! {
        #[test]
        fn folding_folds_once_and_every_start_is_found(text in "\\PC{0,24}", at in 0_usize..24) {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded.clone());
            prop_assert!(!folded.contains("  "));
            let start: String = text.chars().take(at).collect();
            if text.is_ascii() {
                prop_assert!(folded.starts_with(&fold(&start)));
            }
        }
    }
}
