//! The driver's clients of a process: the main one, and one for the reads of each thread that has a
//! runtime of its own, as those that answer HTTP have.
//!
//! A client's pool and connections are tasks of the runtime that it was made in. A read through a
//! client of another runtime waits twice until one thread has woken the other, which takes about as
//! long as all that this program does for it.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::thread::available_parallelism;

use mongodb::Client;
use mongodb::error::Error;
use mongodb::options::ClientOptions;
use tokio::runtime::{Handle, Id, RuntimeFlavor};

/// The least number of connections that the reads of a thread may have, if the main client may have
/// as many.
const POOL_MIN: u32 = 8;

pub(super) struct Clients {
    main: Client,
    /// Those of the clients for reads.
    options: ClientOptions,
    near: RwLock<HashMap<Id, Client>>,
}

impl Clients {
    /// The main client, whose tasks run in this runtime. Nothing is asked of the database yet.
    pub(super) fn new(mut options: ClientOptions) -> Result<Self, Error> {
        let main = Client::with_options(options.clone())?;
        let threads = available_parallelism().map_or(1, usize::from);
        let threads = u32::try_from(threads).unwrap_or(u32::MAX);
        let shared_out = |pool: u32| (pool / threads).max(POOL_MIN).min(pool);
        options.max_pool_size = options.max_pool_size.map(shared_out);
        // What is to be kept open is the main client's affair.
        options.min_pool_size = None;
        Ok(Self { main, options, near: RwLock::default() })
    }

    /// For all that is more than one read: what writes, and what goes on when its caller stops.
    pub(super) fn main(&self) -> &Client {
        &self.main
    }

    /// For one read: the client whose tasks run in this thread, if it has a runtime of its own.
    pub(super) fn near(&self) -> Client {
        let Ok(runtime) = Handle::try_current() else { return self.main.clone() };
        if runtime.runtime_flavor() != RuntimeFlavor::CurrentThread {
            return self.main.clone();
        }
        let known =
            self.near.read().unwrap_or_else(PoisonError::into_inner).get(&runtime.id()).cloned();
        if let Some(client) = known {
            return client;
        }
        // The same options have made the main client: they are right.
        let Ok(client) = Client::with_options(self.options.clone()) else {
            return self.main.clone();
        };
        let mut near = self.near.write().unwrap_or_else(PoisonError::into_inner);
        near.entry(runtime.id()).or_insert(client).clone()
    }
}
