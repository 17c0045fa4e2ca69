//! Numbers that stand for parameters in stems. They are given once and kept by the database, so all
//! processes agree; each remembers those that it has met.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};

use fhir::search::Param;

use super::documents::NAMES;
use super::fault;
use crate::StoreError;

/// How often numbers are looked for that no one else has taken in the meantime.
const TRIES: usize = 100;

/// The numbers of a tenant. They are given without a gap and never taken back: a process that knows
/// the greatest one knows all up to it.
pub(super) struct Names {
    documents: Collection<Document>,
    /// Greatest time until an answer.
    time: Duration,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    names: HashMap<Param, Name>,
    /// When those were last asked for that had come since.
    asked: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Name {
    number: u16,
    is_reference: bool,
}

/// The numbers as they are at some instant, or later.
#[derive(Clone, Copy)]
pub(super) struct NamesAt<'a> {
    names: &'a Names,
    instant: Instant,
}

impl NamesAt<'_> {
    /// The number of a parameter, if it was ever written by anyone.
    pub(super) async fn find(self, param: &Param) -> Result<Option<u16>, StoreError> {
        let (number, asked) = {
            let known = self.names.known();
            (known.names.get(param).map(|name| name.number), known.asked)
        };
        if number.is_some() || asked.is_some_and(|asked| asked >= self.instant) {
            return Ok(number);
        }
        self.names.read_newer().await?;
        Ok(self.names.number(param))
    }
}

impl Names {
    /// Reads all that there are.
    pub(super) async fn load(database: &Database, time: Duration) -> Result<Self, StoreError> {
        let names = Self { documents: database.collection(NAMES), time, known: RwLock::default() };
        names.read(doc! {}).await?;
        Ok(names)
    }

    /// The names as they are now, or later.
    pub(super) fn now(&self) -> NamesAt<'_> {
        self.at(Instant::now())
    }

    /// The names as they were at an instant, or later: of those that are not known then the database
    /// is asked once.
    pub(super) fn at(&self, instant: Instant) -> NamesAt<'_> {
        NamesAt { names: self, instant }
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of a parameter, if this process has met it.
    pub(super) fn number(&self, param: &Param) -> Option<u16> {
        self.known().names.get(param).map(|name| name.number)
    }

    /// The numbers of all parameters that hold references.
    pub(super) async fn references(&self) -> Result<Vec<u16>, StoreError> {
        self.read(doc! {}).await?;
        let known = self.known();
        Ok(known.names.values().filter(|name| name.is_reference).map(|name| name.number).collect())
    }

    /// All parameters by their numbers.
    pub(super) async fn all(&self) -> Result<HashMap<u16, Param>, StoreError> {
        self.read(doc! {}).await?;
        let known = self.known();
        Ok(known.names.iter().map(|(param, name)| (name.number, param.clone())).collect())
    }

    /// Sees to it that these parameters have numbers; each is told whether it holds references.
    pub(super) async fn give(&self, wanted: &[(Param, bool)]) -> Result<(), StoreError> {
        if !self.lacks(wanted, false) && !self.lacks(wanted, true) {
            return Ok(());
        }
        self.read(doc! {}).await?;
        for _ in 0..TRIES {
            if !self.lacks(wanted, false) {
                return self.mark(wanted).await;
            }
            self.add(wanted).await?;
        }
        Err(StoreError::Busy)
    }

    /// Is there one without a number, or one that holds references and is not marked so?
    fn lacks(&self, wanted: &[(Param, bool)], is_about_references: bool) -> bool {
        let known = self.known();
        wanted.iter().any(|(param, is_reference)| match known.names.get(param) {
            None => !is_about_references,
            Some(name) => is_about_references && *is_reference && !name.is_reference,
        })
    }

    /// Gives the next numbers to those that have none, unless another process takes them first.
    async fn add(&self, wanted: &[(Param, bool)]) -> Result<(), StoreError> {
        let mut added = Vec::new();
        {
            let known = self.known();
            let mut seen = HashSet::new();
            let mut next = i32::try_from(known.names.len()).unwrap_or(i32::MAX);
            for (param, is_reference) in wanted {
                if known.names.contains_key(param) || !seen.insert(param) {
                    continue;
                }
                if u16::try_from(next).is_err() {
                    return Err(StoreError::Fault("no number is left".to_owned()));
                }
                added.push(doc! { "_id": id(param), "n": next, "r": *is_reference });
                next += 1;
            }
        }
        let inserted = self.documents.insert_many(added).into_future();
        match fault::in_time(self.time, inserted).await {
            Err(error) if !fault::is_duplicate(&error) => Err(fault::of(&error)),
            _ => self.read_newer().await,
        }
    }

    /// Marks those that hold references.
    async fn mark(&self, wanted: &[(Param, bool)]) -> Result<(), StoreError> {
        if !self.lacks(wanted, true) {
            return Ok(());
        }
        let marked = wanted.iter().filter(|(_, is_reference)| *is_reference);
        let ids: Vec<String> = marked.map(|(param, _)| id(param)).collect();
        let filter = doc! { "_id": { "$in": ids } };
        let updated = self.documents.update_many(filter.clone(), doc! { "$set": { "r": true } });
        let updated = fault::in_time(self.time, updated.into_future()).await;
        updated.map_err(|error| fault::of(&error))?;
        self.read(filter).await
    }

    /// Reads those that have come since the last time.
    async fn read_newer(&self) -> Result<(), StoreError> {
        let count = self.known().names.len();
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let asked = Instant::now();
        self.read(doc! { "n": { "$gte": count } }).await?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.asked = known.asked.max(Some(asked));
        Ok(())
    }

    async fn read(&self, filter: Document) -> Result<(), StoreError> {
        let found = self.documents.find(filter).sort(doc! { "n": 1 }).into_future();
        let mut cursor =
            fault::in_time(self.time, found).await.map_err(|error| fault::of(&error))?;
        while fault::in_time(self.time, cursor.advance())
            .await
            .map_err(|error| fault::of(&error))?
        {
            let name = cursor.deserialize_current().map_err(|error| fault::of(&error))?;
            let (param, name) = parsed(&name).ok_or_else(|| fault::damaged("a name"))?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.names.insert(param, name);
        }
        Ok(())
    }
}

fn id(param: &Param) -> String {
    format!("{}.{}", param.resource, param.code)
}

fn parsed(document: &Document) -> Option<(Param, Name)> {
    let (resource, code) = document.get_str("_id").ok()?.split_once('.')?;
    let number = u16::try_from(document.get_i32("n").ok()?).ok()?;
    let is_reference = document.get_bool("r").ok()?;
    Some((Param::new(resource, code), Name { number, is_reference }))
}
