//! Sequence numbers: microseconds since 1970 and the number of the process, so that they rise with
//! time, no process gives one twice, and no two processes give the same.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::Clock;

/// Processes that may have a tenant open at the same time.
pub(super) const NODES: i64 = 1024;

/// No commit has as many versions: each takes a microsecond of its own.
const COMMIT_MAX: i64 = 1_000_000;

/// Not greater than any number of a version that was written in this millisecond or later.
pub(super) fn first_of(ms: i64) -> i64 {
    ms.saturating_mul(1000).saturating_mul(NODES)
}

/// Greater than every number of a version that was written in this millisecond or before.
pub(super) fn behind(ms: i64) -> i64 {
    let us = ms.saturating_add(1).saturating_mul(1000).saturating_add(COMMIT_MAX);
    us.saturating_mul(NODES)
}

/// Gives sequence numbers.
#[derive(Debug)]
pub(super) struct Sequence {
    node: i64,
    /// The last microsecond that was given.
    last_us: AtomicI64,
    clock: Clock,
}

/// What some versions that are written together are given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamps {
    /// When all of them are written, in microseconds.
    pub(super) us: i64,
    node: i64,
}

impl Sequence {
    /// `node`: the number of this process among those that have opened the tenant.
    pub(super) fn new(node: i64, clock: Clock) -> Self {
        Self { node: node.rem_euclid(NODES), last_us: AtomicI64::new(0), clock }
    }

    /// Stamps for so many versions, later than all before and in a later millisecond than the
    /// newest version that they replace: two versions never show the same `meta.lastUpdated`.
    pub(super) fn next(&self, count: usize, replaced_us: Option<i64>) -> Stamps {
        let now = self.clock.now_us();
        let floor = replaced_us.map_or(i64::MIN, |us| (us.div_euclid(1000) + 1) * 1000);
        let count = i64::try_from(count.max(1)).unwrap_or(i64::MAX);
        let mut last = self.last_us.load(Ordering::Relaxed);
        loop {
            let us = now.max(floor).max(last + 1);
            let end = us.saturating_add(count - 1);
            let swapped =
                self.last_us.compare_exchange(last, end, Ordering::Relaxed, Ordering::Relaxed);
            match swapped {
                Ok(_) => return Stamps { us, node: self.node },
                Err(newer) => last = newer,
            }
        }
    }

    /// Not less than any number that was given so far, in this process and by others whose clocks
    /// agree with its own, and less than all that this process will give.
    pub(super) fn now(&self) -> i64 {
        let now = self.clock.now_us();
        let us = self.last_us.fetch_max(now, Ordering::Relaxed).max(now);
        us.saturating_mul(NODES).saturating_add(NODES - 1)
    }
}

impl Stamps {
    /// The number of the version at this place.
    pub(super) fn sequence(&self, at: usize) -> i64 {
        let us = self.us.saturating_add(i64::try_from(at).unwrap_or(i64::MAX));
        us.saturating_mul(NODES).saturating_add(self.node)
    }
}

#[cfg(test)]
mod tests {
    use super::Sequence;
    use crate::Clock;

    #[test]
    fn numbers_rise_when_the_clock_goes_back() {
        let clock = std::sync::atomic::AtomicI64::new(9_000);
        let back = move || clock.fetch_sub(1_000, std::sync::atomic::Ordering::Relaxed);
        let sequence = Sequence::new(3, Clock::new(back));
        let mut last = 0;
        for count in [1, 5, 1] {
            let stamps = sequence.next(count, None);
            assert!(stamps.sequence(0) > last);
            last = stamps.sequence(count - 1);
        }
        assert!(sequence.now() > last);
        assert!(sequence.now() < sequence.next(1, None).sequence(0));
    }

    #[test]
    fn a_version_shows_a_later_millisecond_than_the_one_it_replaces() {
        let sequence = Sequence::new(0, Clock::new(|| 5_500));
        assert_eq!(sequence.next(1, Some(7_999)).us, 8_000);
        assert_eq!(sequence.next(1, Some(1)).us, 8_001);
    }
}
