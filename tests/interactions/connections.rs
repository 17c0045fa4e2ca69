//! Connections: kept, pipelined, packed, and refused under pressure rather than queued.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use brigid_tests::Server;
use serde_json::json;

use super::put_patient;

fn connect(server: &Server) -> TcpStream {
    let address = server.root().trim_start_matches("http://").trim_end_matches('/');
    TcpStream::connect(address).expect("a connection")
}

/// Sends these bytes and gives all that comes back until the server closes.
fn exchange(server: &Server, requests: &str) -> String {
    let mut stream = connect(server);
    stream.write_all(requests.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8(answer).expect("text")
}

#[test]
fn requests_sent_without_waiting_are_answered_in_their_order() {
    let server = Server::start();
    for id in ["a", "b", "c"] {
        put_patient(&server, id, id).expect(201);
    }
    let request = |path: &str, last: &str| {
        format!("GET /fhir/{path} HTTP/1.1\r\nHost: x\r\nConnection: {last}\r\n\r\n")
    };
    let requests = [
        request("Patient/a", "keep-alive"),
        request("Patient/nobody", "keep-alive"),
        request("Patient?_id=b", "keep-alive"),
        request("Patient/c", "close"),
    ];
    let answers = exchange(&server, &requests.concat());
    let found: Vec<usize> = ["\"id\":\"a\"", "404 Not Found", "\"id\":\"b\"", "\"id\":\"c\""]
        .iter()
        .map(|piece| answers.find(piece).unwrap_or_else(|| panic!("no {piece} in {answers}")))
        .collect();
    assert!(found.is_sorted(), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 4, "{answers}");
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let server = Server::start();
    put_patient(&server, "a", "One").expect(201);
    let mut stream = connect(&server);
    for _ in 0..3 {
        stream.write_all(b"GET /fhir/Patient/a HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
        let mut answer = Vec::new();
        let mut step = [0; 4096];
        while !answer.ends_with(b"}") {
            let read = stream.read(&mut step).expect("an answer");
            assert!(read > 0, "the server closed: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&step[..read]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
    stream.shutdown(Shutdown::Both).expect("closed");
}

#[test]
fn long_answers_and_bodies_may_be_packed_with_zstd_and_gzip() {
    let server = Server::start();
    let family = "Long ".repeat(1000).trim_end().to_owned();
    let patient = json!({"resourceType": "Patient", "id": "a", "name": [{"family": family}]});
    let plain = patient.to_string();
    let packed = zstd::encode_all(plain.as_bytes(), 1).expect("packed");
    let put = server.put("Patient/a").header("Content-Encoding", "zstd");
    put.body("application/fhir+json", packed).send().expect(201);

    let answer = server.get("Patient/a").header("Accept-Encoding", "gzip;q=0.5, zstd").send();
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-encoding"), Some("zstd"));
    let text = zstd::decode_all(answer.body.as_slice()).expect("zstd");
    assert!(String::from_utf8(text).expect("text").contains(&family));

    let refused = server.put("Patient/a").header("Content-Encoding", "br");
    refused.body("application/fhir+json", plain).send().expect(415);
}

#[test]
fn more_requests_than_the_limit_are_told_to_come_again() {
    let server = Server::start_with(&[("limits.requests", "1")]);
    // A request whose body never comes is being answered all the time.
    let mut held = connect(&server);
    held.write_all(
        b"POST /fhir/Patient HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n\
          Content-Length: 100\r\n\r\n{",
    )
    .expect("sent");
    in_flight(&server, 1);
    let refused = server.get("Patient/a").send().expect(503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.diagnostics().contains("try again"), "{}", refused.text());
    drop(held);
    in_flight(&server, 0);
    server.get("Patient/a").send().expect(404);
}

/// Waits until the server says that it answers so many requests.
fn in_flight(server: &Server, count: usize) {
    let line = format!("brigid_requests_in_flight {count}\n");
    let metrics = format!("{}/metrics", server.admin());
    std::iter::repeat_with(|| server.client().request("GET", &metrics).send().text())
        .take(100_000)
        .find(|text| text.contains(&line))
        .expect("so many requests are being answered");
}
