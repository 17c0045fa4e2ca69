//! Compression of bodies: zstd, with a dictionary per resource type once there is one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use fjall::Keyspace;
use xxhash_rust::xxh3::xxh3_64;
use zstd::zstd_safe::{CCtx, CDict, DCtx, DDict, compress_bound, get_error_name};

use super::fault;
use super::keys::{NAME_DICTIONARY, dictionary};
use crate::StoreError;
use crate::index::cursor::Cursor;

const LEVEL: i32 = 3;
/// Greatest length of a dictionary in bytes.
const DICTIONARY_MAX: usize = 32 * 1024;

thread_local! {
    static COMPRESSOR: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static DECOMPRESSOR: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

/// The dictionaries of a tenant, prepared; they are never removed.
#[derive(Default)]
pub(super) struct Dictionaries {
    table: ArcSwap<Table>,
}

#[derive(Default, Clone)]
struct Table {
    by_type: HashMap<u16, u32>,
    by_id: HashMap<u32, Arc<Dictionary>>,
}

struct Dictionary {
    compress: CDict<'static>,
    decompress: DDict<'static>,
}

impl Dictionaries {
    /// Reads all dictionaries.
    pub(super) fn load(key_space: &Keyspace) -> Result<Self, StoreError> {
        let mut table = Table::default();
        for guard in key_space.prefix([NAME_DICTIONARY]) {
            let (key, value) = guard.into_inner().map_err(|e| fault::reading("facts", &e))?;
            add(&mut table, &key, &value)
                .ok_or_else(|| fault::damaged("facts", "a dictionary is damaged"))?;
        }
        Ok(Self { table: ArcSwap::from_pointee(table) })
    }

    /// Is there a dictionary for the type?
    pub(super) fn has(&self, type_id: u16) -> bool {
        self.table.load().by_type.contains_key(&type_id)
    }

    /// Compresses a body; gives the dictionary's number too, 0 for none.
    pub(super) fn compress(&self, type_id: u16, body: &[u8]) -> Result<(u32, Vec<u8>), StoreError> {
        let table = self.table.load();
        let id = table.by_type.get(&type_id).copied();
        let mut out = Vec::with_capacity(compress_bound(body.len()));
        let done =
            COMPRESSOR.with_borrow_mut(|context| match id.and_then(|id| table.by_id.get(&id)) {
                Some(found) => context.compress_using_cdict(&mut out, body, &found.compress),
                None => context.compress(&mut out, body, LEVEL),
            });
        done.map_err(|code| StoreError::Fault(format!("zstd: {}", get_error_name(code))))?;
        Ok((id.unwrap_or(0), out))
    }

    /// The body of `len` bytes, with room for `room` more.
    pub(super) fn decompress(
        &self,
        id: u32,
        compressed: &[u8],
        len: usize,
        room: usize,
    ) -> Option<Vec<u8>> {
        let table = self.table.load();
        let mut out = Vec::with_capacity(len + room);
        let found = if id == 0 { None } else { Some(table.by_id.get(&id)?) };
        DECOMPRESSOR
            .with_borrow_mut(|context| match found {
                Some(found) => {
                    context.decompress_using_ddict(&mut out, compressed, &found.decompress)
                }
                None => context.decompress(&mut out, compressed),
            })
            .ok()?;
        (out.len() == len).then_some(out)
    }

    /// Makes a dictionary from bodies of a type, keeps it and uses it from now on. Bodies that are
    /// no ground for one leave things as they are.
    pub(super) fn train(
        &self,
        key_space: &Keyspace,
        type_id: u16,
        bodies: &[Vec<u8>],
    ) -> Result<(), StoreError> {
        let bytes: usize = bodies.iter().map(Vec::len).sum();
        // Ten times its length is the least ground that zstd recommends.
        let len_max = DICTIONARY_MAX.min(bytes / 10);
        let Ok(bytes) = zstd::dict::from_samples(bodies, len_max) else { return Ok(()) };
        let mut table = Table::clone(&self.table.load());
        let id = table.by_id.keys().max().map_or(1, |id| id + 1);
        let key = dictionary(id);
        let mut value = type_id.to_be_bytes().to_vec();
        value.extend_from_slice(&xxh3_64(&bytes).to_be_bytes());
        value.extend_from_slice(&bytes);
        key_space
            .insert(key, value.as_slice())
            .map_err(|error| fault::writing(key_space.path(), &error))?;
        // The journal keeps the order: no body that needs the dictionary is durable before it.
        if add(&mut table, &key, &value).is_some() {
            self.table.store(Arc::new(table));
        }
        Ok(())
    }
}

fn add(table: &mut Table, key: &[u8], value: &[u8]) -> Option<()> {
    let id = Cursor(key.get(1..)?).u32()?;
    let mut cursor = Cursor(value);
    let type_id = cursor.u16()?;
    if cursor.u64()? != xxh3_64(cursor.0) {
        return None;
    }
    let dictionary = Dictionary {
        compress: CDict::try_create(cursor.0, LEVEL)?,
        decompress: DDict::try_create(cursor.0)?,
    };
    table.by_type.insert(type_id, id);
    table.by_id.insert(id, Arc::new(dictionary));
    Some(())
}
