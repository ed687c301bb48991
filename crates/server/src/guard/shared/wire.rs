//! A connection to one server, plain or TLS: what is sent, and replies within a time and a size.
//!
//! Invariant: however slowly bytes come or go, nothing here outlasts its deadline by more than
//! [`SAME`]; no reply takes more memory than it is allowed to have letters.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, Value};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tokio::time::Instant;

use super::fault::Fault;
use crate::limits::{SHARED_GUARD_DIAL, SHARED_GUARD_LIST_MAX};

/// Two waits that differ by less are the same: to change one costs a system call.
const SAME: Duration = Duration::from_millis(2);
/// Lists in lists, as CLUSTER SLOTS has them.
const NESTED: u8 = 5;

/// What a server says.
pub(super) enum Reply {
    Value(Value),
    /// An error, which begins with its code.
    Error(String),
}

pub(super) struct Wire(BufReader<Stream>);

enum Stream {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket that knows until when it may wait.
struct Timed {
    socket: TcpStream,
    until: Instant,
    /// What the socket is set to.
    wait: Duration,
}

impl Wire {
    /// Connects, and says the password if there is one.
    pub(super) fn connect(
        server: &ConnectionInfo,
        tls: Option<&Arc<ClientConfig>>,
    ) -> Result<Self, Fault> {
        let (ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. }) =
            server.addr()
        else {
            return Err(Fault::Refused("this is no address of host and port".to_owned()));
        };
        let socket = reach(host, *port)?;
        let until = Instant::now() + SHARED_GUARD_DIAL;
        let timed = Timed { socket, until, wait: Duration::ZERO };
        let stream = match (server.addr(), tls) {
            (ConnectionAddr::TcpTls { .. }, Some(tls)) => secured(timed, host, tls)?,
            (ConnectionAddr::TcpTls { .. }, None) => {
                return Err(Fault::Refused("TLS is not set up".to_owned()));
            }
            _ => Stream::Plain(timed),
        };
        let mut wire = Self(BufReader::new(stream));
        wire.greet(server)?;
        Ok(wire)
    }

    fn greet(&mut self, server: &ConnectionInfo) -> Result<(), Fault> {
        let settings = server.redis_settings();
        if let Some(password) = settings.password() {
            let mut auth = redis::cmd("AUTH");
            settings.username().into_iter().for_each(|user| {
                auth.arg(user);
            });
            self.ask(auth.arg(password))?;
        }
        if settings.db() != 0 {
            self.ask(redis::cmd("SELECT").arg(settings.db()))?;
        }
        Ok(())
    }

    /// A command and its answer, when there is time: not for requests.
    pub(super) fn ask(&mut self, command: &redis::Cmd) -> Result<Value, Fault> {
        let deadline = Instant::now() + SHARED_GUARD_DIAL;
        self.send(&command.get_packed_command(), deadline)?;
        match self.receive(deadline, SHARED_GUARD_LIST_MAX)? {
            Reply::Value(value) => Ok(value),
            Reply::Error(why) => Err(Fault::Refused(why)),
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), Fault> {
        let stream = self.0.get_mut();
        stream.timed().until = deadline;
        stream.write_all(bytes).and_then(|()| stream.flush()).map_err(|error| Fault::of(&error))
    }

    /// The next reply, of at most `most` bytes.
    pub(super) fn receive(&mut self, deadline: Instant, most: usize) -> Result<Reply, Fault> {
        self.0.get_mut().timed().until = deadline;
        let mut left = most;
        let line = self.line(&mut left)?;
        match line.strip_prefix(b"-") {
            Some(error) => Ok(Reply::Error(String::from_utf8_lossy(error).into_owned())),
            None => self.value(&line, &mut left, NESTED).map(Reply::Value),
        }
    }

    /// What begins with `line`.
    fn value(&mut self, line: &[u8], left: &mut usize, nested: u8) -> Result<Value, Fault> {
        let (kind, text) = line.split_first().ok_or_else(strange)?;
        let number = || str::from_utf8(text).ok()?.parse::<i64>().ok();
        let size = || number().ok_or_else(strange).map(|size| usize::try_from(size).ok());
        Ok(match kind {
            b'+' if text == b"OK" => Value::Okay,
            b'+' => Value::SimpleString(String::from_utf8_lossy(text).into_owned()),
            b':' => Value::Int(number().ok_or_else(strange)?),
            b'$' => match size()? {
                Some(size) => Value::BulkString(self.text(size, left)?),
                None => Value::Nil,
            },
            b'*' => match (size()?, nested.checked_sub(1)) {
                (Some(size), Some(nested)) => {
                    let values = (0..size).map(|_| {
                        let line = self.line(left)?;
                        self.value(&line, left, nested)
                    });
                    Value::Array(values.collect::<Result<_, _>>()?)
                }
                (None, _) => Value::Nil,
                (_, None) => return Err(strange()),
            },
            _ => return Err(strange()),
        })
    }

    /// A text of this size, and what ends it.
    fn text(&mut self, size: usize, left: &mut usize) -> Result<Vec<u8>, Fault> {
        let whole = size.checked_add(2).filter(|whole| whole <= left).ok_or_else(strange)?;
        *left -= whole;
        let mut text = vec![0; whole];
        self.0.read_exact(&mut text).map_err(|error| Fault::of(&error))?;
        if !text.ends_with(b"\r\n") {
            return Err(strange());
        }
        text.truncate(size);
        Ok(text)
    }

    fn line(&mut self, left: &mut usize) -> Result<Vec<u8>, Fault> {
        let mut line = Vec::new();
        let most = u64::try_from(*left).unwrap_or(u64::MAX);
        let read = self.0.by_ref().take(most).read_until(b'\n', &mut line);
        *left -= read.map_err(|error| Fault::of(&error))?;
        match line.strip_suffix(b"\r\n") {
            Some(text) => Ok(text.to_vec()),
            None if *left == 0 || line.ends_with(b"\n") => Err(strange()),
            None => Err(Fault::Closed("the connection has ended".to_owned())),
        }
    }
}

fn strange() -> Fault {
    Fault::Refused("what it answers is too long, or no answer of Valkey's".to_owned())
}

fn reach(host: &str, port: u16) -> Result<TcpStream, Fault> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs().map_err(|error| Fault::of(&error))? {
        match TcpStream::connect_timeout(&address, SHARED_GUARD_DIAL) {
            Ok(socket) => {
                socket.set_nodelay(true).map_err(|error| Fault::of(&error))?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(Fault::of(&last))
}

fn secured(timed: Timed, host: &str, tls: &Arc<ClientConfig>) -> Result<Stream, Fault> {
    let name = ServerName::try_from(host.to_owned());
    let name = name.map_err(|error| Fault::Refused(error.to_string()))?;
    let session = ClientConnection::new(Arc::clone(tls), name);
    let session = session.map_err(|error| Fault::Refused(error.to_string()))?;
    Ok(Stream::Tls(Box::new(StreamOwned::new(session, timed))))
}

impl Stream {
    fn timed(&mut self) -> &mut Timed {
        match self {
            Self::Plain(timed) => timed,
            Self::Tls(tls) => &mut tls.sock,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.read(to),
            Self::Tls(tls) => tls.read(to),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.write(from),
            Self::Tls(tls) => tls.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(timed) => timed.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Timed {
    /// Has the socket wait no longer than there is time.
    fn in_time(&mut self) -> io::Result<()> {
        let rest = self.until.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if rest.abs_diff(self.wait) > SAME {
            self.socket.set_read_timeout(Some(rest))?;
            self.socket.set_write_timeout(Some(rest))?;
            self.wait = rest;
        }
        Ok(())
    }
}

impl Read for Timed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.in_time()?;
        self.socket.read(to)
    }
}

impl Write for Timed {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.in_time()?;
        self.socket.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
