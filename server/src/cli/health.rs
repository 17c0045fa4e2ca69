//! `brigid health`: is the configured server alive? What a container's health check asks.

use std::time::Duration;

use super::arguments::Config;
use super::out;
use crate::config;

const TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn health(arguments: &Config) -> Result<(), String> {
    let config = config::load(arguments.file.config.as_deref(), &[])?.config;
    let url = format!("http://{}/livez", config.listen);
    let agent = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).build();
    match ureq::Agent::from(agent).get(&url).call() {
        Ok(_) => {
            out::line("alive");
            Ok(())
        }
        Err(error) => Err(format!("{url}: {error}.")),
    }
}
