//! `brigid check`: everything that is stored, read and proved.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use super::arguments::Check;
use super::instance::runtime;
use super::out;
use crate::{config, wiring};

pub(crate) fn check(arguments: &Check) -> Result<(), String> {
    let flags: Vec<_> = arguments.store.flags().collect();
    let config = config::load(arguments.file.config.as_deref(), &flags)?.config;
    if !config.storage.is_database() && !config.data_dir.is_dir() {
        return Err(format!(
            "{} is no folder: there is nothing to check.",
            config.data_dir.display()
        ));
    }
    let tenant = arguments.tenant.as_deref().unwrap_or(&config.default_tenant);
    let runtime = runtime()?;
    let store = runtime.block_on(wiring::store(&config, tenant))?;
    let bar = if io::stderr().is_terminal() {
        ProgressBar::new_spinner().with_style(style())
    } else {
        ProgressBar::hidden()
    };
    let checked = runtime.block_on(store.check(|done| bar.set_position(done)));
    let report = checked.map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    out::line(format_args!(
        "Tenant {tenant}: {} resources, {} versions, {} index keys.",
        report.resources, report.versions, report.index_keys
    ));
    for problem in &report.problems {
        out::line(format_args!("  {problem}"));
    }
    match report.problem_count {
        0 => {
            out::line("Everything is as it was written.");
            Ok(())
        }
        count => Err(format!("{count} problems; the first of them stand above.")),
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {pos} resources, {per_sec}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}
