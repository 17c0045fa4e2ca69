//! A load of HTTP/1.1 requests over kept connections, a thread each: the same client for the floor
//! and for what is measured against it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// A load.
pub(crate) struct Load {
    pub(crate) address: String,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
}

/// What came of it.
pub(crate) struct Measured {
    /// Answers per second; every one had a status under 400.
    pub(crate) rate: f64,
}

impl Load {
    /// Sends what `request` gives for (connection, number), one after the other on each connection,
    /// until the time is over.
    pub(crate) fn run(
        &self,
        request: impl Fn(usize, usize) -> Vec<u8> + Sync,
    ) -> Result<Measured, String> {
        let start = Instant::now();
        let counts: Vec<Result<usize, String>> = thread::scope(|scope| {
            let request = &request;
            let threads: Vec<_> = (0..self.connections)
                .map(|connection| scope.spawn(move || self.drive(connection, start, request)))
                .collect();
            let join = |thread: thread::ScopedJoinHandle<'_, _>| {
                thread.join().unwrap_or_else(|_| Err("a client panicked".to_owned()))
            };
            threads.into_iter().map(join).collect()
        });
        let elapsed = start.elapsed().as_secs_f64();
        let mut total = 0;
        for count in counts {
            total += count?;
        }
        Ok(Measured { rate: total as f64 / elapsed })
    }

    fn drive(
        &self,
        connection: usize,
        start: Instant,
        request: &(impl Fn(usize, usize) -> Vec<u8> + Sync),
    ) -> Result<usize, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", self.address);
        let mut stream = TcpStream::connect(&self.address).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut buffer = Vec::with_capacity(1 << 16);
        let mut number = 0;
        while start.elapsed() < self.duration {
            stream.write_all(&request(connection, number)).map_err(failed)?;
            let status = answer(&mut stream, &mut buffer).map_err(failed)?;
            if status >= 400 {
                return Err(format!(
                    "an answer had status {status}: a run with errors has no figure"
                ));
            }
            number += 1;
        }
        Ok(number)
    }
}

/// Reads one whole answer; its status.
fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<u16> {
    buffer.clear();
    let mut chunk = [0_u8; 1 << 14];
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        buffer.extend_from_slice(&chunk[..read]);
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
        let status = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(599);
        let length: usize = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0);
        let mut missing = (head + 4 + length).saturating_sub(buffer.len());
        while missing > 0 {
            let read = stream.read(&mut chunk)?;
            if read == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            missing = missing.saturating_sub(read);
        }
        return Ok(status);
    }
}
