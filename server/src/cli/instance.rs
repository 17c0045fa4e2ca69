//! A server instance: bound, opened, serving, stopped, closed.

use std::future::Future;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use interactions::{Door, Performer};
use storage::Store;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::config::Config;
use crate::http::{self, Listeners, Names, Site};
use crate::jobs;
use crate::wiring::{self, Opened};

/// An open server that does not serve yet.
pub(crate) struct Instance {
    listeners: Listeners,
    site: Site,
    store: Store,
    performer: Arc<Performer>,
    aside: Handle,
    /// The door, for what the process itself loads.
    pub(crate) door: Arc<dyn Door>,
    /// What clients call this server.
    pub(crate) public_url: String,
    /// Where metrics are.
    pub(crate) admin: Option<SocketAddr>,
}

impl Instance {
    /// Takes the addresses, then opens the store: a port in use is found out first. What takes
    /// long will run on the threads of `aside`.
    pub(crate) async fn open(config: &Config, aside: &Handle) -> Result<Self, String> {
        check_loopback(&config.listen)?;
        let main = http::bind(&config.listen)?;
        let admin = match config.admin_listen.as_str() {
            "" => None,
            address => {
                check_loopback(address)?;
                Some(http::bind(address).map_err(|text| format!("admin_listen: {text}"))?)
            }
        };
        let public_url = match config.public_url.as_str() {
            "" => format!("http://{}", local(&main)?),
            url => url.trim_end_matches('/').to_owned(),
        };
        let admin_address = admin.as_ref().map(local).transpose()?;
        let Opened { door, performer, store } =
            wiring::open(config, &config.default_tenant, &public_url).await?;
        let looked_at = store.clone();
        let names = Names {
            public_url: &public_url,
            default_tenant: &config.default_tenant,
            origins: &config.cors.origins,
        };
        let site = Site::new(
            door.clone(),
            &names,
            wiring::limits(config),
            Box::new(move || wiring::readiness(&looked_at)),
            aside.clone(),
        );
        let listeners = Listeners { main, admin };
        let aside = aside.clone();
        let admin = admin_address;
        Ok(Self { listeners, site, store, performer, aside, door, public_url, admin })
    }

    /// Serves until `stop` is done, finishes what was accepted, and closes the store.
    pub(crate) async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), String> {
        let jobs = self.aside.spawn(jobs::run(self.performer));
        let served = http::serve(self.site, self.listeners, stop).await;
        // A job that is not done goes on at the next start.
        jobs.abort();
        let _aborted = jobs.await;
        let closed = self.store.close().await;
        served.map_err(|error| format!("the server ended: {error}."))?;
        closed.map_err(|error| format!("the store was not closed well: {error}."))
    }
}

fn local(listener: &TcpListener) -> Result<SocketAddr, String> {
    listener.local_addr().map_err(|error| error.to_string())
}

/// Whoever reaches the server may do everything for now, so nobody but this machine may reach it.
fn check_loopback(address: &str) -> Result<(), String> {
    let resolved = address.to_socket_addrs().map_err(|error| {
        format!("{address} is no address with a port (127.0.0.1:8080): {error}.")
    })?;
    for found in resolved {
        if !found.ip().is_loopback() {
            return Err(format!(
                "{address} can be reached from other machines, and there is no authentication \
                 yet: whoever reaches the server reads and writes everything. Listen on a loopback \
                 address: 127.0.0.1:8080 or [::1]:8080."
            ));
        }
    }
    Ok(())
}

/// The threads of a command.
pub(crate) fn runtime() -> Result<Runtime, String> {
    Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Done when the process is asked to stop: SIGTERM, or SIGINT (Ctrl-C).
#[cfg(unix)]
pub(crate) async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut term), Ok(mut int)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without signals the process can only be killed, which it survives.
        return std::future::pending().await;
    };
    let (term, int) = (std::pin::pin!(term.recv()), std::pin::pin!(int.recv()));
    futures_util::future::select(term, int).await;
}

/// Done when the process is asked to stop (Ctrl-C).
#[cfg(not(unix))]
pub(crate) async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::check_loopback;

    #[test]
    fn only_loopback_addresses_are_listened_on() {
        for address in ["127.0.0.1:0", "[::1]:8080", "127.8.8.8:1"] {
            assert!(check_loopback(address).is_ok(), "{address}");
        }
        for address in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80", "127.0.0.1", "nowhere"] {
            assert!(check_loopback(address).is_err(), "{address}");
        }
    }
}
