//! An [`Answer`] or a failure becomes status, headers and body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::definitions::Schema;
use fhir::json::Json;
use fhir::outcome::outcome_tree;
use fhir::{Issue, Kind, Outcome, Severity, xml};
use interactions::{Answer, Body, Done, Returned, Stamp};

use super::failure::Failure;
use super::media::{Form, is_native_wanted};
use super::{date, document, page, pretty, status};

/// What is sent, before it is packed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// How the client wants its answer.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    pub(crate) form: Form,
    pub(crate) is_pretty: bool,
    /// A browser asks for a summary: people get it as a page.
    pub(crate) is_page: bool,
    /// `Prefer: return=…`; only writes look at it.
    pub(crate) returned: Returned,
    /// `Accept`, where a Binary may be answered with its content: it is read, and `_format` does
    /// not say otherwise.
    pub(crate) native: Option<String>,
    /// The base through which the request came.
    pub(crate) base: &'a str,
    pub(crate) schema: &'a Schema,
}

/// The reply to a success.
pub(crate) fn success(answer: Answer, wish: &Wish<'_>) -> Result<Reply, Outcome> {
    let mut reply =
        Reply { status: status::number(status::of_done(answer.done)), ..Reply::default() };
    if let Some(stamp) = &answer.version {
        reply.headers.push(("ETag", format!("W/\"{}\"", stamp.version)));
        reply.headers.push(("Last-Modified", date::format(stamp.last_updated_us)));
        if answer.done == Done::Accepted {
            let task = format!("{}/{}", wish.base, stamp.key);
            reply.headers.push(("Content-Location", task));
        }
        if matches!(answer.done, Done::Created | Done::Updated | Done::Existing) {
            reply.headers.push(("Location", location(wish.base, stamp)));
        }
    }
    let is_write = !matches!(answer.done, Done::Found | Done::NotModified);
    if answer.done == Done::NotModified || (is_write && wish.returned == Returned::Minimal) {
        return Ok(reply);
    }
    if is_write && wish.returned == Returned::OperationOutcome {
        if answer.done == Done::Deleted {
            reply.status = 200;
        }
        let text = outcome_tree(&notes(&answer)).to_string();
        return write(reply, text.into(), wish);
    }
    if answer.done == Done::Deleted || answer.body.is_empty() {
        return Ok(reply);
    }
    if let Some(accept) = &wish.native
        && let Some(native) = native(&answer.body, accept)?
    {
        reply.headers.extend(native.headers);
        reply.body = native.body;
        return Ok(reply);
    }
    if wish.is_page
        && let Some(page) = document::page(&parse(&answer.body)?, wish.base)
    {
        reply.headers.push(("Content-Type", "text/html; charset=utf-8".to_owned()));
        reply.headers.push(("Content-Security-Policy", page::POLICY.to_owned()));
        reply.body = page.into();
        return Ok(reply);
    }
    write(reply, answer.body, wish)
}

fn location(base: &str, stamp: &Stamp) -> String {
    format!("{base}/{}/_history/{}", stamp.key, stamp.version)
}

fn notes(answer: &Answer) -> Vec<Issue> {
    if !answer.issues.is_empty() {
        return answer.issues.clone();
    }
    let text = match answer.done {
        Done::Created => "Created.",
        Done::Deleted => "Deleted.",
        Done::Accepted => "Accepted: the Task at Content-Location says how far it is.",
        _ => "Updated.",
    };
    vec![Issue {
        severity: Severity::Information,
        code: "informational",
        diagnostics: text.to_owned(),
        expression: None,
    }]
}

/// The reply to a failure.
pub(crate) fn failure(failure: &Failure, wish: &Wish<'_>) -> Reply {
    let kind = failure.outcome.kind;
    let mut reply = Reply { status: status::number(status::of_kind(kind)), ..Reply::default() };
    if kind == Kind::NotAllowed {
        // Only an operation is refused without a list: it is invoked with POST.
        let allow = failure.allow.clone().unwrap_or_else(|| "POST, OPTIONS".to_owned());
        reply.headers.push(("Allow", allow));
    }
    if matches!(kind, Kind::Unavailable | Kind::Throttled) {
        reply.headers.push(("Retry-After", "1".to_owned()));
    }
    let text = Body::from(failure.outcome.to_tree().to_string());
    let (status, headers) = (reply.status, reply.headers.clone());
    // A failure that cannot be said in XML is said in JSON.
    write(reply, text.clone(), wish).unwrap_or_else(|_| {
        let mut headers = headers;
        headers.push(("Content-Type", Form::Json.content_type().to_owned()));
        Reply { status, headers, body: text }
    })
}

/// Adds a resource in the form that is wanted.
fn write(mut reply: Reply, json: Body, wish: &Wish<'_>) -> Result<Reply, Outcome> {
    reply.body = match (wish.form, wish.is_pretty) {
        (Form::Json, false) => json,
        (Form::Json, true) => pretty::write(parse(&json)?.root()).into(),
        (Form::Xml, is_pretty) => {
            let json = parse(&json)?;
            let written = if is_pretty {
                xml::from_json_pretty(json.root(), wish.schema)
            } else {
                xml::from_json(json.root(), wish.schema)
            };
            Body::from(written.map_err(|error| {
                Outcome::new(
                    Kind::NotAcceptable,
                    format!(
                        "The answer cannot be said in XML: {}. Ask for application/fhir+json.",
                        error.message
                    ),
                )
            })?)
        }
    };
    reply.headers.push(("Content-Type", wish.form.content_type().to_owned()));
    Ok(reply)
}

fn parse(json: &Body) -> Result<Json, Outcome> {
    let limits = fhir::json::Limits { depth_max: 128, nodes_max: usize::MAX };
    Json::parse_with(json.to_vec(), limits)
        .map_err(|error| Outcome::new(Kind::Fault, "The answer is no JSON.").because(error))
}

/// A Binary's content in its own type, if the client wants that.
fn native(body: &Body, accept: &str) -> Result<Option<Reply>, Outcome> {
    let json = parse(body)?;
    let root = json.root();
    let content_type = root.str("contentType").unwrap_or_default();
    if !is_native_wanted(accept, &content_type)? {
        return Ok(None);
    }
    let is_header = content_type.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    let content_type = if is_header && !content_type.is_empty() {
        content_type.into_owned()
    } else {
        "application/octet-stream".to_owned()
    };
    let mut data = root.str("data").unwrap_or_default().into_owned();
    data.retain(|c| !c.is_ascii_whitespace());
    let bytes = STANDARD.decode(&data).map_err(|error| {
        Outcome::new(Kind::Fault, "The stored data is no base64.").because(error)
    })?;
    let mut headers = vec![
        ("Content-Type", content_type),
        // What others stored must not run in the name of this server.
        ("Content-Disposition", "attachment".to_owned()),
        ("Content-Security-Policy", "default-src 'none'; sandbox".to_owned()),
    ];
    let context = root.at(&["securityContext", "reference"]).and_then(|value| value.as_str());
    if let Some(context) = context.filter(|c| c.bytes().all(|byte| byte.is_ascii_graphic())) {
        headers.push(("X-Security-Context", context.into_owned()));
    }
    Ok(Some(Reply { status: 200, headers, body: bytes.into() }))
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
