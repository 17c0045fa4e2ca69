//! All index entries of a version in one value: what removes its keys from the index when it is
//! replaced, decides on it without the index, and gives the value it is sorted by.
//!
//! For each parameter: number (u16), count, values. A value is a tag and its parts; nothing is cut.
//! `_lastUpdated` comes first, so that the committer can say it in its place.

use fhir::search::{
    DateValue, IndexValue, NumberValue, PositionValue, QuantityUnit, QuantityValue, ReferenceValue,
    StringValue, TokenValue, UriValue,
};

use super::cursor::{Cursor, ordered_f64, ordered_i64, put_id, put_str, put_varint};

const POINT: u8 = 0;
const RANGE: u8 = 1;
const DATE: u8 = 2;
const STRING: u8 = 3;
const TOKEN: u8 = 4;
const LOCAL: u8 = 5;
const URL: u8 = 6;
const IDENTIFIER: u8 = 7;
const QUANTITY: u8 = 8;
const URI: u8 = 9;
const COMPOSITE: u8 = 10;
const POSITION: u8 = 11;

const UNIT_ANY: u8 = 0;
const UNIT_BARE: u8 = 1;
const UNIT_CODED: u8 = 2;
const UNIT_CANONICAL: u8 = 3;

/// Where the instant of the version stands: behind a parameter, a count and a tag.
const INSTANT: std::ops::Range<usize> = 4..12;

/// The entries as bytes, with room for the instant; `groups` are by parameter.
pub(crate) fn encode<'a>(
    last_updated: u16,
    groups: impl Iterator<Item = (u16, Vec<&'a IndexValue>)>,
) -> Vec<u8> {
    let mut out = last_updated.to_be_bytes().to_vec();
    put_varint(&mut out, 1);
    put(&mut out, &IndexValue::Date(DateValue { low: 0, high: 0 }));
    for (param, values) in groups {
        out.extend_from_slice(&param.to_be_bytes());
        put_varint(&mut out, values.len() as u64);
        for value in values {
            put(&mut out, value);
        }
    }
    out
}

/// Says in a blob when its version was written.
pub(crate) fn stamp(blob: &mut [u8], last_updated_us: i64) {
    blob[INSTANT].copy_from_slice(&ordered_i64(last_updated_us));
}

/// Calls `visit` with each entry; `None` when the blob is damaged.
pub(crate) fn for_each(blob: &[u8], mut visit: impl FnMut(u16, IndexValue)) -> Option<()> {
    let mut cursor = Cursor(blob);
    while !cursor.is_empty() {
        let param = cursor.u16()?;
        for _ in 0..cursor.len()? {
            visit(param, take(&mut cursor)?);
        }
    }
    Some(())
}

/// The values of one parameter; `None` when the blob is damaged.
pub(crate) fn values(blob: &[u8], wanted: u16) -> Option<Vec<IndexValue>> {
    let mut cursor = Cursor(blob);
    while !cursor.is_empty() {
        let param = cursor.u16()?;
        let count = cursor.len()?;
        if param == wanted {
            return (0..count).map(|_| take(&mut cursor)).collect();
        }
        for _ in 0..count {
            skip(&mut cursor)?;
        }
    }
    Some(Vec::new())
}

fn put(out: &mut Vec<u8>, value: &IndexValue) {
    match value {
        IndexValue::Number(value) => put_number(out, value),
        IndexValue::Date(value) => {
            out.push(DATE);
            out.extend_from_slice(&ordered_i64(value.low));
            put_varint(out, (value.high as u64).wrapping_sub(value.low as u64));
        }
        IndexValue::String(value) => {
            out.push(STRING);
            put_str(out, &value.folded);
            out.extend_from_slice(&value.exact.to_be_bytes());
        }
        IndexValue::Token(value) => {
            out.push(TOKEN);
            put_token(out, value);
        }
        IndexValue::Reference(value) => put_reference(out, value),
        IndexValue::Quantity(value) => {
            out.push(QUANTITY);
            put_unit(out, &value.unit);
            put_number(out, &value.number);
        }
        IndexValue::Uri(value) => {
            out.push(URI);
            put_str(out, &value.0);
        }
        IndexValue::Position(value) => {
            out.push(POSITION);
            out.extend_from_slice(&ordered_f64(value.latitude));
            out.extend_from_slice(&ordered_f64(value.longitude));
        }
        IndexValue::Composite(values) => {
            out.push(COMPOSITE);
            put_varint(out, values.len() as u64);
            for value in values {
                put(out, value);
            }
        }
    }
}

fn put_number(out: &mut Vec<u8>, value: &NumberValue) {
    let is_point = value.low == value.high;
    out.push(if is_point { POINT } else { RANGE });
    out.extend_from_slice(&ordered_f64(value.low));
    if !is_point {
        out.extend_from_slice(&ordered_f64(value.high));
    }
}

fn put_token(out: &mut Vec<u8>, value: &TokenValue) {
    out.extend_from_slice(&value.system.to_be_bytes());
    put_str(out, &value.code);
}

fn put_reference(out: &mut Vec<u8>, value: &ReferenceValue) {
    match value {
        ReferenceValue::Local { resource, id, version } => {
            out.push(LOCAL);
            put_str(out, resource);
            put_id(out, id);
            put_version(out, version.as_deref());
        }
        ReferenceValue::Url { url, version } => {
            out.push(URL);
            put_str(out, url);
            put_version(out, version.as_deref());
        }
        ReferenceValue::Identifier(value) => {
            out.push(IDENTIFIER);
            put_token(out, value);
        }
    }
}

fn put_version(out: &mut Vec<u8>, version: Option<&str>) {
    out.push(u8::from(version.is_some()));
    if let Some(version) = version {
        put_str(out, version);
    }
}

fn put_unit(out: &mut Vec<u8>, unit: &QuantityUnit) {
    match unit {
        QuantityUnit::Any => out.push(UNIT_ANY),
        QuantityUnit::Bare(code) => {
            out.push(UNIT_BARE);
            put_str(out, code);
        }
        QuantityUnit::Coded(system, code) => {
            out.push(UNIT_CODED);
            out.extend_from_slice(&system.to_be_bytes());
            put_str(out, code);
        }
        QuantityUnit::Canonical(unit) => {
            out.push(UNIT_CANONICAL);
            put_str(out, unit);
        }
    }
}

fn take(cursor: &mut Cursor<'_>) -> Option<IndexValue> {
    Some(match cursor.u8()? {
        tag @ (POINT | RANGE) => IndexValue::Number(take_number(cursor, tag)?),
        DATE => {
            let low = cursor.i64()?;
            let span = cursor.varint()?;
            IndexValue::Date(DateValue { low, high: low.wrapping_add(span as i64) })
        }
        STRING => {
            let folded = cursor.str()?.to_owned();
            IndexValue::String(StringValue { folded, exact: cursor.u64()? })
        }
        TOKEN => IndexValue::Token(take_token(cursor)?),
        tag @ (LOCAL | URL | IDENTIFIER) => IndexValue::Reference(take_reference(cursor, tag)?),
        QUANTITY => {
            let unit = take_unit(cursor)?;
            let tag = cursor.u8()?;
            IndexValue::Quantity(QuantityValue { number: take_number(cursor, tag)?, unit })
        }
        URI => IndexValue::Uri(UriValue(cursor.str()?.to_owned())),
        POSITION => {
            let latitude = cursor.f64()?;
            IndexValue::Position(PositionValue { latitude, longitude: cursor.f64()? })
        }
        COMPOSITE => {
            let count = cursor.len()?;
            IndexValue::Composite((0..count).map(|_| take(cursor)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// Passes over a value; cheap where that matters, for texts.
fn skip(cursor: &mut Cursor<'_>) -> Option<()> {
    match *cursor.0.first()? {
        STRING => {
            cursor.u8()?;
            cursor.str()?;
            cursor.u64().map(|_| ())
        }
        TOKEN => {
            cursor.bytes(9)?;
            cursor.str().map(|_| ())
        }
        URI => {
            cursor.u8()?;
            cursor.str().map(|_| ())
        }
        COMPOSITE => {
            cursor.u8()?;
            for _ in 0..cursor.len()? {
                skip(cursor)?;
            }
            Some(())
        }
        _ => take(cursor).map(|_| ()),
    }
}

fn take_number(cursor: &mut Cursor<'_>, tag: u8) -> Option<NumberValue> {
    let low = cursor.f64()?;
    let high = if tag == POINT { low } else { cursor.f64()? };
    Some(NumberValue { low, high })
}

fn take_token(cursor: &mut Cursor<'_>) -> Option<TokenValue> {
    let system = cursor.u64()?;
    Some(TokenValue { system, code: cursor.str()?.to_owned() })
}

fn take_reference(cursor: &mut Cursor<'_>, tag: u8) -> Option<ReferenceValue> {
    Some(match tag {
        LOCAL => {
            let resource = cursor.str()?.to_owned();
            let id = cursor.id()?;
            ReferenceValue::Local { resource, id, version: take_version(cursor)? }
        }
        URL => {
            let url = cursor.str()?.to_owned();
            ReferenceValue::Url { url, version: take_version(cursor)? }
        }
        _ => ReferenceValue::Identifier(take_token(cursor)?),
    })
}

fn take_version(cursor: &mut Cursor<'_>) -> Option<Option<String>> {
    match cursor.u8()? {
        0 => Some(None),
        _ => Some(Some(cursor.str()?.to_owned())),
    }
}

fn take_unit(cursor: &mut Cursor<'_>) -> Option<QuantityUnit> {
    Some(match cursor.u8()? {
        UNIT_ANY => QuantityUnit::Any,
        UNIT_BARE => QuantityUnit::Bare(cursor.str()?.to_owned()),
        UNIT_CODED => {
            let system = cursor.u64()?;
            QuantityUnit::Coded(system, cursor.str()?.to_owned())
        }
        UNIT_CANONICAL => QuantityUnit::Canonical(cursor.str()?.to_owned()),
        _ => return None,
    })
}
