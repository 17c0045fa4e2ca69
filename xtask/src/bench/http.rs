//! HTTP/1.1 from the side of the client, as little of it as a load needs, so that most of the
//! processor is left to the server: one kept connection, one request at a time.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Longest wait for bytes of an answer.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// Greatest length of the head of an answer.
const HEAD_MAX: usize = 1 << 16;

/// A FHIR base, and the token for it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Host and port.
    pub(crate) authority: String,
    /// Path of the base, without a slash at the end.
    pub(crate) path: String,
    pub(crate) token: Option<String>,
}

/// A request. A path that starts with a slash is one of the host, any other one of the base.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) path: &'a str,
    /// No body if it is empty.
    pub(crate) body: &'a str,
}

/// An open connection and the answer that it read last.
pub(crate) struct Connection<'a> {
    target: &'a Target,
    stream: TcpStream,
    sent: Vec<u8>,
    /// Bytes that were read; the first `filled` count.
    read: Vec<u8>,
    filled: usize,
    head: usize,
    body: (usize, usize),
    closes: bool,
}

impl Target {
    /// From `http://host[:port]/path`.
    pub(crate) fn parse(base: &str, token: Option<String>) -> Result<Self, String> {
        let rest = base.strip_prefix("http://").ok_or_else(|| {
            format!("{base} is no http:// URL; put a proxy before a server that has only https")
        })?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() || authority.contains(['@', '?', '#']) {
            return Err(format!("{base} must be http://HOST[:PORT]/PATH"));
        }
        let port = authority.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok());
        let port = if port { "" } else { ":80" };
        Ok(Self {
            authority: format!("{authority}{port}"),
            path: path.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// Whether all addresses of the host are of this machine alone.
    pub(crate) fn is_loopback(&self) -> Result<bool, String> {
        let mut addresses = self
            .authority
            .to_socket_addrs()
            .map_err(|error| format!("{}: {error}", self.authority))?;
        Ok(addresses.all(|address| address.ip().is_loopback()))
    }
}

impl<'a> Request<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self { method: "GET", path, body: "" }
    }

    pub(crate) fn post(path: &'a str, body: &'a str) -> Self {
        Self { method: "POST", path, body }
    }

    pub(crate) fn put(path: &'a str, body: &'a str) -> Self {
        Self { method: "PUT", path, body }
    }

    pub(crate) fn delete(path: &'a str) -> Self {
        Self { method: "DELETE", path, body: "" }
    }

    fn write(&self, target: &Target, out: &mut Vec<u8>) {
        out.clear();
        let (base, slash) =
            if self.path.starts_with('/') { ("", "") } else { (target.path.as_str(), "/") };
        // A vector takes all that is written.
        let _ = write!(
            out,
            "{} {base}{slash}{} HTTP/1.1\r\nHost: {}\r\nAccept: application/fhir+json\r\n",
            self.method, self.path, target.authority
        );
        if let Some(token) = &target.token {
            let _ = write!(out, "Authorization: Bearer {token}\r\n");
        }
        if self.body.is_empty() {
            out.extend_from_slice(b"\r\n");
            return;
        }
        let _ = write!(
            out,
            "Content-Type: application/fhir+json\r\nPrefer: return=minimal\r\n\
             Content-Length: {}\r\n\r\n{}",
            self.body.len(),
            self.body
        );
    }
}

impl<'a> Connection<'a> {
    pub(crate) fn open(target: &'a Target) -> std::io::Result<Self> {
        Ok(Self {
            target,
            stream: stream(target)?,
            sent: Vec::new(),
            read: vec![0; 1 << 16],
            filled: 0,
            head: 0,
            body: (0, 0),
            closes: false,
        })
    }

    /// Sends a request and reads the whole answer; its status.
    pub(crate) fn exchange(&mut self, request: &Request<'_>) -> std::io::Result<u16> {
        if self.closes {
            self.stream = stream(self.target)?;
            self.closes = false;
        }
        request.write(self.target, &mut self.sent);
        // Until the answer is whole nothing more can be asked here.
        self.closes = true;
        self.stream.write_all(&self.sent)?;
        (self.filled, self.head, self.body) = (0, 0, (0, 0));
        let status = loop {
            self.find_head()?;
            let head = String::from_utf8_lossy(&self.read[..self.head]);
            let status = head.get(9..12).and_then(|status| status.parse::<u16>().ok());
            let status = status.ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
            // 1xx: the answer itself is still to come.
            if status >= 200 {
                break status;
            }
            self.read.copy_within(self.head..self.filled, 0);
            self.filled -= self.head;
        };
        let closes = self.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        if self.header("transfer-encoding").is_some() {
            self.read_chunks()?;
        } else if !matches!(status, 204 | 304) {
            let length = self.header("content-length").and_then(|length| length.parse().ok());
            self.body = (self.head, self.head + length.unwrap_or(0));
            self.need(self.body.1)?;
        }
        self.closes = closes;
        Ok(status)
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        &self.read[self.body.0..self.body.1]
    }

    /// A header of the last answer; its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.read[..self.head]).ok()?;
        head.split("\r\n").skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    fn find_head(&mut self) -> std::io::Result<()> {
        let mut from = 0;
        loop {
            let end = self.read[from..self.filled].windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                self.head = from + end + 4;
                return Ok(());
            }
            if self.filled > HEAD_MAX {
                return Err(ErrorKind::InvalidData.into());
            }
            from = self.filled.saturating_sub(3);
            self.fill()?;
        }
    }

    /// Reads the chunks and puts their content together where the first one starts.
    fn read_chunks(&mut self) -> std::io::Result<()> {
        let (mut at, mut end) = (self.head, self.head);
        loop {
            let line = self.line(at)?;
            let text = String::from_utf8_lossy(&self.read[at..line]);
            let size = text.split(';').next().unwrap_or_default().trim().to_owned();
            let size = usize::from_str_radix(&size, 16)
                .map_err(|_| Error::from(ErrorKind::InvalidData))?;
            at = line + 2;
            if size == 0 {
                break;
            }
            self.need(at + size + 2)?;
            self.read.copy_within(at..at + size, end);
            end += size;
            at += size + 2;
        }
        // Trailers, and the empty line after them.
        while self.line(at)? > at {
            at = self.line(at)? + 2;
        }
        self.body = (self.head, end);
        Ok(())
    }

    /// Where the line that starts here ends.
    fn line(&mut self, start: usize) -> std::io::Result<usize> {
        loop {
            let rest = self.read.get(start..self.filled).unwrap_or_default();
            if let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
                return Ok(start + end);
            }
            self.fill()?;
        }
    }

    fn need(&mut self, length: usize) -> std::io::Result<()> {
        if self.read.len() < length {
            self.read.resize(length + (1 << 16), 0);
        }
        while self.filled < length {
            self.fill()?;
        }
        Ok(())
    }

    fn fill(&mut self) -> std::io::Result<()> {
        if self.read.len() - self.filled < 1 << 14 {
            self.read.resize(self.read.len() * 2, 0);
        }
        match self.stream.read(&mut self.read[self.filled..])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

fn stream(target: &Target) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(&target.authority)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    stream.set_write_timeout(Some(SILENCE_MAX))?;
    Ok(stream)
}

/// The value as it may stand in a query string.
pub(crate) fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/|,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::{Connection, Request, Target, encoded};

    /// What a client gets that asks twice on one connection.
    #[track_caller]
    fn check(answer: &'static str, status: u16, body: &str) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut request = [0; 1000];
            for _ in 0..2 {
                assert!(stream.read(&mut request).unwrap() > 0);
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let target = Target { authority, path: "/fhir".to_owned(), token: None };
        let mut connection = Connection::open(&target).unwrap();
        for _ in 0..2 {
            assert_eq!(connection.exchange(&Request::get("Patient/1")).unwrap(), status);
            assert_eq!(String::from_utf8_lossy(connection.body()), body);
        }
        server.join().unwrap();
    }

    #[test]
    fn a_body_has_the_length_that_its_header_says() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello");
        check("HTTP/1.1 404 Not Found\r\ncontent-length:  0\r\n\r\n", 404, "");
        check("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
    }

    #[test]
    fn chunks_are_put_together() {
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                       5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n";
        check(chunked, 200, "hello world");
    }

    #[test]
    fn an_interim_answer_is_not_the_answer() {
        let twice = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        check(twice, 200, "ok");
    }

    #[test]
    fn a_base_is_host_port_and_path() {
        let target = Target::parse("http://127.0.0.1:8080/fhir/", None).unwrap();
        assert_eq!((target.authority.as_str(), target.path.as_str()), ("127.0.0.1:8080", "/fhir"));
        assert!(target.is_loopback().unwrap());
        assert_eq!(Target::parse("http://localhost", None).unwrap().authority, "localhost:80");
        assert!(!Target::parse("http://192.0.2.1/fhir", None).unwrap().is_loopback().unwrap());
        assert!(Target::parse("https://example.org/fhir", None).is_err());
        assert!(Target::parse("http:///fhir", None).is_err());
    }

    #[test]
    fn a_value_is_encoded_for_a_query() {
        assert_eq!(encoded("http://loinc.org|1-2"), "http://loinc.org|1-2");
        assert_eq!(encoded("a b&c=é"), "a%20b%26c%3D%C3%A9");
    }
}
