//! Which requests the fast path takes: those whose head says nothing unusual.
//!
//! Invariant: what passes here means to hyper exactly what it means to us. In doubt, it is hyper's.

use std::mem::MaybeUninit;

use httparse::{Header, Request, Status};

use super::FastRequest;
use crate::client_address::TrustedProxies;
use crate::{Limits, Peer};

/// Heads with more fields are hyper's, whatever the limit is.
const FIELDS_MAX: usize = 64;

/// What a head is read with.
pub(super) struct HeadReader<'l> {
    pub(super) limits: &'l Limits,
    pub(super) trusted: &'l TrustedProxies,
}

impl HeadReader<'_> {
    /// The request that `bytes` begin with, and its length. `None`: hyper's.
    pub(super) fn read<'b>(&self, bytes: &'b [u8], peer: Peer) -> Option<(FastRequest<'b>, usize)> {
        let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
        let mut head = Request::new(&mut []);
        let parsed = head.parse_with_uninit_headers(bytes, &mut fields);
        let Ok(Status::Complete(length)) = parsed else { return None };
        let (target, fields) = (head.path?, &*head.headers);
        let within = length - target.len() <= self.limits.header_bytes
            && target.len() <= self.limits.uri_bytes
            && fields.len() <= self.limits.header_fields;
        let plain = head.method == Some("GET") && head.version == Some(1) && is_plain(target);
        if !(within && plain) {
            return None;
        }
        let fields = Fields::read(fields)?;
        let peer = match fields.forwarded {
            true => Peer { address: self.client(peer, head.headers), ..peer },
            false => peer,
        };
        let Fields { host, authorization, if_none_match, .. } = fields;
        Some((FastRequest { target, host, authorization, if_none_match, peer }, length))
    }

    fn client(&self, peer: Peer, fields: &[Header<'_>]) -> std::net::IpAddr {
        let lines = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(FORWARDED));
        self.trusted.client(peer.address, lines.map(|field| field.value))
    }
}

const FORWARDED: &str = crate::client_address::X_FORWARDED_FOR;

/// The fields that count.
#[derive(Default)]
struct Fields<'b> {
    host: Option<&'b str>,
    authorization: Option<&'b str>,
    if_none_match: Option<&'b str>,
    forwarded: bool,
}

impl<'b> Fields<'b> {
    fn read(fields: &[Header<'b>]) -> Option<Self> {
        let mut read = Self::default();
        for Header { name, value } in fields {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            match name.len() {
                4 if is("host") => only(&mut read.host, value)?,
                6 if is("origin") || is("expect") => return None,
                7 if is("upgrade") => return None,
                10 if is("connection") && !value.eq_ignore_ascii_case(b"keep-alive") => {
                    return None;
                }
                13 if is("authorization") => only(&mut read.authorization, value)?,
                13 if is("if-none-match") => only(&mut read.if_none_match, value)?,
                14 if is("content-length") => return None,
                15 if is(FORWARDED) => read.forwarded = true,
                17 if is("transfer-encoding") => return None,
                _ => {}
            }
        }
        Some(read)
    }
}

/// Takes the value of a field that may come once, and is printable; otherwise it is hyper's.
fn only<'b>(field: &mut Option<&'b str>, value: &'b [u8]) -> Option<()> {
    let printable = value.iter().all(|byte| (b' '..=b'~').contains(byte));
    let value = str::from_utf8(value).ok().filter(|_| printable)?;
    match field.replace(value) {
        None => Some(()),
        Some(_) => None,
    }
}

/// A target in origin form, of the characters that every reader of URIs takes as they are.
fn is_plain(target: &str) -> bool {
    let plain = |byte: &u8| {
        (b'!'..=b'~').contains(byte) & !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'`')
    };
    // Without a way out before the end, so that it compiles to vector instructions.
    target.starts_with('/') && target.as_bytes().iter().fold(true, |all, byte| all & plain(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Option<(String, Option<String>, String, usize)> {
        let trusted = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let reader = HeadReader { limits: &Limits::default(), trusted: &trusted };
        let socket = "10.0.0.1:1".parse().unwrap();
        let peer = Peer { address: "10.0.0.1".parse().unwrap(), socket, secure: false };
        let (request, length) = reader.read(head.as_bytes(), peer)?;
        let host = request.host.map(str::to_owned);
        Some((request.target.to_owned(), host, request.peer.address.to_string(), length))
    }

    #[test]
    fn a_plain_request_is_taken_with_its_length() {
        let head = "GET /?a=b%20c&[]=1 HTTP/1.1\r\nHOST: a:80\r\nConnection: Keep-Alive\r\n\
                    X-Forwarded-For: 192.0.2.7\r\nAccept: */*\r\n\r\n";
        let taken = read(&format!("{head}GET")).unwrap();
        let host = Some("a:80".to_owned());
        assert_eq!(taken, ("/?a=b%20c&[]=1".into(), host, "192.0.2.7".into(), head.len()));
        assert!(read("GET / HTTP/1.1\r\n\r\n").is_some_and(|(_, host, ..)| host.is_none()));
    }

    #[test]
    fn everything_else_is_hypers() {
        for head in [
            "",
            "GET / HTTP/1.1\r\nHost: a\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "HEAD / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
            "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
            "GET / HTTP/1.1\r\nOrigin: https://a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET / HTTP/1.1\r\nAuthorization: a\r\nauthorization: b\r\n\r\n",
            "GET / HTTP/1.1\r\nIf-None-Match: a\r\nIf-None-Match: b\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: \u{e9}\r\n\r\n",
            "GET ?a HTTP/1.1\r\n\r\n",
            "GET http://a/ HTTP/1.1\r\n\r\n",
            "GET /?a#b HTTP/1.1\r\n\r\n",
            "GET /?\u{e9} HTTP/1.1\r\n\r\n",
            "GET /?a b HTTP/1.1\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            assert!(read(head).is_none(), "{head:?}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(4 << 10));
        assert!(read(&long).is_none());
        let fields = "A: b\r\n".repeat(65);
        assert!(read(&format!("GET / HTTP/1.1\r\n{fields}\r\n")).is_none());
        let wide = "b".repeat(16 << 10);
        assert!(read(&format!("GET / HTTP/1.1\r\nA: {wide}\r\n\r\n")).is_none());
    }
}
