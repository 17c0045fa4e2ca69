//! One exchange: a request comes in, its interaction is performed, a reply goes out, one line is
//! logged.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, web};
use fhir::{Kind, Outcome};
use futures_util::FutureExt;
use interactions::{Answer, Caller, Interaction, Returned, SearchScope};
use tokio::task::AbortHandle;

use super::cors::Cors;
use super::failure::Failure;
use super::intake::{self, header};
use super::media::{Form, negotiate};
use super::request::{self, Asked, Content};
use super::response::{self, Reply, Wish};
use super::router::{self, Parts, Word};
use super::site::Site;
use super::tenant::{self, Base};
use super::{page, send};

/// What the log says of an exchange.
#[derive(Debug)]
struct Entry {
    interaction: &'static str,
    resource: Option<String>,
    source: Option<String>,
}

/// Answers any request on the main listener.
pub(crate) async fn answer(
    site: web::Data<Site>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let started = Instant::now();
    let in_flight = site.metrics.begin();
    let request_id = request_id(header(&request, "X-Request-Id"));
    let mut entry = Entry { interaction: "page", resource: None, source: None };
    let is_full = !in_flight.is_within(site.limits.requests);
    if is_full && page::health(&site, request.uri().path()).is_none() {
        return refused(&site, &request, &request_id, started);
    }
    let performed = AssertUnwindSafe(reply(&site, &request, payload, &request_id, &mut entry));
    let reply = match performed.catch_unwind().await {
        Ok(reply) => reply,
        Err(_) => {
            entry.source = Some("panic".to_owned());
            panicked(&site, &request_id)
        }
    };
    let response = send::response(&site, &request, reply, &request_id);
    let status = response.status().as_u16();
    let taken = started.elapsed();
    site.metrics.end(entry.interaction, status, taken);
    // Whole microseconds, far below 2^52, so the cast is exact.
    let duration_ms = taken.as_micros() as f64 / 1000.0;
    log(&entry, &request_id, status, duration_ms, send::length(&response));
    response
}

/// Too many requests are being answered: one that waits would only make all of them late.
fn refused(
    site: &Site,
    request: &HttpRequest,
    request_id: &Arc<str>,
    started: Instant,
) -> HttpResponse {
    let outcome = Outcome::new(
        Kind::Unavailable,
        format!("{} requests are being answered already: try again.", site.limits.requests),
    )
    .with_code("throttled");
    let reply = response::failure(&outcome.into(), &plain_wish(site));
    site.metrics.end("refused", reply.status, started.elapsed());
    send::response(site, request, reply, request_id)
}

/// Answers on the admin listener what is not metrics.
pub(crate) async fn health(site: web::Data<Site>, request: HttpRequest) -> HttpResponse {
    let missing = || Reply { status: 404, ..Reply::default() };
    let reply = page::health(&site, request.uri().path()).unwrap_or_else(missing);
    send::response(&site, &request, reply, &request_id(None))
}

fn log(entry: &Entry, request_id: &str, status: u16, duration_ms: f64, bytes: u64) {
    let resource = entry.resource.as_deref().unwrap_or("-");
    if status >= 500 {
        tracing::error!(
            request_id,
            interaction = entry.interaction,
            "resource.type" = resource,
            status,
            duration_ms,
            bytes,
            cause = entry.source.as_deref().unwrap_or("-"),
            "failed"
        );
    } else {
        tracing::info!(
            request_id,
            interaction = entry.interaction,
            "resource.type" = resource,
            status,
            duration_ms,
            bytes,
            cause = entry.source.as_deref(),
            "answered"
        );
    }
}

/// The client's own id if it is a harmless one, or a new one.
fn request_id(given: Option<&str>) -> Arc<str> {
    let is_harmless = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    match given.filter(is_harmless) {
        Some(id) => Arc::from(id),
        None => Arc::from(uuid::Uuid::now_v7().simple().to_string()),
    }
}

fn panicked(site: &Site, request_id: &str) -> Reply {
    let outcome = Outcome::new(
        Kind::Fault,
        format!("The server failed on this request, and goes on. Its id is {request_id}."),
    );
    response::failure(&outcome.into(), &plain_wish(site))
}

/// How an answer looks before the request has been understood.
fn plain_wish(site: &Site) -> Wish<'_> {
    Wish {
        form: Form::Json,
        is_pretty: false,
        is_page: false,
        returned: Returned::Representation,
        native: None,
        base: &site.short_base,
        schema: site.schema,
    }
}

async fn reply(
    site: &Site,
    request: &HttpRequest,
    payload: web::Payload,
    request_id: &Arc<str>,
    entry: &mut Entry,
) -> Reply {
    let path = request.uri().path();
    let is_preflight = request.method() == "OPTIONS"
        && header(request, "Origin").is_some()
        && header(request, "Access-Control-Request-Method").is_some();
    if is_preflight {
        entry.interaction = "preflight";
        return Reply { status: 204, headers: Cors::preflight(), ..Reply::default() };
    }
    if let Some(reply) = page::reply(site, request.method().as_str(), path) {
        return reply;
    }
    let base = match tenant::split(path) {
        Some((Base::Short, rest)) => Some((&site.short_base, rest)),
        Some((Base::Long(name), rest)) if name == site.default_tenant => {
            Some((&site.long_base, rest))
        }
        _ => None,
    };
    entry.interaction = "none";
    let Some((base, rest)) = base else {
        return response::failure(&no_base(site).into(), &plain_wish(site));
    };
    let arrived = Arrived { site, request, base, path: rest, request_id };
    arrived.reply(payload, entry).await
}

/// Could this hold up other connections? `length` is its body's, in bytes.
fn takes_long(interaction: &Interaction, length: usize) -> bool {
    match interaction {
        Interaction::Bundle(_) | Interaction::Operation { .. } | Interaction::Patch(_) => true,
        // All types are searched one by one; what a page includes is read, and sought for in what it
        // holds; parts are cut out of each resource.
        Interaction::Search(search) => {
            let is_long = |name: &str| {
                matches!(name, "_page" | "_summary" | "_elements")
                    || name.starts_with("_include")
                    || name.starts_with("_revinclude")
            };
            search.scope == SearchScope::System
                || search.parameters.iter().any(|(name, _)| is_long(name))
        }
        _ => length > intake::ASIDE_BYTES,
    }
}

fn no_base(site: &Site) -> Outcome {
    Outcome::new(
        Kind::NotFound,
        format!(
            "There is nothing at this address. A FHIR base of this server is {}.",
            site.short_base
        ),
    )
}

fn too_late(limit: Duration) -> Outcome {
    Outcome::new(
        Kind::Timeout,
        format!(
            "This was not done within {} s. A search: ask for less. A write may have been carried \
             out all the same (a batch in part): read before you send it again.",
            limit.as_secs()
        ),
    )
}

/// What nobody waits for any more is not gone on with.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A request under a FHIR base.
struct Arrived<'a> {
    site: &'a Site,
    request: &'a HttpRequest,
    base: &'a Arc<str>,
    /// Under the base.
    path: &'a str,
    request_id: &'a Arc<str>,
}

impl<'a> Arrived<'a> {
    async fn reply(&self, payload: web::Payload, entry: &mut Entry) -> Reply {
        let mut wish = Wish { base: self.base, ..plain_wish(self.site) };
        match self.perform(payload, &mut wish, entry).await {
            Ok(reply) => reply,
            Err(failure) if self.request.method() == "OPTIONS" && failure.allow.is_some() => {
                let headers = vec![("Allow", failure.allow.unwrap_or_default())];
                Reply { status: 204, headers, ..Reply::default() }
            }
            Err(failure) => {
                entry.source.clone_from(&failure.outcome.source);
                response::failure(&failure, &wish)
            }
        }
    }

    async fn perform(
        &self,
        payload: web::Payload,
        wish: &mut Wish<'a>,
        entry: &mut Entry,
    ) -> Result<Reply, Failure> {
        let pairs = intake::pairs(self.request, self.site.limits)?;
        let accept = intake::accept(self.request);
        let format = intake::value(&pairs, "_format");
        let negotiated = negotiate(Some(&accept), format);
        // Whatever goes wrong from here on is said in the form that the client reads.
        wish.form = negotiated.as_ref().copied().unwrap_or_default();
        wish.is_pretty = intake::is_pretty(&pairs)?;
        let (word, parts) = router::find(self.request.method().as_str(), self.path)?;
        self.note(word, &parts, entry);
        let is_binary = parts.resource.as_deref() == Some("Binary");
        // A part of a Binary is a resource, not its content.
        let is_part = ["_summary", "_elements"].iter().any(|n| intake::value(&pairs, n).is_some());
        let is_read = matches!(word, Word::Read | Word::Vread);
        if is_binary && format.is_none() && is_read && !is_part {
            wish.native = Some(accept.clone());
        } else {
            negotiated?;
        }
        wish.is_page = format.is_none()
            && self.request.method() == "GET"
            && parts.code.as_deref() == Some("summary")
            && accept.trim_start().starts_with("text/html");
        let preferences = intake::preferences(self.request);
        wish.returned = preferences.returned.unwrap_or_default();
        let content = intake::content(self.site, self.request, payload, word, &parts).await?;
        if let Content::Form(form) = &content {
            // A form holds what would otherwise stand in the address, the form of the answer too.
            if let Some(format) = intake::value(form, "_format") {
                wish.form = negotiate(Some(&accept), Some(format))?;
            }
            wish.is_pretty |= intake::is_pretty(form)?;
        }
        let length = content.length();
        let asked = Asked {
            method: self.request.method().as_str(),
            word,
            parts,
            pairs,
            conditions: intake::conditions(self.request)?,
            content,
            returned: wish.returned,
            is_lenient: preferences.is_lenient,
        };
        let interaction = request::interaction(asked, self.site.schema)?;
        let caller = Caller {
            base: self.base.clone(),
            request_id: self.request_id.clone(),
            is_lenient: preferences.is_lenient,
        };
        let limit = self.site.limits.request_time;
        let performed = async {
            if takes_long(&interaction, length) {
                self.aside(caller, interaction).await
            } else {
                self.site.door.perform(&caller, interaction).await
            }
        };
        let answer = timeout(limit, performed).await.map_err(|_| too_late(limit))??;
        Ok(response::success(answer, wish)?)
    }

    /// Performs what takes long on other threads than this connection's.
    async fn aside(&self, caller: Caller, interaction: Interaction) -> Result<Answer, Outcome> {
        let door = self.site.door.clone();
        let task = async move { door.perform(&caller, interaction).await };
        let mut task = self.site.aside.spawn(task);
        let _guard = AbortOnDrop(task.abort_handle());
        match (&mut task).await {
            Ok(performed) => performed,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => {
                    Err(Outcome::new(Kind::Unavailable, "The server is stopping.").because(error))
                }
            },
        }
    }

    fn note(&self, word: Word, parts: &Parts, entry: &mut Entry) {
        entry.interaction = word.as_str();
        // Only what is a type is logged: anything else may hold anything.
        let known = parts.resource.clone().filter(|name| self.site.schema.resource(name).is_some());
        entry.resource = known;
    }
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
