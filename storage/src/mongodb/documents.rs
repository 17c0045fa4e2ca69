//! What stands in the database of a tenant: all collections, documents and indexes, in one table.
//!
//! A tenant's database is named by a prefix of the operator's and the tenant's name. Members with
//! long names are there for whoever looks in by hand; the others are ours alone.
//!
//! | collection | `_id` | member | |
//! |---|---|---|---|
//! | `resources` | `Type/id` | | the current version of each resource, a deletion included |
//! | | | `type`, `id` | strings |
//! | | | `version` | long |
//! | | | `lastUpdated` | date, to the millisecond |
//! | | | `us` | long: the same instant in microseconds |
//! | | | `verb` | int: 0 create, 1 update, 2 delete, 3 revive |
//! | | | `s` | long: sequence number of the version, see `sequence.rs` |
//! | | | `o` | long: sequence number of the version that it came with, or came back with after a deletion: the order of pages |
//! | | | `k` | array of strings: the stems of its keys, see `keys.rs` and `text.rs`; none for a deletion |
//! | | | `e` | binary: all index entries, whole, see `index/blob.rs`; none for a deletion |
//! | | | `x` | document: of each parameter that has something to sort by, `p` and its number, the sort key, or the least and the greatest in an array |
//! | | | `z` | int: how the body is packed; 0 nothing (a deletion), 1 zstd |
//! | | | `b` | binary: the body without its stamp, packed; missing when it stands in `parts` |
//! | | | `n` | int: number of documents in `parts`; missing when it is none |
//! | | | `l`, `p`, `m` | int, int, int: length of the body, place of the stamp, what stands there |
//! | | | `c` | long: checksum of body, type, id, version, instant |
//! | `versions` | `Type/id/` version, 16 hex digits | | older versions: as above without `o`, `k`, `e`, `x`; `r`, long: when it was replaced, in microseconds |
//! | `parts` | sequence number `/` number | `b` | a piece of a packed body that is too long for one document |
//! | `names` | name of a parameter: `Patient.name` | `n`, `r` | int: its number in stems; bool: it holds references |
//! | `guards` | hash of a condition | `u` | date: two transactions that ask the same do not pass each other; old ones go by themselves |
//! | `facts` | `layout` | `n` | int: the version of all that stands here |
//! | | `secret` | `b` | binary: 32 random bytes, made once |
//! | | `node` | `n` | int: processes that have opened the tenant |
//!
//! | collection | index | for |
//! |---|---|---|
//! | `resources` | `k`, `o` | every search; counts without a look at documents |
//! | | `s` | history of the tenant |
//! | | `type`, `s` | history of a type |
//! | `versions` | `s` | history of the tenant |
//! | | `type`, `s` | history of a type |
//! | `names` | `n`, unique | no number twice |
//! | `guards` | `u`, one hour | |

/// The version of the layout that this code reads and writes.
pub(super) const LAYOUT: i32 = 2;

pub(super) const RESOURCES: &str = "resources";
pub(super) const VERSIONS: &str = "versions";
pub(super) const PARTS: &str = "parts";
pub(super) const NAMES: &str = "names";
pub(super) const GUARDS: &str = "guards";
pub(super) const FACTS: &str = "facts";

/// All collections: they are made with the tenant, for none can be made within a transaction.
pub(super) const COLLECTIONS: [&str; 6] = [RESOURCES, VERSIONS, PARTS, NAMES, GUARDS, FACTS];

/// An index: collection, name, members in order.
pub(super) struct Index {
    pub(super) collection: &'static str,
    pub(super) name: &'static str,
    pub(super) members: &'static [&'static str],
    pub(super) is_unique: bool,
    /// Documents go this many seconds after the instant in the first member.
    pub(super) expires_s: Option<i32>,
}

/// The index that searches read.
pub(super) const BY_KEY: &str = "k_o";

pub(super) const INDEXES: [Index; 7] = [
    plain(RESOURCES, BY_KEY, &["k", "o"]),
    plain(RESOURCES, "s", &["s"]),
    plain(RESOURCES, "type_s", &["type", "s"]),
    plain(VERSIONS, "s", &["s"]),
    plain(VERSIONS, "type_s", &["type", "s"]),
    Index { collection: NAMES, name: "n", members: &["n"], is_unique: true, expires_s: None },
    Index {
        collection: GUARDS,
        name: "u",
        members: &["u"],
        is_unique: false,
        expires_s: Some(3600),
    },
];

const fn plain(
    collection: &'static str,
    name: &'static str,
    members: &'static [&'static str],
) -> Index {
    Index { collection, name, members, is_unique: false, expires_s: None }
}
