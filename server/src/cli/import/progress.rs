//! How far an import is: a bar on a terminal, a line now and then elsewhere.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::out;

/// Time between two lines.
const PAUSE: Duration = Duration::from_secs(5);

/// Shows how far it is.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: Instant,
    said: Instant,
    bytes: u64,
}

/// What there is to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Bytes read, less what has been read and is not loaded yet.
    pub(crate) bytes_done: u64,
    pub(crate) resources: u64,
    pub(crate) failures: u64,
}

impl Progress {
    /// Of so many bytes.
    pub(crate) fn new(bytes: u64) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(
                "{bar:32} {percent}% of {total_bytes}, {msg}, {eta} left",
            );
            ProgressBar::new(bytes)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let now = Instant::now();
        Self { bar, started: now, said: now, bytes }
    }

    /// Shows it, if it is time.
    pub(crate) fn show(&mut self, figures: Figures) {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        // Counts are far below 2^52, so the casts are exact.
        let rate = figures.resources as f64 / seconds;
        let text =
            format!("{} resources, {rate:.0}/s, {} failed", figures.resources, figures.failures);
        if let Some(bar) = &self.bar {
            bar.set_position(figures.bytes_done);
            bar.set_message(text);
        } else if self.said.elapsed() >= PAUSE {
            self.said = Instant::now();
            let part = figures.bytes_done as f64 / self.bytes.max(1) as f64;
            let left = if part > 0.0 { seconds / part - seconds } else { 0.0 };
            out::note(format_args!("{:.0}%, {text}, {left:.0} s left", part * 100.0));
        }
    }

    /// Takes the bar away and gives the seconds that passed.
    pub(crate) fn finish(&self) -> f64 {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.started.elapsed().as_secs_f64()
    }
}
