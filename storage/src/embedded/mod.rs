//! The embedded backend: a database of its own, in a folder of its own, for each tenant.

mod apply;
mod aside;
mod budget;
mod candidates;
mod change;
mod check;
mod clause;
mod committer;
mod counts;
mod dictionary;
mod engine;
mod estimate;
mod evaluate;
mod fault;
mod groups;
mod history;
mod hot;
mod hot_walk;
mod ids;
mod join;
mod keys;
mod link;
mod lock;
mod merge;
mod names;
mod page;
mod position;
mod preconditions;
mod prepare;
mod range_walk;
mod record;
mod references;
mod scan;
mod settings;
mod shutdown;
mod sort;
mod store;
mod trace;
mod trainer;
mod union;
mod view;
mod walk;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::{StoreError, Tenant};

pub use budget::SearchLimits;
pub use settings::{Clock, EmbeddedSettings};
pub(crate) use store::Store;

/// All tenants of a folder.
pub struct Storage {
    settings: EmbeddedSettings,
    open: Mutex<HashMap<Tenant, Store>>,
}

impl Storage {
    /// Takes a folder, making it when it is missing.
    pub(crate) fn open(settings: &EmbeddedSettings) -> Result<Self, StoreError> {
        let folder = settings.data_dir.join("tenants");
        std::fs::create_dir_all(&folder).map_err(|error| fault::system(&folder, &error))?;
        Ok(Self { settings: settings.clone(), open: Mutex::default() })
    }

    /// A tenant's store: the open one, or it is opened or made.
    pub(crate) fn store(&self, tenant: &Tenant) -> Result<Store, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = open.get(tenant).filter(|store| store.is_open()) {
            return Ok(store.clone());
        }
        let folder = self.settings.data_dir.join("tenants").join(tenant.as_str());
        let store = Store::open(&folder, &self.settings)?;
        open.insert(tenant.clone(), store.clone());
        Ok(store)
    }
}
