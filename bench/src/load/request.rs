//! A signed request, written once and patched for each sending: no allocation, one MD5.
//!
//! Invariant: the bytes are `GET /?<signed_query> HTTP/1.1` with a Host, as
//! `tonegate_protocol::signed_query` writes them.

use std::ops::Range;

use md5::{Digest as _, Md5};
use tonegate_protocol::{AppId, ServerSecret, signed_query};

use super::apps::App;

/// The template and the places in it that change.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    bytes: Vec<u8>,
    app_id: Range<usize>,
    nonce: Range<usize>,
    timestamp: Range<usize>,
    signature: Range<usize>,
}

impl Request {
    /// A template for the server that is addressed as `host`.
    pub(crate) fn new(host: &str) -> anyhow::Result<Self> {
        let secret = ServerSecret::new(&"0".repeat(32))?;
        let query = signed_query(AppId(1_000_000_000), &"0".repeat(16), &secret, 1_000_000_000);
        let text = format!("GET /?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let place = |name: &str, length: usize| {
            let start = text.find(name).unwrap_or_default() + name.len();
            start..start + length
        };
        Ok(Self {
            app_id: place("&AppId=", 10),
            nonce: place("&SignatureNonce=", 16),
            timestamp: place("&Timestamp=", 10),
            signature: place("&Signature=", 32),
            bytes: text.into_bytes(),
        })
    }

    /// A request of `app`, signed.
    pub(crate) fn sign(&mut self, app: &App, nonce: u64, timestamp: u64) -> &[u8] {
        self.fill(app.id, nonce, timestamp);
        let mut hash = Md5::new();
        hash.update(&self.bytes[self.app_id.clone()]);
        hash.update(&self.bytes[self.nonce.clone()]);
        hash.update(app.secret);
        hash.update(&self.bytes[self.timestamp.clone()]);
        let signature: [u8; 16] = hash.finalize().into();
        self.put_signature(signature)
    }

    /// A request of `app`, signed by somebody without its secret.
    pub(crate) fn forge(
        &mut self,
        app_id: u32,
        nonce: u64,
        timestamp: u64,
        signature: u128,
    ) -> &[u8] {
        self.fill(app_id, nonce, timestamp);
        self.put_signature(signature.to_be_bytes())
    }

    fn fill(&mut self, app_id: u32, nonce: u64, timestamp: u64) {
        put_decimal(&mut self.bytes[self.app_id.clone()], u64::from(app_id));
        put_hex(&mut self.bytes[self.nonce.clone()], &nonce.to_be_bytes());
        put_decimal(&mut self.bytes[self.timestamp.clone()], timestamp);
    }

    fn put_signature(&mut self, signature: [u8; 16]) -> &[u8] {
        put_hex(&mut self.bytes[self.signature.clone()], &signature);
        &self.bytes
    }
}

fn put_decimal(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

fn put_hex(place: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in place.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_protocol_signs() {
        let mut request = Request::new("127.0.0.1:8080").unwrap();
        for (index, nonce, timestamp) in [
            (0, 0, 1_615_186_943),
            (999_999, u64::MAX, 1_999_999_999),
            (7, 0x00ff_1234, 1_763_840_000),
        ] {
            let app = App::nth(index).unwrap();
            let secret = ServerSecret::new(str::from_utf8(&app.secret).unwrap()).unwrap();
            let time = i64::try_from(timestamp).unwrap();
            let query = signed_query(AppId(app.id), &format!("{nonce:016x}"), &secret, time);
            let expected = format!("GET /?{query} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
            let made = request.sign(&app, nonce, timestamp);
            assert_eq!(String::from_utf8_lossy(made), expected);
        }
    }

    #[test]
    fn a_forged_one_differs_in_its_signature_alone() {
        let mut request = Request::new("a").unwrap();
        let app = App::nth(3).unwrap();
        let signed = String::from_utf8(request.sign(&app, 5, 1_763_840_000).to_vec()).unwrap();
        let forged = request.forge(app.id, 5, 1_763_840_000, 0xab).to_vec();
        let forged = String::from_utf8(forged).unwrap();
        let (head, rest) = signed.split_once("&Signature=").unwrap();
        assert!(forged.starts_with(head) && forged.ends_with(&rest[32..]));
        assert!(forged.contains(&format!("&Signature={:032x} ", 0xab)));
    }
}
