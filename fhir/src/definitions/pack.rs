//! The pack: facts in one file, compressed in parts that are opened when they are asked for.
//!
//! | at | what |
//! |---|---|
//! | 0 | magic, 8 bytes |
//! | 8 | format, `u32` little-endian |
//! | 12 | length of the header, `u32` little-endian |
//! | 16 | XXH3 of header and body, `u64` little-endian |
//! | 24 | header, postcard: [`Source`], then where each part lies in the body |
//! | … | body: frames of zstd, each of postcard |
//!
//! A value set or a code system is read alone: a [`Shelf`] has an index by URL, and its items lie
//! in blocks of about 64 KiB, so that small ones compress together.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::compile::Source;
use super::{
    CodeSystem, Compartment, ConceptMap, Derivation, Facts, Operation, SearchParameter, Structure,
    ValueSet,
};

const MAGIC: [u8; 8] = *b"FhirPack";
const FORMAT: u32 = 1;
const PRELUDE: usize = 24;
const BLOCK_BYTES: usize = 64 << 10;
/// For a pack that is kept.
const LEVEL_KEPT: i32 = 19;
/// For a pack that lives as long as the process.
const LEVEL_PASSING: i32 = 1;

/// Why bytes are no pack that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Something else.
    #[error("no pack of FHIR definitions: it does not begin with \"FhirPack\"")]
    Magic,
    /// A pack of another format.
    #[error("pack format {found}; this version reads format {FORMAT}: compile the pack again")]
    Format {
        /// Its format.
        found: u32,
    },
    /// The end is missing.
    #[error("the pack is cut off: {found} bytes of {needed}")]
    Truncated {
        /// Its bytes.
        found: usize,
        /// The bytes that it must have at least.
        needed: usize,
    },
    /// It was changed.
    #[error("the pack is damaged: its checksum does not fit its content")]
    Checksum,
    /// Its header is none, although the checksum fits.
    #[error("the pack's header cannot be read: {0}")]
    Header(String),
}

/// A frame in the body.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Frame {
    offset: usize,
    length: usize,
    /// Length of what it holds, decompressed.
    raw: usize,
}

/// Items that are read one by one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shelf {
    index: Frame,
    blocks: Vec<Frame>,
}

/// Where an item lies on its shelf.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Canonical URL.
    pub(super) url: String,
    block: u32,
    start: u32,
    length: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    source: Source,
    body: usize,
    types: Frame,
    profiles: Frame,
    search: Frame,
    concept_maps: Frame,
    value_sets: Shelf,
    code_systems: Shelf,
}

/// What a search frame holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SearchPart {
    pub(super) parameters: Vec<SearchParameter>,
    pub(super) compartments: Vec<Compartment>,
    pub(super) operations: Vec<Operation>,
}

/// The facts as a pack for a file; the same facts give the same bytes.
#[must_use]
pub fn encode(facts: &Facts, source: &Source) -> Vec<u8> {
    Writer { body: Vec::new(), level: LEVEL_KEPT }.pack(facts, source)
}

/// The facts as a pack that is made quickly.
pub(super) fn encode_quickly(facts: &Facts, source: &Source) -> Vec<u8> {
    Writer { body: Vec::new(), level: LEVEL_PASSING }.pack(facts, source)
}

struct Writer {
    body: Vec<u8>,
    level: i32,
}

impl Writer {
    fn pack(mut self, facts: &Facts, source: &Source) -> Vec<u8> {
        let (profiles, types): (Vec<&Structure>, Vec<&Structure>) =
            facts.structures.iter().partition(|one| one.derivation == Some(Derivation::Constraint));
        let search = (&facts.search_parameters, &facts.compartments, &facts.operations);
        let header = Header {
            source: source.clone(),
            types: self.part(&types),
            profiles: self.part(&profiles),
            search: self.part(&search),
            concept_maps: self.part(&facts.concept_maps),
            value_sets: self.shelf(&facts.value_sets, |one: &ValueSet| &one.url),
            code_systems: self.shelf(&facts.code_systems, |one: &CodeSystem| &one.url),
            body: self.body.len(),
        };
        let header = to_bytes(&header);
        let header_length = u32::try_from(header.len()).expect("a header is some kilobytes");
        let mut pack = Vec::with_capacity(PRELUDE + header.len() + self.body.len());
        pack.extend(MAGIC);
        pack.extend(FORMAT.to_le_bytes());
        pack.extend(header_length.to_le_bytes());
        pack.extend([0; 8]);
        pack.extend(header);
        pack.extend(self.body);
        let checksum = xxh3_64(&pack[PRELUDE..]);
        pack[PRELUDE - 8..PRELUDE].copy_from_slice(&checksum.to_le_bytes());
        pack
    }

    fn part<T: Serialize>(&mut self, value: &T) -> Frame {
        self.frame(&to_bytes(value))
    }

    fn frame(&mut self, raw: &[u8]) -> Frame {
        let frame = zstd::bulk::compress(raw, self.level)
            .expect("zstd compresses any bytes into a buffer that it sizes itself");
        let offset = self.body.len();
        self.body.extend(&frame);
        Frame { offset, length: frame.len(), raw: raw.len() }
    }

    fn shelf<T: Serialize>(&mut self, items: &[T], url: fn(&T) -> &String) -> Shelf {
        let (mut index, mut blocks) = (Vec::new(), Vec::new());
        let mut block = Vec::new();
        for item in items {
            if block.len() >= BLOCK_BYTES {
                blocks.push(self.frame(&block));
                block.clear();
            }
            let bytes = to_bytes(item);
            let small = |size: usize| u32::try_from(size).expect("a block is far under 4 GiB");
            index.push(Entry {
                url: url(item).clone(),
                block: small(blocks.len()),
                start: small(block.len()),
                length: small(bytes.len()),
            });
            block.extend(bytes);
        }
        blocks.push(self.frame(&block));
        Shelf { index: self.part(&index), blocks }
    }
}

fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("facts are plain data of known length")
}

/// An opened pack. Its checksum was verified, so its parts are what the encoder wrote.
#[derive(Debug)]
pub(super) struct Pack {
    bytes: Cow<'static, [u8]>,
    body: usize,
    header: Header,
}

impl Pack {
    pub(super) fn open(bytes: Cow<'static, [u8]>) -> Result<Self, PackError> {
        let whole = |needed| {
            let found = bytes.len();
            if found < needed { Err(PackError::Truncated { found, needed }) } else { Ok(()) }
        };
        if !bytes.starts_with(&MAGIC[..bytes.len().min(MAGIC.len())]) || bytes.is_empty() {
            return Err(PackError::Magic);
        }
        whole(PRELUDE)?;
        let found = u32_at(&bytes, 8);
        if found != FORMAT {
            return Err(PackError::Format { found });
        }
        let body = PRELUDE + u32_at(&bytes, 12) as usize;
        whole(body)?;
        let header: Result<Header, _> = postcard::from_bytes(&bytes[PRELUDE..body]);
        if let Ok(header) = &header {
            whole(body.saturating_add(header.body))?;
        }
        let checksum = u64::from_le_bytes(array(&bytes[16..PRELUDE]));
        if xxh3_64(&bytes[PRELUDE..]) != checksum {
            return Err(PackError::Checksum);
        }
        let header = header.map_err(|error| PackError::Header(error.to_string()))?;
        Ok(Self { body, header, bytes })
    }

    pub(super) fn source(&self) -> &Source {
        &self.header.source
    }

    pub(super) fn types(&self) -> Vec<Structure> {
        self.part(self.header.types)
    }

    pub(super) fn profiles(&self) -> Vec<Structure> {
        self.part(self.header.profiles)
    }

    pub(super) fn search(&self) -> SearchPart {
        self.part(self.header.search)
    }

    pub(super) fn concept_maps(&self) -> Vec<ConceptMap> {
        self.part(self.header.concept_maps)
    }

    pub(super) fn value_sets(&self) -> &Shelf {
        &self.header.value_sets
    }

    pub(super) fn code_systems(&self) -> &Shelf {
        &self.header.code_systems
    }

    pub(super) fn index(&self, shelf: &Shelf) -> Vec<Entry> {
        self.part(shelf.index)
    }

    pub(super) fn item<T: DeserializeOwned>(&self, shelf: &Shelf, entry: &Entry) -> T {
        let block = self.raw(shelf.blocks[entry.block as usize]);
        let start = entry.start as usize;
        from_bytes(&block[start..start + entry.length as usize])
    }

    fn part<T: DeserializeOwned>(&self, frame: Frame) -> T {
        from_bytes(&self.raw(frame))
    }

    fn raw(&self, frame: Frame) -> Vec<u8> {
        let start = self.body + frame.offset;
        zstd::bulk::decompress(&self.bytes[start..start + frame.length], frame.raw)
            .expect("the checksum says that this is the frame that was written")
    }
}

fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> T {
    postcard::from_bytes(bytes).expect("the checksum says that this is what was written")
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array(&bytes[at..at + 4]))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().expect("the caller cuts N bytes")
}
