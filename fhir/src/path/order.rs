//! The order of two values, for [comparison] and for `sort()`.
//!
//! [comparison]: http://hl7.org/fhirpath/N1/#comparison

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::item::Item;
use super::{measure, moments};

/// The order of two System values: `None` when they cannot be compared at all, `Some(None)` when
/// their precision or units do not tell.
pub(super) fn compare(left: &Item<'_>, right: &Item<'_>) -> Option<Option<Ordering>> {
    Some(match (left, right) {
        (Item::String(left), Item::String(right)) => Some(left.cmp(right)),
        (Item::Integer(left), Item::Integer(right)) => Some(left.cmp(right)),
        (Item::Integer(left), Item::Decimal(right)) => Some(Decimal::from(*left).cmp(right)),
        (Item::Decimal(left), Item::Integer(right)) => Some(left.cmp(&Decimal::from(*right))),
        (Item::Decimal(left), Item::Decimal(right)) => Some(left.cmp(right)),
        (Item::Date(left) | Item::DateTime(left), Item::Date(right) | Item::DateTime(right)) => {
            moments::order(left, right)
        }
        (Item::Time(left), Item::Time(right)) => moments::order_times(left, right),
        (Item::Quantity(_), _) | (_, Item::Quantity(_)) => {
            measure::order(&measure::of_item(left)?, &measure::of_item(right)?)
        }
        _ => return None,
    })
}
