//! The one clock of the command line.

use std::time::{SystemTime, UNIX_EPOCH};

use fhir::primitive::civil_from_days;

use crate::generate::Date;

/// The day of this machine's clock, in UTC.
#[expect(clippy::disallowed_methods, reason = "the one place where commands read the clock")]
pub(crate) fn today() -> Result<Date, String> {
    const SECONDS_A_DAY: u64 = 86_400;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let days = i64::try_from(since.as_secs() / SECONDS_A_DAY).unwrap_or_default();
    let (year, month, day) = civil_from_days(days);
    parse(&format!("{year:04}-{month:02}-{day:02}"))
}

/// A day as it is written: `2026-03-31`.
pub(crate) fn parse(text: &str) -> Result<Date, String> {
    text.parse().map_err(|error| format!("{text:?} is no day: {error}. Write 2026-03-31."))
}
