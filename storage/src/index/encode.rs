//! Index values as keys: what sorts together is found together, and what a key says is read back
//! from it, so that [`fhir::search::Test::matches`] decides on it.
//!
//! The *stem* of a key is all of it but the docid at its end. No stem is the start of another one,
//! so all keys of a stem stand together, in the order of their docids. A long text is cut in its
//! stem; then [`decode`] knows no value, and the entries of the resource decide.

use fhir::search::{
    DateValue, IndexValue, NumberValue, PositionValue, QuantityUnit, QuantityValue, ReferenceValue,
    StringValue, TokenValue, UriValue,
};

use super::cursor::{Cursor, ordered_f64, ordered_i64, put_key_id, put_text, put_varint};
use super::stem::{family, index_head};

/// Greatest length of a code within a key, in bytes.
pub(crate) const CODE_MAX: usize = 64;
/// Greatest length of a unit.
pub(crate) const UNIT_MAX: usize = 32;
/// Greatest length of folded text.
pub(crate) const STRING_MAX: usize = 200;
/// Greatest length of a URL or URI.
pub(crate) const URL_MAX: usize = 200;
/// Greatest length of an id that is no UUID.
pub(crate) const ID_MAX: usize = 64;
/// Greatest length of a version.
pub(crate) const VERSION_MAX: usize = 32;
/// Greatest length of a type's name.
pub(crate) const TYPE_MAX: usize = 64;

/// Spans above this have a key by their high bound too.
pub(crate) const SPAN_MAX_US: u64 = 86_400_000_000;

pub(crate) const UNIT_ANY: u8 = 2;
pub(crate) const UNIT_BARE: u8 = 3;
pub(crate) const UNIT_CODED: u8 = 4;
pub(crate) const UNIT_CANONICAL: u8 = 5;

const NO_VERSION: u8 = 0;
const WITH_VERSION: u8 = 1;

/// Calls `add` with each stem of a value of a parameter.
pub(crate) fn stems(param: u16, value: &IndexValue, mut add: impl FnMut(Vec<u8>)) {
    let mut stem = index_head(param, value_family(value)).to_vec();
    put_value(&mut stem, value);
    add(stem);
    match value {
        IndexValue::Token(token) if token.system != 0 => {
            add(system_stem(param, family::TOKEN_SYSTEM, token.system));
        }
        IndexValue::Reference(ReferenceValue::Identifier(token)) if token.system != 0 => {
            add(system_stem(param, family::IDENTIFIER_SYSTEM, token.system));
        }
        IndexValue::Number(number) if number.low != number.high => {
            let mut stem = index_head(param, family::NUMBER_HIGH).to_vec();
            put_high_low(&mut stem, number);
            add(stem);
        }
        IndexValue::Quantity(quantity) if quantity.number.low != quantity.number.high => {
            let mut stem = index_head(param, family::QUANTITY_HIGH).to_vec();
            put_unit(&mut stem, &quantity.unit);
            put_high_low(&mut stem, &quantity.number);
            add(stem);
        }
        IndexValue::Date(date) if span(date) > SPAN_MAX_US => {
            let mut stem = index_head(param, family::DATE_HIGH).to_vec();
            stem.extend_from_slice(&ordered_i64(date.high));
            stem.extend_from_slice(&ordered_i64(date.low));
            add(stem);
        }
        _ => (),
    }
}

/// The stem that all values of this system have.
pub(crate) fn system_stem(param: u16, family: u8, system: u64) -> Vec<u8> {
    let mut stem = index_head(param, family).to_vec();
    stem.extend_from_slice(&system.to_be_bytes());
    stem
}

fn span(date: &DateValue) -> u64 {
    (date.high as u64).wrapping_sub(date.low as u64)
}

fn value_family(value: &IndexValue) -> u8 {
    match value {
        IndexValue::Number(_) => family::NUMBER,
        IndexValue::Quantity(_) => family::QUANTITY,
        IndexValue::Date(_) => family::DATE,
        IndexValue::String(_) => family::STRING,
        IndexValue::Token(_) => family::TOKEN,
        IndexValue::Reference(ReferenceValue::Local { .. }) => family::LOCAL,
        IndexValue::Reference(ReferenceValue::Url { .. }) => family::URL,
        IndexValue::Reference(ReferenceValue::Identifier(_)) => family::IDENTIFIER,
        IndexValue::Uri(_) => family::URI,
        IndexValue::Position(_) => family::POSITION,
        IndexValue::Composite(_) => family::COMPOSITE,
    }
}

fn put_value(out: &mut Vec<u8>, value: &IndexValue) {
    match value {
        IndexValue::Number(value) => put_number(out, value),
        IndexValue::Quantity(value) => {
            put_unit(out, &value.unit);
            put_number(out, &value.number);
        }
        IndexValue::Date(value) => {
            out.extend_from_slice(&ordered_i64(value.low));
            put_varint(out, span(value));
        }
        IndexValue::String(value) => {
            put_text(out, &value.folded, STRING_MAX);
            out.extend_from_slice(&value.exact.to_be_bytes());
        }
        IndexValue::Token(value) => put_token(out, value),
        IndexValue::Reference(ReferenceValue::Local { resource, id, version }) => {
            put_key_id(out, id, ID_MAX);
            put_text(out, resource, TYPE_MAX);
            put_version(out, version.as_deref());
        }
        IndexValue::Reference(ReferenceValue::Url { url, version }) => {
            put_text(out, url, URL_MAX);
            put_version(out, version.as_deref());
        }
        IndexValue::Reference(ReferenceValue::Identifier(value)) => put_token(out, value),
        IndexValue::Uri(value) => put_text(out, &value.0, URL_MAX),
        IndexValue::Position(value) => {
            out.extend_from_slice(&ordered_f64(value.latitude));
            out.extend_from_slice(&ordered_f64(value.longitude));
        }
        IndexValue::Composite(values) => {
            for value in values {
                out.push(value_family(value));
                put_value(out, value);
            }
        }
    }
}

fn put_number(out: &mut Vec<u8>, value: &NumberValue) {
    out.extend_from_slice(&ordered_f64(value.low));
    let is_range = value.low != value.high;
    out.push(u8::from(is_range));
    if is_range {
        out.extend_from_slice(&ordered_f64(value.high));
    }
}

fn put_high_low(out: &mut Vec<u8>, value: &NumberValue) {
    out.extend_from_slice(&ordered_f64(value.high));
    out.extend_from_slice(&ordered_f64(value.low));
}

fn put_token(out: &mut Vec<u8>, value: &TokenValue) {
    put_text(out, &value.code, CODE_MAX);
    out.extend_from_slice(&value.system.to_be_bytes());
}

fn put_version(out: &mut Vec<u8>, version: Option<&str>) {
    match version {
        None => out.push(NO_VERSION),
        Some(version) => {
            out.push(WITH_VERSION);
            put_text(out, version, VERSION_MAX);
        }
    }
}

/// What a key about a unit starts with.
pub(crate) fn put_unit(out: &mut Vec<u8>, unit: &QuantityUnit) {
    match unit {
        QuantityUnit::Any => out.push(UNIT_ANY),
        QuantityUnit::Bare(code) => {
            out.push(UNIT_BARE);
            put_text(out, code, UNIT_MAX);
        }
        QuantityUnit::Coded(system, code) => {
            out.push(UNIT_CODED);
            out.extend_from_slice(&system.to_be_bytes());
            put_text(out, code, UNIT_MAX);
        }
        QuantityUnit::Canonical(unit) => {
            out.push(UNIT_CANONICAL);
            put_text(out, unit, UNIT_MAX);
        }
    }
}

/// The value that a stem stands for; `None` when it was cut (or is damaged). Of a system's own key
/// the value has no code.
pub(crate) fn decode(stem: &[u8]) -> Option<IndexValue> {
    let mut cursor = Cursor(stem.get(2..)?);
    let family = cursor.u8()?;
    let value = take_value(&mut cursor, family)?;
    cursor.is_empty().then_some(value)
}

fn take_value(cursor: &mut Cursor<'_>, family: u8) -> Option<IndexValue> {
    Some(match family {
        family::NUMBER => IndexValue::Number(take_number(cursor)?),
        family::NUMBER_HIGH => IndexValue::Number(take_high_low(cursor)?),
        family::QUANTITY | family::QUANTITY_HIGH => {
            let unit = take_unit(cursor)?;
            let number = match family {
                family::QUANTITY => take_number(cursor)?,
                _ => take_high_low(cursor)?,
            };
            IndexValue::Quantity(QuantityValue { number, unit })
        }
        family::TOKEN => IndexValue::Token(take_token(cursor)?),
        family::TOKEN_SYSTEM => IndexValue::Token(system_alone(cursor)?),
        family::DATE => {
            let low = cursor.i64()?;
            let span = cursor.varint()?;
            IndexValue::Date(DateValue { low, high: low.wrapping_add(span as i64) })
        }
        family::DATE_HIGH => {
            let high = cursor.i64()?;
            IndexValue::Date(DateValue { low: cursor.i64()?, high })
        }
        family::STRING => {
            let folded = cursor.text()??.to_owned();
            IndexValue::String(StringValue { folded, exact: cursor.u64()? })
        }
        family::LOCAL => {
            let id = cursor.key_id()??;
            let resource = cursor.text()??.to_owned();
            let version = take_version(cursor)?;
            IndexValue::Reference(ReferenceValue::Local { resource, id, version })
        }
        family::URL => {
            let url = cursor.text()??.to_owned();
            let version = take_version(cursor)?;
            IndexValue::Reference(ReferenceValue::Url { url, version })
        }
        family::IDENTIFIER => {
            IndexValue::Reference(ReferenceValue::Identifier(take_token(cursor)?))
        }
        family::IDENTIFIER_SYSTEM => {
            IndexValue::Reference(ReferenceValue::Identifier(system_alone(cursor)?))
        }
        family::URI => IndexValue::Uri(UriValue(cursor.text()??.to_owned())),
        family::POSITION => {
            let latitude = cursor.f64()?;
            IndexValue::Position(PositionValue { latitude, longitude: cursor.f64()? })
        }
        family::COMPOSITE => {
            let mut values = Vec::with_capacity(2);
            while !cursor.is_empty() {
                let family = cursor.u8()?;
                values.push(take_value(cursor, family)?);
            }
            IndexValue::Composite(values)
        }
        _ => return None,
    })
}

fn take_number(cursor: &mut Cursor<'_>) -> Option<NumberValue> {
    let low = cursor.f64()?;
    let high = if cursor.u8()? == 0 { low } else { cursor.f64()? };
    Some(NumberValue { low, high })
}

fn take_high_low(cursor: &mut Cursor<'_>) -> Option<NumberValue> {
    let high = cursor.f64()?;
    Some(NumberValue { low: cursor.f64()?, high })
}

fn take_token(cursor: &mut Cursor<'_>) -> Option<TokenValue> {
    let code = cursor.text()??.to_owned();
    Some(TokenValue { system: cursor.u64()?, code })
}

fn system_alone(cursor: &mut Cursor<'_>) -> Option<TokenValue> {
    Some(TokenValue { system: cursor.u64()?, code: String::new() })
}

fn take_version(cursor: &mut Cursor<'_>) -> Option<Option<String>> {
    match cursor.u8()? {
        NO_VERSION => Some(None),
        _ => Some(Some(cursor.text()??.to_owned())),
    }
}

fn take_unit(cursor: &mut Cursor<'_>) -> Option<QuantityUnit> {
    Some(match cursor.u8()? {
        UNIT_ANY => QuantityUnit::Any,
        UNIT_BARE => QuantityUnit::Bare(cursor.text()??.to_owned()),
        UNIT_CODED => {
            let system = cursor.u64()?;
            QuantityUnit::Coded(system, cursor.text()??.to_owned())
        }
        _ => QuantityUnit::Canonical(cursor.text()??.to_owned()),
    })
}

/// The stem of the instant of a version.
pub(crate) fn instant_stem(last_updated: u16, us: i64) -> Vec<u8> {
    let mut stem = index_head(last_updated, family::DATE).to_vec();
    put_value(&mut stem, &IndexValue::Date(DateValue { low: us, high: us }));
    stem
}

#[cfg(test)]
mod tests {
    use fhir::search::{
        DateValue, IndexValue, NumberValue, QuantityUnit, QuantityValue, ReferenceValue,
        StringValue, TokenValue, UriValue,
    };
    use proptest::prelude::{BoxedStrategy, Strategy, any, prop_oneof, proptest};

    use super::{decode, stems};

    fn number() -> impl Strategy<Value = NumberValue> {
        (-1e6..1e6_f64, 0.0..10.0_f64, any::<bool>()).prop_map(|(low, span, is_range)| {
            NumberValue { low, high: if is_range { low + span } else { low } }
        })
    }

    fn simple() -> BoxedStrategy<IndexValue> {
        let text = "[ -~é\u{0}\u{1}]{0,70}";
        let token = (any::<u64>(), text).prop_map(|(system, code)| TokenValue { system, code });
        let local = ("[A-Z][a-z]{1,9}", "[A-Za-z0-9.-]{1,64}", any::<Option<u8>>()).prop_map(
            |(resource, id, version)| {
                let version = version.map(|version| version.to_string());
                ReferenceValue::Local { resource, id, version }
            },
        );
        let quantity = (number(), text).prop_map(|(number, unit)| {
            IndexValue::Quantity(QuantityValue { number, unit: QuantityUnit::Bare(unit) })
        });
        prop_oneof![
            number().prop_map(IndexValue::Number),
            quantity,
            (any::<i64>(), any::<i64>()).prop_map(|(a, b)| {
                IndexValue::Date(DateValue { low: a.min(b), high: a.max(b) })
            }),
            text.prop_map(|text| IndexValue::String(StringValue::new(&text))),
            token.clone().prop_map(IndexValue::Token),
            local.prop_map(IndexValue::Reference),
            token.prop_map(|token| IndexValue::Reference(ReferenceValue::Identifier(token))),
            text.prop_map(|uri| IndexValue::Uri(UriValue(uri))),
        ]
        .boxed()
    }

    fn value() -> BoxedStrategy<IndexValue> {
        let composite = proptest::collection::vec(simple(), 1..4).prop_map(IndexValue::Composite);
        prop_oneof![4 => simple(), 1 => composite].boxed()
    }

    fn all(value: &IndexValue) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        stems(7, value, |stem| all.push(stem));
        all
    }

    proptest! {
        #[test]
        fn a_stem_says_its_value_or_that_it_was_cut(value in value()) {
            let main = &all(&value)[0];
            assert!(decode(main).is_none_or(|read| read == value), "{:?}", decode(main));
        }

        #[test]
        fn what_is_short_and_plain_is_never_cut(text in "[ -~]{0,30}", system: u64) {
            let value = IndexValue::Token(TokenValue { system, code: text });
            assert_eq!(decode(&all(&value)[0]), Some(value));
        }

        #[test]
        fn no_stem_is_the_start_of_another_one(a in value(), b in value()) {
            for a in all(&a) {
                for b in all(&b) {
                    assert!(a == b || !b.starts_with(&a), "{a:?} starts {b:?}");
                }
            }
        }

        #[test]
        fn stems_sort_by_the_low_bound(a in number(), b in number()) {
            if a.low < b.low {
                let stem = |number| all(&IndexValue::Number(number))[0].clone();
                assert!(stem(a) < stem(b));
            }
        }
    }
}
