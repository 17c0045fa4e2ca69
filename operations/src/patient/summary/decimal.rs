//! Decimals as exact numbers, so that a difference between two results is what their digits say.

use std::cmp::Ordering;

/// `mantissa × 10^-scale`
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// Digits after the point that are reckoned with.
const SCALE_MAX: u32 = 18;

impl Decimal {
    /// Reads a decimal without an exponent, of up to 18 digits on either side of the point.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let scale = u32::try_from(fraction.len()).ok()?;
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 18 || scale > SCALE_MAX {
            return None;
        }
        if !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { mantissa: sign * mantissa, scale })
    }

    fn at_scale(self, scale: u32) -> i128 {
        self.mantissa * 10_i128.pow(scale - self.scale)
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.at_scale(scale).cmp(&other.at_scale(scale))
    }

    /// How far this is from the other, without sign, to two digits after the point at most; `about`
    /// when that rounded it. `None`: less than what two digits show.
    pub(super) fn distance(self, other: Self) -> Option<String> {
        let scale = self.scale.max(other.scale);
        let exact = (self.at_scale(scale) - other.at_scale(scale)).abs();
        let shown = scale.min(2);
        let unit = 10_i128.pow(scale - shown);
        let rounded = (exact + unit / 2) / unit;
        if rounded == 0 {
            return None;
        }
        let about = if rounded * unit == exact { "" } else { "about " };
        let mut text = format!("{rounded:0width$}", width = shown as usize + 1);
        if shown > 0 {
            text.insert(text.len() - shown as usize, '.');
        }
        Some(format!("{about}{text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[track_caller]
    fn check(a: &str, b: &str, expected: Option<&str>) {
        let (a, b) = (Decimal::parse(a).unwrap(), Decimal::parse(b).unwrap());
        assert_eq!(a.distance(b).as_deref(), expected);
    }

    #[test]
    fn a_distance_has_the_digits_of_the_finer_number() {
        check("8.1", "7.4", Some("0.7"));
        check("8.1", "7.45", Some("0.65"));
        check("140", "138", Some("2"));
        check("-1.5", "1.5", Some("3.0"));
    }

    #[test]
    fn more_than_two_digits_are_rounded_and_said_to_be() {
        check("176.35499866729558", "175.1", Some("about 1.25"));
        check("1.001", "1.002", None);
    }

    #[test]
    fn what_is_no_plain_decimal_is_not_reckoned_with() {
        for text in ["1e3", "", "-", ".5", "1.2.3", "9999999999999999999"] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }
}
