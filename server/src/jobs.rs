//! Runs the jobs of a tenant, one after the other: each is a Task in its store.

use std::sync::Arc;
use std::time::Duration;

use interactions::Performer;

/// Pause after a failure of the store.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs jobs, those that were interrupted first, until it is dropped.
pub(crate) async fn run(performer: Arc<Performer>) {
    loop {
        match performer.perform_jobs().await {
            Ok(()) => performer.job_posted().await,
            Err(outcome) => {
                tracing::warn!(failure = %outcome, "a job could not go on; it is tried again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
