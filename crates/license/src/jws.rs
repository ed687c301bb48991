//! The compact JWS (RFC 7515 §7.1) that both a licence and a key certificate are.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::base64url;
use crate::limits::SEGMENT_BYTES_MAX;

/// A segment, decoded, in place.
#[derive(Clone)]
pub(crate) struct Segment {
    bytes: [u8; SEGMENT_BYTES_MAX],
    length: usize,
}

impl Segment {
    fn decode(text: &[u8]) -> Option<Self> {
        let mut bytes = [0; SEGMENT_BYTES_MAX];
        let length = base64url::decode(text, &mut bytes)?.len();
        Some(Self { bytes, length })
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or(&[])
    }
}

/// Three canonical segments; nothing is known yet about what they say or who signed them.
#[derive(Clone)]
pub(crate) struct Jws<'a> {
    signed: &'a [u8],
    pub(crate) header: Segment,
    pub(crate) payload: Segment,
    signature: [u8; 64],
}

impl<'a> Jws<'a> {
    pub(crate) fn parse(text: &'a [u8]) -> Option<Self> {
        let dot = |c: &u8| *c == b'.';
        let first = text.iter().position(dot)?;
        let last = text.iter().rposition(dot)?;
        let header = text.get(..first)?;
        let payload = text.get(first + 1..last)?;
        Some(Self {
            signed: text.get(..last)?,
            header: Segment::decode(header)?,
            payload: Segment::decode(payload)?,
            signature: base64url::decode_array(text.get(last + 1..)?)?,
        })
    }

    /// Did `key` sign this? Strict (RFC 8032 §5.1.7, cofactorless; small-order keys and S ≥ L refused).
    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        key.verify_strict(self.signed, &Signature::from_bytes(&self.signature)).is_ok()
    }
}
