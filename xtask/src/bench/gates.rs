//! What the bench must show, as data, and whether it did.

mod mongodb;

use self::Bound::{AtLeast, AtMost};
use self::Measure::{Cpu, CpuOfFloor, Fact, Growth, P50, P99, Ratio};
use super::results::{LIVEZ, Results, ratio};
use super::store::Store;

/// A bound.
#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// Which figure is held against the bound.
#[derive(Debug, Clone, Copy)]
enum Measure {
    /// Rate beside its floor, of a scenario at so many connections.
    Ratio(&'static str, usize),
    P50(&'static str, usize),
    P99(&'static str, usize),
    /// Milliseconds of the processor per request.
    Cpu(&'static str, usize),
    /// The same, beside that of `GET /livez`.
    CpuOfFloor(&'static str, usize),
    Fact(&'static str),
    /// p50 at the size that is judged beside p50 at ten thousand.
    Growth(&'static str, usize),
}

/// A gate.
struct Gate {
    name: &'static str,
    measure: Measure,
    bound: Bound,
    unit: &'static str,
    /// Resources that must be there for it to say anything.
    size_min: usize,
}

/// What came of a gate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Met(f64),
    /// The value, and by how many percent it misses the bound.
    Missed(f64, f64),
    NotJudged(String),
}

impl Verdict {
    pub(crate) fn is_judged(&self) -> bool {
        !matches!(self, Self::NotJudged(_))
    }
}

/// A gate that was held against the results.
pub(crate) struct Judged {
    pub(crate) name: &'static str,
    pub(crate) bound: String,
    pub(crate) unit: &'static str,
    pub(crate) verdict: Verdict,
}

/// So many generated resources hold more than 300,000 Observations.
const MANY: usize = 550_000;
const FEW: usize = 10_000;
const MILLION: usize = 1_000_000;
/// The size at which everything is judged that does not say another.
const USUAL: usize = 300_000;

const fn gate(
    name: &'static str,
    measure: Measure,
    bound: Bound,
    unit: &'static str,
    size_min: usize,
) -> Gate {
    Gate { name, measure, bound, unit, size_min }
}

const GATES: &[Gate] = &[
    gate("read beside GET /livez, 64 connections", Ratio("read", 64), AtLeast(0.6), "", 0),
    gate("page by token beside GET /livez", Ratio("page by token", 64), AtLeast(0.1), "", 0),
    gate("page by reference", Ratio("page by reference", 64), AtLeast(0.1), "", 0),
    gate("page by date", Ratio("page by date", 64), AtLeast(0.1), "", 0),
    gate("page by code + patient", Ratio("page by code + patient", 64), AtLeast(0.1), "", 0),
    gate("page by token, p99 at 16", P99("page by token", 16), AtMost(15.0), "ms", 0),
    gate("page by reference, p99 at 16", P99("page by reference", 16), AtMost(15.0), "ms", 0),
    gate("page by date, p99 at 16", P99("page by date", 16), AtMost(15.0), "ms", 0),
    gate("page by code + patient, p99", P99("page by code + patient", 16), AtMost(15.0), "ms", 0),
    gate("durable create beside fdatasync", Ratio("durable create", 64), AtLeast(1.2), "", 0),
    gate("Synthea over HTTP", Fact("Synthea over HTTP"), AtLeast(3000.0), "resources/s", 0),
    gate("brigid import", Fact("brigid import"), AtLeast(5000.0), "resources/s", 0),
    gate("code + date, p50 at 16", P50("page by code + date", 16), AtMost(5.0), "ms", MANY),
    gate("code + patient, p50 at 16", P50("page by code + patient", 16), AtMost(5.0), "ms", MANY),
    gate("count of a tenth, p50", P50("_total=accurate of a tenth", 16), AtMost(50.0), "ms", MANY),
    gate("disk per Synthea resource", Fact("disk per Synthea resource"), AtMost(1536.0), "B", 0),
    gate("resident under load", Fact("resident under load"), AtMost(350.0), "MiB", USUAL),
    gate("reopening after SIGKILL", Fact("reopening after SIGKILL"), AtMost(3000.0), "ms", USUAL),
    gate("CPU of a read beside GET /livez", CpuOfFloor("read", 64), AtMost(2.0), "", 0),
    gate("CPU of a page by token", Cpu("page by token", 64), AtMost(0.4), "ms", 0),
    gate("CPU of a page by reference", Cpu("page by reference", 64), AtMost(0.4), "ms", 0),
    gate("CPU of a page by date", Cpu("page by date", 64), AtMost(0.4), "ms", 0),
    gate("CPU of code + patient", Cpu("page by code + patient", 64), AtMost(0.4), "ms", 0),
    gate("CPU of a create", Cpu("durable create", 64), AtMost(0.5), "ms", 0),
    gate("CPU of Synthea over HTTP", Fact("CPU of Synthea over HTTP"), AtMost(0.4), "ms", 0),
    gate("CPU of brigid import", Fact("CPU of brigid import"), AtMost(0.4), "ms", 0),
    gate("growth of a page by token", Growth("page by token", 16), AtMost(1.5), "", MILLION),
    gate(
        "growth of a page by reference",
        Growth("page by reference", 16),
        AtMost(1.5),
        "",
        MILLION,
    ),
    gate("growth of a page by date", Growth("page by date", 16), AtMost(1.5), "", MILLION),
    gate("resident at a million", Fact("resident under load"), AtMost(700.0), "MiB", MILLION),
];

/// Holds all gates of a store against the results.
pub(crate) fn judge(store: Store, results: &Results) -> Vec<Judged> {
    let gates = match store {
        Store::Embedded => GATES,
        Store::Mongodb => mongodb::GATES,
    };
    gates.iter().map(|gate| gate.judge(results)).collect()
}

impl Gate {
    fn judge(&self, results: &Results) -> Judged {
        let bound = match self.bound {
            AtLeast(bound) => format!("≥ {bound}"),
            AtMost(bound) => format!("≤ {bound}"),
        };
        let verdict = match self.size(&results.sizes()) {
            Some(size) => self.verdict(results, size),
            None => Verdict::NotJudged(format!("needs {} resources", self.size_min)),
        };
        Judged { name: self.name, bound, unit: self.unit, verdict }
    }

    /// The size that is judged: the least one that is enough, or else the one nearest to the usual.
    fn size(&self, sizes: &[usize]) -> Option<usize> {
        if self.size_min > 0 {
            return sizes.iter().copied().find(|size| *size >= self.size_min);
        }
        sizes.iter().copied().min_by_key(|size| size.abs_diff(USUAL))
    }

    fn verdict(&self, results: &Results, size: usize) -> Verdict {
        let Some(value) = self.measure.value(results, size) else {
            return Verdict::NotJudged("not measured".to_owned());
        };
        self.bound.verdict(value)
    }
}

impl Bound {
    fn verdict(self, value: f64) -> Verdict {
        let (met, bound) = match self {
            AtLeast(bound) => (value >= bound, bound),
            AtMost(bound) => (value <= bound, bound),
        };
        if met {
            Verdict::Met(value)
        } else {
            Verdict::Missed(value, (value / bound - 1.0) * 100.0)
        }
    }
}

impl Measure {
    fn value(self, results: &Results, size: usize) -> Option<f64> {
        let figure = |name, connections| {
            results.figure(size, name, connections).filter(|figure| figure.measured.errors == 0)
        };
        match self {
            Ratio(name, connections) => figure(name, connections)?.ratio,
            P50(name, connections) => Some(figure(name, connections)?.measured.p50_ms),
            P99(name, connections) => Some(figure(name, connections)?.measured.p99_ms),
            Cpu(name, connections) => figure(name, connections)?.measured.cpu_ms,
            CpuOfFloor(name, connections) => {
                let floor = figure(LIVEZ, connections)?.measured.cpu_ms;
                ratio(figure(name, connections)?.measured.cpu_ms?, floor)
            }
            // Some facts do not hang on what was loaded.
            Fact(name) => results.fact(size, name).or_else(|| results.fact(0, name)),
            Growth(name, connections) => {
                let few = results.figure(FEW, name, connections)?.measured.p50_ms;
                ratio(figure(name, connections)?.measured.p50_ms, Some(few))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Verdict};

    #[test]
    fn a_bound_is_met_by_its_own_value() {
        assert_eq!(Bound::AtLeast(0.6).verdict(0.6), Verdict::Met(0.6));
        assert_eq!(Bound::AtMost(15.0).verdict(15.0), Verdict::Met(15.0));
    }

    #[test]
    fn a_miss_says_by_how_many_percent() {
        assert_eq!(Bound::AtLeast(2.0).verdict(1.0), Verdict::Missed(1.0, -50.0));
        assert_eq!(Bound::AtMost(2.0).verdict(3.0), Verdict::Missed(3.0, 50.0));
    }
}
