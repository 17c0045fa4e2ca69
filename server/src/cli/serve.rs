//! `brigid serve`: the server.

use super::arguments::{Serve, flag};
use super::instance::{Instance, asked_to_stop, runtime};
use crate::{config, log, wiring};

pub(crate) fn serve(arguments: &Serve) -> Result<(), String> {
    let flags: Vec<_> = [
        flag("--listen", "listen", arguments.listen.clone()),
        flag("--admin-listen", "admin_listen", arguments.admin_listen.clone()),
    ]
    .into_iter()
    .flatten()
    .chain(arguments.store.flags())
    .collect();
    let config = config::load(arguments.file.config.as_deref(), &flags)?.config;
    log::start(&config.log);
    let runtime = runtime()?;
    let instance = runtime.block_on(Instance::open(&config, runtime.handle()))?;
    if !arguments.open {
        tracing::warn!("there is no authentication yet: the server listens on loopback only");
    }
    let base = format!("{}/fhir", instance.public_url);
    let store = wiring::place(&config);
    tracing::info!(base, tenant = config.default_tenant, store, "serving FHIR R4");
    if let Some(admin) = instance.admin {
        tracing::info!(
            address = format!("http://{admin}/metrics"),
            "metrics are on the admin port"
        );
    }
    runtime.block_on(async {
        instance
            .serve(async {
                asked_to_stop().await;
                tracing::info!("stopping: accepted requests are finished first");
            })
            .await
    })?;
    tracing::info!("stopped");
    Ok(())
}
