//! Numbers with their implicit precision, and quantities of a few units.
//!
//! <https://hl7.org/fhir/R4/search.html#number>, <https://hl7.org/fhir/R4/search.html#quantity>

use serde_json::Value;

use super::dates::prefixed;

pub(crate) const UCUM: &str = "http://unitsofmeasure.org";

/// Parts of one: numbers are whole multiples of a 10⁻⁹th, so that nothing is rounded.
const ONE: i128 = 1_000_000_000;

/// Units with what they measure and their size in the smallest of them.
pub(crate) const UNITS: [(&str, &str, i128); 10] = [
    ("ug", "mass", 1),
    ("mg", "mass", 1_000),
    ("g", "mass", 1_000_000),
    ("kg", "mass", 1_000_000_000),
    ("mm", "length", 1),
    ("cm", "length", 10),
    ("m", "length", 1_000),
    ("s", "time", 1),
    ("min", "time", 60),
    ("h", "time", 3_600),
];

/// The number in 10⁻⁹ths, and how many decimals it has (below 0: zeros before the point).
fn decimal(text: &str) -> Option<(i128, i32)> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let decimals = i32::try_from(fraction.len()).ok()? - exponent;
    let number: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((number * power(9 - decimals)?, decimals))
}

fn power(exponent: i32) -> Option<i128> {
    10_i128.checked_pow(u32::try_from(exponent).ok()?)
}

/// A number of the data in 10⁻⁹ths.
fn exact(value: &Value) -> Option<i128> {
    decimal(&value.as_number()?.to_string()).map(|(number, _)| number)
}

/// Does a number satisfy a search value such as `gt5.40`?
pub(crate) fn is_number(held: &Value, wanted: &str) -> bool {
    exact(held).is_some_and(|number| compare((number, number), wanted, ONE))
}

/// Does a Quantity or a Range satisfy `number`, `number|system|code` or `number||code`?
pub(crate) fn is_quantity(held: &Value, wanted: &str) -> bool {
    let mut parts = wanted.split('|');
    let number = parts.next().unwrap_or_default();
    let (system, code) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let limit = |quantity: &Value| -> Option<i128> {
        let (held_code, value) = (&quantity["code"], exact(&quantity["value"])?);
        if code.is_empty() {
            return Some(value);
        }
        if system.is_empty() {
            // "The unit may be the code or the unit": whatever the system is.
            let is_it = held_code == code || quantity["unit"] == code;
            return is_it.then_some(value);
        }
        if quantity["system"] != system {
            return None;
        }
        if system != UCUM {
            return (held_code == code).then_some(value);
        }
        let size = |code: &str| UNITS.iter().find(|(known, ..)| *known == code);
        let (from, to) = (size(held_code.as_str()?)?, size(code)?);
        (from.1 == to.1).then(|| value * from.2)
    };
    let scale = match UNITS.iter().find(|(known, ..)| *known == code) {
        Some((.., size)) if system == UCUM => *size,
        _ => 1,
    };
    if held.get("low").is_some() || held.get("high").is_some() {
        let ends = ["low", "high"].map(|name| held.get(name).map(&limit));
        // An end of another unit makes the whole Range one that cannot be compared.
        if ends.contains(&Some(None)) {
            return false;
        }
        let [low, high] = ends.map(Option::flatten);
        return compare((low.unwrap_or(i128::MIN), high.unwrap_or(i128::MAX)), number, ONE * scale);
    }
    limit(held).is_some_and(|value| compare((value, value), number, ONE * scale))
}

/// Compares a range with a search value whose one is so long.
fn compare((low, high): (i128, i128), wanted: &str, one: i128) -> bool {
    let (prefix, text) = prefixed(wanted);
    let (number, decimals) = decimal(text).expect("the generator writes numbers");
    let scale = one / ONE;
    let half = power(9 - decimals).expect("few decimals") * scale / 2;
    let number = number * scale;
    let is_equal = number - half <= low && high < number + half;
    // With gt, lt, ge, le, sa and eb "the implicit precision of the number is ignored".
    match prefix {
        "eq" => is_equal,
        "ne" => !is_equal,
        "gt" => high > number,
        "lt" => low < number,
        "ge" => high >= number,
        "le" => low <= number,
        "sa" => low > number,
        "eb" => high < number,
        // A tenth of the number, which R4 recommends, or what its digits leave open where that is
        // more: "the range of the search value overlaps with the range of the target value".
        "ap" => {
            let tenth = number.abs() / 10;
            (number - tenth <= high && low <= number + tenth)
                || (number - half <= high && low <= number + half)
        }
        other => panic!("the oracle does not know the prefix {other}"),
    }
}

/// What a number or a quantity is sorted by.
pub(crate) fn key(value: &Value) -> Option<i128> {
    exact(value).or_else(|| exact(&value["value"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_has_the_precision_of_its_digits() {
        assert!(is_number(&json!(99.5), "100"));
        assert!(!is_number(&json!(100.5), "100"));
        assert!(!is_number(&json!(99.5), "100.0"));
        assert!(is_number(&json!(-0.5), "lt0"));
    }

    #[test]
    fn a_quantity_is_converted() {
        let held = json!({"value": 1.5, "system": UCUM, "code": "g"});
        assert!(is_quantity(&held, &format!("1500|{UCUM}|mg")));
        assert!(!is_quantity(&held, "1500||mg"));
        assert!(is_quantity(&held, "ge1.5"));
    }
}
