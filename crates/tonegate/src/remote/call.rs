//! One request to the admin API, which can be written out more than once.

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request};
use serde::Serialize;
use zeroize::Zeroizing;

/// Where the API lies.
const BASE: &str = "/api/v1";

/// What is asked for.
pub(super) struct Call<'a> {
    method: Method,
    path: &'a str,
    /// It may hold a secret.
    body: Zeroizing<Vec<u8>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    repeatable: bool,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, body: Zeroizing::default(), headers: Vec::new(), repeatable: false }
    }

    /// With this body.
    pub(super) fn json(self, body: &impl Serialize) -> serde_json::Result<Self> {
        let body = Zeroizing::new(serde_json::to_vec(body)?);
        let json = HeaderValue::from_static("application/json");
        Ok(Self { body, ..self }.header(CONTENT_TYPE, json))
    }

    /// With this header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sent twice, it does what it does once.
    pub(super) fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    pub(super) const fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// The request to this server.
    pub(super) fn request<B: From<Vec<u8>>>(
        &self,
        server: &str,
        authorization: &HeaderValue,
    ) -> http::Result<Request<B>> {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(format!("{server}{BASE}{}", self.path))
            .header(AUTHORIZATION, authorization);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.to_vec().into())
    }
}
