//! A version as a document: see the table in `documents.rs`.

use std::sync::Arc;

use mongodb::bson::raw::{CString, RawArrayBuf, cstr};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{DateTime, RawBinaryRef, RawDocument, RawDocumentBuf};
use xxhash_rust::xxh3::Xxh3;

use super::fault;
use super::text::text;
use crate::index::body::{Meta, STAMP_MAX, Splice, stamped};
use crate::{Key, StoreError, Verb, Version};

/// Longest packed body that stands in its own document, in bytes: a document may have 16 MiB.
pub(super) const BODY_MAX: usize = 8 * 1024 * 1024;
/// Greatest length of all index keys and entries of a resource, in bytes.
pub(super) const KEYS_MAX: usize = 7 * 1024 * 1024;

const NOTHING: i32 = 0;
const ZSTD: i32 = 1;
const LEVEL: i32 = 3;

/// A body ready to be written.
#[derive(Debug, Clone)]
pub(super) struct Packed {
    pub(super) splice: Splice,
    pub(super) len: usize,
    pub(super) bytes: Vec<u8>,
}

impl Packed {
    pub(super) fn of(text: &[u8], splice: Splice) -> Result<Self, StoreError> {
        let bytes = zstd::bulk::compress(text, LEVEL)
            .map_err(|error| StoreError::Fault(format!("zstd: {error}")))?;
        Ok(Self { splice, len: text.len(), bytes })
    }

    /// How many documents of `parts` it takes; 0 when it stands in its own.
    pub(super) fn parts(&self) -> usize {
        if self.bytes.len() <= BODY_MAX { 0 } else { self.bytes.len().div_ceil(BODY_MAX) }
    }
}

/// What is said of a version besides its body and index.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) key: Key,
    pub(super) version: u64,
    pub(super) us: i64,
    pub(super) verb: Verb,
    pub(super) sequence: i64,
    /// Sequence number of the version that it came with, or came back with.
    pub(super) order: i64,
}

/// The index of a current version.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    pub(super) stems: Vec<Vec<u8>>,
    pub(super) blob: Vec<u8>,
    /// For each parameter that has something to sort by: its number, the least and the greatest
    /// sort key.
    pub(super) orders: Vec<SortKeys>,
}

impl Keys {
    /// Bytes that it takes in a document, about.
    pub(super) fn len(&self) -> usize {
        let stems: usize = self.stems.iter().map(|stem| stem.len() + stem.len() / 4 + 8).sum();
        stems + self.blob.len()
    }
}

/// Number of a parameter, least and greatest sort key.
pub(super) type SortKeys = (u16, Vec<u8>, Vec<u8>);

/// `Type/id`
pub(super) fn id(key: &Key) -> String {
    format!("{}/{}", key.resource, key.id)
}

/// `_id` of an older version.
pub(super) fn version_id(key: &Key, version: u64) -> String {
    format!("{}/{}/{version:016x}", key.resource, key.id)
}

/// The document of a current version.
pub(super) fn document(head: &Head, body: Option<&Packed>, keys: &Keys) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), id(&head.key));
    document.append(cstr!("type"), &*head.key.resource);
    document.append(cstr!("id"), &*head.key.id);
    document.append(cstr!("version"), i64::try_from(head.version).unwrap_or(i64::MAX));
    document.append(cstr!("lastUpdated"), DateTime::from_millis(head.us.div_euclid(1000)));
    document.append(cstr!("us"), head.us);
    document.append(cstr!("verb"), i32::from(head.verb.code()));
    document.append(cstr!("s"), head.sequence);
    document.append(cstr!("o"), head.order);
    if !keys.stems.is_empty() {
        let mut array = RawArrayBuf::new();
        for stem in &keys.stems {
            array.push(text(stem));
        }
        document.append(cstr!("k"), array);
        document.append(cstr!("e"), binary(&keys.blob));
        document.append(cstr!("x"), orders(keys));
    }
    let Some(body) = body else {
        document.append(cstr!("z"), NOTHING);
        return document;
    };
    document.append(cstr!("z"), ZSTD);
    match body.parts() {
        0 => document.append(cstr!("b"), binary(&body.bytes)),
        parts => document.append(cstr!("n"), i32::try_from(parts).unwrap_or(i32::MAX)),
    }
    document.append(cstr!("l"), i32::try_from(body.len).unwrap_or(i32::MAX));
    document.append(cstr!("p"), i32::try_from(body.splice.at).unwrap_or(i32::MAX));
    document.append(cstr!("m"), i32::from(body.splice.meta.code()));
    document.append(cstr!("c"), checksum(&head.key, head.version, head.us, &body.bytes));
    document
}

fn orders(keys: &Keys) -> RawDocumentBuf {
    let mut orders = RawDocumentBuf::new();
    for (number, least, greatest) in &keys.orders {
        let Ok(name) = CString::try_from(format!("p{number}")) else { continue };
        if least == greatest {
            orders.append(&name, text(least));
        } else {
            let mut both = RawArrayBuf::new();
            both.push(text(least));
            both.push(text(greatest));
            orders.append(&name, both);
        }
    }
    orders
}

/// The document of a version that is replaced at this instant, from that of the current version.
pub(super) fn older(current: &RawDocument, replaced_us: i64) -> Result<RawDocumentBuf, StoreError> {
    let head = head(current)?;
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), version_id(&head.key, head.version));
    for element in current {
        let (name, value) = element.map_err(|_| fault::damaged("a document"))?;
        if !matches!(name.as_str(), "_id" | "o" | "k" | "e" | "x") {
            document.append(name, value);
        }
    }
    document.append(cstr!("r"), replaced_us);
    Ok(document)
}

/// Reads what is said of a version.
pub(super) fn head(document: &RawDocument) -> Result<Head, StoreError> {
    let read = || {
        Some(Head {
            key: Key::new(document.get_str("type").ok()?, document.get_str("id").ok()?),
            version: u64::try_from(document.get_i64("version").ok()?).ok()?,
            us: document.get_i64("us").ok()?,
            verb: Verb::of_code(small(document, "verb")?)?,
            sequence: document.get_i64("s").ok()?,
            order: document.get_i64("o").unwrap_or_default(),
        })
    };
    read().ok_or_else(|| {
        let id = document.get_str("_id").unwrap_or("?");
        fault::damaged(&format!("the document {id} says not what version it is"))
    })
}

/// All index entries of a current version.
pub(super) fn entries(document: &RawDocument) -> Result<&[u8], StoreError> {
    document.get_binary("e").map(|binary| binary.bytes).map_err(|_| {
        let id = document.get_str("_id").unwrap_or("?");
        fault::damaged(&format!("the document {id} has no index entries"))
    })
}

/// The sequence number of a body that stands in this many documents of `parts`; `None` when it
/// stands in its own, or there is none.
pub(super) fn parts(document: &RawDocument) -> Option<(i64, usize)> {
    let count = usize::try_from(document.get_i32("n").ok()?).ok()?;
    Some((document.get_i64("s").ok()?, count))
}

/// The whole version; `joined` is its packed body where that stands in `parts`.
pub(super) fn version(
    document: &RawDocument,
    joined: Option<&[u8]>,
) -> Result<Version, StoreError> {
    let head = head(document)?;
    let body = if head.verb == Verb::Delete {
        Some(bytes::Bytes::new())
    } else {
        let own = document.get_binary("b").ok().map(|binary| binary.bytes);
        joined.or(own).and_then(|packed| body(document, &head, packed))
    };
    let body = body.ok_or_else(|| {
        fault::damaged(&format!("the body of {}, version {}, is damaged", head.key, head.version))
    })?;
    let Head { key, version, us, verb, .. } = head;
    Ok(Version { key, version, last_updated_us: us, verb, body })
}

fn body(document: &RawDocument, head: &Head, packed: &[u8]) -> Option<bytes::Bytes> {
    let number = |name: &str| usize::try_from(document.get_i32(name).ok()?).ok();
    let is_whole =
        document.get_i64("c").ok()? == checksum(&head.key, head.version, head.us, packed);
    if !is_whole || document.get_i32("z").ok()? != ZSTD {
        return None;
    }
    let (len, at) = (number("l")?, number("p")?);
    let mut text = Vec::with_capacity(len + STAMP_MAX);
    let mut decoder = zstd::bulk::Decompressor::new().ok()?;
    decoder.decompress_to_buffer(packed, &mut text).ok()?;
    let meta = Meta::of_code(small(document, "m")?)?;
    (text.len() == len).then(|| stamped(text, Splice { at, meta }, head.version, head.us))?
}

fn checksum(key: &Key, version: u64, us: i64, packed: &[u8]) -> i64 {
    let mut hash = Xxh3::new();
    hash.update(key.resource.as_bytes());
    hash.update(b"/");
    hash.update(key.id.as_bytes());
    hash.update(&version.to_be_bytes());
    hash.update(&us.to_be_bytes());
    hash.update(packed);
    hash.digest() as i64
}

/// A binary value.
pub(super) fn binary(bytes: &[u8]) -> RawBinaryRef<'_> {
    RawBinaryRef { subtype: BinarySubtype::Generic, bytes }
}

/// A number that a member of a document holds as an int.
fn small(document: &RawDocument, name: &str) -> Option<u8> {
    u8::try_from(document.get_i32(name).ok()?).ok()
}

/// The type and id of an `_id`.
pub(super) fn key_of(id: &str) -> Option<Key> {
    let (resource, id) = id.split_once('/')?;
    Some(Key::new(Arc::<str>::from(resource), Arc::<str>::from(id)))
}
