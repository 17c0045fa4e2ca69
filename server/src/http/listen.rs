//! Listening, and stopping without dropping a request that was accepted.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use futures_util::future::{self, Either};

use super::exchange;
use super::site::Site;

/// A connection on which nothing is asked is closed after this time.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// A request's head must be there within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that stopped listening is let go after this time.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Accepted requests have this long to finish when the server stops.
const STOP_TIMEOUT_S: u64 = 30;

/// Connections that one worker holds at a time; more wait to be accepted.
const CONNECTIONS_MAX: usize = 10_000;

/// What to listen on.
#[derive(Debug)]
pub struct Listeners {
    /// For clients.
    pub main: TcpListener,
    /// For the operator: metrics and health.
    pub admin: Option<TcpListener>,
}

/// Takes an address.
///
/// # Errors
/// A sentence for people: the port is in use, the address is none.
pub fn bind(address: &str) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{address} is in use by another process: stop that one, or choose another port."
        ),
        io::ErrorKind::PermissionDenied => {
            format!("this process may not listen on {address}: choose a port from 1024 on.")
        }
        _ => format!("it is not possible to listen on {address}: {error}."),
    })?;
    // The server's threads wait for connections in their own way.
    listener.set_nonblocking(true).map_err(|error| format!("{address}: {error}."))?;
    Ok(listener)
}

/// Serves until `stop` is done, then finishes what was accepted.
///
/// # Errors
/// When the system gives no threads or sockets.
pub async fn serve(
    site: Site,
    listeners: Listeners,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let site = web::Data::new(site);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let shared = site.clone();
    let main = HttpServer::new(move || {
        App::new().app_data(shared.clone()).default_service(web::to(exchange::answer))
    })
    .workers(workers)
    .keep_alive(KEEP_ALIVE)
    // The end of an answer in several writes would wait for the client's late acknowledgement.
    .tcp_nodelay(true)
    .client_request_timeout(HEAD_TIMEOUT)
    .client_disconnect_timeout(DISCONNECT_TIMEOUT)
    .max_connections(CONNECTIONS_MAX)
    .shutdown_timeout(STOP_TIMEOUT_S)
    .disable_signals()
    .listen(listeners.main)?
    .run();
    let admin = listeners.admin.map(|listener| admin(site, listener)).transpose()?;
    let handles = [Some(main.handle()), admin.as_ref().map(actix_web::dev::Server::handle)];
    let admin = admin.map_or_else(|| Either::Left(future::ready(Ok(()))), Either::Right);
    let serving = std::pin::pin!(future::join(main, admin));
    let stop = std::pin::pin!(stop);
    match future::select(serving, stop).await {
        Either::Left(((main, admin), _)) => main.and(admin),
        Either::Right(((), serving)) => {
            let stopped = handles.iter().flatten().map(|handle| handle.stop(true));
            let ((main, admin), _) = future::join(serving, future::join_all(stopped)).await;
            main.and(admin)
        }
    }
}

fn admin(site: web::Data<Site>, listener: TcpListener) -> io::Result<actix_web::dev::Server> {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(site.clone())
            .route("/metrics", web::get().to(metrics))
            .default_service(web::to(exchange::health))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(listener)?
    .run();
    Ok(server)
}

async fn metrics(site: web::Data<Site>) -> HttpResponse {
    let is_ready = u8::from((site.readiness)().is_ok());
    let text = format!(
        "{}# HELP brigid_ready Requests can be answered, writes included.\n\
         # TYPE brigid_ready gauge\nbrigid_ready {is_ready}\n",
        site.metrics.text()
    );
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text)
}
