//! The [statistics] of a set of measurements, each by its formula.
//!
//! [statistics]: https://terminology.hl7.org/CodeSystem-observation-statistics.html

/// One statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statistic {
    pub(super) code: &'static str,
    pub(super) display: &'static str,
    pub(super) measure: Measure,
}

/// What a statistic's number is a number of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Measurements.
    Count,
    /// The unit of the measurements.
    Unit,
    /// The unit's square.
    Square,
    /// Nothing: a ratio.
    Ratio,
    /// A line: its gradient per day, and the unit at its start.
    Line,
}

const fn one(code: &'static str, display: &'static str, measure: Measure) -> Statistic {
    Statistic { code, display, measure }
}

/// All of R4, in its order.
pub(super) const STATISTICS: [Statistic; 21] = [
    one("average", "Average", Measure::Unit),
    one("maximum", "Maximum", Measure::Unit),
    one("minimum", "Minimum", Measure::Unit),
    one("count", "Count", Measure::Count),
    one("total-count", "Total Count", Measure::Count),
    one("median", "Median", Measure::Unit),
    one("std-dev", "Standard Deviation", Measure::Unit),
    one("sum", "Sum", Measure::Unit),
    one("variance", "Variance", Measure::Square),
    one("20-percent", "20th Percentile", Measure::Unit),
    one("80-percent", "80th Percentile", Measure::Unit),
    one("4-lower", "Lower Quartile", Measure::Unit),
    one("4-upper", "Upper Quartile", Measure::Unit),
    one("4-dev", "Quartile Deviation", Measure::Unit),
    one("5-1", "1st Quintile", Measure::Unit),
    one("5-2", "2nd Quintile", Measure::Unit),
    one("5-3", "3rd Quintile", Measure::Unit),
    one("5-4", "4th Quintile", Measure::Unit),
    one("skew", "Skew", Measure::Ratio),
    one("kurtosis", "Kurtosis", Measure::Ratio),
    one("regression", "Regression", Measure::Line),
];

/// The statistic of this code, or of one of the short names that the operation's own text uses.
pub(super) fn statistic(code: &str) -> Option<Statistic> {
    let code = match code {
        "max" => "maximum",
        "min" => "minimum",
        code => code,
    };
    STATISTICS.into_iter().find(|one| one.code == code)
}

/// Measurements in one unit.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// Each with its instant in microseconds since 1970, where it has one.
    measurements: Vec<(f64, Option<i64>)>,
    /// Rising.
    sorted: Vec<f64>,
}

/// A straight line through measurements over time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    /// Change per day.
    pub(super) gradient: f64,
    /// Value at the instant of the first measurement.
    pub(super) intercept: f64,
}

const DAY_US: f64 = 86_400_000_000.0;

impl Sample {
    pub(super) fn new(measurements: Vec<(f64, Option<i64>)>) -> Self {
        let mut sorted: Vec<f64> = measurements.iter().map(|(value, _)| *value).collect();
        sorted.sort_by(f64::total_cmp);
        Self { measurements, sorted }
    }

    pub(super) fn count(&self) -> usize {
        self.sorted.len()
    }

    /// A statistic that is a single number; `None` where so few measurements have none, and for
    /// those that are no single number of a sample.
    pub(super) fn value(&self, code: &str) -> Option<f64> {
        match code {
            "average" => self.average(),
            "maximum" => self.sorted.last().copied(),
            "minimum" => self.sorted.first().copied(),
            "median" => self.quantile(0.5),
            "std-dev" => self.variance().map(f64::sqrt),
            "sum" => (self.count() > 0).then(|| sum(self.sorted.iter().copied())),
            "variance" => self.variance(),
            "20-percent" | "5-1" => self.quantile(0.2),
            "80-percent" | "5-4" => self.quantile(0.8),
            "4-lower" => self.quantile(0.25),
            "4-upper" => self.quantile(0.75),
            "4-dev" => Some((self.quantile(0.75)? - self.quantile(0.25)?) / 2.0),
            "5-2" => self.quantile(0.4),
            "5-3" => self.quantile(0.6),
            "skew" => self.standardized_moment(3),
            "kurtosis" => self.standardized_moment(4),
            _ => None,
        }
    }

    fn average(&self) -> Option<f64> {
        let count = self.count();
        (count > 0).then(|| sum(self.sorted.iter().copied()) / count as f64)
    }

    /// Mean of a power of the deviations from the average.
    fn moment(&self, power: i32) -> Option<f64> {
        let average = self.average()?;
        let deviations = self.sorted.iter().map(|value| (value - average).powi(power));
        Some(sum(deviations) / self.count() as f64)
    }

    /// Of a sample: the squares are divided by one less than there are measurements.
    fn variance(&self) -> Option<f64> {
        let count = self.count() as f64;
        if count < 2.0 {
            return None;
        }
        Some(self.moment(2)? * count / (count - 1.0))
    }

    /// A moment in units of the standard deviation of the measurements: skewness is the third, and
    /// kurtosis the fourth, 3 for the normal distribution. Equal measurements have none.
    fn standardized_moment(&self, power: i32) -> Option<f64> {
        let square = self.moment(2).filter(|square| *square > 0.0)?;
        Some(self.moment(power)? / square.powf(f64::from(power) / 2.0))
    }

    /// Between the two measurements beside it, in proportion; the first and last one are 0 and 1.
    fn quantile(&self, part: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        let place = part * last as f64;
        let low = (place.floor() as usize).min(last);
        let (below, above) = (self.sorted[low], self.sorted[(low + 1).min(last)]);
        Some(below + (above - below) * (place - low as f64))
    }

    /// The line of least squares over time; `None` unless there are two different instants.
    pub(super) fn line(&self) -> Option<Line> {
        let dated: Vec<(f64, i64)> =
            self.measurements.iter().filter_map(|(value, at)| Some((*value, (*at)?))).collect();
        let first = dated.iter().map(|(_, at)| *at).min()?;
        let days = |at: i64| at.saturating_sub(first) as f64 / DAY_US;
        let count = dated.len() as f64;
        let x = sum(dated.iter().map(|(_, at)| days(*at))) / count;
        let y = sum(dated.iter().map(|(value, _)| *value)) / count;
        let spread = sum(dated.iter().map(|(_, at)| (days(*at) - x).powi(2)));
        if spread <= 0.0 {
            return None;
        }
        let shared = sum(dated.iter().map(|(value, at)| (days(*at) - x) * (value - y)));
        let gradient = shared / spread;
        Some(Line { gradient, intercept: y - gradient * x })
    }
}

/// Neumaier's compensated sum: many numbers do not add up their rounding.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for value in values {
        let next = sum + value;
        lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
        sum = next;
    }
    sum + lost
}

#[cfg(test)]
mod tests {
    use super::{STATISTICS, Sample, statistic, sum};

    fn sample(values: &[f64]) -> Sample {
        Sample::new(values.iter().map(|value| (*value, None)).collect())
    }

    #[track_caller]
    fn check(values: &[f64], code: &str, expected: f64) {
        let found = sample(values).value(code).expect("enough measurements");
        assert!((found - expected).abs() < 1e-12, "{code}: {found}, not {expected}");
    }

    #[test]
    fn each_statistic_follows_its_formula() {
        let eight = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        check(&eight, "average", 5.0);
        check(&eight, "sum", 40.0);
        check(&eight, "minimum", 2.0);
        check(&eight, "maximum", 9.0);
        check(&eight, "median", 4.5);
        check(&eight, "variance", 32.0 / 7.0);
        check(&eight, "std-dev", (32.0_f64 / 7.0).sqrt());
        // Third powers: -27 -1 -1 -1 0 0 8 64, over 8, over 2 cubed; fourth: 81 1 1 1 0 0 16 256.
        check(&eight, "skew", 42.0 / 8.0 / 8.0);
        check(&eight, "kurtosis", 356.0 / 8.0 / 16.0);
    }

    #[test]
    fn quantiles_lie_between_measurements_in_proportion() {
        let six = [60.0, 10.0, 20.0, 50.0, 30.0, 40.0];
        check(&six, "20-percent", 20.0);
        check(&six, "80-percent", 50.0);
        check(&six, "4-lower", 22.5);
        check(&six, "4-upper", 47.5);
        check(&six, "4-dev", 12.5);
        check(&six, "5-1", 20.0);
        check(&six, "5-2", 30.0);
        check(&six, "5-3", 40.0);
        check(&six, "5-4", 50.0);
        check(&[7.0], "4-upper", 7.0);
    }

    #[test]
    fn what_too_few_measurements_have_not_is_not_made_up() {
        for code in ["average", "maximum", "sum", "median", "variance", "4-dev", "skew"] {
            assert_eq!(sample(&[]).value(code), None, "{code}");
        }
        for code in ["variance", "std-dev", "skew", "kurtosis"] {
            assert_eq!(sample(&[5.0]).value(code), None, "{code}");
        }
        assert_eq!(sample(&[5.0, 5.0]).value("skew"), None);
    }

    #[test]
    fn a_line_goes_through_what_lies_on_one() {
        const DAY: i64 = 86_400_000_000;
        let at = |day: i64| Some(1_700_000_000_000_000 + day * DAY);
        let line = |measurements: Vec<(f64, Option<i64>)>, gradient: f64, intercept: f64| {
            let found = Sample::new(measurements).line().expect("two instants");
            assert!((found.gradient - gradient).abs() < 1e-12, "{found:?}");
            assert!((found.intercept - intercept).abs() < 1e-12, "{found:?}");
        };
        line(vec![(7.0, at(2)), (3.0, at(0)), (9.0, at(3)), (1.0, None)], 2.0, 3.0);
        line(vec![(1.0, at(0)), (3.0, at(1)), (2.0, at(2))], 0.5, 1.5);
        assert_eq!(Sample::new(vec![(1.0, at(0)), (3.0, at(0))]).line(), None);
    }

    #[test]
    fn sums_keep_what_rounding_would_lose() {
        assert_eq!(sum([1e16, 1.0, -1e16].into_iter()), 1.0);
        let millions = Sample::new(vec![(1e9 + 4.0, None), (1e9 + 7.0, None), (1e9 + 13.0, None)]);
        assert_eq!(millions.value("variance"), Some(21.0));
    }

    #[test]
    fn every_code_of_r4_is_known_and_computed() {
        for one in STATISTICS {
            assert_eq!(statistic(one.code), Some(one));
            let is_other = ["count", "total-count", "regression"].contains(&one.code);
            assert_eq!(
                sample(&[1.0, 2.0, 4.0]).value(one.code).is_none(),
                is_other,
                "{}",
                one.code
            );
        }
        assert_eq!(statistic("max"), statistic("maximum"));
        assert!(statistic("mode").is_none());
    }
}
