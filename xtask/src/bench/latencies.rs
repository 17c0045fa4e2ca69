//! What the times of a load say in a few numbers.

/// The times of single requests, in microseconds.
#[derive(Debug, Default, Clone)]
pub(crate) struct Latencies(Vec<u32>);

impl Latencies {
    pub(crate) fn push(&mut self, micros: u128) {
        self.0.push(u32::try_from(micros).unwrap_or(u32::MAX));
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The given percentiles in milliseconds: the least time that so many percent of the requests
    /// did not exceed (nearest rank). All 0 when there was none.
    pub(crate) fn percentiles_ms<const N: usize>(&mut self, percents: [f64; N]) -> [f64; N] {
        self.0.sort_unstable();
        percents.map(|percent| {
            let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
            let micros = self.0.get(rank.saturating_sub(1)).copied().unwrap_or(0);
            f64::from(micros) / 1000.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Latencies;

    #[track_caller]
    fn check(times: impl IntoIterator<Item = u128>, expected_ms: [f64; 3]) {
        let mut latencies = Latencies::default();
        for time in times {
            latencies.push(time);
        }
        assert_eq!(latencies.percentiles_ms([50.0, 95.0, 99.0]), expected_ms);
    }

    #[test]
    fn a_percentile_is_the_time_at_the_nearest_rank() {
        check((1..=100).rev().map(|n| n * 1000), [50.0, 95.0, 99.0]);
        check((1..=1000).map(|n| n * 10), [5.0, 9.5, 9.9]);
        check([7000], [7.0, 7.0, 7.0]);
        check([1000, 3000], [1.0, 3.0, 3.0]);
    }

    #[test]
    fn no_request_has_no_time() {
        check([], [0.0, 0.0, 0.0]);
    }
}
