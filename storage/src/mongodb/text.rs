//! Stems as strings, for MongoDB sorts binary values by length first: each byte is the character
//! with its number, U+0000 to U+00FF. UTF-8 keeps the order of characters, so strings sort like the
//! stems that they stand for, and ASCII text in them stays readable.

use mongodb::bson::{Bson, Document, doc};

use crate::index::bounds::Span;

/// The string of a stem, or of the start of one.
pub(super) fn text(stem: &[u8]) -> String {
    stem.iter().map(|byte| char::from(*byte)).collect()
}

/// The stem of a string; `None` when it is none.
pub(super) fn stem(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Keys from `start` on, up to but without `end`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub(super) start: String,
    pub(super) end: String,
}

/// Greater than every key.
const END: &str = "\u{100}";

impl Range {
    pub(super) fn of(span: &Span) -> Self {
        let end = span.end.as_deref().map_or_else(|| END.to_owned(), text);
        Self { start: text(&span.start), end }
    }

    pub(super) fn prefix(prefix: Vec<u8>) -> Self {
        Self::of(&Span::prefix(prefix))
    }

    /// The condition that one element of an array lies within.
    pub(super) fn condition(&self) -> Document {
        doc! { "$elemMatch": { "$gte": &self.start, "$lt": &self.end } }
    }
}

/// The strings of some stems, as an array.
pub(super) fn texts(stems: &[Vec<u8>]) -> Vec<Bson> {
    stems.iter().map(|stem| Bson::String(text(stem))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{stem, text};

    proptest! {
        #[test]
        fn strings_sort_like_stems(a in proptest::collection::vec(any::<u8>(), 0..9),
                                   b in proptest::collection::vec(any::<u8>(), 0..9)) {
            assert_eq!(text(&a).cmp(&text(&b)), a.cmp(&b));
            assert_eq!(stem(&text(&a)), Some(a));
        }
    }
}
