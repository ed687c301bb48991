//! One connection to a server, plain or TLS, without blocking.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use anyhow::Context as _;
use mio::net::TcpStream;
use rustix::net::{AddressFamily, SocketType, bind, connect, ipproto, socket, sockopt};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

/// An open connection.
#[derive(Debug)]
pub(crate) struct Wire {
    /// The socket, to be registered for readiness.
    pub(crate) socket: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

/// Source addresses, taken in turns: each has 28,000 ports of its own.
const SOURCES: u8 = 16;

impl Wire {
    /// Connects, as the client number `number`. Loopback answers at once, so this may wait.
    pub(crate) fn connect(
        address: SocketAddr,
        number: usize,
        tls: Option<&Arc<ClientConfig>>,
    ) -> anyhow::Result<Self> {
        let socket = connected(address, number).context("cannot connect")?;
        let tls = tls.map(|config| {
            let name = ServerName::IpAddress(address.ip().into());
            ClientConnection::new(Arc::clone(config), name).map(Box::new)
        });
        let mut wire = Self { socket, tls: tls.transpose()? };
        wire.flush()?;
        Ok(wire)
    }

    /// May a request be written?
    pub(crate) fn is_open(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking())
    }

    /// Writes a request. One that the system does not take as a whole is an error: there is never
    /// more than one under way.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.tls {
            None => whole(self.socket.write(bytes)?, bytes.len()),
            Some(tls) => {
                whole(tls.writer().write(bytes)?, bytes.len())?;
                self.flush()
            }
        }
    }

    /// Reads what is there; `WouldBlock`: nothing yet; 0: the server closed.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(into) };
        while read_some(tls, &mut self.socket)? == TLS_READ {}
        let plain = tls.reader().read(into);
        self.flush()?;
        plain
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

/// What TLS reads at most at once. Readiness is told once, so after so much there may be more.
const TLS_READ: usize = 4_096;

fn read_some(tls: &mut ClientConnection, socket: &mut TcpStream) -> io::Result<usize> {
    let read = match tls.read_tls(socket) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
        read => read?,
    };
    tls.process_new_packets().map_err(io::Error::other)?;
    Ok(read)
}

fn connected(address: SocketAddr, number: usize) -> io::Result<TcpStream> {
    let source = 1 + (number % usize::from(SOURCES)) as u8;
    let socket = socket(AddressFamily::INET, SocketType::STREAM, Some(ipproto::TCP))?;
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, source), 0))?;
    connect(&socket, &address)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    // The plainest there is: what the generator saves is no server's gain, and it has to be faster.
    let _ = sockopt::set_tcp_congestion(&socket, "reno");
    let stream = std::net::TcpStream::from(socket);
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

fn whole(written: usize, length: usize) -> io::Result<()> {
    if written == length { Ok(()) } else { Err(ErrorKind::WriteZero.into()) }
}
