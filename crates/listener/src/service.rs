//! One request: bounds on its head, the client's address, then the handler.
//!
//! Invariant: a handler never sees a head above the limits, and every request counts as in flight
//! until answered.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::client_address::{TrustedProxies, X_FORWARDED_FOR};
use crate::pulse::{InFlight, Pulse};
use crate::{Drain, Limits, RequestBody};

/// The body of an answer: whole, in memory.
pub type ResponseBody = Full<Bytes>;

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The client, after PROXY header and `X-Forwarded-For` of trusted proxies. An IPv4 client is
    /// always an IPv4 address here, also on a socket that listens on `[::]`.
    pub address: IpAddr,
    /// The other end of the socket; a proxy's when there is one.
    pub socket: SocketAddr,
    /// Whether the connection came to us over TLS.
    pub secure: bool,
}

pub(crate) type Answer =
    Pin<Box<dyn Future<Output = Result<Response<ResponseBody>, Infallible>> + Send>>;
pub(crate) type Handler = Arc<dyn Fn(Request<RequestBody>, Peer, InFlight) -> Answer + Send + Sync>;

/// Forgets the handler's type, so that everything below is compiled once. Once `drain` has begun, an answer
/// says that its connection ends, and hyper closes it behind; HTTP/2 has other words for it.
pub(crate) fn handler<H, F>(handle: H, drain: Drain) -> Handler
where
    H: Fn(Request<RequestBody>, Peer) -> F + Send + Sync + 'static,
    F: Future<Output = Response<ResponseBody>> + Send + 'static,
{
    Arc::new(move |request, peer, in_flight| {
        let has_connection_header = request.version() < Version::HTTP_2;
        let drain = drain.clone();
        let answer = handle(request, peer);
        Box::pin(async move {
            let mut answer = answer.await;
            if has_connection_header && drain.has_begun() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            drop(in_flight);
            Ok(answer)
        })
    })
}

/// What hyper calls for each request of one connection.
pub(crate) struct Service {
    pub(crate) handler: Handler,
    pub(crate) limits: Arc<Limits>,
    pub(crate) trusted: Arc<TrustedProxies>,
    pub(crate) pulse: Arc<Pulse>,
    /// The connection's peer; `address` as the PROXY header, not yet `X-Forwarded-For`, has it.
    pub(crate) peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for Service {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<Incoming>) -> Answer {
        let in_flight = self.pulse.begin();
        if let Some(status) = over_limit(&request, &self.limits) {
            return refuse(status, in_flight);
        }
        let forwarded = request.headers().get_all(X_FORWARDED_FOR).iter();
        let forwarded = forwarded.map(http::HeaderValue::as_bytes);
        let peer = Peer { address: self.trusted.client(self.peer.address, forwarded), ..self.peer };
        let request = request.map(|body| RequestBody::new(body, &self.limits));
        (self.handler)(request, peer, in_flight)
    }
}

fn over_limit<B>(request: &Request<B>, limits: &Limits) -> Option<StatusCode> {
    if target_bytes(request.uri()) > limits.uri_bytes {
        return Some(StatusCode::URI_TOO_LONG);
    }
    let headers = request.headers();
    let over = headers.len() > limits.header_fields || header_bytes(headers) > limits.header_bytes;
    over.then_some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE)
}

fn target_bytes(uri: &Uri) -> usize {
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    authority + uri.path_and_query().map_or(0, |target| target.as_str().len())
}

/// As on an HTTP/1 line: name, colon, blank, value, CR, LF.
fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn refuse(status: StatusCode, in_flight: InFlight) -> Answer {
    Box::pin(async move {
        drop(in_flight);
        let mut answer = Response::new(ResponseBody::default());
        *answer.status_mut() = status;
        Ok(answer)
    })
}
