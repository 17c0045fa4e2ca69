//! [Search]: what is indexed of a resource, what a query asks, and how the two compare.
//!
//! One file per parameter type holds its query value (`…Test`), its index value and their
//! comparison together. Backends translate a [`Filter`] into scans of their index; whatever a scan
//! yields is decided by [`Test::matches`], so that the meaning of a search is stated once.
//!
//! [Search]: https://hl7.org/fhir/R4/search.html

mod canonical;
mod compartment;
mod composite;
mod contained;
mod date;
mod defined;
mod filter;
mod hot;
mod index;
mod near;
mod number;
mod parameter;
mod parts;
mod quantity;
pub mod query;
mod reference;
mod string;
mod token;
mod uri;
mod value;

pub use canonical::canonical_filter;
pub use compartment::compartment_filter;
pub use composite::CompositeTest;
pub use contained::{
    chained_into_contained, contained_entries, contained_filter, contained_matches,
};
pub use date::{DateTest, DateValue};
pub use defined::Defined;
pub use filter::{Filter, Param, Sort, Test, matches};
pub use hot::{
    HOT_SPAN_MAX_US, Hot, HotDate, HotTest, HotValue, Lead, LeadTest, LeadValue, hot, hot_test,
};
pub use index::Indexer;
pub use near::{NearTest, PositionValue};
pub use number::{NumberTest, NumberValue, Prefix};
pub use parameter::searchable;
pub use parts::parts;
pub use quantity::{QuantityTest, QuantityUnit, QuantityValue};
pub use query::{Contained, Include, Query, Summary, Total};
pub use reference::{ReferenceTest, ReferenceValue};
pub use string::{StringMode, StringTest, StringValue, fold};
pub use token::{TokenTest, TokenValue};
pub use uri::{UriMode, UriTest, UriValue};
pub use value::{Entry, IndexValue, stable_hash};
