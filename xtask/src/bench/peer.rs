//! `cargo xtask load BASE`: the scenarios against any FHIR server.

use std::fs;

use super::http::Target;
use super::options::{self, Options};
use super::results::Results;
use super::suite::{Suite, tell};
use super::{conclude, connections, loading, seconds};

/// What a server does not support is counted as errors of the scenario and ends nothing.
pub(crate) fn load(arguments: &[String]) -> Result<String, String> {
    let options = options::load(arguments)?;
    let base = options.base.as_deref().unwrap_or_default();
    let target = Target::parse(base, token(&options)?)?;
    if !options.allow_remote && !target.is_loopback()? {
        return Err(format!(
            "{base} is not on this machine: a load, and what it writes, may harm others. Say \
             --allow-remote if that server is yours"
        ));
    }
    let (seconds, connections) = (seconds(&options), connections(&options));
    let size = options.resources.first().copied().unwrap_or(0);
    let mut results = Results {
        header: vec![
            ("server", base.to_owned()),
            ("load", format!("{connections:?} connections, {seconds} s a scenario")),
        ],
        ..Results::default()
    };
    if size > 0 {
        tell(&format!("── loading {size} resources"));
        let loaded = loading::generated(&target, None, size)?;
        results.know(size, "loading, versions in transactions", loaded.per_second(), "/s");
    }
    let suite = Suite {
        target: &target,
        process: None,
        database: None,
        options: &options,
        size,
        seconds,
        connections: &connections,
        appends_per_second: None,
    };
    suite.run(&mut results)?;
    conclude(&options, &results, false)
}

fn token(options: &Options) -> Result<Option<String>, String> {
    let Some(path) = &options.token_file else { return Ok(None) };
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("{} must hold one token in one line", path.display()));
    }
    Ok(Some(token.to_owned()))
}
