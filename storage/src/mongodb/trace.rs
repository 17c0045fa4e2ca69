//! How a search found what it found, step by step. It names parameters and never a value.

use std::sync::{Mutex, PoisonError};

use crate::Step;

/// More steps are not told.
const STEPS_MAX: usize = 32;

/// The steps of one search so far.
#[derive(Debug, Default)]
pub(super) struct Trace {
    steps: Mutex<Vec<Step>>,
}

impl Trace {
    /// A step, and how many resources it met.
    pub(super) fn joined(&self, what: String, real: usize) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        if steps.len() < STEPS_MAX {
            steps.push(Step { what, estimated: None, real: Some(real as u64) });
        }
    }

    /// All steps.
    pub(super) fn take(&self) -> Vec<Step> {
        std::mem::take(&mut *self.steps.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
