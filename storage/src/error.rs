//! Why the store said no, and how that reads to a client.

use fhir::{Kind, Outcome};

use crate::Key;

/// A failure of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A precondition of a commit does not hold; nothing was written.
    #[error("write {index}: {refusal:?}")]
    Refused {
        /// Index in [`crate::Commit::writes`], or of the check in [`crate::Commit::checks`].
        index: usize,
        /// Which precondition.
        refusal: Refusal,
    },
    /// The disk is full: writes are refused, reads go on.
    #[error("the disk is full: {0}")]
    Full(String),
    /// The store cannot be written (again) without help: reads go on.
    #[error("the store is read-only: {0}")]
    ReadOnly(String),
    /// A search would read more, or take longer, than a limit allows; the text says which.
    #[error("the search was given up: {0}")]
    TooCostly(String),
    /// A resource is larger than the store can keep; the text says which and why.
    #[error("{0}")]
    TooLarge(String),
    /// Too many writes or long searches wait.
    #[error("too many writes or long searches are waiting")]
    Busy,
    /// The store's folder is held by another process; the text says by whom.
    #[error("{0}")]
    Held(String),
    /// The database does not answer; what a commit asked for may or may not have been done.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// The database cannot be used as it is set up; one sentence that says what and where.
    #[error("{0}")]
    Setup(String),
    /// Changes that the feed has not shown yet are not kept any more: whatever hangs on them must
    /// be built anew.
    #[error("the feed of changes goes on too late: {0}")]
    FeedLost(String),
    /// Stored bytes are not what was written; the text names the file or key space.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The engine or the system failed otherwise.
    #[error("the store failed: {0}")]
    Fault(String),
}

/// Which precondition of a commit does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// [`crate::Expected::Version`]: the current version is another one, or there is none.
    Version {
        /// The current version, if the resource is there.
        current: Option<u64>,
    },
    /// [`crate::Expected::Absent`]: there is a current version.
    Present,
    /// [`crate::Check::Matches`]: other resources match.
    Matches,
    /// [`crate::Check::Exists`]: it does not.
    Missing(Key),
    /// [`crate::Check::Unreferenced`]: this resource refers to it.
    Referenced {
        /// What should go.
        target: Key,
        /// A resource that refers to it.
        by: Key,
    },
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused { refusal, .. } => refused(&refusal),
            StoreError::Full(source) => Outcome::new(
                Kind::Full,
                "The server's disk is full: nothing was written. Reading still works; write \
                 again once the operator has made room and started the server anew.",
            )
            .because(source),
            StoreError::ReadOnly(source) => Outcome::new(
                Kind::Unavailable,
                "The server cannot write to its store now: nothing was written. Reading still \
                 works; the operator must look at the log.",
            )
            .because(source),
            StoreError::TooCostly(reason) => Outcome::new(
                Kind::Unprocessable,
                format!(
                    "The search was given up: {reason}. Narrow it, with a condition that few \
                     resources meet (an identifier, a code, a date, a patient), also on the far \
                     side of a chain or of _has; or leave out _sort or _total."
                ),
            )
            .with_code("too-costly"),
            StoreError::TooLarge(reason) => Outcome::new(
                Kind::Unprocessable,
                format!("{reason}: split it into several resources."),
            )
            .with_code("too-long"),
            StoreError::Busy => Outcome::new(
                Kind::Unavailable,
                "Too much is waiting for its turn: nothing was done. Try again in a moment.",
            ),
            StoreError::Unreachable(source) => Outcome::new(
                Kind::Unavailable,
                "The database does not answer now. Try again in a moment; of a write that was not \
                 acknowledged, look first whether it was done.",
            )
            .because(source),
            StoreError::Corrupt(source) => Outcome::new(
                Kind::Fault,
                "What is stored cannot be read: it is damaged. The operator must look at the log.",
            )
            .because(source),
            StoreError::Held(source)
            | StoreError::Setup(source)
            | StoreError::FeedLost(source)
            | StoreError::Fault(source) => {
                Outcome::new(Kind::Fault, "The store failed.").because(source)
            }
        }
    }
}

fn refused(refusal: &Refusal) -> Outcome {
    match refusal {
        Refusal::Version { current: Some(current) } => Outcome::new(
            Kind::Precondition,
            format!("The current version is {current}: read it, and send its ETag in If-Match."),
        ),
        Refusal::Version { current: None } => Outcome::new(
            Kind::Precondition,
            "If-Match names a version, but there is no current version of this resource.",
        ),
        Refusal::Present => {
            Outcome::new(Kind::Precondition, "There is a resource with this id already.")
        }
        Refusal::Matches => Outcome::new(
            Kind::Conflict,
            "Other resources came to match the condition while it was carried out. Try again.",
        ),
        Refusal::Missing(key) => Outcome::new(
            Kind::Conflict,
            format!("The resource refers to {key}, which does not exist on this server."),
        ),
        Refusal::Referenced { target, by } => Outcome::new(
            Kind::Conflict,
            format!("{target} cannot be deleted: {by} refers to it. Delete or change that first."),
        ),
    }
}
