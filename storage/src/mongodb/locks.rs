//! What keeps the commits of one process out of each other's way: conflicts that the database would
//! answer with a refusal wait for their turn here instead. It is no guard against other processes;
//! that the database is.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Locks that all keys share.
const STRIPES: usize = 1024;

/// Locks by hash.
pub(super) struct Locks {
    stripes: Vec<Arc<RwLock<()>>>,
}

/// What a commit holds until it is done.
pub(super) struct Held {
    _held: Vec<Guard>,
}

enum Guard {
    Read { _guard: OwnedRwLockReadGuard<()> },
    Write { _guard: OwnedRwLockWriteGuard<()> },
}

impl Locks {
    pub(super) fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Arc::default()).collect() }
    }

    /// The stripe of a key.
    pub(super) fn stripe(&self, key: &impl Hash) -> usize {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or_default()
    }

    /// Waits for some stripes, each with whether it is wanted alone.
    pub(super) async fn hold(&self, mut wanted: Vec<(usize, bool)>) -> Held {
        // In one order, so that no two wait for each other; what is wanted alone first.
        wanted.sort_unstable_by_key(|(stripe, is_alone)| (*stripe, !is_alone));
        wanted.dedup_by_key(|(stripe, _)| *stripe);
        let mut held = Vec::with_capacity(wanted.len());
        for (stripe, is_alone) in wanted {
            let lock = Arc::clone(&self.stripes[stripe]);
            held.push(match is_alone {
                true => Guard::Write { _guard: lock.write_owned().await },
                false => Guard::Read { _guard: lock.read_owned().await },
            });
        }
        Held { _held: held }
    }
}
