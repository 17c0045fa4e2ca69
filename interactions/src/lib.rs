//! The interactions of the REST API without HTTP: everything that is asked of a tenant goes through
//! one [`Door`].

mod answer;
mod batch;
mod body;
mod capabilities;
mod catalog;
mod catalogs;
mod clock;
mod conditional;
mod create;
mod delete;
mod door;
mod envelope;
mod history;
mod interaction;
mod invoke;
mod job;
mod operation;
mod patch;
mod perform;
mod policy;
mod read;
mod reindex;
mod search;
mod settings;
mod transaction;
mod update;
mod vread;
mod wire;
mod write;

pub use answer::{Answer, Done, Stamp};
pub use body::Body;
pub use door::{Caller, Door, Performing};
pub use interaction::{
    BundleSubmission, CapabilityMode, Condition, Create, Delete, History, Interaction, Patch,
    PatchBody, Read, Returned, Search, SearchScope, Target, Update, Vread,
};
pub use job::{JOB_CODES, REINDEX};
pub use operation::{Input, Level, Operation, OperationDescription, OperationParameter};
pub use perform::Performer;
pub use settings::Settings;
pub use storage::{HistoryScope, Key};
pub use wire::{EntryRequest, Wire};
