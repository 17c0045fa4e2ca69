//! The one thread that writes: many commits, one `fsync`.
//!
//! It takes all commits that wait, judges each against the state that those before it left, writes
//! each as one batch, makes the journal durable once, shows the new state to readers and only then
//! answers. So readers see durable state only, and a failure between leaves whole commits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;

use arc_swap::ArcSwapOption;
use fjall::PersistMode;
use tokio::sync::{mpsc, oneshot};

use super::apply::{Done, apply};
use super::counts::Counts;
use super::engine::{Engine, Progress};
use super::fault;
use super::prepare::Prepared;
use super::settings::Clock;
use super::store::Health;
use super::view::View;
use crate::StoreError;

/// Greatest number of commits that share an `fsync`.
const GROUP_MAX: usize = 256;
/// Versions of a type that are the ground of a dictionary.
pub(super) const TRAINING: usize = 512;

/// A commit that waits.
pub(super) struct Request {
    pub(super) commit: Prepared,
    pub(super) answer: oneshot::Sender<Result<Vec<Done>, StoreError>>,
}

/// The state of the thread.
pub(super) struct Committer {
    pub(super) engine: Arc<Engine>,
    pub(super) published: Arc<ArcSwapOption<View>>,
    pub(super) health: Arc<Health>,
    pub(super) clock: Clock,
    pub(super) progress: Progress,
    pub(super) counts: Counts,
    /// Types that may be given a dictionary.
    pub(super) trainer: std_mpsc::Sender<u16>,
    /// Versions written of each type since the store was opened.
    pub(super) written: HashMap<u16, usize>,
}

impl Committer {
    /// Works until no one can ask any more.
    pub(super) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let _alarm = Alarm(Arc::clone(&self.health));
        while let Some(first) = requests.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP_MAX
                && let Ok(next) = requests.try_recv()
            {
                group.push(next);
            }
            self.commit(group);
        }
    }

    fn commit(&mut self, group: Vec<Request>) {
        let mut answers = Vec::with_capacity(group.len());
        let mut failure = self.health.failure();
        let mut is_written = false;
        for Request { commit, answer } in group {
            let result = match &failure {
                Some(failure) => Err(failure.clone()),
                None => self.write(commit, &mut failure, &mut is_written),
            };
            answers.push((answer, result));
        }
        if is_written && failure.is_none() {
            failure = self.persist().err();
        }
        if let Some(failure) = failure {
            self.health.fail(&failure);
            // What was refused may rest on what did not become durable: nothing is certain.
            answers.iter_mut().for_each(|(_, result)| *result = Err(failure.clone()));
        } else if is_written {
            self.published.store(Some(Arc::new(self.engine.view())));
            self.engine.watermark.raise(self.progress.sequence);
        }
        for (answer, result) in answers {
            // Whoever gave up waiting finds the outcome in the store.
            let _given_up = answer.send(result);
        }
    }

    /// Writes one commit, not yet durable.
    fn write(
        &mut self,
        commit: Prepared,
        failure: &mut Option<StoreError>,
        is_written: &mut bool,
    ) -> Result<Vec<Done>, StoreError> {
        let view = self.engine.view();
        let applied = apply(&view, commit, self.progress, self.clock.now_us(), &mut self.counts)?;
        if applied.progress.sequence == self.progress.sequence && !applied.is_reindexed {
            return Ok(applied.done);
        }
        if let Err(error) = applied.batch.durability(None).commit() {
            let error = fault::writing(&self.engine.folder, &error);
            *failure = Some(error.clone());
            return Err(error);
        }
        *is_written = true;
        self.progress = applied.progress;
        self.counts.learn(applied.counted);
        for (type_id, count) in applied.written {
            self.count(type_id, count);
        }
        Ok(applied.done)
    }

    fn persist(&self) -> Result<(), StoreError> {
        let synced = self.engine.db.persist(PersistMode::SyncData);
        synced.map_err(|error| fault::writing(&self.engine.folder, &error))
    }

    fn count(&mut self, type_id: u16, count: usize) {
        let written = self.written.entry(type_id).or_default();
        let before = *written;
        *written += count;
        if before < TRAINING && *written >= TRAINING {
            // Without its trainer the store works on, with larger bodies.
            let _stopped = self.trainer.send(type_id);
        }
    }
}

/// A thread that panics tells it: nobody would write any more, and nobody would know.
struct Alarm(Arc<Health>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&StoreError::ReadOnly("the committer panicked; see the log".to_owned()));
        }
    }
}
