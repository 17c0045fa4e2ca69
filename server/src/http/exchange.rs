//! One exchange: a request comes in, its interaction is performed, a reply goes out, one line is
//! logged.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use fhir::search::query::decode_pairs;
use fhir::{Kind, Outcome};
use futures_util::{FutureExt, StreamExt};
use interactions::{Caller, Returned};

use super::body::{self, Body, Purpose};
use super::conditions::{self, Conditions, Preferences};
use super::cors::Cors;
use super::failure::Failure;
use super::media::{Form, negotiate};
use super::request::{self, Asked, Content, Pairs};
use super::response::{self, Reply, Wish};
use super::router::{self, Parts, Word};
use super::site::Site;
use super::tenant::{self, Base};
use super::{date, page, send};

/// A longest page link is longer than other addresses: it holds its whole search.
const PAGE_LINK_BYTES_MAX: usize = 64 * 1024;

/// Bodies over this length are read aside, so that other connections need not wait.
const ASIDE_BYTES: usize = 256 * 1024;

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
    site.metrics.begin();
    let request_id = request_id(header(&request, "X-Request-Id"));
    let mut entry = Entry { interaction: "page", resource: None, source: None };
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
    let duration_ms = taken.as_secs_f64() * 1000.0;
    log(&entry, &request_id, status, duration_ms, send::length(&response));
    response
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

fn no_base(site: &Site) -> Outcome {
    Outcome::new(
        Kind::NotFound,
        format!(
            "There is nothing at this address. A FHIR base of this server is {}.",
            site.short_base
        ),
    )
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
        let pairs = self.pairs()?;
        let accept = header(self.request, "Accept");
        let format = value(&pairs, "_format");
        let negotiated = negotiate(accept, format);
        // Whatever goes wrong from here on is said in the form that the client reads.
        wish.form = negotiated.as_ref().copied().unwrap_or_default();
        wish.is_pretty = is_pretty(&pairs)?;
        let (word, parts) = router::find(self.request.method().as_str(), self.path)?;
        self.note(word, &parts, entry);
        let is_binary = parts.resource.as_deref() == Some("Binary");
        if is_binary && format.is_none() && matches!(word, Word::Read | Word::Vread) {
            wish.native = Some(accept);
        } else {
            negotiated?;
        }
        let preferences = self.preferences();
        wish.returned = preferences.returned.unwrap_or_default();
        let content = self.content(payload, word, &parts).await?;
        if let Content::Form(form) = &content {
            // What a search by POST says in its form counts as if it stood in the address.
            if value(form, "_format").is_some() {
                wish.form = negotiate(accept, value(form, "_format"))?;
            }
            wish.is_pretty |= is_pretty(form)?;
        }
        let asked = Asked {
            method: self.request.method().as_str(),
            word,
            parts,
            pairs,
            conditions: self.conditions()?,
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
        let answer = self.site.door.perform(&caller, interaction).await?;
        Ok(response::success(answer, wish)?)
    }

    fn note(&self, word: Word, parts: &Parts, entry: &mut Entry) {
        entry.interaction = word.as_str();
        // Only what is a type is logged: anything else may hold anything.
        let known = parts.resource.clone().filter(|name| self.site.schema.resource(name).is_some());
        entry.resource = known;
    }

    fn pairs(&self) -> Result<Pairs, Outcome> {
        let query = self.request.uri().query().unwrap_or_default();
        let length = self.request.uri().path().len() + query.len();
        let pairs = decode_pairs(query)?;
        let is_page = value(&pairs, "_page").is_some();
        let limit = if is_page { PAGE_LINK_BYTES_MAX } else { self.site.limits.url_bytes };
        if length > limit {
            return Err(Outcome::new(
                Kind::TooLarge,
                format!(
                    "The address is longer than {limit} bytes: send a long search as a form, \
                     POST [type]/_search."
                ),
            ));
        }
        Ok(pairs)
    }

    fn preferences(&self) -> Preferences {
        let headers = self.request.headers().get_all("Prefer");
        conditions::preferences(headers.filter_map(|value| value.to_str().ok()))
    }

    fn conditions(&self) -> Result<Conditions, Outcome> {
        let known = single(self.request, "If-None-Match")?;
        let since = single(self.request, "If-Modified-Since")?;
        Ok(Conditions {
            if_match: single(self.request, "If-Match")?
                .map(|text| conditions::version("If-Match", text))
                .transpose()?,
            if_none_match: known
                .map(|text| conditions::known_versions("If-None-Match", text))
                .transpose()?
                .unwrap_or_default(),
            // RFC 9110: what is no date is as if it were not there.
            if_modified_since_us: since.and_then(date::parse),
            if_none_exist: single(self.request, "If-None-Exist")?
                .map(|text| conditions::if_none_exist("If-None-Exist", text))
                .transpose()?,
        })
    }

    async fn content(
        &self,
        payload: web::Payload,
        word: Word,
        parts: &Parts,
    ) -> Result<Content, Outcome> {
        let limit = self.site.limits.body_bytes;
        let packed = self.bytes(payload, limit).await?;
        let bytes = body::unpack(packed, single(self.request, "Content-Encoding")?, limit)?;
        let is_body_taken = !matches!(self.request.method().as_str(), "GET" | "HEAD" | "OPTIONS");
        if bytes.is_empty() || !is_body_taken || matches!(word, Word::Delete) {
            return Ok(Content::Nothing);
        }
        let body = Body {
            bytes,
            content_type: single(self.request, "Content-Type")?.map(str::to_owned),
            security_context: single(self.request, "X-Security-Context")?.map(str::to_owned),
        };
        let purpose = Purpose { word, resource: parts.resource.clone(), id: parts.id.clone() };
        let schema = self.site.schema;
        if body.bytes.len() < ASIDE_BYTES {
            return body::content(body, &purpose, schema);
        }
        let read = web::block(move || body::content(body, &purpose, schema)).await;
        read.map_err(|error| {
            Outcome::new(Kind::Unavailable, "The server is stopping.").because(error)
        })?
    }

    async fn bytes(&self, mut payload: web::Payload, limit: usize) -> Result<Vec<u8>, Outcome> {
        let announced = header(self.request, "Content-Length").and_then(|text| text.parse().ok());
        if announced.is_some_and(|length: usize| length > limit) {
            return Err(body::too_large(limit));
        }
        let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(1 << 20));
        while let Some(chunk) = payload.next().await {
            let chunk =
                chunk.map_err(|error| Outcome::invalid("The body broke off.").because(error))?;
            if bytes.len() + chunk.len() > limit {
                return Err(body::too_large(limit));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn value<'p>(pairs: &'p Pairs, name: &str) -> Option<&'p str> {
    pairs.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
}

fn is_pretty(pairs: &Pairs) -> Result<bool, Outcome> {
    match value(pairs, "_pretty") {
        None | Some("false") => Ok(false),
        Some("true" | "") => Ok(true),
        Some(_) => Err(Outcome::invalid("_pretty is true or false.").at("_pretty")),
    }
}

fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// A header that counts only where it is given once and can be read: what a client relies on is
/// not guessed.
fn single<'r>(request: &'r HttpRequest, name: &str) -> Result<Option<&'r str>, Outcome> {
    let mut all = request.headers().get_all(name);
    let Some(first) = all.next() else { return Ok(None) };
    let readable = first.to_str().ok().filter(|_| all.next().is_none());
    readable.map(Some).ok_or_else(|| {
        Outcome::invalid(format!("{name} is given more than once, or not in ASCII.")).at(name)
    })
}
