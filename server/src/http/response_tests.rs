//! Answers and failures as status, headers and body.

use fhir::{Kind, Outcome, definitions};
use interactions::{Answer, Done, Key, Returned, Stamp};

use super::{Failure, Form, Reply, Wish, failure, success};

const PATIENT: &str = r#"{"resourceType":"Patient","id":"a","active":true}"#;

fn wish(returned: Returned) -> Wish<'static> {
    Wish {
        form: Form::Json,
        is_pretty: false,
        is_page: false,
        returned,
        native: None,
        base: "http://x/fhir",
        schema: definitions::r4().schema(),
    }
}

fn answer(done: Done, body: &'static str) -> Answer {
    let key = Key::new("Patient", "a");
    let version = Some(Stamp { key, version: 2, last_updated_us: 784_111_777_000_000 });
    Answer { done, body: body.to_owned().into(), version, issues: Vec::new() }
}

fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
    reply.headers.iter().find(|(held, _)| *held == name).map(|(_, value)| value.as_str())
}

#[track_caller]
fn check(done: Done, returned: Returned, status: u16, body_has: &str) -> Reply {
    let reply = success(answer(done, PATIENT), &wish(returned)).unwrap();
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert_eq!(reply.status, status, "{done:?} {returned:?}");
    assert!(text.contains(body_has) && text.is_empty() == body_has.is_empty(), "{text}");
    reply
}

#[test]
fn a_version_has_its_tag_and_time() {
    let reply = check(Done::Found, Returned::Representation, 200, PATIENT);
    assert_eq!(header(&reply, "ETag"), Some("W/\"2\""));
    assert_eq!(header(&reply, "Last-Modified"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(header(&reply, "Location"), None);
}

#[test]
fn what_a_write_returns_is_the_client_s_choice() {
    let reply = check(Done::Created, Returned::Minimal, 201, "");
    assert_eq!(header(&reply, "Location"), Some("http://x/fhir/Patient/a/_history/2"));
    assert_eq!(header(&reply, "Content-Type"), None);
    check(Done::Created, Returned::Representation, 201, PATIENT);
    check(Done::Updated, Returned::OperationOutcome, 200, "informational");
    check(Done::Deleted, Returned::Representation, 204, "");
    check(Done::Deleted, Returned::OperationOutcome, 200, "Deleted.");
}

#[test]
fn what_is_known_is_not_sent_again() {
    check(Done::NotModified, Returned::Representation, 304, "");
}

#[test]
fn the_form_is_the_client_s_choice() {
    let wish = Wish { form: Form::Xml, ..wish(Returned::Minimal) };
    let reply = success(answer(Done::Found, PATIENT), &wish).unwrap();
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(text.contains("<Patient xmlns=\"http://hl7.org/fhir\">"), "{text}");
    assert_eq!(header(&reply, "Content-Type"), Some(Form::Xml.content_type()));
}

#[test]
fn a_binary_is_given_as_its_content_and_runs_nowhere() {
    let body = r#"{"resourceType":"Binary","contentType":"text/html","data":"SGV\nsbG8="}"#;
    let wish = Wish { native: Some("*/*".to_owned()), ..wish(Returned::Minimal) };
    let reply = success(answer(Done::Found, body), &wish).unwrap();
    assert_eq!(&*reply.body.whole(), b"Hello");
    assert_eq!(header(&reply, "Content-Disposition"), Some("attachment"));
    assert!(header(&reply, "Content-Security-Policy").unwrap().contains("sandbox"));
    let wish = Wish { native: Some("application/fhir+json".to_owned()), ..wish };
    let reply = success(answer(Done::Found, body), &wish).unwrap();
    assert!(reply.body.whole().starts_with(b"{"));
}

#[test]
fn a_failure_is_an_outcome_with_its_status() {
    let reply = failure(&Outcome::new(Kind::Gone, "gone").into(), &wish(Returned::Minimal));
    assert_eq!(reply.status, 410);
    assert!(reply.body.whole().starts_with(b"{\"resourceType\":\"OperationOutcome\""));
    let allow = Some("GET".to_owned());
    let refused = Failure { outcome: Outcome::new(Kind::NotAllowed, "no"), allow };
    assert_eq!(header(&failure(&refused, &wish(Returned::Minimal)), "Allow"), Some("GET"));
}
