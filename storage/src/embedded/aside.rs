//! Work that takes long, where it holds up no other task, and only so much of it at a time: beyond
//! that it is better to say so than to let everyone wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Semaphore;

use crate::StoreError;

/// Pieces of work that may wait for their turn.
const WAITING_MAX: usize = 256;

/// The turns of one store.
#[derive(Debug)]
pub(super) struct Aside {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// One that waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Aside {
    /// Twice as many turns as processors: some of the work waits for the disk.
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self { turns: Arc::new(Semaphore::new(2 * processors)), waiting: AtomicUsize::new(0) }
    }

    /// Does the work when its turn comes.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when too much waits already; what the work says otherwise.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let waiting = Waiting(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            return Err(StoreError::Busy);
        }
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| StoreError::Fault("the store is closed".to_owned()))?;
        drop(waiting);
        // A caller that goes away does not end the work, nor its turn.
        apart(move || {
            let _turn = turn;
            work()
        })
        .await
    }
}

/// Does the work on a thread for what takes long; at once where there is no runtime.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError::Fault(error.to_string())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::sync::mpsc;

    use super::{Aside, WAITING_MAX};
    use crate::StoreError;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_waits_is_bounded_and_goes_on_when_there_is_room() {
        let aside = Arc::new(Aside::new());
        let turns = aside.turns.available_permits();
        let mut running = Vec::new();
        let mut releases = Vec::new();
        for _ in 0..turns + WAITING_MAX {
            let (release, released) = mpsc::channel::<()>();
            releases.push(release);
            let aside = Arc::clone(&aside);
            running.push(tokio::spawn(async move {
                aside.run(move || released.recv().map_err(|_| StoreError::Busy)).await
            }));
        }
        // All that fits is running or waiting once nothing more is taken.
        while aside.waiting.load(Ordering::Relaxed) < WAITING_MAX {
            tokio::task::yield_now().await;
        }
        assert!(matches!(aside.run(|| Ok(())).await, Err(StoreError::Busy)));
        for release in releases {
            release.send(()).expect("it waits");
        }
        for one in running {
            one.await.expect("no panic").expect("done");
        }
        aside.run(|| Ok(())).await.expect("there is room again");
    }
}
