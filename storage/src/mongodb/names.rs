//! Numbers that stand for parameters in stems. They are given once and kept by the database, so all
//! processes agree; each remembers those that it has met.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::{Collection, Database};

use fhir::search::Param;

use super::documents::NAMES;
use super::fault;
use crate::StoreError;

/// How often a number is looked for that no one else has taken in the meantime.
const TRIES: usize = 100;

/// The numbers of a tenant; they only become more.
pub(super) struct Names {
    documents: Collection<Document>,
    /// Greatest time until an answer.
    time: Duration,
    known: RwLock<HashMap<Param, Name>>,
}

#[derive(Debug, Clone, Copy)]
struct Name {
    number: u16,
    is_reference: bool,
}

impl Names {
    /// Reads all that there are.
    pub(super) async fn load(database: &Database, time: Duration) -> Result<Self, StoreError> {
        let names = Self {
            documents: database.collection(NAMES),
            time,
            known: RwLock::new(HashMap::new()),
        };
        names.read(doc! {}).await?;
        Ok(names)
    }

    /// The number of a parameter, if this process has met it.
    pub(super) fn known(&self, param: &Param) -> Option<u16> {
        self.name(param).map(|name| name.number)
    }

    fn name(&self, param: &Param) -> Option<Name> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(param).copied()
    }

    /// The number of a parameter, if it was ever written by anyone.
    pub(super) async fn find(&self, param: &Param) -> Result<Option<u16>, StoreError> {
        if let Some(number) = self.known(param) {
            return Ok(Some(number));
        }
        self.read(doc! { "_id": id(param) }).await?;
        Ok(self.known(param))
    }

    /// The numbers of all parameters that hold references.
    pub(super) async fn references(&self) -> Result<Vec<u16>, StoreError> {
        self.read(doc! { "r": true }).await?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Ok(known.values().filter(|name| name.is_reference).map(|name| name.number).collect())
    }

    /// Sees to it that these parameters have numbers; each is told whether it holds references.
    pub(super) async fn give(&self, wanted: &[(Param, bool)]) -> Result<(), StoreError> {
        for (param, is_reference) in wanted {
            let is_known =
                |name: Option<Name>| name.is_some_and(|name| name.is_reference || !is_reference);
            if is_known(self.name(param)) {
                continue;
            }
            self.read(doc! { "_id": id(param) }).await?;
            if self.name(param).is_none() {
                self.add(param, *is_reference).await?;
            }
            if !is_known(self.name(param)) {
                let update = doc! { "$set": { "r": true } };
                let updated = self.documents.update_one(doc! { "_id": id(param) }, update);
                let updated = fault::in_time(self.time, updated.into_future()).await;
                updated.map_err(|error| fault::of(&error))?;
                self.read(doc! { "_id": id(param) }).await?;
            }
        }
        Ok(())
    }

    async fn add(&self, param: &Param, is_reference: bool) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let last = self.documents.find_one(doc! {}).sort(doc! { "n": -1 });
            let last = fault::in_time(self.time, last.into_future()).await;
            let last = last.map_err(|error| fault::of(&error))?;
            let next = last.map_or(Some(0), |last| last.get_i32("n").ok().map(|n| n + 1));
            let next = next.filter(|next| u16::try_from(*next).is_ok());
            let next = next.ok_or_else(|| StoreError::Fault("no number is left".to_owned()))?;
            let name = doc! { "_id": id(param), "n": next, "r": is_reference };
            match fault::in_time(self.time, self.documents.insert_one(name).into_future()).await {
                Ok(_) => return self.read(doc! { "_id": id(param) }).await,
                // Another process took the number, or gave the parameter one.
                Err(error) if fault::is_duplicate(&error) => {
                    self.read(doc! { "_id": id(param) }).await?;
                    if self.name(param).is_some() {
                        return Ok(());
                    }
                }
                Err(error) => return Err(fault::of(&error)),
            }
        }
        Err(StoreError::Busy)
    }

    async fn read(&self, filter: Document) -> Result<(), StoreError> {
        let found = fault::in_time(self.time, self.documents.find(filter).into_future()).await;
        let mut cursor = found.map_err(|error| fault::of(&error))?;
        while fault::in_time(self.time, cursor.advance())
            .await
            .map_err(|error| fault::of(&error))?
        {
            let name = cursor.deserialize_current().map_err(|error| fault::of(&error))?;
            let (param, name) = parsed(&name).ok_or_else(|| fault::damaged("a name"))?;
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(param, name);
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
