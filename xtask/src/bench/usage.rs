//! What a process uses of the machine, from Linux's `/proc`.

use std::fs;
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// How long a look at a process takes that may be idle.
const LOOK: Duration = Duration::from_millis(500);
/// A process that had less of a processor than this part is idle.
const IDLE: f64 = 0.02;
/// Looks in a row that must show it idle.
const LOOKS: u32 = 3;

/// The time of the processor that a process has had since its start.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system.
    cpu_ms: Option<f64>,
}

impl Usage {
    pub(crate) fn of(process: Option<u32>) -> Self {
        Self { cpu_ms: process.and_then(cpu_ms) }
    }

    /// Milliseconds between the two, if both are known.
    pub(crate) fn cpu_ms_since(&self, earlier: &Self) -> Option<f64> {
        Some(self.cpu_ms? - earlier.cpu_ms?)
    }
}

/// User and system time of a process, in milliseconds.
pub(crate) fn cpu_ms(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(ticks(&stat)? as f64 * 1000.0 / ticks_per_second())
}

/// Waits until the process does nothing any more, at most so long; how long that took.
pub(crate) fn settle(process: u32, most: Duration) -> Duration {
    let start = Instant::now();
    let mut idle = 0;
    while idle < LOOKS && start.elapsed() < most {
        let (from, before) = (Instant::now(), Usage::of(Some(process)));
        thread::sleep(LOOK);
        let spent = Usage::of(Some(process)).cpu_ms_since(&before).unwrap_or(0.0);
        let part = spent / 1000.0 / from.elapsed().as_secs_f64();
        idle = if part < IDLE { idle + 1 } else { 0 };
    }
    start.elapsed()
}

/// Whether the process has ended and nobody has asked yet how.
pub(crate) fn has_ended(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat"))
        .map_or(true, |stat| after_name(&stat).is_none_or(|rest| rest.starts_with('Z')))
}

/// Resident memory of a process.
pub(crate) fn resident_mib(process: u32) -> f64 {
    fs::read_to_string(format!("/proc/{process}/status"))
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
        .map_or(0.0, |kib: f64| kib / 1024.0)
}

/// The fields after the name, which may hold anything.
fn after_name(stat: &str) -> Option<&str> {
    stat.rsplit_once(')').map(|(_, rest)| rest.trim_start())
}

fn ticks(stat: &str) -> Option<u64> {
    let mut fields = after_name(stat)?.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn ticks_per_second() -> f64 {
    static TICKS: OnceLock<f64> = OnceLock::new();
    *TICKS.get_or_init(|| {
        let output = Command::new("getconf").arg("CLK_TCK").output().ok();
        output
            .and_then(|output| String::from_utf8_lossy(&output.stdout).trim().parse().ok())
            .unwrap_or(100.0)
    })
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_move_the_fields() {
        let stat = "12 (a (b) c) S 1 1 1 0 -1 4194560 10 0 0 0 120 34 0 0 20 0 5 0 77 1 2";
        assert_eq!(ticks(stat), Some(154));
        assert_eq!(ticks("nothing"), None);
    }
}
