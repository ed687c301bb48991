//! Every bound on what comes from outside, in one place.
//!
//! Invariant: nothing a stranger sends is held, counted or waited for without one of these. How
//! each is enforced is the business of the file that enforces it.

use std::time::Duration;

/// Bounds of one listener. [`Limits::default`] is what production runs with.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time for the PROXY header, the TLS handshake and the first request's header **together**,
    /// and again for each later header from its first byte on. Default 5 s.
    pub header: Duration,
    /// How long a connection may rest between two requests, or leave an answer unread. Default 30
    /// s.
    pub idle: Duration,
    /// Time for a whole request body. Default 5 s.
    pub body: Duration,
    /// How long a closed connection is still read, so that the last answer is not lost to a reset.
    /// Default 1 s.
    pub linger: Duration,
    /// How long a drain waits for requests in flight, farewell included. Default 25 s, below the 30 s
    /// that supervisors usually grant.
    pub drain: Duration,
    /// How long, at its beginning, a drain closes nothing: every answer says `connection: close`, so a
    /// balancer that keeps connections leaves them by itself, and writes into none that is just being closed.
    /// Over as soon as nobody has been connected for half a second. Default 0: no such time.
    pub farewell: Duration,
    /// Open connections in all; one more is closed at once. Default 10,000.
    pub connections: usize,
    /// Open connections of one network (IPv4 address, IPv6 /64). Default 256.
    pub connections_per_network: usize,
    /// Bytes of the request target; above: 414. (A head over `uri_bytes + header_bytes` in all is a
    /// 431 whatever fills it, since it is not read to its end.) Default 4 KiB.
    pub uri_bytes: usize,
    /// Bytes of all header fields with their separators; above: 431. Default 16 KiB.
    pub header_bytes: usize,
    /// Number of header fields; above: 431. Default 64.
    pub header_fields: usize,
    /// Bytes of a request body; above: [`BodyError::TooLarge`](crate::BodyError::TooLarge). Default
    /// 64 KiB.
    pub body_bytes: usize,
    /// HTTP/2: requests at once on one connection. Default 64.
    pub streams: u32,
    /// HTTP/2: streams a client may reset before they were handled ("rapid reset"); above: the
    /// connection is closed. Default 20.
    pub resets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            body: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            drain: Duration::from_secs(25),
            farewell: Duration::ZERO,
            connections: 10_000,
            connections_per_network: 256,
            uri_bytes: 4 << 10,
            header_bytes: 16 << 10,
            header_fields: 64,
            body_bytes: 64 << 10,
            streams: 64,
            resets: 20,
        }
    }
}

impl Limits {
    /// Bytes of a whole request head: target, fields, and room for the method and version.
    pub(crate) fn head_bytes(&self) -> usize {
        self.uri_bytes + self.header_bytes + 64
    }
}

/// Bytes of a PROXY header, extensions included. The addresses need 52; the rest is room for what
/// balancers add.
pub(crate) const PROXY_HEADER_BYTES: usize = 2 << 10;

/// Bytes read and thrown away from a connection that is being closed.
pub(crate) const LINGER_BYTES: usize = 1 << 20;
