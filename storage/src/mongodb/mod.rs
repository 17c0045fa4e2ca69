//! The MongoDB backend: a database of its own for each tenant, on a replica set.

mod checks;
mod clause;
mod clients;
mod commit;
mod condition;
mod connect;
mod dated;
mod documents;
mod ending;
mod entries;
mod fault;
mod feed;
mod history;
mod join;
mod keys;
mod locks;
mod many;
mod names;
mod open;
mod page;
mod pipeline;
mod position;
mod prepare;
mod record;
mod rows;
mod seek;
mod sequence;
mod settings;
mod settle;
mod store;
mod text;
mod trace;
mod transaction;
mod verify;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::{StoreError, Tenant};
use clients::Clients;

pub use settings::{CommandWatch, MongoSettings};
pub(crate) use store::Store;

/// All tenants of a replica set.
pub struct Storage {
    clients: Arc<Clients>,
    settings: MongoSettings,
    open: Mutex<HashMap<Tenant, Store>>,
}

impl Storage {
    /// Connects to a replica set.
    pub(crate) async fn connect(settings: &MongoSettings) -> Result<Self, StoreError> {
        let clients = Arc::new(connect::connect(settings).await?);
        Ok(Self { clients, settings: settings.clone(), open: Mutex::default() })
    }

    /// A tenant's store: the open one, or it is opened or made.
    pub(crate) async fn store(&self, tenant: &Tenant) -> Result<Store, StoreError> {
        let mut open = self.open.lock().await;
        if let Some(store) = open.get(tenant) {
            return Ok(store.clone());
        }
        let opened = open::open(self.clients.main(), &self.settings, tenant).await?;
        let store = Store::new(&self.clients, opened, &self.settings).await?;
        open.insert(tenant.clone(), store.clone());
        Ok(store)
    }
}
