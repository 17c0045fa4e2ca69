//! [Number] parameters.
//!
//! [Number]: https://hl7.org/fhir/R4/search.html#number

use octofhir_ucum::Number;

/// A comparison prefix of number, date and quantity values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// Equal, within the precision that was written.
    Eq,
    /// Not equal.
    Ne,
    /// Greater.
    Gt,
    /// Less.
    Lt,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
    /// Starts after.
    Sa,
    /// Ends before.
    Eb,
    /// Approximately.
    Ap,
}

/// All prefixes, for an error to list.
const PREFIXES: &str = "eq, ne, gt, lt, ge, le, sa, eb and ap";

impl Prefix {
    /// Takes the [prefix] off a value; without one it is `eq`. The error says what is allowed.
    ///
    /// [prefix]: https://hl7.org/fhir/R4/search.html#prefix
    pub(super) fn split(text: &str) -> Result<(Self, &str), String> {
        let Some((start, rest)) = text.split_at_checked(2) else { return Ok((Prefix::Eq, text)) };
        if !start.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Ok((Prefix::Eq, text));
        }
        let prefix = match start {
            "eq" => Prefix::Eq,
            "ne" => Prefix::Ne,
            "gt" => Prefix::Gt,
            "lt" => Prefix::Lt,
            "ge" => Prefix::Ge,
            "le" => Prefix::Le,
            "sa" => Prefix::Sa,
            "eb" => Prefix::Eb,
            "ap" => Prefix::Ap,
            _ => {
                return Err(format!("'{start}' of '{text}' is no prefix: those are {PREFIXES}."));
            }
        };
        Ok((prefix, rest))
    }
}

/// A number in the index: a point (`low == high`), or a range, open ends infinite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct NumberValue {
    /// Least value covered.
    pub low: f64,
    /// Greatest value covered.
    pub high: f64,
}

/// A number asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberTest {
    /// How to compare.
    pub prefix: Prefix,
    /// The number as written, exactly.
    pub exact: f64,
    /// Start of the implicit range of what was written: 99.5 for `100`; for `ap`, 10 % below.
    pub low: f64,
    /// End of the implicit range, not itself in it: 100.5 for `100`; for `ap`, 10 % above.
    pub high: f64,
}

impl NumberValue {
    /// A single number.
    #[must_use]
    pub fn point(number: f64) -> Self {
        // Zero has two signs and one meaning.
        let number = number + 0.0;
        Self { low: number, high: number }
    }
}

impl NumberTest {
    /// Reads `[prefix]number`. The error says what is allowed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (prefix, number) = Prefix::split(text)?;
        Written::parse(number)
            .and_then(|written| written.test(prefix, |number| Some(number.to_f64())))
            .ok_or_else(|| not_a_number(number))
    }

    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &NumberValue) -> bool {
        let is_equal = self.low <= value.low && value.high < self.high
            || (value.low == self.exact && value.high == self.exact);
        match self.prefix {
            Prefix::Eq => is_equal,
            Prefix::Ne => !is_equal,
            Prefix::Gt => value.high > self.exact,
            Prefix::Lt => value.low < self.exact,
            Prefix::Ge => value.high >= self.exact,
            Prefix::Le => value.low <= self.exact,
            Prefix::Sa => value.low > self.exact,
            Prefix::Eb => value.high < self.exact,
            Prefix::Ap => value.low <= self.high && self.low <= value.high,
        }
    }
}

/// What a text that is no number is answered with.
pub(super) fn not_a_number(text: &str) -> String {
    format!("'{text}' is no number: write it as 100, -5.40 or 1.2e3.")
}

/// A number as it was written: its value, and half of the unit of its last digit, both exact.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    value: Number,
    half_unit: Number,
}

impl Written {
    /// Reads digits with an optional sign, fraction and exponent.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        // No f64 is beyond 10^308, and a decimal of FHIR has 18 digits.
        let is_sane = text.len() <= 64 && (-400..=400).contains(&exponent);
        if !is_sane || !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return None;
        }
        let mut places = i32::try_from(fraction.map_or(0, str::len)).ok()?;
        if fraction.is_none() && exponent > 0 {
            // The specification's table reads 1e2 as [95, 105): one digit more than was written.
            places += 1;
        }
        let half_unit =
            Number::from_i64(5).checked_mul(Number::power_of_ten(exponent - places - 1))?;
        Some(Self { value: Number::parse(text)?, half_unit })
    }

    /// The test in the unit that `convert` leads to; `None` when a bound is beyond all numbers.
    ///
    /// `eq` and `ne` compare with the range of what was written; `ap` with 10 % around the value,
    /// or that range where it is wider; all others with the very value.
    pub(super) fn test(
        &self,
        prefix: Prefix,
        convert: impl Fn(Number) -> Option<f64>,
    ) -> Option<NumberTest> {
        let mut reach = self.half_unit;
        if prefix == Prefix::Ap {
            reach = reach.max(self.value.abs().checked_mul(Number::power_of_ten(-1))?);
        }
        let test = NumberTest {
            prefix,
            exact: convert(self.value)? + 0.0,
            low: convert(self.value.checked_sub(reach)?)? + 0.0,
            high: convert(self.value.checked_add(reach)?)? + 0.0,
        };
        let is_finite = test.exact.is_finite() && test.low.is_finite() && test.high.is_finite();
        is_finite.then_some(test)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{NumberTest, NumberValue, Prefix};

    #[track_caller]
    fn covers(text: &str, low: f64, high: f64) {
        let test = NumberTest::parse(text).expect("a number");
        assert_eq!((test.low, test.high), (low, high), "{text}");
    }

    #[test]
    fn a_number_is_the_range_of_its_significant_figures() {
        covers("100", 99.5, 100.5);
        covers("100.00", 99.995, 100.005);
        covers("1e2", 95.0, 105.0);
        covers("8e-1", 0.75, 0.85);
        covers("1.0e2", 95.0, 105.0);
        covers("1.00e2", 99.5, 100.5);
        covers("5.40e-3", 0.005395, 0.005405);
        covers("5.4", 5.35, 5.45);
        covers("0", -0.5, 0.5);
        covers("-2", -2.5, -1.5);
        covers("0.0", -0.05, 0.05);
    }

    #[test]
    fn approximately_is_ten_percent_or_the_precision_where_that_is_wider() {
        covers("ap100", 90.0, 110.0);
        covers("ap-100", -110.0, -90.0);
        covers("ap2", 1.5, 2.5);
        covers("ap0", -0.5, 0.5);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "a", "1a", ".5", "5.", "1e", "1e999", "--1", "1,5", "xx5", "NaN", "1_0"] {
            assert!(NumberTest::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            NumberTest::parse("xx5").unwrap_err(),
            "'xx' of 'xx5' is no prefix: those are eq, ne, gt, lt, ge, le, sa, eb and ap."
        );
    }

    #[test]
    fn comparisons_are_with_the_number_exactly_as_it_was_written() {
        for (query, value, is_match) in [
            ("gt100", 100.4, true),
            ("gt100", 100.0, false),
            ("lt100", 99.9, true),
            ("ge100", 100.0, true),
            ("ge100", 99.9, false),
            ("le100", 100.1, false),
            ("sa100", 100.1, true),
            ("eb100", 99.9, true),
            ("100", 99.5, true),
            ("100", 100.5, false),
            ("ne100", 100.4, false),
            ("ne100", 101.0, true),
        ] {
            let test = NumberTest::parse(query).unwrap();
            assert_eq!(test.matches(&NumberValue::point(value)), is_match, "{query} of {value}");
        }
    }

    proptest! {
        #[test]
        fn a_number_finds_itself_and_its_neighbours_split_between_the_prefixes(
            mantissa in -999_999_999_i64..999_999_999, places in 0_usize..6, other in -1e6_f64..1e6
        ) {
            let digits = format!("{:0width$}", mantissa.unsigned_abs(), width = places + 1);
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let sign = if mantissa < 0 { "-" } else { "" };
            let dot = if places > 0 { "." } else { "" };
            let text = format!("{sign}{whole}{dot}{fraction}");
            let own = NumberValue::point(text.parse().unwrap());
            let test = |prefix: &str| NumberTest::parse(&format!("{prefix}{text}")).unwrap();
            for prefix in ["", "eq", "ge", "le", "ap"] {
                prop_assert!(test(prefix).matches(&own), "{prefix}{text}");
            }
            for prefix in ["ne", "gt", "lt", "sa", "eb"] {
                prop_assert!(!test(prefix).matches(&own), "{prefix}{text}");
            }
            let other = NumberValue::point(other);
            prop_assert_eq!(test("eq").matches(&other), !test("ne").matches(&other));
            prop_assert_eq!(test("gt").matches(&other), !test("le").matches(&other));
            prop_assert_eq!(test("lt").matches(&other), !test("ge").matches(&other));
            prop_assert!(!matches!(test("").prefix, Prefix::Ne));
        }
    }
}
