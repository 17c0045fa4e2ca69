//! The one table from what happened to an HTTP status.

use fhir::Kind;
use interactions::Done;

/// Status line of a failure, without the protocol.
pub(crate) fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "400 Bad Request",
        Kind::Unauthenticated => "401 Unauthorized",
        Kind::Forbidden => "403 Forbidden",
        Kind::NotFound | Kind::Unknown => "404 Not Found",
        Kind::NotAllowed => "405 Method Not Allowed",
        Kind::NotAcceptable => "406 Not Acceptable",
        Kind::Conflict => "409 Conflict",
        Kind::Gone => "410 Gone",
        Kind::Precondition => "412 Precondition Failed",
        Kind::TooLarge => "413 Payload Too Large",
        Kind::MediaType => "415 Unsupported Media Type",
        Kind::Unprocessable => "422 Unprocessable Entity",
        Kind::Throttled => "429 Too Many Requests",
        Kind::Fault => "500 Internal Server Error",
        Kind::NotSupported => "501 Not Implemented",
        Kind::Unavailable => "503 Service Unavailable",
        Kind::Timeout => "504 Gateway Timeout",
        Kind::Full => "507 Insufficient Storage",
    }
}

/// Status line of a success, without the protocol.
pub(crate) fn of_done(done: Done) -> &'static str {
    match done {
        Done::Found | Done::Updated | Done::Existing => "200 OK",
        Done::NotModified => "304 Not Modified",
        Done::Created => "201 Created",
        Done::Deleted => "204 No Content",
        Done::Accepted => "202 Accepted",
    }
}

/// The number of a status line.
pub(crate) fn number(line: &str) -> u16 {
    line.get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(500)
}

#[cfg(test)]
mod tests {
    use super::{number, of_done, of_kind};
    use fhir::Kind;
    use interactions::Done;

    #[test]
    fn every_line_begins_with_its_number() {
        assert_eq!(number(of_kind(Kind::Gone)), 410);
        assert_eq!(number(of_kind(Kind::Full)), 507);
        assert_eq!(number(of_done(Done::Created)), 201);
    }
}
