//! One HTTP request over the network, and its whole answer, bounded in time and size. No redirect is
//! followed.
//!
//! Invariant: every request has a connection of its own. Requests are hours apart, and a connection
//! gone stale meanwhile would cost a signature, which an issuer accepts only once.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::header::{HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use tonegate_protocol::limits::ANSWER_BYTES_MAX;
use tower_service::Service as _;

use crate::address::{Connector, RefusedAddress, Resolver};
use crate::{AddressRule, FetchError, limits, tls};

/// Sends requests to any server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    connect: Duration,
    total: Duration,
    addresses: AddressRule,
}

/// A whole answer, whatever its status.
#[derive(Debug)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What an [`HttpClient`] is made of.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Whether TLS is used at all. Without, the system's authorities are not read.
    pub tls: bool,
    /// Trust the authorities in this PEM file too, next to the system's.
    pub ca_file: Option<PathBuf>,
    /// Time for the TCP connection.
    pub connect: Duration,
    /// Time for a whole answer.
    pub total: Duration,
    /// Which addresses may be connected to.
    pub addresses: AddressRule,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection, or one that ended without an answer.
    #[error("cannot reach {server}: {why}; {cure}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the system or TLS said.
        why: String,
        /// What to do next.
        cure: &'static str,
    },
    /// No whole answer in time.
    #[error(
        "{server} did not answer within {after:?}; check that it is up and reachable from here"
    )]
    Timeout {
        /// Host and port.
        server: String,
        /// How long was waited.
        after: Duration,
    },
    /// Not HTTP, too long, or cut off.
    #[error("{server} answered badly: {why}")]
    BadAnswer {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The rule forbids its address.
    #[error(
        "{server} was not connected to: {address} is {kind}, and only public addresses are \
         allowed; give a URL that is reachable from the internet, or allow private addresses in \
         the configuration"
    )]
    AddressRefused {
        /// Host and port.
        server: String,
        /// Its address.
        address: IpAddr,
        /// What kind of address that is.
        kind: &'static str,
    },
}

impl HttpClient {
    /// A client.
    ///
    /// # Errors
    /// [`FetchError::NoTrust`].
    pub fn new(config: &HttpConfig) -> Result<Self, FetchError> {
        let tls = tls::client_config(config.tls, config.ca_file.as_deref())?;
        let mut http = HttpConnector::new_with_resolver(Resolver::new(config.addresses));
        http.enforce_http(false);
        http.set_connect_timeout(Some(config.connect));
        http.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::new(http, config.addresses));
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .http1_max_buf_size(ANSWER_BYTES_MAX)
            .build(connector);
        let HttpConfig { connect, total, addresses, .. } = *config;
        Ok(Self { client, connect, total, addresses })
    }

    /// Would the address of this URL be allowed now? A name that does not resolve may do so later,
    /// and is judged then.
    ///
    /// # Errors
    /// [`HttpError::AddressRefused`].
    pub async fn check_address(&self, uri: &Uri) -> Result<(), HttpError> {
        let refuse = |refused| address_refused(&refused, server_of(uri));
        self.addresses.check_literal(uri).map_err(refuse)?;
        let Ok(name) = uri.host().unwrap_or_default().parse::<Name>() else { return Ok(()) };
        let resolving = Resolver::new(self.addresses).call(name);
        match tokio::time::timeout(self.connect, resolving).await {
            Ok(Err(error)) => error.downcast_ref().copied().map_or(Ok(()), |it| Err(refuse(it))),
            _ => Ok(()),
        }
    }

    /// Sends a request and reads its answer, of at most `bytes_max` bytes. Cancelling is safe.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
        bytes_max: usize,
    ) -> Result<HttpAnswer, HttpError> {
        let agent = HeaderValue::from_static(concat!("tonegate/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(USER_AGENT, agent);
        let server = server_of(request.uri());
        let timeout = HttpError::Timeout { server: server.clone(), after: self.total };
        let answer = self.send_unbounded(request, bytes_max, server);
        tokio::time::timeout(self.total, answer).await.unwrap_or(Err(timeout))
    }

    async fn send_unbounded(
        &self,
        request: Request<Full<Bytes>>,
        bytes_max: usize,
        server: String,
    ) -> Result<HttpAnswer, HttpError> {
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| self.failed(&error, server.clone()))?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, bytes_max).collect().await.map_err(|error| {
            let why = match error.is::<LengthLimitError>() {
                true => format!("it is longer than {} KiB", bytes_max >> 10),
                false => "it broke off".to_owned(),
            };
            HttpError::BadAnswer { server, why }
        })?;
        Ok(HttpAnswer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.to_bytes(),
        })
    }

    /// Sorts what the HTTP client said into something that can be acted on.
    fn failed(&self, error: &legacy::Error, server: String) -> HttpError {
        if causes(error).any(|cause| is_io(cause, io::ErrorKind::TimedOut)) {
            return HttpError::Timeout { server, after: self.connect };
        }
        if let Some(refused) = causes(error).find_map(|cause| cause.downcast_ref()) {
            return address_refused(refused, server);
        }
        if let Some(why) = causes(error).find_map(tls_fault) {
            let cure = "check the server's certificate; that of a private authority must be given \
                        to the client";
            return HttpError::Unreachable { server, why, cure };
        }
        if error.is_connect() {
            let why = causes(error).last().map(ToString::to_string).unwrap_or_default();
            let cure = "check host and port, that the server is up, and that a firewall lets this \
                        machine out";
            return HttpError::Unreachable { server, why, cure };
        }
        if let Some(why) = causes(error).find_map(http_fault) {
            return HttpError::BadAnswer { server, why: why.to_owned() };
        }
        let why = "the connection ended without an answer".to_owned();
        HttpError::Unreachable { server, why, cure: "fetch again; if it stays, ask its operator" }
    }
}

impl Default for HttpConfig {
    /// TLS, the system's authorities, the times of a fetch, any address.
    fn default() -> Self {
        Self {
            tls: true,
            ca_file: None,
            connect: limits::CONNECT,
            total: limits::TOTAL,
            addresses: AddressRule::Any,
        }
    }
}

/// Host and port, for messages.
fn server_of(uri: &Uri) -> String {
    let port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    format!("{}:{}", uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(port))
}

fn address_refused(refused: &RefusedAddress, server: String) -> HttpError {
    HttpError::AddressRefused { server, address: refused.address, kind: refused.kind }
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
