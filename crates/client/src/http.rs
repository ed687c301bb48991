//! One request over the network, and its answer's parts, bounded.
//!
//! Invariant: every request has a connection of its own. Fetches are hours apart, and a connection
//! gone stale meanwhile would cost a signature, which an issuer accepts only once.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{DATE, HeaderMap, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use tonegate_protocol::limits::ANSWER_BYTES_MAX;

use crate::FetchError;
use crate::clock::unix_seconds;

/// Sends requests to one server.
pub(crate) struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    server: String,
    connect: Duration,
}

/// A whole answer with status 200.
pub(crate) struct Answer {
    /// The server's time, Unix seconds, when it tells one.
    pub(crate) date: Option<i64>,
    pub(crate) body: Bytes,
}

impl Transport {
    pub(crate) fn new(server: String, tls: ClientConfig, connect: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(connect));
        http.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .http1_max_buf_size(ANSWER_BYTES_MAX)
            .build(connector);
        Self { client, server, connect }
    }

    /// Host and port, for messages.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Sends a GET and reads its answer.
    pub(crate) async fn get(&self, uri: Uri) -> Result<Answer, FetchError> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        let agent = concat!("tonegate/", env!("CARGO_PKG_VERSION"));
        request.headers_mut().insert(USER_AGENT, hyper::header::HeaderValue::from_static(agent));
        let answer = self.client.request(request).await.map_err(|error| self.failed(&error))?;
        let (head, body) = answer.into_parts();
        if head.status != StatusCode::OK {
            return Err(self.wrong_status(head.status));
        }
        Ok(Answer { date: date_of(&head.headers), body: self.read(body).await? })
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, FetchError> {
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await.map_err(|error| {
            let long = error.is::<LengthLimitError>();
            self.bad_answer(if long { "it is longer than 64 KiB" } else { "it broke off" })
        })?;
        Ok(body.to_bytes())
    }

    fn bad_answer(&self, why: &str) -> FetchError {
        FetchError::BadAnswer { server: self.server.clone(), why: why.to_owned() }
    }

    fn wrong_status(&self, status: StatusCode) -> FetchError {
        let cure = match status.as_u16() {
            300..=399 => "give the address that it points to as the endpoint",
            429 | 500..=599 => "it is overloaded or out of order: fetch again later",
            _ => "check that the endpoint is the issuer's",
        };
        FetchError::Status { server: self.server.clone(), status: status.as_u16(), cure }
    }

    /// Sorts what the HTTP client said into something that can be acted on.
    fn failed(&self, error: &legacy::Error) -> FetchError {
        let server = self.server.clone();
        if causes(error).any(|cause| is_io(cause, io::ErrorKind::TimedOut)) {
            return FetchError::Timeout { server, after: self.connect };
        }
        if let Some(why) = causes(error).find_map(tls_fault) {
            let cure = "check the server's certificate; that of a private authority must be given \
                        to the client";
            return FetchError::Unreachable { server, why, cure };
        }
        if error.is_connect() {
            let why = causes(error).last().map(ToString::to_string).unwrap_or_default();
            let cure = "check host and port, that the server is up, and that a firewall lets this \
                        machine out";
            return FetchError::Unreachable { server, why, cure };
        }
        if let Some(why) = causes(error).find_map(http_fault) {
            return self.bad_answer(why);
        }
        let why = "the connection ended without an answer".to_owned();
        FetchError::Unreachable { server, why, cure: "fetch again; if it stays, ask its operator" }
    }
}

/// The `Date` header in Unix seconds.
fn date_of(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    httpdate::parse_http_date(date).ok().map(unix_seconds)
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn is_io(error: &(dyn StdError + 'static), kind: io::ErrorKind) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == kind)
}

/// What TLS found. It travels inside I/O errors, which do not name it as their source.
fn tls_fault(error: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(fault) = error.downcast_ref::<rustls::Error>() {
        return Some(fault.to_string());
    }
    tls_fault(error.downcast_ref::<io::Error>()?.get_ref()?)
}

/// What makes bytes no answer at all.
fn http_fault(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    let error = error.downcast_ref::<hyper::Error>()?;
    if error.is_parse_too_large() {
        return Some("its head is too long");
    }
    error.is_parse().then_some("it is not HTTP")
}
