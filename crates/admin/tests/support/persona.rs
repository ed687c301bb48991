//! Somebody who calls the admin API.

use std::net::SocketAddr;

use serde_json::Value;

use super::wire::{self, Answer};

/// A caller, with what it sends along each time. Paths begin after `/api/v1`.
#[derive(Debug, Clone)]
pub(crate) struct Persona {
    admin: SocketAddr,
    headers: Vec<(String, String)>,
}

impl Persona {
    /// Nobody in particular.
    pub(crate) fn anonymous(admin: SocketAddr) -> Self {
        Self { admin, headers: Vec::new() }
    }

    /// With an API token.
    pub(crate) fn token(admin: SocketAddr, token: &str) -> Self {
        Self::anonymous(admin).with("Authorization", &format!("Bearer {token}"))
    }

    /// The same, who sends this header too: `owner.with("If-Match", "*").delete(…)`.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut persona = self.without(name);
        persona.headers.push((name.to_owned(), value.to_owned()));
        persona
    }

    /// The same, who does not send this header.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut persona = self.clone();
        persona.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        persona
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// A POST without a body.
    pub(crate) async fn order(&self, path: &str) -> Answer {
        self.send("POST", path, None).await
    }

    /// A body that need not be JSON; its media type is a header of the persona.
    pub(crate) async fn send_bytes(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        wire::send(self.admin, method, &format!("/api/v1{path}"), &self.headers, body).await
    }

    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        match body {
            None => self.send_bytes(method, path, b"").await,
            Some(body) => {
                let json = self.with("Content-Type", "application/json");
                json.send_bytes(method, path, body.to_string().as_bytes()).await
            }
        }
    }
}
