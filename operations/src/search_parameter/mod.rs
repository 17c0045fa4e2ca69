//! Operations on SearchParameter.

mod reindex;

pub(crate) use reindex::Reindex;
