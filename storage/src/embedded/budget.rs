//! What one search may cost: a limit on what it reads and on how long it takes, so that none runs
//! without an end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::page::Effort;
use crate::StoreError;

/// What a search may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchLimits {
    /// Greatest number of index keys that it may read; the index entries of one resource count as
    /// eight.
    pub keys_max: u64,
    /// Greatest number of resources of the other side of a join (a chain, `_has`) that are held in
    /// memory at once. Beyond, each candidate is decided alone.
    pub joined_max: usize,
    /// Greatest time that it may take.
    pub time_max: Duration,
}

impl Default for SearchLimits {
    /// 20,000,000 keys, 200,000 joined resources, 30 seconds.
    fn default() -> Self {
        Self { keys_max: 20_000_000, joined_max: 200_000, time_max: Duration::from_secs(30) }
    }
}

/// What reading the entries of a resource costs, in index keys.
pub(super) const ENTRIES_COST: u64 = 8;

/// What light work may read: a few milliseconds of it.
const LIGHT_KEYS_MAX: u64 = 10_000;
/// Commits wait for what a commit checks: it may cost this part of a search.
const CHECK_PART: u32 = 10;
/// How often someone looks at the clock, in keys.
const CLOCK_STEP: u64 = 4_096;

/// What is left of it.
#[derive(Debug)]
pub(super) struct Budget {
    limits: SearchLimits,
    spent: AtomicU64,
    start: Instant,
}

impl Budget {
    /// For what is no search.
    pub(super) fn endless() -> Self {
        Self::new(SearchLimits {
            keys_max: u64::MAX,
            joined_max: usize::MAX,
            time_max: Duration::MAX,
        })
    }

    /// For a search of some effort.
    pub(super) fn of(limits: SearchLimits, effort: Effort) -> Self {
        Self::new(match effort {
            Effort::Full => limits,
            Effort::Light => {
                SearchLimits { keys_max: limits.keys_max.min(LIGHT_KEYS_MAX), ..limits }
            }
            Effort::Check => SearchLimits {
                keys_max: limits.keys_max / u64::from(CHECK_PART),
                time_max: limits.time_max / CHECK_PART,
                ..limits
            },
        })
    }

    fn new(limits: SearchLimits) -> Self {
        Self { limits, spent: AtomicU64::new(0), start: Instant::now() }
    }

    /// How many joined resources may be held in memory.
    pub(super) fn joined_max(&self) -> usize {
        self.limits.joined_max
    }

    /// What was read so far, in index keys.
    pub(super) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Takes the cost of some keys.
    pub(super) fn spend(&self, keys: u64) -> Result<(), StoreError> {
        // One thread searches: nothing is lost between the two.
        let before = self.spent.load(Ordering::Relaxed);
        let spent = before.saturating_add(keys);
        self.spent.store(spent, Ordering::Relaxed);
        if spent > self.limits.keys_max {
            return Err(StoreError::TooCostly(format!(
                "it read {} index keys without coming to its end",
                self.limits.keys_max
            )));
        }
        let is_time = before / CLOCK_STEP != spent / CLOCK_STEP;
        if is_time && self.start.elapsed() > self.limits.time_max {
            return Err(StoreError::TooCostly(format!(
                "it took longer than {} s",
                self.limits.time_max.as_secs_f64()
            )));
        }
        Ok(())
    }
}
