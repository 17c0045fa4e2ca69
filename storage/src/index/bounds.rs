//! Where in the index a test's values stand: spans of keys that hold every value which passes, and
//! seldom others. [`Test::matches`] decides on each.

use fhir::search::{
    CompositeTest, DateTest, NearTest, NumberTest, Prefix, QuantityTest, ReferenceTest, StringMode,
    StringTest, Test, TokenTest, UriMode, UriTest,
};

use super::cursor::{ordered_f64, ordered_i64, put_key_id, put_text, text_start};
use super::encode::{CODE_MAX, ID_MAX, SPAN_MAX_US, STRING_MAX, TYPE_MAX, URL_MAX, put_unit};
use super::stem::{family, successor};

/// Keys from `start` on, up to but without `end`; `end` `None`: to the end of the key space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Option<Vec<u8>>,
    /// All that the test asks of this value is said by `start`, so what follows in a composite can
    /// be narrowed further.
    is_exact: bool,
}

impl Span {
    /// All keys with a prefix.
    pub(crate) fn prefix(prefix: Vec<u8>) -> Self {
        Self { end: successor(&prefix), start: prefix, is_exact: false }
    }

    fn exact(prefix: Vec<u8>) -> Self {
        Self { is_exact: true, ..Self::prefix(prefix) }
    }

    /// All keys whose next eight bytes lie between two bounds, both included.
    pub(crate) fn between(base: &[u8], low: [u8; 8], high: [u8; 8]) -> Self {
        let start = [base, &low].concat();
        Self { start, end: successor(&[base, &high].concat()), is_exact: false }
    }
}

/// The spans of a parameter's keys that a test needs.
pub(crate) fn spans(param: u16, test: &Test) -> Vec<Span> {
    narrow(&param.to_be_bytes(), test, false)
}

/// `base` is what stands before the family; within a composite a value has but its main key.
fn narrow(base: &[u8], test: &Test, is_inner: bool) -> Vec<Span> {
    match test {
        Test::Number(test) => {
            let low = with(base, &[family::NUMBER]);
            let high = (!is_inner).then(|| with(base, &[family::NUMBER_HIGH]));
            number(&low, high.as_deref(), test)
        }
        Test::Quantity(test) => quantity(base, test, is_inner),
        Test::Date(test) => {
            let low = with(base, &[family::DATE]);
            let high = (!is_inner).then(|| with(base, &[family::DATE_HIGH]));
            date(&low, high.as_deref(), test)
        }
        Test::String(test) => vec![string(with(base, &[family::STRING]), test)],
        Test::Token(test) => token(base, family::TOKEN, family::TOKEN_SYSTEM, test, is_inner),
        Test::OtherToken(_) => vec![Span::prefix(with(base, &[family::TOKEN]))],
        Test::Reference(test) => reference(base, test, is_inner),
        Test::Uri(test) => uri(&with(base, &[family::URI]), test),
        Test::Near(test) => vec![near(&with(base, &[family::POSITION]), test)],
        Test::Composite(test) => composite(with(base, &[family::COMPOSITE]), test),
    }
}

fn with(base: &[u8], more: &[u8]) -> Vec<u8> {
    [base, more].concat()
}

fn number(low: &[u8], high: Option<&[u8]>, test: &NumberTest) -> Vec<Span> {
    let infinity = f64::INFINITY;
    let (from, to) = match test.prefix {
        Prefix::Eq => (test.low.min(test.exact), test.high.max(test.exact)),
        Prefix::Ne => (-infinity, infinity),
        Prefix::Lt | Prefix::Le | Prefix::Eb => (-infinity, test.exact),
        Prefix::Gt | Prefix::Ge | Prefix::Sa => (test.exact, infinity),
        Prefix::Ap => (test.low, test.high),
    };
    // What reaches into the span from below is a range, and found by its high bound.
    let reach = match test.prefix {
        Prefix::Gt | Prefix::Ge => Some(test.exact),
        Prefix::Ap => Some(test.low),
        _ => None,
    };
    let between = |base: &[u8], from, to| Span::between(base, ordered_f64(from), ordered_f64(to));
    match (reach, high) {
        (None, _) => vec![between(low, from, to)],
        (Some(reach), Some(high)) => vec![between(low, from, to), between(high, reach, infinity)],
        (Some(_), None) => vec![between(low, -infinity, to)],
    }
}

fn quantity(base: &[u8], test: &QuantityTest, is_inner: bool) -> Vec<Span> {
    let mut low = with(base, &[family::QUANTITY]);
    put_unit(&mut low, &test.unit);
    let mut high = with(base, &[family::QUANTITY_HIGH]);
    put_unit(&mut high, &test.unit);
    number(&low, (!is_inner).then_some(high.as_slice()), &test.number)
}

/// Where the low bound of a date that passes lies, if it spans a day at most; both included.
pub(crate) fn low_range(test: &DateTest) -> (i64, i64) {
    let day = i64::try_from(SPAN_MAX_US).unwrap_or(i64::MAX);
    match test.prefix {
        Prefix::Eq => (test.low, test.high),
        Prefix::Ne => (i64::MIN, i64::MAX),
        Prefix::Lt | Prefix::Eb => (i64::MIN, test.low),
        Prefix::Le => (i64::MIN, test.high),
        Prefix::Sa => (test.high, i64::MAX),
        // Spans up to a day that reach over the bound start less than a day before it.
        Prefix::Gt => (test.high.saturating_sub(day), i64::MAX),
        Prefix::Ge => (test.high.saturating_sub(day).min(test.low), i64::MAX),
        Prefix::Ap => (test.low.saturating_sub(day), test.high),
    }
}

fn date(low: &[u8], high: Option<&[u8]>, test: &DateTest) -> Vec<Span> {
    let (from, to) = low_range(test);
    let reach = match test.prefix {
        Prefix::Gt | Prefix::Ge => Some(test.high),
        Prefix::Ap => Some(test.low),
        _ => None,
    };
    let between = |base: &[u8], from, to| Span::between(base, ordered_i64(from), ordered_i64(to));
    match (reach, high) {
        (None, _) => vec![between(low, from, to)],
        (Some(reach), Some(high)) => vec![between(low, from, to), between(high, reach, i64::MAX)],
        (Some(_), None) => vec![between(low, i64::MIN, to)],
    }
}

fn string(mut base: Vec<u8>, test: &StringTest) -> Span {
    match test.mode {
        StringMode::Contains
        | StringMode::Ends
        | StringMode::Other
        | StringMode::Less
        | StringMode::AtMost
        | StringMode::Greater
        | StringMode::AtLeast => Span::prefix(base),
        StringMode::Whole => {
            put_text(&mut base, &test.folded, STRING_MAX);
            Span::prefix(base)
        }
        StringMode::Starts | StringMode::Begins => {
            base.extend_from_slice(text_start(&test.folded, STRING_MAX));
            Span::prefix(base)
        }
        StringMode::Exact => {
            put_text(&mut base, &test.folded, STRING_MAX);
            base.extend_from_slice(&test.exact.to_be_bytes());
            Span::exact(base)
        }
    }
}

fn token(base: &[u8], main: u8, by_system: u8, test: &TokenTest, is_inner: bool) -> Vec<Span> {
    let mut key = with(base, &[main]);
    let span = match (&test.code, test.system) {
        (Some(code), None) => {
            put_text(&mut key, code, CODE_MAX);
            Span::prefix(key)
        }
        (Some(code), Some(system)) => {
            put_text(&mut key, code, CODE_MAX);
            key.extend_from_slice(&system.to_be_bytes());
            Span::exact(key)
        }
        (None, Some(system)) if system != 0 && !is_inner => {
            Span::prefix([base, &[by_system], &system.to_be_bytes()].concat())
        }
        (None, _) => Span::prefix(key),
    };
    vec![span]
}

fn reference(base: &[u8], test: &ReferenceTest, is_inner: bool) -> Vec<Span> {
    match test {
        ReferenceTest::Local { resources, id, .. } => {
            let mut key = with(base, &[family::LOCAL]);
            put_key_id(&mut key, id, ID_MAX);
            if resources.is_empty() {
                return vec![Span::prefix(key)];
            }
            let typed = |resource: &String| {
                let mut key = key.clone();
                put_text(&mut key, resource, TYPE_MAX);
                Span::prefix(key)
            };
            resources.iter().map(typed).collect()
        }
        ReferenceTest::Url { url, .. } | ReferenceTest::Versions { url, .. } => {
            let mut key = with(base, &[family::URL]);
            put_text(&mut key, url, URL_MAX);
            vec![Span::prefix(key)]
        }
        ReferenceTest::Identifier(test) => {
            token(base, family::IDENTIFIER, family::IDENTIFIER_SYSTEM, test, is_inner)
        }
    }
}

fn uri(base: &[u8], test: &UriTest) -> Vec<Span> {
    let exact = |uri: &str| {
        let mut key = base.to_vec();
        put_text(&mut key, uri, URL_MAX);
        Span::exact(key)
    };
    match test.mode {
        UriMode::Exact => vec![exact(&test.uri)],
        UriMode::Below | UriMode::Starts => {
            vec![Span::prefix(with(base, text_start(&test.uri, URL_MAX)))]
        }
        UriMode::Contains | UriMode::Ends | UriMode::Other => vec![Span::prefix(base.to_vec())],
        // A URI above ends at a boundary of the path of the one asked for, or is it.
        UriMode::Above => {
            let uri = &test.uri;
            let boundary = |(at, c): (usize, char)| match c {
                '/' => vec![at, at + 1],
                // The version of a canonical has boundaries of its own.
                '?' | '#' | '|' | '.' | '-' | '+' => vec![at],
                _ => Vec::new(),
            };
            let mut ends: Vec<usize> = uri.char_indices().flat_map(boundary).collect();
            ends.push(uri.len());
            ends.dedup();
            ends.into_iter().map(|end| exact(&uri[..end])).collect()
        }
    }
}

/// All latitudes that the circle reaches; a degree of latitude is nowhere below 110.5 km. At any
/// longitude: near a pole, or across the date line, those are far from the centre's.
fn near(base: &[u8], test: &NearTest) -> Span {
    const DEGREE_M: f64 = 110_500.0;
    // Where the distance is computed, latitudes that differ by a bit are one.
    const SLACK: f64 = 1e-9;
    let reach = test.distance_m / DEGREE_M + SLACK;
    let latitude = test.centre.latitude;
    Span::between(base, ordered_f64(latitude - reach), ordered_f64(latitude + reach))
}

/// Each component narrows further, as long as those before it are said to the last byte.
fn composite(base: Vec<u8>, test: &CompositeTest) -> Vec<Span> {
    let mut spans = vec![Span::exact(base)];
    for test in &test.0 {
        if !spans.iter().all(|span| span.is_exact) {
            break;
        }
        spans = spans.iter().flat_map(|span| narrow(&span.start, test, true)).collect();
    }
    spans
}
