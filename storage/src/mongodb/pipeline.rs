//! A search as a pipeline of the database: what it looks up, checks, sorts and skips.

use mongodb::bson::{Bson, Document, doc};

use fhir::search::Sort;

use super::condition::Condition;
use super::names::NamesAt;
use super::position::{Place, Position};
use super::text::{stem, text};
use crate::StoreError;
use crate::index::order::SortKey;

/// Comes after every sort key.
const LAST: &str = "\u{100}";
/// Comes before every sort key.
const FIRST: &str = "";

/// What a search of one type is sorted by.
#[derive(Debug, Clone)]
pub(super) struct Order {
    keys: Vec<OrderKey>,
}

#[derive(Debug, Clone)]
struct OrderKey {
    by: By,
    is_descending: bool,
}

#[derive(Debug, Clone, Copy)]
enum By {
    Id,
    /// The parameter with this number.
    Param(u16),
    /// A parameter that no resource has.
    Nothing,
}

impl Order {
    pub(super) async fn of(names: NamesAt<'_>, sort: &[Sort]) -> Result<Self, StoreError> {
        let mut keys = Vec::with_capacity(sort.len());
        for sort in sort {
            let by = match (&*sort.param.code, names.find(&sort.param).await?) {
                ("_id", _) => By::Id,
                (_, Some(number)) => By::Param(number),
                _ => By::Nothing,
            };
            keys.push(OrderKey { by, is_descending: sort.is_descending });
        }
        Ok(Self { keys })
    }

    fn sort(&self) -> Document {
        let keys = self.keys.iter().enumerate();
        let mut sort: Document = keys
            .map(|(at, key)| (member(at), Bson::from(if key.is_descending { -1 } else { 1 })))
            .collect();
        sort.insert("o", 1);
        sort
    }

    /// The place of a document that a pipeline gave.
    pub(super) fn place(&self, document: &mongodb::bson::RawDocument, order: i64) -> Place {
        let key = |at: usize| -> SortKey {
            let text = document.get_str(member(at)).ok()?;
            if text == FIRST || text == LAST { None } else { stem(text) }
        };
        Place { keys: (0..self.keys.len()).map(key).collect(), order }
    }
}

fn member(at: usize) -> String {
    format!("y{at}")
}

/// The stages that find the first `limit` of what a condition asks for, in order, behind a position.
///
/// What is looked up stands in a stage of its own, but for one key, which the index has in the order
/// of pages: the database puts conditions together itself, and the tests' server finds its index
/// only so.
pub(super) fn stages(
    condition: &Condition,
    order: &Order,
    position: &Position,
    limit: usize,
) -> Vec<Document> {
    let mut stages = vec![condition.lookup.clone()];
    let range = doc! { "o": range(order, position) };
    if condition.is_one_key() {
        stages[0].extend(range);
    } else {
        stages.push(range);
    }
    if !condition.rest.is_empty() {
        stages.push(condition.rest.clone());
    }
    let mut stages: Vec<Document> =
        stages.into_iter().map(|stage| doc! { "$match": stage }).collect();
    if !order.keys.is_empty() {
        let keys = order.keys.iter().enumerate();
        let computed: Document = keys.map(|(at, key)| (member(at), key.expression())).collect();
        stages.push(doc! { "$addFields": computed });
        if let Some(place) = &position.place {
            stages.push(doc! { "$match": behind(order, place) });
        }
    }
    stages.push(doc! { "$sort": order.sort() });
    stages.push(doc! { "$limit": i64::try_from(limit.max(1)).unwrap_or(i64::MAX) });
    stages
}

/// The same as the filter of a plain look-up, where that says all: one key, in the order of pages.
pub(super) fn filter(
    condition: &Condition,
    order: &Order,
    position: &Position,
) -> Option<Document> {
    if !order.keys.is_empty() || !condition.is_one_key() || !condition.rest.is_empty() {
        return None;
    }
    let mut filter = condition.lookup.clone();
    filter.insert("o", range(order, position));
    Some(filter)
}

/// What the place in the order of writing must be.
fn range(order: &Order, position: &Position) -> Document {
    let mut range = doc! { "$lte": position.bound };
    if order.keys.is_empty()
        && let Some(place) = &position.place
    {
        range.insert("$gt", place.order);
    }
    range
}

impl OrderKey {
    fn missing(&self) -> &'static str {
        if self.is_descending { FIRST } else { LAST }
    }

    /// The sort key of a document: those without a value come last in both directions.
    fn expression(&self) -> Bson {
        let expression = match self.by {
            By::Nothing => doc! { "$literal": self.missing() },
            By::Id => doc! { "$substrBytes": ["$id", 0, 46] },
            By::Param(number) => {
                let which = if self.is_descending { "$max" } else { "$min" };
                let key = doc! { which: format!("$x.p{number}") };
                doc! { "$ifNull": [key, self.missing()] }
            }
        };
        Bson::Document(expression)
    }
}

/// The condition that a document comes behind a place: for each key, the keys before are the same
/// and this one is behind.
fn behind(order: &Order, place: &Place) -> Document {
    let mut alternatives = Vec::new();
    let mut same = Document::new();
    for (at, (key, value)) in order.keys.iter().zip(&place.keys).enumerate() {
        let value = value.as_deref().map_or_else(|| key.missing().to_owned(), text);
        let direction = if key.is_descending { "$lt" } else { "$gt" };
        let mut alternative = same.clone();
        alternative.insert(member(at), doc! { direction: &value });
        alternatives.push(alternative);
        same.insert(member(at), value);
    }
    same.insert("o", doc! { "$gt": place.order });
    alternatives.push(same);
    doc! { "$or": alternatives }
}
