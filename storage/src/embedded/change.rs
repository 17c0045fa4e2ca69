//! What is kept of a change: type (u16), docid (u32), verb (u8), instant in µs (i64), version.

use super::record::Stamp;
use crate::Verb;
use crate::index::cursor::{Cursor, ordered_i64, put_varint};

/// A change without its sequence number, which is its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) type_id: u16,
    pub(super) docid: u32,
    pub(super) verb: Verb,
    pub(super) last_updated_us: i64,
    pub(super) version: u64,
}

/// The value of a change.
pub(super) fn encode(type_id: u16, docid: u32, stamp: Stamp) -> Vec<u8> {
    let mut out = Vec::with_capacity(20);
    out.extend_from_slice(&type_id.to_be_bytes());
    out.extend_from_slice(&docid.to_be_bytes());
    out.push(stamp.verb.code());
    out.extend_from_slice(&ordered_i64(stamp.last_updated_us));
    put_varint(&mut out, stamp.version);
    out
}

/// Reads a change; `None` when it is damaged.
pub(super) fn decode(value: &[u8]) -> Option<Change> {
    let mut cursor = Cursor(value);
    Some(Change {
        type_id: cursor.u16()?,
        docid: cursor.u32()?,
        verb: Verb::of_code(cursor.u8()?)?,
        last_updated_us: cursor.i64()?,
        version: cursor.varint()?,
    })
}
