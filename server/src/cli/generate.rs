//! `brigid generate`: sample records, one transaction Bundle a file.

use std::fs;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::Generate;
use super::{out, today};
use crate::generate::{Options, bundles};

pub(crate) fn generate(arguments: &Generate) -> Result<(), String> {
    let today = match &arguments.today {
        Some(text) => today::parse(text)?,
        None => today::today()?,
    };
    let options = Options { patients: arguments.patients, seed: arguments.seed, today };
    let folder = &arguments.out;
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}.", folder.display()))?;
    let bar = if io::stderr().is_terminal() {
        ProgressBar::new(arguments.patients as u64 + 1).with_style(style())
    } else {
        ProgressBar::hidden()
    };
    let mut count = 0;
    for sample in bundles(&options) {
        let path = folder.join(&sample.file_name);
        let text = serde_json::to_vec(&sample.bundle).map_err(|error| error.to_string())?;
        fs::write(&path, text).map_err(|error| format!("{}: {error}.", path.display()))?;
        count += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    out::line(format_args!(
        "{count} Bundles of {} patients are in {}. Load them: brigid import {}",
        arguments.patients,
        folder.display(),
        folder.display()
    ));
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{bar:32} {pos}/{len} Bundles, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
