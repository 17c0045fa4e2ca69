//! Operations on any resource.

mod meta;
mod meta_add;
mod meta_delete;

pub(crate) use meta::Meta;
pub(crate) use meta_add::MetaAdd;
pub(crate) use meta_delete::MetaDelete;
