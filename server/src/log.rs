//! The log: on standard error, for people on a terminal, one JSON object a line otherwise.

use std::io::{self, IsTerminal};
use std::panic;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{fmt, registry};

use crate::config::{Log, LogFormat, LogLevel};

/// The floors of this program.
const OURS: [&str; 4] = ["server", "operations", "interactions", "storage"];

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
    // What libraries say of their own accord is seldom for an operator.
    let libraries = level.min(LevelFilter::WARN);
    let targets =
        Targets::new().with_default(libraries).with_targets(OURS.map(|target| (target, level)));
    let registry = registry().with(targets);
    // That a log is there already is no failure: tests start many servers in one process.
    let _ = if is_human {
        let lines = fmt::layer().with_writer(io::stderr).with_target(false);
        let lines = lines.with_ansi(io::stderr().is_terminal());
        tracing::subscriber::set_global_default(registry.with(lines))
    } else {
        let lines = fmt::layer().json().flatten_event(true).with_writer(io::stderr);
        let lines = lines.with_current_span(false).with_span_list(false);
        tracing::subscriber::set_global_default(registry.with(lines))
    };
    // The text of a panic can quote what was being read; its place cannot.
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
}
