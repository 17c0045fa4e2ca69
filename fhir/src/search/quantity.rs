//! [Quantity] parameters: a number, and perhaps a unit.
//!
//! [Quantity]: https://hl7.org/fhir/R4/search.html#quantity

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use octofhir_ucum::{Number, get_canonical_units};

use super::number::{Written, not_a_number};
use super::query::escape::{split, unescape};
use super::{NumberTest, NumberValue, Prefix, stable_hash};

/// The system of UCUM.
pub(super) const UCUM: &str = "http://unitsofmeasure.org";

/// In which unit a number is kept or asked for. A quantity leaves one index value for each form
/// that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd)]
pub enum QuantityUnit {
    /// Whatever the unit: `5.4`.
    Any,
    /// By code or by the unit's text, whatever the system: `5.4||mg`.
    Bare(String),
    /// By system and code: `5.4|system|mg`; the system's [`super::stable_hash`]. For UCUM only
    /// where a unit is not valid.
    Coded(u64, String),
    /// Of UCUM, in canonical units: the canonical unit's text. The number is converted.
    Canonical(String),
}

/// A quantity in the index.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub struct QuantityValue {
    /// The number, in this unit.
    pub number: NumberValue,
    /// The unit.
    pub unit: QuantityUnit,
}

/// A quantity asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantityTest {
    /// The number, in this unit.
    pub number: NumberTest,
    /// The unit.
    pub unit: QuantityUnit,
}

/// A unit, and how numbers come to it: times `factor`, plus `offset`.
#[derive(Clone)]
struct Scale {
    unit: QuantityUnit,
    factor: Number,
    offset: Number,
}

/// Units of UCUM that were met, with what they are converted to. A server meets some hundreds;
/// reading one again costs a multiple of looking it up, and more for what is no unit.
static UNITS: RwLock<BTreeMap<Box<str>, Scale>> = RwLock::new(BTreeMap::new());
/// So many units are remembered, and none that is longer.
const UNITS_MAX: usize = 4096;
const UNIT_LEN_MAX: usize = 100;

impl Scale {
    fn plain(unit: QuantityUnit) -> Self {
        Self { unit, factor: Number::ONE, offset: Number::ZERO }
    }

    /// The unit that stands for all that `code` of `system` can be converted to.
    fn of(system: &str, code: &str) -> Self {
        if system != UCUM || code.len() > UNIT_LEN_MAX {
            return Self::plain(QuantityUnit::Coded(stable_hash(system), code.to_owned()));
        }
        let known = UNITS.read().unwrap_or_else(PoisonError::into_inner).get(code).cloned();
        if let Some(known) = known {
            return known;
        }
        let scale = Self::canonical(code);
        let mut units = UNITS.write().unwrap_or_else(PoisonError::into_inner);
        if units.len() < UNITS_MAX {
            units.insert(code.into(), scale.clone());
        }
        scale
    }

    /// What has no linear scale (`[pH]`, `B`) and what UCUM does not know stays under its own code.
    fn canonical(code: &str) -> Self {
        match get_canonical_units(code) {
            Ok(found) => Self {
                unit: QuantityUnit::Canonical(found.unit),
                factor: found.factor,
                offset: found.offset,
            },
            Err(_) => Self::plain(QuantityUnit::Coded(stable_hash(UCUM), code.to_owned())),
        }
    }

    /// Exact in decimals; rounded once, at the end.
    fn convert(&self, number: Number) -> Option<f64> {
        Some(number.checked_mul(self.factor)?.checked_add(self.offset)?.to_f64())
    }
}

/// A quantity as a resource has it.
#[derive(Clone, Copy, Default)]
pub(super) struct Quantity<'a> {
    /// The least number, as text; `None` is open.
    pub(super) low: Option<&'a str>,
    /// The greatest number, as text; `None` is open.
    pub(super) high: Option<&'a str>,
    /// `>`: the least number itself is not covered.
    pub(super) is_above: bool,
    /// `<`: the greatest number itself is not covered.
    pub(super) is_below: bool,
    pub(super) unit: Option<&'a str>,
    pub(super) system: Option<&'a str>,
    pub(super) code: Option<&'a str>,
}

impl Quantity<'_> {
    /// Adds an index value for each form in which the quantity can be asked for.
    pub(super) fn values(&self, add: &mut dyn FnMut(QuantityValue)) {
        let Some(number) = self.number(|text| text.parse().ok()) else { return };
        add(QuantityValue { number, unit: QuantityUnit::Any });
        if let Some(code) = self.code {
            add(QuantityValue { number, unit: QuantityUnit::Bare(code.to_owned()) });
        }
        if let Some(unit) = self.unit.filter(|unit| Some(*unit) != self.code) {
            add(QuantityValue { number, unit: QuantityUnit::Bare(unit.to_owned()) });
        }
        let (Some(system), Some(code)) = (self.system, self.code) else { return };
        let scale = Scale::of(system, code);
        if let Some(number) = self.number(|text| scale.convert(Number::parse(text)?)) {
            add(QuantityValue { number, unit: scale.unit });
        }
    }

    /// The bounds as `read` has them; `None` when one is no number that can be kept.
    fn number(&self, read: impl Fn(&str) -> Option<f64>) -> Option<NumberValue> {
        let read = |text: &str| read(text).filter(|number| number.is_finite());
        let low = match self.low {
            None => f64::NEG_INFINITY,
            Some(text) if self.is_above => (read(text)? + 0.0).next_up(),
            Some(text) => read(text)? + 0.0,
        };
        let high = match self.high {
            None => f64::INFINITY,
            Some(text) if self.is_below => (read(text)? + 0.0).next_down(),
            Some(text) => read(text)? + 0.0,
        };
        let is_anything = self.low.is_some() || self.high.is_some();
        is_anything.then_some(NumberValue { low, high })
    }
}

impl QuantityTest {
    /// Reads `[prefix]number`, `[prefix]number|system|code` or `[prefix]number||unit`, escapes in
    /// place. The error says what is allowed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is no quantity: write number, number|system|code or number||unit, with \
                 a prefix before the number where one is wanted."
            )
        };
        let (number, system, code) = match split(text, '|').as_slice() {
            [number] => (*number, "", ""),
            [number, system, code] if system.is_empty() || !code.is_empty() => {
                (*number, *system, *code)
            }
            _ => return Err(wrong()),
        };
        let (prefix, digits) = Prefix::split(number)?;
        let written = Written::parse(digits).ok_or_else(|| not_a_number(digits))?;
        let (system, code) = (unescape(system)?, unescape(code)?);
        let test = |scale: Scale| {
            let number = written.test(prefix, |number| scale.convert(number));
            let number = number.ok_or_else(|| not_a_number(digits))?;
            Ok(Self { number, unit: scale.unit })
        };
        match (system.is_empty(), code.is_empty()) {
            (_, true) => test(Scale::plain(QuantityUnit::Any)),
            (true, false) => test(Scale::plain(QuantityUnit::Bare(code.into_owned()))),
            (false, false) => test(Scale::of(&system, &code)),
        }
    }

    /// Does a value pass?
    #[must_use]
    pub fn matches(&self, value: &QuantityValue) -> bool {
        self.unit == value.unit && self.number.matches(&value.number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Quantity, QuantityTest, QuantityUnit, UCUM};

    /// Does `query` find a UCUM quantity?
    fn finds(query: &str, number: &str, code: &str) -> bool {
        let quantity = Quantity {
            low: Some(number),
            high: Some(number),
            system: Some(UCUM),
            code: Some(code),
            unit: Some("as people say it"),
            ..Quantity::default()
        };
        let test = QuantityTest::parse(query).expect("a quantity");
        let mut is_found = false;
        quantity.values(&mut |value| is_found |= test.matches(&value));
        is_found
    }

    #[track_caller]
    fn same(number: &str, code: &str, other: &str, other_code: &str) {
        for prefix in ["", "ge", "le", "ap"] {
            let query = format!("{prefix}{number}|{UCUM}|{code}");
            assert!(finds(&query, other, other_code), "{query} of {other} {other_code}");
        }
        for prefix in ["ne", "gt", "lt", "sa", "eb"] {
            let query = format!("{prefix}{number}|{UCUM}|{code}");
            assert!(!finds(&query, other, other_code), "{query} of {other} {other_code}");
        }
    }

    #[test]
    fn units_of_one_kind_are_found_by_each_other() {
        same("5.4", "mg", "0.0054", "g");
        same("0.0054", "g", "5.4", "mg");
        same("5400", "ug", "5.4", "mg");
        same("1", "kg", "1000", "g");
        same("180", "cm", "1.8", "m");
        same("1", "[in_i]", "2.54", "cm");
        same("1", "[ft_i]", "30.48", "cm");
        same("1", "[lb_av]", "453.59237", "g");
        same("1", "[oz_av]", "28.349523125", "g");
        same("120", "mm[Hg]", "12", "cm[Hg]");
        same("1", "kPa", "1000", "Pa");
        same("1", "bar", "100000", "Pa");
        same("37", "Cel", "310.15", "K");
        same("98.6", "[degF]", "310.15", "K");
        same("0", "Cel", "32", "[degF]");
        same("100", "mg/dL", "1", "g/L");
        same("1", "mg/dL", "0.01", "mg/mL");
        same("5", "mmol/L", "0.005", "mol/L");
        same("5", "mmol/L", "5", "umol/mL");
        same("140", "meq/L", "0.14", "eq/L");
        same("60", "/min", "1", "/s");
        same("72", "{beats}/min", "72", "/min");
        same("1", "h", "60", "min");
        same("1", "d", "24", "h");
        same("1", "wk", "7", "d");
        same("23", "mm/h", "0.023", "m/h");
        same("1", "L", "1000", "mL");
        same("1", "dL", "100", "cm3");
        same("4.5", "10*3/uL", "4.5", "10*9/L");
        same("1", "J", "1", "N.m");
        same("1", "kcal", "1000", "cal");
        same("50", "%", "0.5", "1");
        same("60", "mL/min", "1", "mL/s");
        same("25", "kg/m2", "0.0025", "kg/cm2");
        same("10", "[iU]/L", "0.01", "[iU]/mL");
        same("1", "Sv", "100", "REM");
    }

    #[test]
    fn units_of_different_kinds_are_not_found_by_each_other() {
        for (code, other) in [
            ("mg", "mL"),
            ("mmol/L", "mg/dL"),
            ("[iU]", "[arb'U]"),
            ("Cel", "m"),
            ("/min", "min"),
            ("Mg", "mg"),
        ] {
            assert!(!finds(&format!("1|{UCUM}|{code}"), "1", other), "{code} {other}");
        }
    }

    #[test]
    fn a_unit_without_a_linear_scale_is_found_by_its_own_code() {
        same("7.4", "[pH]", "7.4", "[pH]");
        same("1", "nonsense", "1", "nonsense");
        assert!(!finds(&format!("7.4|{UCUM}|[pH]"), "7.4", "1"));
    }

    #[test]
    fn a_number_alone_is_found_whatever_the_unit_and_a_bare_unit_by_code_or_text() {
        assert!(finds("5.4", "5.4", "mg"));
        assert!(finds("5.4||mg", "5.4", "mg"));
        assert!(finds("5.4||as people say it", "5.4", "mg"));
        assert!(!finds("5.4||g", "5.4", "mg"));
        assert!(!finds("5.4|http://other|mg", "5.4", "mg"));
        assert!(finds("5.4||", "5.4", "mg"));
    }

    #[test]
    fn precision_is_that_of_what_was_written_in_its_own_unit() {
        assert!(finds(&format!("5.4|{UCUM}|mg"), "0.00544", "g"));
        assert!(!finds(&format!("5.40|{UCUM}|mg"), "0.00544", "g"));
        assert!(finds(&format!("5.40e-3|{UCUM}|g"), "5.404", "mg"));
        assert!(!finds(&format!("5.40e-3|{UCUM}|g"), "5.41", "mg"));
        assert!(finds(&format!("ap37|{UCUM}|Cel"), "40", "Cel"));
        assert!(!finds(&format!("ap37|{UCUM}|Cel"), "41", "Cel"));
    }

    #[test]
    fn a_comparator_covers_all_that_it_says() {
        let low = Quantity { high: Some("5"), is_below: true, ..Quantity::default() };
        let high = Quantity { low: Some("5"), ..Quantity::default() };
        for (query, is_low, is_high) in [
            ("lt4", true, false),
            ("gt4", true, true),
            ("gt5", false, true),
            ("ge5", false, true),
            ("lt5", true, false),
            ("5", false, false),
            ("sa4", false, true),
            ("eb5", true, false),
        ] {
            let test = QuantityTest::parse(query).unwrap();
            for (quantity, expected) in [(&low, is_low), (&high, is_high)] {
                let mut is_found = false;
                quantity.values(&mut |value| is_found |= test.matches(&value));
                assert_eq!(is_found, expected, "{query}");
            }
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in ["", "mg", "5|mg", "5|http://s|", "5|a|b|c", "xx5||mg", "5.|a|b", r"5||\x"] {
            assert!(QuantityTest::parse(text).is_err(), "{text}");
        }
        let escaped = QuantityTest::parse(r"5||a\|b").unwrap();
        assert_eq!(escaped.unit, QuantityUnit::Bare("a|b".to_owned()));
    }

    proptest! {
        #[test]
        fn a_quantity_is_found_through_every_unit_of_its_kind(
            thousandths in 1_u32..10_000_000, from in 0_usize..5, to in 0_usize..5
        ) {
            let units = [("kg", 3), ("g", 0), ("mg", -3), ("ug", -6), ("ng", -9)];
            let ((code, power), (other, other_power)) = (units[from], units[to]);
            let number = format!("{thousandths}e-3");
            let moved = format!("{thousandths}e{}", -3 + power - other_power);
            let value = octofhir_ucum::Number::parse(&moved).unwrap().to_f64().to_string();
            for prefix in ["eq", "ge", "le"] {
                let query = format!("{prefix}{number}|{UCUM}|{code}");
                prop_assert!(finds(&query, &value, other), "{} of {} {}", query, value, other);
            }
            let gt = finds(&format!("gt{number}|{UCUM}|{code}"), &value, other);
            prop_assert_eq!(gt, false);
        }
    }
}
