//! [Equality and equivalence] of two items.
//!
//! [Equality and equivalence]: http://hl7.org/fhirpath/N1/#equality

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use rust_decimal::{Decimal, RoundingStrategy};

use super::eval::Evaluator;
use super::item::Item;
use super::quantity::{Quantity, Unit};
use super::{PathError, measure, moments, types};
use crate::definitions::Schema;
use crate::json::{Kind, Value};

/// Collections up to this size are compared item by item rather than hashed.
const FEW: usize = 8;

/// `=`; `None` where it cannot be known: dates of unlike precision, quantities without a common
/// unit.
///
/// # Errors
/// When the elements are larger than the fuel left.
pub(super) fn equal(
    evaluator: &Evaluator<'_, '_>,
    left: &Item<'_>,
    right: &Item<'_>,
) -> Result<Option<bool>, PathError> {
    let schema = evaluator.env.schema;
    let (left, right) = (plain(schema, left), plain(schema, right));
    if let (Item::Node(left), Item::Node(right)) = (&left, &right) {
        let is_equal = same(evaluator, left.value, right.value)?
            && same(evaluator, left.sibling, right.sibling)?;
        return Ok(Some(is_equal));
    }
    Ok(equal_values(&left, &right))
}

fn equal_values(left: &Item<'_>, right: &Item<'_>) -> Option<bool> {
    let is_equal = match (left, right) {
        (Item::Boolean(left), Item::Boolean(right)) => left == right,
        (Item::String(left), Item::String(right)) => left == right,
        (Item::Integer(left), Item::Integer(right)) => left == right,
        (Item::Time(left), Item::Time(right)) => {
            return moments::order_times(left, right).map(Ordering::is_eq);
        }
        (Item::Date(left) | Item::DateTime(left), Item::Date(right) | Item::DateTime(right)) => {
            return moments::order(left, right).map(Ordering::is_eq);
        }
        (Item::Type(left), Item::Type(right)) => left == right,
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right,
            _ => {
                let quantities = measure::of_item(left).zip(measure::of_item(right));
                let Some((left, right)) = quantities else { return Some(false) };
                return measure::order(&left, &right).map(Ordering::is_eq);
            }
        },
    };
    Some(is_equal)
}

/// `~`
///
/// # Errors
/// As [`equal`].
pub(super) fn equivalent(
    evaluator: &Evaluator<'_, '_>,
    left: &Item<'_>,
    right: &Item<'_>,
) -> Result<bool, PathError> {
    let schema = evaluator.env.schema;
    let (left, right) = (plain(schema, left), plain(schema, right));
    Ok(match (&left, &right) {
        (Item::String(left), Item::String(right)) => folded(left) == folded(right),
        (Item::Node(left), Item::Node(right)) => match (left.value, right.value) {
            (Some(left), Some(right)) => alike(evaluator, left, right)?,
            (left, right) => left.is_none() == right.is_none(),
        },
        _ => match (number(&left), number(&right)) {
            (Some(left), Some(right)) => same_rounded(left, right),
            _ => match measure::of_item(&left).zip(measure::of_item(&right)) {
                Some((left, right)) => measure::equivalent(&left, &right),
                None => equal_values(&left, &right) == Some(true),
            },
        },
    })
}

/// A primitive as its System value; one without a value stays an element.
fn plain<'a>(schema: &Schema, item: &Item<'a>) -> Item<'a> {
    types::system(schema, item.clone()).unwrap_or_else(|| item.clone())
}

fn number(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(number) => Some(Decimal::from(*number)),
        Item::Decimal(number) => Some(*number),
        _ => None,
    }
}

/// Equal to the precision of the less precise one.
pub(super) fn same_rounded(left: Decimal, right: Decimal) -> bool {
    let scale = left.normalize().scale().min(right.normalize().scale());
    let round =
        |one: Decimal| one.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
    round(left) == round(right)
}

/// Case and white space do not count.
fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

fn same(
    evaluator: &Evaluator<'_, '_>,
    left: Option<Value<'_>>,
    right: Option<Value<'_>>,
) -> Result<bool, PathError> {
    match (left, right) {
        (Some(left), Some(right)) => same_value(evaluator, left, right),
        (left, right) => Ok(left.is_none() && right.is_none()),
    }
}

/// Do both mean the same JSON? Properties may stand in any order, and digits do not count that do
/// not change a number.
fn same_value(
    evaluator: &Evaluator<'_, '_>,
    left: Value<'_>,
    right: Value<'_>,
) -> Result<bool, PathError> {
    evaluator.burn(1)?;
    if left.raw() == right.raw() {
        return Ok(true);
    }
    match (left.kind(), right.kind()) {
        (Kind::Object, Kind::Object) => {
            same_members(left, right, |one, other| same_value(evaluator, one, other))
        }
        (Kind::Array, Kind::Array) => {
            if left.items().count() != right.items().count() {
                return Ok(false);
            }
            for (left, right) in left.items().zip(right.items()) {
                if !same_value(evaluator, left, right)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Kind::Number, Kind::Number) => {
            let number = |value: Value<'_>| types::decimal(value.raw());
            Ok(number(left).is_some_and(|left| Some(left) == number(right)))
        }
        (Kind::String, Kind::String) => Ok(left.as_str() == right.as_str()),
        _ => Ok(false),
    }
}

/// Do both objects have the same properties, and is each like the other's?
fn same_members(
    left: Value<'_>,
    right: Value<'_>,
    is_like: impl Fn(Value<'_>, Value<'_>) -> Result<bool, PathError>,
) -> Result<bool, PathError> {
    if left.entries().count() != right.entries().count() {
        return Ok(false);
    }
    for one in left.entries() {
        match right.get(one.key()) {
            Some(other) if is_like(one, other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// [`same_value`] with lists in any order and texts folded.
fn alike(
    evaluator: &Evaluator<'_, '_>,
    left: Value<'_>,
    right: Value<'_>,
) -> Result<bool, PathError> {
    evaluator.burn(1)?;
    if left.raw() == right.raw() {
        return Ok(true);
    }
    match (left.kind(), right.kind()) {
        (Kind::Object, Kind::Object) => {
            same_members(left, right, |one, other| alike(evaluator, one, other))
        }
        (Kind::Array, Kind::Array) => {
            let mut others: Vec<Value<'_>> = right.items().collect();
            for one in left.items() {
                let mut found = None;
                for (at, other) in others.iter().enumerate() {
                    if alike(evaluator, one, *other)? {
                        found = Some(at);
                        break;
                    }
                }
                let Some(at) = found else { return Ok(false) };
                others.swap_remove(at);
            }
            Ok(others.is_empty())
        }
        (Kind::Number, Kind::Number) => {
            let number = |value: Value<'_>| types::decimal(value.raw());
            let both = number(left).zip(number(right));
            Ok(both.is_some_and(|(one, other)| same_rounded(one, other)))
        }
        (Kind::String, Kind::String) => {
            let text = |value: Value<'_>| value.as_str().map(|text| folded(&text));
            Ok(text(left) == text(right))
        }
        _ => Ok(false),
    }
}

/// Equal items have equal hashes; those whose equality is not that of a text share one hash.
fn hash(schema: &Schema, item: &Item<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match plain(schema, item) {
        Item::String(text) => text.hash(&mut hasher),
        Item::Boolean(is_true) => is_true.hash(&mut hasher),
        Item::Integer(number) => Decimal::from(number).normalize().hash(&mut hasher),
        Item::Decimal(number) => number.normalize().hash(&mut hasher),
        // A number is equal to a quantity without unit.
        Item::Quantity(Quantity { value, unit }) if unit == Unit::ONE => {
            value.normalize().hash(&mut hasher);
        }
        _ => {}
    }
    hasher.finish()
}

impl<'a> Evaluator<'_, 'a> {
    /// Is one of the items equal to this one?
    pub(super) fn contains(&self, items: &[Item<'a>], item: &Item<'a>) -> Result<bool, PathError> {
        for other in items {
            if equal(self, other, item)? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The items without those that are equal to an earlier one.
    pub(super) fn distinct(&self, items: Vec<Item<'a>>) -> Result<Vec<Item<'a>>, PathError> {
        let mut seen = Seen::default();
        let mut kept = Vec::with_capacity(items.len());
        let count = items.len();
        for item in items {
            if count <= FEW {
                self.burn(kept.len() as u64)?;
                if !self.contains(&kept, &item)? {
                    kept.push(item);
                }
            } else if seen.add(self, &item)? {
                kept.push(item);
            }
        }
        Ok(kept)
    }
}

/// A set of items.
#[derive(Default)]
pub(super) struct Seen<'a> {
    buckets: std::collections::HashMap<u64, Vec<Item<'a>>>,
}

impl<'a> Seen<'a> {
    /// Puts an item in; false when an equal one was there.
    pub(super) fn add(
        &mut self,
        evaluator: &Evaluator<'_, 'a>,
        item: &Item<'a>,
    ) -> Result<bool, PathError> {
        let bucket = self.buckets.entry(hash(evaluator.env.schema, item)).or_default();
        evaluator.burn(1 + bucket.len() as u64)?;
        if evaluator.contains(bucket, item)? {
            return Ok(false);
        }
        bucket.push(item.clone());
        Ok(true)
    }

    /// Is an equal item in it?
    pub(super) fn has(
        &self,
        evaluator: &Evaluator<'_, 'a>,
        item: &Item<'a>,
    ) -> Result<bool, PathError> {
        let Some(bucket) = self.buckets.get(&hash(evaluator.env.schema, item)) else {
            return Ok(false);
        };
        evaluator.burn(bucket.len() as u64)?;
        evaluator.contains(bucket, item)
    }
}
