//! The log: on standard error, for people on a terminal, one JSON object a line otherwise.

use std::io::{self, IsTerminal};
use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt;

use crate::config::{Log, LogFormat, LogLevel};

/// Starts it. A second call changes nothing.
pub(crate) fn start(settings: &Log) {
    let level = match settings.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let is_human = match settings.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => io::stderr().is_terminal(),
    };
    let builder = fmt::Subscriber::builder().with_max_level(level).with_writer(io::stderr);
    // That a log is there already is no failure: tests start many servers in one process.
    let _ = if is_human {
        let builder = builder.with_target(false).with_ansi(io::stderr().is_terminal());
        tracing::subscriber::set_global_default(builder.finish())
    } else {
        let builder = builder.json().flatten_event(true).with_current_span(false);
        tracing::subscriber::set_global_default(builder.with_span_list(false).finish())
    };
    // The text of a panic can quote what was being read; its place cannot.
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
}
