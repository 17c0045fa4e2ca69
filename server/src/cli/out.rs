//! What commands say: results on standard output, failures on standard error.

use std::fmt::Display;
use std::io::{self, Write};

/// One line on standard output. A reader that went away is no failure.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// One line of progress or of failure on standard error.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Why a command failed.
pub(crate) fn failure(text: &str) {
    note(format_args!("brigid: {text}"));
}
