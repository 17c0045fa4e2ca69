//! The keys of the embedded backend: all of them, in one table.
//!
//! Integers are big-endian, so that keys sort by number. `docid` (u32) is given once to each
//! logical id of a tenant, rising, and never again: not even when the resource is deleted and comes
//! back.
//!
//! | key space | key | value |
//! |---|---|---|
//! | `facts` | `layout` | u32: the version of all that stands here |
//! | | `secret` | 32 random bytes, made once |
//! | | `t` type (u16) | name of the resource type |
//! | | `p` param (u16) | type (u16), code of the search parameter |
//! | | `r` param (u16) | empty: the parameter holds references |
//! | | `d` dictionary (u32) | type (u16), checksum (u64), zstd dictionary |
//! | | `c` type (u16) | current resources (u64), versions (u64) |
//! | | `i` type (u16), id | docid |
//! | | `m` type (u16), docid | empty: what is current and not deleted |
//! | | `n` stem of an index key | how many current resources have it (varint): see `counts.rs` |
//! | | 0, sequence (u64) | what was done: see `change.rs` |
//! | | 1, type (u16), sequence (u64) | the same |
//! | `versions` | docid | the current version, a deletion included: see `record.rs` |
//! | | docid, !version (u64) | older versions, newest first |
//! | `entries` | docid | all index entries of the current version: see `blob.rs` |
//! | `index` | param (u16), family (u8), value, docid | empty: see `encode.rs` |
//!
//! Four key spaces and no more: each costs a new tenant some 17 `fsync`s.

/// The version of the layout that this code reads and writes.
pub(super) const LAYOUT: u32 = 2;

pub(super) const LAYOUT_KEY: &[u8] = b"layout";
pub(super) const SECRET_KEY: &[u8] = b"secret";

/// What a key in `facts` is about.
pub(super) const NAME_TYPE: u8 = b't';
pub(super) const NAME_PARAM: u8 = b'p';
pub(super) const NAME_REFERENCE: u8 = b'r';
pub(super) const NAME_DICTIONARY: u8 = b'd';
const COUNTER: u8 = b'c';
pub(super) const RESOURCE: u8 = b'i';
const MEMBER: u8 = b'm';
pub(super) const COUNT: u8 = b'n';

/// Length of what every key in `index` ends with.
pub(super) const DOCID: usize = 4;

/// The key of a name.
pub(super) fn name(kind: u8, id: u16) -> [u8; 3] {
    let id = id.to_be_bytes();
    [kind, id[0], id[1]]
}

/// The key of a dictionary.
pub(super) fn dictionary(id: u32) -> [u8; 5] {
    let id = id.to_be_bytes();
    [NAME_DICTIONARY, id[0], id[1], id[2], id[3]]
}

/// The key of a type's counters.
pub(super) fn counter(type_id: u16) -> [u8; 3] {
    name(COUNTER, type_id)
}

/// The key of a logical id.
pub(super) fn resource(type_id: u16, id: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(3 + id.len());
    key.push(RESOURCE);
    key.extend_from_slice(&type_id.to_be_bytes());
    key.extend_from_slice(id.as_bytes());
    key
}

/// The key of a current version, and of its entries.
pub(super) fn docid(docid: u32) -> [u8; 4] {
    docid.to_be_bytes()
}

/// The key of an older version.
pub(super) fn history(docid: u32, version: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&docid.to_be_bytes());
    key[4..].copy_from_slice(&(!version).to_be_bytes());
    key
}

/// The key of a current resource's membership in its type.
pub(super) fn member(type_id: u16, docid: u32) -> [u8; 7] {
    let mut key = [0; 7];
    key[..3].copy_from_slice(&member_prefix(type_id));
    key[3..].copy_from_slice(&docid.to_be_bytes());
    key
}

/// What the keys of a type's members start with.
pub(super) fn member_prefix(type_id: u16) -> [u8; 3] {
    name(MEMBER, type_id)
}

/// The key of the count of a stem.
pub(super) fn count(stem: &[u8]) -> Vec<u8> {
    [&[COUNT], stem].concat()
}

/// The key of a change, of the whole tenant or of a type.
pub(super) fn change(type_id: Option<u16>, sequence: u64) -> Vec<u8> {
    let mut key = change_prefix(type_id);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// What the keys of the changes of the tenant or of a type start with.
pub(super) fn change_prefix(type_id: Option<u16>) -> Vec<u8> {
    match type_id {
        None => vec![0],
        Some(id) => [&[1], id.to_be_bytes().as_slice()].concat(),
    }
}

/// The docid that a key of the index, of a member, a current version or entries ends with.
pub(super) fn docid_at_end(key: &[u8]) -> u32 {
    let start = key.len().saturating_sub(DOCID);
    key[start..].iter().fold(0, |docid, byte| docid << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::{docid_at_end, history, member};

    #[test]
    fn newer_versions_come_first_in_history() {
        assert!(history(7, 2) < history(7, 1));
        assert!(history(7, 1) < history(8, 9));
    }

    #[test]
    fn a_docid_is_read_from_the_end_of_a_key() {
        assert_eq!(docid_at_end(&member(3, 0x0102_0304)), 0x0102_0304);
    }
}
