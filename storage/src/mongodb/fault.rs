//! What the driver says, as the store's own errors: its texts go to the log alone, and never hold
//! credentials, for none of ours put them there.

use std::time::Duration;

use mongodb::error::{
    Error, ErrorKind, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR,
    UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure,
};

use crate::StoreError;

const DUPLICATE_KEY: i32 = 11_000;
const WRITE_CONFLICT: i32 = 112;
const MAX_TIME_EXPIRED: i32 = 50;
const NO_SUCH_TRANSACTION: i32 = 251;
const HISTORY_LOST: i32 = 286;
const RESUME_TOKEN_WRONG: i32 = 260;
const NO_TOKEN: i32 = 9;
/// Errors that say that another server is, or soon will be, the one to ask.
const ELSEWHERE: [i32; 11] = [6, 7, 89, 91, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435];

/// The error of a read or of a command that writes nothing.
pub(super) fn of(error: &Error) -> StoreError {
    if code(error) == Some(MAX_TIME_EXPIRED) {
        return StoreError::TooCostly("the database needed longer than it may".to_owned());
    }
    if is_gone(error) {
        return StoreError::Unreachable(error.to_string());
    }
    StoreError::Fault(error.to_string())
}

/// What the driver is asked, given up when the answer takes too long: the driver itself waits for as
/// long as the network swallows everything.
pub(super) async fn in_time<T>(
    time: Duration,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(time, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
    }
}

/// Is the database away, so that the same may go well a moment later?
pub(super) fn is_gone(error: &Error) -> bool {
    let by_kind = matches!(
        *error.kind,
        ErrorKind::Io(_)
            | ErrorKind::ServerSelection { .. }
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. }
    );
    by_kind
        || error.contains_label(RETRYABLE_WRITE_ERROR)
        || code(error).is_some_and(|code| ELSEWHERE.contains(&code))
}

/// Was a transaction given up, so that all of it may be tried again?
pub(super) fn is_transient(error: &Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
        || matches!(code(error), Some(WRITE_CONFLICT | NO_SUCH_TRANSACTION))
}

/// May a transaction have been committed, or not?
pub(super) fn is_unknown(error: &Error) -> bool {
    error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
}

/// Does a document with this unique key stand there already?
pub(super) fn is_duplicate(error: &Error) -> bool {
    code(error) == Some(DUPLICATE_KEY)
}

/// Does a feed of changes ask for what is not kept any more?
pub(super) fn is_feed_lost(error: &Error) -> bool {
    matches!(code(error), Some(HISTORY_LOST | RESUME_TOKEN_WRONG | NO_TOKEN))
}

/// The server's number of an error.
pub(super) fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        ErrorKind::Write(WriteFailure::WriteError(write)) => Some(write.code),
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => Some(concern.code),
        ErrorKind::InsertMany(many) => {
            many.write_errors.as_ref().and_then(|errors| errors.first()).map(|error| error.code)
        }
        _ => None,
    }
}

/// What is stored is not what was written.
pub(super) fn damaged(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}
