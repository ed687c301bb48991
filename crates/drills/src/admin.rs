//! The admin API, as a program calls it.

use std::net::SocketAddr;

use serde_json::Value;

use crate::http::{Broken, Connection};

/// A caller with a token.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    address: SocketAddr,
    token: String,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub(crate) enum Called {
    /// Done, with this answer.
    Done(Value),
    /// Refused with this status: nothing was changed.
    Refused(u16, String),
    /// No word of what became of it.
    Unknown(String),
}

impl Admin {
    /// Calls the API at this address.
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned() }
    }

    /// One call on a connection of its own.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Called {
        let body = body.map(Value::to_string).unwrap_or_default();
        let Self { address, token } = self;
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\nIf-Match: *\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answered =
            async { Connection::open(*address).await?.exchange(request.as_bytes()).await };
        match answered.await {
            Ok(answer) if (200..300).contains(&answer.status) => {
                Called::Done(serde_json::from_str(&answer.body).unwrap_or_default())
            }
            // Nobody was connected to, or the caller was refused before anything was done.
            Ok(answer) if (400..500).contains(&answer.status) => {
                Called::Refused(answer.status, answer.body)
            }
            Ok(answer) => Called::Unknown(format!("{} {}", answer.status, answer.body)),
            Err(Broken::Unreachable) => Called::Refused(0, "not reachable".to_owned()),
            Err(broken) => Called::Unknown(format!("{broken:?}")),
        }
    }
}
