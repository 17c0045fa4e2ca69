//! A TCP proxy before the tests' database that fails as it is told to. It knows of the protocol only
//! that a message begins with its length, and that a member of a replica set tells its address, for
//! which it puts its own: so nobody finds a way round it.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// No message is longer: MongoDB's are at most 48 MB.
const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A proxy on a port that the system chose. All connections are cut when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

/// What goes wrong with messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Nothing arrives on either side until this ends: then it does, as TCP sends anew.
    Blackhole,
    /// Each answer comes so much later.
    Delay(Duration),
    /// The connection on which a request with these bytes is sent is cut.
    Cut {
        /// The bytes.
        pattern: &'static str,
        /// When it is cut.
        moment: Moment,
        /// How often; then nothing goes wrong any more.
        times: usize,
    },
    /// The request with these bytes is the last that the database gets: its answer is lost, and then
    /// it is [`Fault::Gone`].
    Last(&'static str),
    /// No request arrives: the connection on which it is sent is cut.
    Gone,
    /// The database says something else: these bytes of its answers become those, as many.
    Replace(&'static [(&'static [u8], &'static [u8])]),
}

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The database never gets the request.
    BeforeRequest,
    /// The database has carried out the request, and its answer is lost.
    BeforeAnswer,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    target: String,
    fault: Fault,
    /// Connections by number: both of their ends.
    links: Vec<(u64, TcpStream, TcpStream)>,
    next: u64,
    /// How often a request was cut off.
    cuts: usize,
    /// Commands of sessions: all but what the driver asks to find the servers.
    commands: usize,
    is_refusing: bool,
    is_over: bool,
}

/// What becomes of a request.
enum Fate {
    Passes,
    IsLost,
    AnswerIsLost,
}

impl Proxy {
    /// A proxy before the server with this address: `127.0.0.1:27017`.
    ///
    /// # Panics
    /// When there is no port left.
    #[must_use]
    pub fn start(target: &str) -> Self {
        let state = State {
            target: target.to_owned(),
            fault: Fault::None,
            links: Vec::new(),
            next: 0,
            cuts: 0,
            commands: 0,
            is_refusing: false,
            is_over: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let listener = Some(spawn(listener, &shared));
        Self { shared, address, listener }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The connection string of the database behind it.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("mongodb://{}/?replicaSet=secantus", self.address)
    }

    /// From now on this goes wrong, on connections that there are as well.
    pub fn fail(&self, fault: Fault) {
        self.shared.lock().fault = fault;
        self.shared.changed.notify_all();
    }

    /// New connections go to another server.
    pub fn aim(&self, target: &str) {
        target.clone_into(&mut self.shared.lock().target);
    }

    /// Cuts all connections that there are; new ones are taken.
    pub fn cut(&self) {
        self.shared.lock().cut_all();
    }

    /// Cuts all connections and refuses new ones, as if there were no server.
    ///
    /// # Panics
    /// When the thread that listens has failed.
    pub fn refuse(&mut self) {
        self.shared.lock().is_refusing = true;
        if let Some(listener) = self.listener.take() {
            // It looks up when somebody comes.
            let _ = TcpStream::connect(self.address);
            listener.join().expect("the listener does not panic");
        }
        self.cut();
    }

    /// Takes connections again, at the same address.
    ///
    /// # Panics
    /// When another process has the port by now.
    pub fn restore(&mut self) {
        self.shared.lock().is_refusing = false;
        if self.listener.is_none() {
            let listener = TcpListener::bind(self.address).expect("the port is still free");
            self.listener = Some(spawn(listener, &self.shared));
        }
    }

    /// Commands that were sent since the last time somebody asked; not counted are those by which a
    /// driver keeps an eye on the servers.
    #[must_use]
    pub fn commands(&self) -> usize {
        std::mem::take(&mut self.shared.lock().commands)
    }

    /// Waits until requests were cut off so often; false when the time is over first.
    #[must_use]
    pub fn has_cut(&self, times: usize, time_max: Duration) -> bool {
        let waits = |state: &mut State| state.cuts < times;
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, time_max, waits);
        waited.is_ok_and(|(_, timeout)| !timeout.timed_out())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        self.refuse();
    }
}

fn spawn(listener: TcpListener, shared: &Arc<Shared>) -> JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || {
        for client in listener.incoming() {
            if shared.lock().is_refusing {
                return;
            }
            // A connection that is lost at its begin is one of the faults.
            let _ = client.and_then(|client| link(client, &shared));
        }
    })
}

/// Passes messages between a client and the server until one of them goes.
fn link(client: TcpStream, shared: &Arc<Shared>) -> Result<()> {
    let target = shared.lock().target.clone();
    let server = TcpStream::connect(&target)?;
    let own = client.local_addr()?.to_string();
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (to_client, to_server) = (client.try_clone()?, server.try_clone()?);
    let number = shared.lock().add(client.try_clone()?, server.try_clone()?);
    let is_lost = Arc::new(AtomicBool::new(false));
    let (requests, answers) = (shared.clone(), shared.clone());
    let flag = is_lost.clone();
    thread::spawn(move || {
        // An end is an end, whatever the reason.
        let _ = pass_requests(client, to_server, &requests, &flag);
        requests.lock().cut(number);
    });
    thread::spawn(move || {
        let addresses = [target.as_bytes(), own.as_bytes()];
        let _ = pass_answers(server, to_client, addresses, &answers, &is_lost);
        answers.lock().cut(number);
    });
    Ok(())
}

fn pass_requests(
    mut client: TcpStream,
    mut server: TcpStream,
    shared: &Shared,
    is_lost: &AtomicBool,
) -> Result<()> {
    loop {
        let message = message(&mut client)?;
        if holds(&message, b"lsid") {
            shared.lock().commands += 1;
        }
        match shared.fate(&message) {
            Fate::Passes => {}
            Fate::IsLost => return Ok(()),
            Fate::AnswerIsLost => is_lost.store(true, Ordering::SeqCst),
        }
        server.write_all(&message)?;
    }
}

fn pass_answers(
    mut server: TcpStream,
    mut client: TcpStream,
    [target, own]: [&[u8]; 2],
    shared: &Shared,
    is_lost: &AtomicBool,
) -> Result<()> {
    loop {
        let mut message = message(&mut server)?;
        if is_lost.load(Ordering::SeqCst) {
            return Ok(());
        }
        if holds(&message, b"setName") {
            replace(&mut message, target, own);
        }
        shared.disturb(&mut message);
        client.write_all(&message)?;
    }
}

/// The next message, whole.
fn message(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let length = u32::from_le_bytes(head) as usize;
    if !(head.len()..=MESSAGE_BYTES_MAX).contains(&length) {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    message[..head.len()].copy_from_slice(&head);
    stream.read_exact(&mut message[head.len()..])?;
    Ok(message)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits as long as nothing arrives.
    fn wait(&self) -> MutexGuard<'_, State> {
        let waits = |state: &mut State| state.fault == Fault::Blackhole && !state.is_over;
        let state = self.lock();
        self.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self, request: &[u8]) -> Fate {
        let mut state = self.wait();
        let moment = match &mut state.fault {
            Fault::Cut { pattern, moment, times }
                if *times > 0 && holds(request, pattern.as_bytes()) =>
            {
                *times -= 1;
                *moment
            }
            Fault::Last(pattern) if holds(request, pattern.as_bytes()) => {
                state.fault = Fault::Gone;
                Moment::BeforeAnswer
            }
            Fault::Gone => Moment::BeforeRequest,
            _ => return Fate::Passes,
        };
        state.cuts += 1;
        self.changed.notify_all();
        match moment {
            Moment::BeforeRequest => Fate::IsLost,
            Moment::BeforeAnswer => Fate::AnswerIsLost,
        }
    }

    fn disturb(&self, answer: &mut [u8]) {
        let state = self.wait();
        if let Fault::Replace(pairs) = state.fault {
            pairs.iter().for_each(|(from, to)| replace(answer, from, to));
        }
        let Fault::Delay(time) = state.fault else { return };
        let waits = |state: &mut State| matches!(state.fault, Fault::Delay(_)) && !state.is_over;
        // Whether the time or the fault is over: the answer goes on.
        drop(self.changed.wait_timeout_while(state, time, waits));
    }
}

fn holds(message: &[u8], pattern: &[u8]) -> bool {
    message.windows(pattern.len()).any(|bytes| bytes == pattern)
}

/// Ports that the system chooses have five digits, so addresses are of one length.
fn replace(answer: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len(), "a message keeps its length");
    for at in 0..answer.len().saturating_sub(from.len() - 1) {
        if answer[at..].starts_with(from) {
            answer[at..at + to.len()].copy_from_slice(to);
        }
    }
}

impl State {
    fn add(&mut self, client: TcpStream, server: TcpStream) -> u64 {
        self.next += 1;
        self.links.push((self.next, client, server));
        self.next
    }

    fn cut(&mut self, number: u64) {
        self.links.retain(|(held, client, server)| {
            if *held == number {
                shut(client, server);
            }
            *held != number
        });
    }

    fn cut_all(&mut self) {
        for (_, client, server) in self.links.drain(..) {
            shut(&client, &server);
        }
    }
}

fn shut(client: &TcpStream, server: &TcpStream) {
    // The other side may have gone already.
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

#[cfg(test)]
#[path = "proxy/tests.rs"]
mod tests;
