//! Proving a store: every checksum, every version, entries and index both ways, counters.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use fjall::{Keyspace, Readable};

use super::apply::stems_of;
use super::keys::{self, DOCID, docid_at_end};
use super::view::{View, decoded};
use super::{change, counts, fault};
use crate::index::cursor::Cursor;
use crate::{CheckReport, Key, StoreError};

/// Problems that are told one by one; beyond they are counted only.
const TOLD_MAX: usize = 100;

/// How often progress is told, in resources.
const STEP: u64 = 1_000;

/// Bytes that a folder takes on the disk.
pub(super) fn disk_bytes(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            // The engine drops files while they are counted.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            metadata => metadata?,
        };
        bytes += match metadata.is_dir() {
            true => disk_bytes(&entry.path())?,
            false => metadata.blocks() * 512,
        };
    }
    Ok(bytes)
}

struct Check<'a> {
    view: &'a View,
    report: CheckReport,
    /// What the counters should say.
    counters: HashMap<u16, (u64, u64)>,
}

/// Reads all of a store. `progress` is called with the number of resources read so far.
pub(super) fn check(view: &View, progress: &mut dyn FnMut(u64)) -> Result<CheckReport, StoreError> {
    let report = CheckReport::default();
    let mut check = Check { view, report, counters: HashMap::new() };
    check.resources(progress)?;
    check.history()?;
    check.index()?;
    check.changes()?;
    check.counters()?;
    progress(check.report.resources);
    Ok(check.report)
}

impl Check<'_> {
    fn problem(&mut self, text: impl FnOnce() -> String) {
        self.report.problem_count += 1;
        if self.report.problems.len() < TOLD_MAX {
            self.report.problems.push(text());
        }
    }

    /// Calls `visit` with all of a key space whose keys start so; what the engine cannot read is a
    /// problem.
    fn each(
        &mut self,
        space: &Keyspace,
        prefix: &[u8],
        mut visit: impl FnMut(&mut Self, &[u8], fjall::Slice) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for guard in self.view.snapshot.prefix(space, prefix) {
            match guard.into_inner() {
                Ok((key, value)) => visit(self, &key, value)?,
                Err(error) => {
                    self.problem(|| fault::reading(space.name(), &error).to_string());
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Each logical id: its current version, its entries, the index keys of these, its membership.
    fn resources(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let engine = self.view.engine.clone();
        self.each(&engine.facts, &[keys::RESOURCE], |check, key, value| {
            let parts = Cursor(&key[1..]).u16().zip(Cursor(&value).u32());
            let id = key.get(3..).and_then(|id| std::str::from_utf8(id).ok());
            let (Some((type_id, docid)), Some(id)) = (parts, id) else {
                check.problem(|| "key space `facts`: an id is not readable".to_owned());
                return Ok(());
            };
            let resource = engine.names.type_name(type_id).unwrap_or_else(|| "?".into());
            let key = Key::new(resource, id);
            if let Err(error) = check.resource(type_id, docid, &key) {
                check.problem(|| format!("{key}: {error}"));
            }
            check.report.resources += 1;
            if check.report.resources.is_multiple_of(STEP) {
                progress(check.report.resources);
            }
            Ok(())
        })
    }

    fn resource(&mut self, type_id: u16, docid: u32, key: &Key) -> Result<(), StoreError> {
        let engine = &self.view.engine;
        let gone = || fault::damaged("versions", "there is no current version");
        let record = self.view.current(docid)?.ok_or_else(gone)?;
        self.view.version(&record, key.clone())?;
        self.report.versions += 1;
        let counter = self.counters.entry(type_id).or_default();
        counter.1 += record.version;
        let is_member = self.view.get(&engine.facts, keys::member(type_id, docid))?.is_some();
        if is_member == record.is_deleted() {
            self.problem(|| format!("{key}: its membership does not fit its version"));
        }
        for version in 1..record.version {
            if self.view.get(&engine.versions, keys::history(docid, version))?.is_none() {
                self.problem(|| format!("{key}: version {version} is gone"));
            }
        }
        if record.is_deleted() {
            return Ok(());
        }
        self.counters.entry(type_id).or_default().0 += 1;
        let blob = self.view.entries(docid)?;
        let damaged = || fault::damaged("entries", "they are not readable");
        for mut stem in stems_of(&engine.names, &blob).ok_or_else(damaged)? {
            stem.extend_from_slice(&keys::docid(docid));
            self.report.index_keys += 1;
            if self.view.get(&engine.index, &stem)?.is_none() {
                self.problem(|| format!("{key}: an entry has no key in `index`"));
            }
        }
        Ok(())
    }

    fn history(&mut self) -> Result<(), StoreError> {
        let engine = self.view.engine.clone();
        self.each(&engine.versions, &[], |check, key, value| {
            // A current one was read with its resource.
            if key.len() == DOCID {
                return Ok(());
            }
            let docid = Cursor(key).u32().unwrap_or_default();
            let record = match decoded(&engine.versions, docid, value) {
                Ok(record) => record,
                Err(error) => {
                    check.problem(|| error.to_string());
                    return Ok(());
                }
            };
            check.report.versions += 1;
            let is_readable =
                record.is_deleted() || record.unstamped(&engine.dictionaries).is_some();
            if !is_readable {
                let version = record.version;
                check.problem(|| format!("the body of {}, version {version}: damaged", record.id));
            }
            Ok(())
        })
    }

    /// As many keys as the entries lead to: with each entry's key there, none is left over. And of
    /// each stem as many as are counted.
    fn index(&mut self) -> Result<(), StoreError> {
        let engine = self.view.engine.clone();
        let (mut keys, mut stems, mut of_stem) = (0_u64, 0_u64, 0_u64);
        let mut stem = Vec::new();
        self.each(&engine.index, &[], |check, key, _| {
            let head = &key[..key.len().saturating_sub(DOCID)];
            if head != stem {
                stems += u64::from(check.count(&stem, of_stem)?);
                of_stem = 0;
                head.clone_into(&mut stem);
            }
            keys += 1;
            of_stem += 1;
            Ok(())
        })?;
        stems += u64::from(self.count(&stem, of_stem)?);
        self.each(&engine.facts, &[keys::COUNT], |_, _, _| {
            stems = stems.wrapping_sub(1);
            Ok(())
        })?;
        if stems != 0 {
            self.problem(|| "key space `facts`: a count of what is not there".to_owned());
        }
        if keys != self.report.index_keys {
            self.left_over()?;
        }
        Ok(())
    }

    /// Is a stem that so many keys have counted at all? If so, it is a problem when the count is
    /// another one.
    fn count(&mut self, stem: &[u8], keys: u64) -> Result<bool, StoreError> {
        let names = &self.view.engine.names;
        if !counts::is_kept(names, stem) {
            return Ok(false);
        }
        let found = counts::read(self.view, stem)?;
        if found != keys {
            let params = names.params();
            let param = params.get(usize::from(u16::from_be_bytes([stem[0], stem[1]])));
            let name = param.map_or("?".to_owned(), |one| format!("{}.{}", one.resource, one.code));
            self.problem(|| format!("{name}: {found} are counted of a value that {keys} have"));
        }
        Ok(found > 0)
    }

    fn left_over(&mut self) -> Result<(), StoreError> {
        let engine = self.view.engine.clone();
        self.each(&engine.index, &[], |check, key, _| {
            let docid = docid_at_end(key);
            let stem = &key[..key.len().saturating_sub(DOCID)];
            let entries = check.view.get(&engine.entries, keys::docid(docid))?;
            let stems = entries.and_then(|blob| stems_of(&engine.names, &blob)).unwrap_or_default();
            if !stems.iter().any(|own| own == stem) {
                check.problem(|| format!("key space `index`: a key of docid {docid} is left over"));
            }
            Ok(())
        })
    }

    fn changes(&mut self) -> Result<(), StoreError> {
        let engine = self.view.engine.clone();
        // Of the tenant, and of each type.
        for scope in 0..=1 {
            self.each(&engine.facts, &[scope], |check, _, value| {
                if change::decode(&value).is_none() {
                    check.problem(|| "key space `facts`: a change is not readable".to_owned());
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn counters(&mut self) -> Result<(), StoreError> {
        for (type_id, expected) in self.counters.clone() {
            let found = self.view.counter(type_id)?;
            if found != expected {
                let name = self.view.engine.names.type_name(type_id).unwrap_or_default();
                self.problem(|| {
                    format!("{name}: the counters say {found:?}, counted were {expected:?}")
                });
            }
        }
        Ok(())
    }
}
