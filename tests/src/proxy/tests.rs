//! The proxy before a server that sends each message back and counts what it got.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{Fault, Moment, Proxy, message};

const SOON: Duration = Duration::from_millis(300);

/// Address of an echo, and the number of messages that it got.
fn echo() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, counted) = (stream.unwrap(), counted.clone());
            thread::spawn(move || {
                while let Ok(message) = message(&mut stream) {
                    counted.fetch_add(1, Ordering::SeqCst);
                    if stream.write_all(&message).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, count)
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

fn send(stream: &mut TcpStream, text: &str) {
    let length = u32::try_from(text.len() + 4).unwrap();
    let message = [&length.to_le_bytes(), text.as_bytes()].concat();
    stream.write_all(&message).unwrap();
}

/// What comes back: the text; none when the connection was cut; an error when nothing came.
fn answer(stream: &mut TcpStream) -> Result<Option<String>, ()> {
    match message(stream) {
        Ok(message) => Ok(Some(String::from_utf8(message[4..].to_vec()).unwrap())),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock) => Err(()),
        Err(_) => Ok(None),
    }
}

#[track_caller]
fn check(stream: &mut TcpStream, text: &str, expected: Result<Option<&str>, ()>) {
    send(stream, text);
    assert_eq!(answer(stream), expected.map(|text| text.map(str::to_owned)));
}

#[test]
fn messages_pass_and_a_cut_ends_the_connections_that_there_are() {
    let (target, _) = echo();
    let proxy = Proxy::start(&target);
    let mut one = connect(&proxy);
    check(&mut one, "a", Ok(Some("a")));
    let long = "x".repeat(1_000_000);
    check(&mut one, &long, Ok(Some(&long)));
    proxy.cut();
    assert_eq!(answer(&mut one), Ok(None));
    check(&mut connect(&proxy), "b", Ok(Some("b")));
}

#[test]
fn a_server_that_is_gone_refuses_until_it_is_back() {
    let (target, _) = echo();
    let mut proxy = Proxy::start(&target);
    let mut one = connect(&proxy);
    check(&mut one, "a", Ok(Some("a")));
    proxy.refuse();
    assert_eq!(answer(&mut one), Ok(None));
    assert!(TcpStream::connect(proxy.address()).is_err());
    proxy.restore();
    check(&mut connect(&proxy), "b", Ok(Some("b")));
}

#[test]
fn a_request_that_is_cut_before_it_was_sent_never_arrives() {
    let (target, count) = echo();
    let proxy = Proxy::start(&target);
    proxy.fail(Fault::Cut { pattern: "commit", moment: Moment::BeforeRequest, times: 1 });
    let mut one = connect(&proxy);
    check(&mut one, "insert", Ok(Some("insert")));
    assert!(!proxy.has_cut(1, Duration::ZERO));
    check(&mut one, "a commit", Ok(None));
    assert!(proxy.has_cut(1, SOON));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    check(&mut connect(&proxy), "a commit", Ok(Some("a commit")));
}

#[test]
fn a_request_whose_answer_is_cut_arrives() {
    let (target, count) = echo();
    let proxy = Proxy::start(&target);
    proxy.fail(Fault::Cut { pattern: "commit", moment: Moment::BeforeAnswer, times: 1 });
    check(&mut connect(&proxy), "commit", Ok(None));
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn after_the_last_request_none_arrives_until_the_fault_ends() {
    let (target, count) = echo();
    let proxy = Proxy::start(&target);
    proxy.fail(Fault::Last("write"));
    let mut one = connect(&proxy);
    check(&mut one, "read", Ok(Some("read")));
    check(&mut one, "write", Ok(None));
    check(&mut connect(&proxy), "read", Ok(None));
    assert_eq!(count.load(Ordering::SeqCst), 2);
    assert!(proxy.has_cut(2, SOON));
    proxy.fail(Fault::None);
    check(&mut connect(&proxy), "write", Ok(Some("write")));
}

#[test]
fn answers_come_later_by_the_delay() {
    let (target, _) = echo();
    let proxy = Proxy::start(&target);
    proxy.fail(Fault::Delay(SOON / 2));
    let start = Instant::now();
    check(&mut connect(&proxy), "a", Ok(Some("a")));
    assert!(start.elapsed() >= SOON / 2);
}

#[test]
fn an_answer_is_replaced_by_one_of_the_same_length() {
    let (target, _) = echo();
    let proxy = Proxy::start(&target);
    proxy.fail(Fault::Replace(&[(b"8.2", b"4.2"), (b"x", b"y")]));
    check(&mut connect(&proxy), "8.2.1 x", Ok(Some("4.2.1 y")));
}

#[test]
fn a_member_of_a_set_seems_to_be_the_proxy() {
    let (target, _) = echo();
    let proxy = Proxy::start(&target);
    let mut one = connect(&proxy);
    check(
        &mut one,
        &format!("setName {target}"),
        Ok(Some(&format!("setName {}", proxy.address()))),
    );
    check(&mut one, &target, Ok(Some(&target)));
}

#[test]
fn what_a_black_hole_holds_arrives_when_it_ends() {
    let (target, count) = echo();
    let proxy = Proxy::start(&target);
    let mut one = connect(&proxy);
    check(&mut one, "a", Ok(Some("a")));
    proxy.fail(Fault::Blackhole);
    check(&mut one, "b", Err(()));
    assert_eq!(count.load(Ordering::SeqCst), 1);
    proxy.fail(Fault::None);
    assert_eq!(answer(&mut one), Ok(Some("b".to_owned())));
    let mut rest = [0; 1];
    assert!(one.read(&mut rest).is_err(), "nothing comes twice");
}
