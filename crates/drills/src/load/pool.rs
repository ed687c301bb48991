//! Connections that are kept, per server. One that the server has closed is not used: every client that
//! keeps connections looks before it writes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::http::{Answer, Broken, Connection};

/// Which connection a request goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// A kept one, where there is one.
    Kept,
    /// A new one, as a second try should: behind the proxy's end of a kept one there may be another
    /// connection to the node that has just died.
    New,
}

/// The connections that wait for work.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<HashMap<SocketAddr, Vec<Connection>>>,
}

impl Pool {
    /// One GET; with it, when the request was with the system, [`Duration::MAX`] if it never was.
    pub(super) async fn ask(
        &self,
        address: SocketAddr,
        target: &str,
        over: Over,
    ) -> (Result<Answer, Broken>, Duration) {
        let kept = (over == Over::Kept).then(|| self.take(address)).flatten();
        let opened = match kept {
            Some(connection) => Ok(connection),
            None => Connection::open(address).await,
        };
        let mut connection = match opened {
            Ok(connection) => connection,
            Err(broken) => return (Err(broken), Duration::MAX),
        };
        let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let answer = connection.exchange(request.as_bytes()).await;
        let written = connection.written;
        if answer.is_ok() && connection.is_open() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.entry(address).or_default().push(connection);
        }
        (answer, written)
    }

    fn take(&self, address: SocketAddr) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle.get_mut(&address)?;
        loop {
            let connection = waiting.pop()?;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }
}
