//! [Date] parameters: every value is the range of its precision.
//!
//! [Date]: https://hl7.org/fhir/R4/search.html#date

use super::Prefix;
use super::query::with_plus;
use crate::primitive::{DateTime, Precision};

/// A date or period in the index, in microseconds since 1970-01-01T00:00Z; an open end is
/// `i64::MIN` or `i64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub struct DateValue {
    /// First microsecond.
    pub low: i64,
    /// Last microsecond.
    pub high: i64,
}

/// A date asked for: the range of its precision; for `ap` already widened. With `ap` and `low` after
/// `high` it asks for values that contain the time from `high` to `low`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTest {
    /// How to compare.
    pub prefix: Prefix,
    /// First microsecond.
    pub low: i64,
    /// Last microsecond.
    pub high: i64,
}

impl DateValue {
    /// All times.
    pub(super) const EVER: Self = Self { low: i64::MIN, high: i64::MAX };

    /// The range of a date or dateTime.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (low, high) = DateTime::parse(text)?.range_us();
        Some(Self { low, high })
    }

    /// An instant is a point in time, whatever the precision of its text.
    pub(super) fn parse_instant(text: &str) -> Option<Self> {
        let (low, _) = DateTime::parse(text)?.range_us();
        Some(Self { low, high: low })
    }
}

impl DateTest {
    /// Reads `[prefix]date`. The error says what is allowed.
    ///
    /// `ap` widens the range on both sides by 10 % of the gap between it and `now_us`.
    pub(super) fn parse(text: &str, now_us: i64) -> Result<Self, String> {
        let (prefix, date) = Prefix::split(text)?;
        let wrong = || {
            format!(
                "'{date}' is no date: write it as 2013, 2013-01, 2013-01-14 or \
                 2013-01-14T10:00:00Z, with minutes where there are hours."
            )
        };
        let parsed = DateTime::parse(&with_plus(date)).ok_or_else(wrong)?;
        if parsed.precision == Precision::Hour {
            return Err(wrong());
        }
        let (mut low, mut high) = parsed.range_us();
        if prefix == Prefix::Ap {
            let gap = (low.saturating_sub(now_us)).max(now_us.saturating_sub(high)).max(0);
            low = low.saturating_sub(gap / 10);
            high = high.saturating_add(gap / 10);
        }
        Ok(Self { prefix, low, high })
    }

    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &DateValue) -> bool {
        let is_within = self.low <= value.low && value.high <= self.high;
        match self.prefix {
            Prefix::Eq => is_within,
            Prefix::Ne => !is_within,
            Prefix::Gt => value.high > self.high,
            Prefix::Lt => value.low < self.low,
            Prefix::Ge => value.high > self.high || is_within,
            Prefix::Le => value.low < self.low || is_within,
            Prefix::Sa => value.low > self.high,
            Prefix::Eb => value.high < self.low,
            Prefix::Ap => value.low <= self.high && self.low <= value.high,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{DateTest, DateValue};
    use crate::primitive::DateTime;

    fn now() -> i64 {
        DateTime::parse("2020-01-01").unwrap().range_us().0
    }

    /// From the first to the last moment of two dates; `..` is open.
    fn period(text: &str) -> DateValue {
        let (start, end) = text.split_once('/').unwrap_or((text, text));
        let bound = |text: &str| DateValue::parse(text);
        DateValue {
            low: bound(start).map_or(i64::MIN, |v| v.low),
            high: bound(end).map_or(i64::MAX, |v| v.high),
        }
    }

    #[track_caller]
    fn check(query: &str, value: &str, is_match: bool) {
        let test = DateTest::parse(query, now()).expect("a date");
        assert_eq!(test.matches(&period(value)), is_match, "{query} of {value}");
    }

    #[test]
    fn the_examples_of_the_specification_hold() {
        check("eq2013-01-14", "2013-01-14T00:00Z", true);
        check("eq2013-01-14", "2013-01-14T10:00Z", true);
        check("eq2013-01-14", "2013-01-15T00:00Z", false);
        check("ne2013-01-14", "2013-01-15T00:00Z", true);
        check("ne2013-01-14", "2013-01-14T00:00Z", false);
        check("ne2013-01-14", "2013-01-14T10:00Z", false);
        check("lt2013-01-14T10:00", "2013-01-14", true);
        check("gt2013-01-14T10:00", "2013-01-14", true);
        check("ge2013-03-14", "2013-01-21/..", true);
        check("le2013-03-14", "2013-01-21/..", true);
        check("sa2013-03-14", "2013-03-15/..", true);
        check("sa2013-03-14", "2013-01-21/..", false);
        check("sa2013-03-14", "../2013-01-21", false);
        check("eb2013-03-14", "2013-03-15/..", false);
        check("eb2013-03-14", "2013-01-21/..", false);
        check("eb2013-03-14", "../2013-01-21", true);
        check("ap2013-03-14", "2013-03-14", true);
        check("ap2013-03-14", "2015-06-15", false);
    }

    #[test]
    fn a_range_matches_by_what_it_covers() {
        check("2013", "2013-05", true);
        check("2013-05", "2013", false);
        check("ge2013-05", "2013-05-01", true);
        check("ge2013-05-02", "2013-05-01", false);
        check("le2013-05", "2013-05-31", true);
        check("gt2013-05", "2013-05-31", false);
        check("lt2013-05", "2013-04-30T23:59:59Z", true);
        check("eq2013", "2013-01-01/..", false);
        check("ap2013", "2012-06/2013-02", true);
    }

    #[test]
    fn approximately_reaches_a_tenth_of_the_gap_to_now() {
        check("ap2010-01-01", "2010-12-30", true);
        check("ap2010-01-01", "2011-01-10", false);
        check("ap2019-12-31", "2019-12-30", false);
        check("ap2020", "2020-06", true);
        check("ap2030-01-01", "2029-02-01", true);
    }

    #[test]
    fn a_zone_counts_and_an_unescaped_plus_is_understood() {
        check("2013-01-14T10:00:00+02:00", "2013-01-14T08:00:00Z", true);
        check("2013-01-14T10:00:00 02:00", "2013-01-14T08:00:00Z", true);
        check("2013-01-14", "2013-01-14T23:30:00-02:00", false);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["23 May 2009", "2009-5", "2009-02-30", "20090523", "", "xx2009", "2009-05-23T10"]
        {
            assert!(DateTest::parse(text, 0).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_prefixes_divide_all_dates_between_them(
            at in 0_i64..4_000_000_000, days in 0_i64..800, other in 0_i64..4_000_000_000,
            precision in 0_usize..4
        ) {
            let text = DateTime::instant_text(at * 1_000_000);
            let text = &text[..[4, 7, 10, 19][precision]];
            let test = |prefix: &str| DateTest::parse(&format!("{prefix}{text}"), 0).unwrap();
            let low = other * 1_000_000;
            let value = DateValue { low, high: low + days * 86_400_000_000 };
            let is = |prefix: &str| test(prefix).matches(&value);
            prop_assert_eq!(is("eq"), !is("ne"));
            prop_assert_eq!(is("eq"), is(""));
            prop_assert_eq!(is("ge"), is("gt") || is("eq"));
            prop_assert_eq!(is("le"), is("lt") || is("eq"));
            prop_assert!(!is("sa") || is("gt"));
            prop_assert!(!is("eb") || is("lt"));
            prop_assert!(is("sa") || is("eb") || is("ap"));
            let own = DateValue::parse(text).unwrap();
            prop_assert!(test("eq").matches(&own) && test("ap").matches(&own));
            prop_assert!(!test("gt").matches(&own) && !test("lt").matches(&own));
        }
    }
}
