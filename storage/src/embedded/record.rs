//! A version as it is kept, current or older.
//!
//! Checksum of all that follows and of the docid (u64), verb (u8), version, instant in µs (i64),
//! sequence number, id; and but for a deletion: place of the stamp, what stands there (u8),
//! dictionary, length of the body, body compressed. Integers without a width are varints.

use fjall::Slice;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::dictionary::Dictionaries;
use crate::index::body::{Meta, STAMP_MAX, Splice, stamped};
use crate::index::cursor::{Cursor, ordered_i64, put_id, put_varint};
use crate::{Key, Verb, Version};

/// What is known of a version without its body.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) verb: Verb,
    pub(super) version: u64,
    pub(super) last_updated_us: i64,
    pub(super) sequence: u64,
    pub(super) id: String,
    packed: Option<Packed>,
    /// All of the value, where the compressed body is the end.
    value: Slice,
}

#[derive(Debug, Clone, Copy)]
struct Packed {
    splice: Splice,
    dictionary: u32,
    len: usize,
    start: usize,
}

/// A body ready to be written: compressed by whoever asks for the commit.
#[derive(Debug)]
pub(super) struct Compressed {
    pub(super) splice: Splice,
    pub(super) dictionary: u32,
    pub(super) len: usize,
    pub(super) bytes: Vec<u8>,
}

/// What the committer says of a version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) verb: Verb,
    pub(super) version: u64,
    pub(super) last_updated_us: i64,
    pub(super) sequence: u64,
}

/// The value of a version.
pub(super) fn encode(docid: u32, id: &str, stamp: Stamp, body: Option<&Compressed>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + body.map_or(0, |body| body.bytes.len()));
    out.extend_from_slice(&[0; 8]);
    out.push(stamp.verb.code());
    put_varint(&mut out, stamp.version);
    out.extend_from_slice(&ordered_i64(stamp.last_updated_us));
    put_varint(&mut out, stamp.sequence);
    put_id(&mut out, id);
    if let Some(body) = body {
        put_varint(&mut out, body.splice.at as u64);
        out.push(body.splice.meta.code());
        put_varint(&mut out, u64::from(body.dictionary));
        put_varint(&mut out, body.len as u64);
        out.extend_from_slice(&body.bytes);
    }
    let checksum = xxh3_64_with_seed(&out[8..], u64::from(docid));
    out[..8].copy_from_slice(&checksum.to_be_bytes());
    out
}

/// Reads a value; `None` when it is damaged.
pub(super) fn decode(docid: u32, value: Slice) -> Option<Record> {
    let mut cursor = Cursor(&value);
    if cursor.u64()? != xxh3_64_with_seed(cursor.0, u64::from(docid)) {
        return None;
    }
    let verb = Verb::of_code(cursor.u8()?)?;
    let version = cursor.varint()?;
    let last_updated_us = cursor.i64()?;
    let sequence = cursor.varint()?;
    let id = cursor.id()?;
    let packed = match verb {
        Verb::Delete => None,
        _ => Some(packed(&mut cursor, value.len())?),
    };
    Some(Record { verb, version, last_updated_us, sequence, id, packed, value })
}

fn packed(cursor: &mut Cursor<'_>, total: usize) -> Option<Packed> {
    let at = cursor.len()?;
    let meta = Meta::of_code(cursor.u8()?)?;
    let dictionary = u32::try_from(cursor.varint()?).ok()?;
    let len = cursor.len()?;
    Some(Packed { splice: Splice { at, meta }, dictionary, len, start: total - cursor.0.len() })
}

impl Record {
    /// Is the resource gone with this version?
    pub(super) fn is_deleted(&self) -> bool {
        self.verb == Verb::Delete
    }

    /// The whole version; `None` when the body is damaged.
    pub(super) fn version(&self, key: Key, dictionaries: &Dictionaries) -> Option<Version> {
        let body = match self.packed {
            None => bytes::Bytes::new(),
            Some(packed) => {
                let text = self.unpacked(packed, dictionaries, STAMP_MAX)?;
                stamped(text, packed.splice, self.version, self.last_updated_us)?
            }
        };
        Some(Version {
            key,
            version: self.version,
            last_updated_us: self.last_updated_us,
            verb: self.verb,
            body,
        })
    }

    /// The body without its stamp; `None` for a deletion and when it is damaged.
    pub(super) fn unstamped(&self, dictionaries: &Dictionaries) -> Option<Vec<u8>> {
        self.unpacked(self.packed?, dictionaries, 0)
    }

    fn unpacked(&self, packed: Packed, all: &Dictionaries, room: usize) -> Option<Vec<u8>> {
        all.decompress(packed.dictionary, self.value.get(packed.start..)?, packed.len, room)
    }

    /// The value as it is kept.
    pub(super) fn value(&self) -> &Slice {
        &self.value
    }
}
