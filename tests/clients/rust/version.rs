//! What stands between client and server: the client always asks for R4B, `fhirVersion=4.3`, which a
//! server of R4 refuses. Every other byte passes as it is.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// What the client says, and what a client of R4 says; both of one length, so that no other length
/// in a request changes.
const SAID: &[u8; 15] = b"fhirVersion=4.3";
const MEANT: &[u8; 15] = b"fhirVersion=4.0";

/// Passes connections on to this server; gives the address at which it listens.
pub fn listen(server: SocketAddr) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A server that is gone is a connection that closes: the client says so.
            let Ok(server) = TcpStream::connect(server) else { continue };
            let (Ok(requests), Ok(answers)) = (client.try_clone(), server.try_clone()) else {
                continue;
            };
            thread::spawn(move || pass(requests, server, true));
            thread::spawn(move || pass(answers, client, false));
        }
    });
    Ok(address)
}

/// Passes bytes on until one side closes.
fn pass(mut from: TcpStream, mut to: TcpStream, is_request: bool) {
    let mut held = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        held.extend_from_slice(&buffer[..count]);
        let kept = if is_request { translate(&mut held) } else { 0 };
        let passed: Vec<u8> = held.drain(..held.len() - kept).collect();
        if to.write_all(&passed).is_err() {
            break;
        }
    }
    // Who is gone already needs no telling.
    let _ = to.write_all(&held);
    let _ = to.shutdown(Shutdown::Write);
}

/// Replaces what was said by what was meant; gives how many bytes at the end may be its beginning.
fn translate(bytes: &mut [u8]) -> usize {
    let mut at = 0;
    while at + SAID.len() <= bytes.len() {
        if bytes[at..].starts_with(SAID) {
            bytes[at..at + MEANT.len()].copy_from_slice(MEANT);
        }
        at += 1;
    }
    let longest = SAID.len().min(bytes.len() + 1);
    (1..longest).rev().find(|count| bytes.ends_with(&SAID[..*count])).unwrap_or(0)
}
