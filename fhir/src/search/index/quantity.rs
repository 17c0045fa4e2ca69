//! Quantities for [quantity] parameters.
//!
//! [quantity]: https://hl7.org/fhir/R4/search.html#quantity

use std::borrow::Cow;

use crate::json::Value;
use crate::path::Node;
use crate::search::QuantityValue;
use crate::search::quantity::Quantity;

use super::convert::{Element, Scope};

/// The system of currencies in Money.
const CURRENCIES: &str = "urn:iso:std:iso:4217";

pub(super) fn add(
    scope: &Scope<'_>,
    node: Node<'_>,
    element: Element<'_>,
    add: &mut dyn FnMut(QuantityValue),
) {
    let is_quantity = || {
        let quantity = scope.schema.id("Quantity");
        quantity.is_some_and(|quantity| scope.schema.is_a(node.type_id, quantity))
    };
    match element.type_name {
        "Money" => money(element.value, add),
        "Range" => range(element.value, add),
        "SampledData" => sampled(element.value, add),
        _ if is_quantity() => quantity(element.value, add),
        _ => (),
    }
}

fn number<'a>(object: Value<'a>) -> Option<&'a str> {
    object.get("value")?.as_number()
}

fn quantity(value: Value<'_>, add: &mut dyn FnMut(QuantityValue)) {
    let Some(number) = number(value) else { return };
    let comparator = value.str("comparator");
    let comparator = comparator.as_deref().unwrap_or_default();
    let (unit, system, code) = (value.str("unit"), value.str("system"), value.str("code"));
    Quantity {
        low: (!comparator.starts_with('<')).then_some(number),
        high: (!comparator.starts_with('>')).then_some(number),
        is_above: comparator == ">",
        is_below: comparator == "<",
        unit: unit.as_deref(),
        system: system.as_deref(),
        code: code.as_deref(),
    }
    .values(add);
}

fn money(value: Value<'_>, add: &mut dyn FnMut(QuantityValue)) {
    let currency = value.str("currency");
    Quantity {
        low: number(value),
        high: number(value),
        system: Some(CURRENCIES),
        code: currency.as_deref(),
        ..Quantity::default()
    }
    .values(add);
}

/// From the least to the greatest of the values: `value-quantity` is defined to look at the bounds
/// of the values. A value beyond a limit of detection counts as the limit.
fn sampled(value: Value<'_>, add: &mut dyn FnMut(QuantityValue)) {
    let read = |key: &[&str]| value.at(key)?.as_number()?.parse::<f64>().ok();
    let Some(data) = value.str("data") else { return };
    let (lowest, highest) = (read(&["lowerLimit"]), read(&["upperLimit"]));
    let points = data.split_ascii_whitespace().filter_map(|point| match point {
        "L" => lowest,
        "U" => highest,
        point => point.parse::<f64>().ok().filter(|number| number.is_finite()),
    });
    let (least, most) =
        points.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p), high.max(p)));
    if least > most {
        return;
    }
    let (origin, factor) = (read(&["origin", "value"]), read(&["factor"]));
    let real = |point: f64| origin.unwrap_or(0.0) + point * factor.unwrap_or(1.0);
    // A negative factor turns the least into the greatest.
    let (a, b) = (real(least), real(most));
    let (low, high) = (a.min(b).to_string(), a.max(b).to_string());
    let [unit, system, code] = unit_of(value.get("origin"));
    Quantity {
        low: Some(&low),
        high: Some(&high),
        unit: unit.as_deref(),
        system: system.as_deref(),
        code: code.as_deref(),
        ..Quantity::default()
    }
    .values(add);
}

/// Unit, system and code.
type Unit<'a> = [Option<Cow<'a, str>>; 3];

fn unit_of(bound: Option<Value<'_>>) -> Unit<'_> {
    ["unit", "system", "code"].map(|key| bound?.str(key))
}

/// One value from low to high. Bounds in different units are two open ones.
fn range(value: Value<'_>, add: &mut dyn FnMut(QuantityValue)) {
    let (low, high) = (value.get("low"), value.get("high"));
    let (low_unit, high_unit) = (unit_of(low), unit_of(high));
    let (low, high) = (low.and_then(number), high.and_then(number));
    let mut one = |low, high, [unit, system, code]: &Unit<'_>| {
        Quantity {
            low,
            high,
            unit: unit.as_deref(),
            system: system.as_deref(),
            code: code.as_deref(),
            ..Quantity::default()
        }
        .values(add);
    };
    match (low, high) {
        (Some(_), Some(_)) if low_unit != high_unit => {
            one(low, None, &low_unit);
            one(None, high, &high_unit);
        }
        (Some(_), _) => one(low, high, &low_unit),
        (None, _) => one(low, high, &high_unit),
    }
}
