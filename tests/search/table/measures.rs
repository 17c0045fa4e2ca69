//! Numbers, dates, quantities and distances, as the rules of the table read them.

use crate::truth::span;

/// First and last microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) low: i64,
    pub(super) high: i64,
}

/// A year in microseconds.
const YEAR: i64 = 365 * 86_400_000_000;

/// The number, and half of the unit of its last digit.
pub(super) fn number_of(text: &str) -> Option<(f64, f64)> {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let places = match digits.split_once('.') {
        Some((whole, fraction)) if is_digits(whole) && is_digits(fraction) => fraction.len(),
        None if is_digits(digits) => 0,
        _ => return None,
    };
    // R4's table has 1e2 go from 95 to 105.
    let extra = i32::from(places == 0 && exponent > 0);
    let places = i32::try_from(places).ok()? + extra - exponent;
    Some((text.parse().ok()?, 0.5 * 10_f64.powi(-places)))
}

/// Compares what is held with the number asked for.
pub(super) fn within(prefix: &str, (number, half): (f64, f64), (low, high): (f64, f64)) -> bool {
    const TINY: f64 = 1e-9;
    let from = number - half - TINY;
    let to = number + half - TINY;
    match prefix {
        "eq" => from <= low && high < to,
        "ne" => !(from <= low && high < to),
        "gt" => high > number,
        "lt" => low < number,
        "ge" => high >= number,
        "le" => low <= number,
        "sa" => low > number,
        "eb" => high < number,
        _ => {
            let reach = half.max(number.abs() / 10.0) + TINY;
            low <= number + reach && number - reach <= high
        }
    }
}

/// The range of a date of any precision; `None` for what is none.
pub(super) fn span_of(text: &str) -> Option<Span> {
    let (date, clock) = text.split_once('T').map_or((text, None), |(d, c)| (d, Some(c)));
    let is_shape = [4, 7, 10].contains(&date.len())
        && date.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    let month: u32 = date.get(5..7).map_or(Some(1), |m| m.parse().ok())?;
    if !is_shape || !(1..=12).contains(&month) {
        return None;
    }
    let Some(clock) = clock else {
        let (low, high) = span(date);
        return Some(Span { low: low * 1_000_000, high: high * 1_000_000 + 999_999 });
    };
    let zone = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (time, zone) = clock.split_at(zone);
    let (time, fraction) = time.split_once('.').map_or((time, ""), |(t, f)| (t, f));
    let width = match (time.len(), fraction.len()) {
        (5, 0) => 60_000_000,
        (8, 0) => 1_000_000,
        (8, 3) => 1_000,
        _ => return None,
    };
    let low = span(&format!("{date}T{time}{zone}")).0 * 1_000_000
        + fraction.parse::<i64>().unwrap_or(0) * 1_000;
    Some(Span { low, high: low + width - 1 })
}

impl Span {
    /// Compares what is held with this, which was asked for.
    pub(super) fn is_met(&self, prefix: &str, held: &Span) -> bool {
        let is_within = self.low <= held.low && held.high <= self.high;
        match prefix {
            "eq" => is_within,
            "ne" => !is_within,
            "gt" => held.high > self.high,
            "lt" => held.low < self.low,
            "ge" => held.high > self.high || is_within,
            "le" => held.low < self.low || is_within,
            "sa" => held.low > self.high,
            "eb" => held.high < self.low,
            // A tenth of the years between then and now: the table has nothing between a few
            // months and some decades.
            _ => {
                let reach = YEAR / 2;
                held.low <= self.high.saturating_add(reach)
                    && self.low.saturating_sub(reach) <= held.high
            }
        }
    }
}

const UCUM: &str = "http://unitsofmeasure.org";

/// Milligrams of a unit of mass.
fn milligrams(code: &str) -> Option<f64> {
    match code {
        "mg" => Some(1.0),
        "g" => Some(1e3),
        "kg" => Some(1e6),
        _ => None,
    }
}

/// Does `number|system|code` match a quantity; `None` where it is none.
pub(super) fn is_quantity(
    prefix: &str,
    text: &str,
    held: f64,
    [unit, system, code]: [&str; 3],
) -> Option<bool> {
    let parts: Vec<&str> = text.split('|').collect();
    let (number, of, asked) = match parts.as_slice() {
        [number] => (*number, "", ""),
        [number, of, asked] => (*number, *of, *asked),
        _ => return None,
    };
    let (number, half) = number_of(number)?;
    if asked.is_empty() {
        return of.is_empty().then(|| within(prefix, (number, half), (held, held)));
    }
    if of.is_empty() {
        let is_unit = asked == unit || asked == code;
        return Some(is_unit && within(prefix, (number, half), (held, held)));
    }
    let sizes = milligrams(asked).zip(milligrams(code)).filter(|_| of == UCUM && system == UCUM);
    let Some((asked_size, size)) = sizes else {
        let is_unit = of == system && asked == code;
        return Some(is_unit && within(prefix, (number, half), (held, held)));
    };
    let held = held * size / asked_size;
    Some(within(prefix, (number, half), (held, held)))
}

/// Does a place lie in the circle `latitude|longitude|distance|units`; `None` where it is none.
pub(super) fn is_near(text: &str, north: f64, east: f64) -> Option<bool> {
    let parts: Vec<&str> = text.split('|').collect();
    if !(2..=4).contains(&parts.len()) {
        return None;
    }
    let latitude: f64 = parts[0].parse().ok()?;
    let longitude: f64 = parts[1].parse().ok()?;
    let kilometres = match parts.get(3) {
        None | Some(&"" | &"km") => 1.0,
        Some(&"m") => 1e-3,
        Some(&"mi" | &"[mi_us]") => 1.609,
        Some(_) => return None,
    };
    let distance: f64 = parts.get(2).map_or(Some(50.0), |text| text.parse().ok())?;
    if latitude.abs() > 90.0 || longitude.abs() > 180.0 || distance < 0.0 {
        return None;
    }
    // The law of cosines; the table has no place near the rim of a circle.
    let [a, b] = [latitude.to_radians(), north.to_radians()];
    let turn = (east - longitude).to_radians().cos();
    let angle = (a.sin() * b.sin() + a.cos() * b.cos() * turn).clamp(-1.0, 1.0).acos();
    Some(angle * 6371.0 <= distance * kilometres)
}
