//! The interactions of the REST API without HTTP: everything that is asked of a tenant goes through
//! one [`Door`].

mod answer;
mod door;
mod interaction;
mod operation;

pub use answer::{Answer, Done, Stamp};
pub use door::{Caller, Door, Performing};
pub use interaction::{
    BundleSubmission, Condition, Create, Delete, History, Interaction, Patch, PatchBody, Read,
    Returned, Search, SearchScope, Target, Update, Vread,
};
pub use operation::{Input, Level, Operation, OperationDescription, OperationParameter};
pub use storage::{HistoryScope, Key};
