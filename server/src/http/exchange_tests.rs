//! Whole exchanges over a scripted door: what holds whatever is asked.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use fhir::{Kind, Outcome};
use interactions::{Answer, Caller, Door, Interaction, Performing};
use tokio::runtime::Handle;

use super::answer;
use crate::http::{Limits, Names, Site};

/// Fails on everything but the statement, each time in another way.
struct Script;

impl Door for Script {
    fn perform<'a>(&'a self, caller: &'a Caller, interaction: Interaction) -> Performing<'a> {
        Box::pin(async move {
            match interaction {
                Interaction::Capabilities(_) => Ok(Answer::found(format!(
                    "{{\"resourceType\":\"CapabilityStatement\",\"description\":\"{}\"}}",
                    caller.base.repeat(100)
                ))),
                Interaction::Read(_) => {
                    Err(Outcome::new(Kind::Fault, "It failed.").because("a driver's words"))
                }
                Interaction::History(_) => std::future::pending().await,
                _ => panic!("a resource's text"),
            }
        })
    }
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn send(request: TestRequest) -> Reply {
    let origins = ["https://app.example.org".to_owned()];
    let names = Names { public_url: "http://x/", default_tenant: "default", origins: &origins };
    let limits = Limits {
        body_bytes: 1000,
        url_bytes: 1000,
        requests: 10,
        request_time: Duration::from_millis(50),
    };
    let site = Site::new(
        Arc::new(Script),
        &names,
        limits,
        Box::new(|| Err("it is a script".to_owned())),
        Handle::current(),
    );
    let app = App::new().app_data(web::Data::new(site)).default_service(web::to(answer));
    let service = init_service(app).await;
    let response = call_service(&service, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap().to_vec();
    Reply { status, headers, body }
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

#[actix_web::test]
async fn a_panic_is_a_500_with_the_id_of_the_request_and_nothing_else() {
    let search = get("/fhir/Patient").insert_header(("X-Request-Id", "abc"));
    let bundle = TestRequest::post()
        .uri("/fhir")
        .insert_header(("X-Request-Id", "abc"))
        .insert_header(("Content-Type", "application/fhir+json"))
        .set_payload("{\"resourceType\":\"Bundle\"}");
    for request in [search, bundle] {
        let reply = send(request).await;
        assert_eq!(reply.status, 500);
        assert!(reply.text().contains("abc"), "{}", reply.text());
        assert!(!reply.text().contains("resource's text"), "{}", reply.text());
        assert_eq!(reply.header("x-request-id"), "abc");
    }
}

#[actix_web::test]
async fn what_only_the_log_may_know_stays_there() {
    let reply = send(get("/default/fhir/Patient/a")).await;
    assert_eq!(reply.status, 500);
    assert!(reply.text().contains("It failed.") && !reply.text().contains("driver"));
}

#[actix_web::test]
async fn links_are_made_from_the_public_address_and_never_from_host() {
    let asked = get("/default/fhir/metadata").insert_header(("Host", "evil"));
    let reply = send(asked.insert_header(("X-Forwarded-Host", "evil"))).await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("http://x/default/fhir") && !reply.text().contains("evil"));
}

#[actix_web::test]
async fn long_answers_are_packed_for_who_accepts_that() {
    let reply = send(get("/fhir/metadata").insert_header(("Accept-Encoding", "gzip"))).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    assert_eq!(reply.body[..2], [0x1f, 0x8b]);
}

#[actix_web::test]
async fn every_answer_forbids_guessing_framing_and_keeping() {
    for path in ["/", "/livez", "/fhir/metadata", "/nowhere"] {
        let reply = send(get(path)).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert!(reply.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
}

#[actix_web::test]
async fn a_browser_app_of_a_known_origin_may_read_the_answer() {
    let from = |origin| get("/fhir/metadata").insert_header(("Origin", origin));
    let known = send(from("https://app.example.org")).await;
    assert_eq!(known.header("access-control-allow-origin"), "https://app.example.org");
    let other = send(from("https://app.example.org.evil")).await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[actix_web::test]
async fn readiness_is_not_liveness() {
    assert_eq!(send(get("/livez")).await.status, 200);
    assert_eq!(send(get("/readyz")).await.status, 503);
}

#[actix_web::test]
async fn limits_of_address_and_body_are_named() {
    let long = send(get(&format!("/fhir/Patient?name={}", "a".repeat(1000)))).await;
    assert_eq!(long.status, 413);
    let body = TestRequest::post().uri("/fhir/Patient").set_payload("x".repeat(1001));
    let reply = send(body).await;
    assert_eq!(reply.status, 413);
    assert!(reply.text().contains("1000"), "{}", reply.text());
}

#[actix_web::test]
async fn what_takes_too_long_is_ended_with_a_504() {
    let reply = send(get("/fhir/Patient/_history")).await;
    assert_eq!(reply.status, 504);
    assert!(reply.text().contains("\"timeout\""), "{}", reply.text());
}
