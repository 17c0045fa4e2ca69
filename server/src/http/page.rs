//! What stands beside the FHIR bases: the page for people, and whether the process is well.

use interactions::Body;

use super::response::Reply;
use super::site::Site;

const HTML: &str = include_str!("page.html");
const CSS: &str = include_str!("page.css");

/// Nothing from anywhere else, no script at all.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

const ICON: &str = concat!(
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" "##,
    r##"rx="8" fill="#b3321d"/><path d="M16 5c4 5 7 8 7 13a7 7 0 0 1-14 0c0-3 2-5 3-8 2 1 3 3 3 5 "##,
    r##"2-3 2-6 1-10z" fill="#fff4e6"/></svg>"##
);

/// The reply to a path that is no FHIR base's; `None` for other paths.
pub(crate) fn reply(site: &Site, method: &str, path: &str) -> Option<Reply> {
    let is_read = matches!(method, "GET" | "HEAD");
    let reply = match path {
        "/" if is_read => text("text/html; charset=utf-8", page(site)),
        "/brigid.css" if is_read => text("text/css; charset=utf-8", CSS.to_owned()),
        "/brigid.svg" | "/favicon.ico" if is_read => text("image/svg+xml", ICON.to_owned()),
        "/livez" | "/readyz" if is_read => return health(site, path),
        "/" | "/brigid.css" | "/brigid.svg" | "/favicon.ico" | "/livez" | "/readyz" => Reply {
            status: 405,
            headers: vec![("Allow", "GET, HEAD".to_owned())],
            body: Body::default(),
        },
        _ => return None,
    };
    Some(reply)
}

/// `/livez`: the process answers. `/readyz`: it can do its work.
pub(crate) fn health(site: &Site, path: &str) -> Option<Reply> {
    const PLAIN: &str = "text/plain; charset=utf-8";
    match path {
        "/livez" => Some(text(PLAIN, "ok\n".to_owned())),
        "/readyz" => Some(match (site.readiness)() {
            Ok(()) => text(PLAIN, "ok\n".to_owned()),
            Err(reason) => Reply { status: 503, ..text(PLAIN, format!("not ready: {reason}\n")) },
        }),
        _ => None,
    }
}

fn text(content_type: &'static str, body: String) -> Reply {
    let mut headers = vec![("Content-Type", content_type.to_owned())];
    if !content_type.starts_with("text/plain") {
        headers.push(("Content-Security-Policy", POLICY.to_owned()));
    }
    Reply { status: 200, headers, body: body.into() }
}

fn page(site: &Site) -> String {
    HTML.replace("{base}", &escape(&site.short_base))
        .replace("{long}", &escape(&site.long_base))
        .replace("{tenant}", &escape(&site.default_tenant))
        .replace("{version}", env!("CARGO_PKG_VERSION"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
