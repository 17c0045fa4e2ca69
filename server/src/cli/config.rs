//! `brigid config`: the settings in effect, and where each value came from.

use super::arguments::Config;
use super::out;
use crate::config;

pub(crate) fn config(arguments: &Config) -> Result<(), String> {
    let loaded = config::load(arguments.file.config.as_deref(), &[])?;
    let lines: Vec<(String, String)> = loaded
        .lines()
        .map(|(key, value, origin)| (format!("{key} = {value}"), origin.to_string()))
        .collect();
    let width = lines.iter().map(|(setting, _)| setting.chars().count()).max().unwrap_or(0);
    for (setting, origin) in &lines {
        out::line(format_args!("{setting:width$}  # {origin}"));
    }
    Ok(())
}
