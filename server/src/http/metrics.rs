//! Counters and latencies as [Prometheus text].
//!
//! [Prometheus text]: https://prometheus.io/docs/instrumenting/exposition_formats/

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the latency buckets, in microseconds, and as Prometheus writes them in seconds.
const BUCKETS: [(u64, &str); 12] = [
    (250, "0.00025"),
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (500_000, "0.5"),
    (2_500_000, "2.5"),
    (10_000_000, "10"),
];

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// By interaction and status.
    requests: Mutex<BTreeMap<(&'static str, u16), u64>>,
    /// By interaction.
    latencies: Mutex<BTreeMap<&'static str, Latency>>,
    in_flight: AtomicI64,
}

#[derive(Debug, Default)]
struct Latency {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum_us: u64,
}

/// A request that is being answered.
#[must_use]
pub(crate) struct InFlight<'a> {
    counter: &'a AtomicI64,
    before: i64,
}

impl InFlight<'_> {
    /// Is it one of the first `max` that are in flight?
    pub(crate) fn is_within(&self, max: usize) -> bool {
        usize::try_from(self.before).is_ok_and(|before| before < max)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request as in flight until what this gives is dropped: also when its client went
    /// away before it was answered.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        let before = self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight { counter: &self.in_flight, before }
    }

    pub(crate) fn end(&self, interaction: &'static str, status: u16, taken: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((interaction, status)).or_default() += 1;
        drop(requests);
        let taken_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
        let mut latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        let latency = latencies.entry(interaction).or_default();
        latency.count += 1;
        latency.sum_us = latency.sum_us.saturating_add(taken_us);
        if let Some(place) = BUCKETS.iter().position(|(bound, _)| taken_us <= *bound) {
            latency.buckets[place] += 1;
        }
    }

    /// The text of `/metrics`.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to a String cannot fail");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# HELP brigid_requests_total Requests answered.")?;
        writeln!(out, "# TYPE brigid_requests_total counter")?;
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((interaction, status), count) in &*requests {
            let labels = format!("interaction=\"{interaction}\",status=\"{status}\"");
            writeln!(out, "brigid_requests_total{{{labels}}} {count}")?;
        }
        drop(requests);
        writeln!(out, "# HELP brigid_request_duration_seconds Time until the answer was ready.")?;
        writeln!(out, "# TYPE brigid_request_duration_seconds histogram")?;
        let latencies = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        for (interaction, latency) in &*latencies {
            latency.write(interaction, out)?;
        }
        drop(latencies);
        writeln!(out, "# HELP brigid_requests_in_flight Requests that are being answered.")?;
        writeln!(out, "# TYPE brigid_requests_in_flight gauge")?;
        writeln!(out, "brigid_requests_in_flight {}", self.in_flight.load(Ordering::Relaxed))?;
        writeln!(out, "# HELP brigid_build_info The version that runs.")?;
        writeln!(out, "# TYPE brigid_build_info gauge")?;
        writeln!(out, "brigid_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))
    }
}

impl Latency {
    fn write(&self, interaction: &str, out: &mut String) -> std::fmt::Result {
        const NAME: &str = "brigid_request_duration_seconds";
        let mut below = 0;
        for ((_, bound), count) in BUCKETS.iter().zip(self.buckets) {
            below += count;
            let labels = format!("interaction=\"{interaction}\",le=\"{bound}\"");
            writeln!(out, "{NAME}_bucket{{{labels}}} {below}")?;
        }
        let label = format!("interaction=\"{interaction}\"");
        writeln!(out, "{NAME}_bucket{{{label},le=\"+Inf\"}} {}", self.count)?;
        let (seconds, rest) = (self.sum_us / 1_000_000, self.sum_us % 1_000_000);
        writeln!(out, "{NAME}_sum{{{label}}} {seconds}.{rest:06}")?;
        writeln!(out, "{NAME}_count{{{label}}} {}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::Metrics;
    use std::time::Duration;

    #[test]
    fn requests_are_counted_by_interaction_and_status() {
        let metrics = Metrics::default();
        for (status, us) in [(200, 300), (200, 20_000_000), (404, 100)] {
            let _in_flight = metrics.begin();
            metrics.end("read", status, Duration::from_micros(us));
        }
        // A request whose client went away is in flight no more.
        drop(metrics.begin());
        let _in_flight = metrics.begin();
        let text = metrics.text();
        for line in [
            "brigid_requests_total{interaction=\"read\",status=\"200\"} 2",
            "brigid_request_duration_seconds_bucket{interaction=\"read\",le=\"0.00025\"} 1",
            "brigid_request_duration_seconds_bucket{interaction=\"read\",le=\"10\"} 2",
            "brigid_request_duration_seconds_bucket{interaction=\"read\",le=\"+Inf\"} 3",
            "brigid_request_duration_seconds_sum{interaction=\"read\"} 20.000400",
            "brigid_requests_in_flight 1",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}
