//! Keeps versions and index entries of one tenant: the contract, the embedded backend, and one
//! conformance suite for every backend.

mod commit;
pub mod embedded;
mod error;
mod history;
mod index;
pub mod mongodb;
mod search;
mod store;
mod tenant;
mod version;

pub use commit::{Change, Check, Commit, Committed, Expected, Write};
pub use embedded::{Clock, EmbeddedSettings, SearchLimits};
pub use error::{Refusal, StoreError};
pub use history::{Changed, Changes, FeedPosition, HistoryPage, HistoryRequest, HistoryScope};
pub use mongodb::{CommandWatch, MongoSettings};
pub use search::{
    MatchRequest, PAGE_BYTES_MAX, Page, Position, SORT_KEYS_MAX, SearchPart, SearchRequest, Step,
    TotalWanted,
};
pub use store::{CheckReport, Status, Storage, Store};
pub use tenant::Tenant;
pub use version::{Key, Verb, Version};
