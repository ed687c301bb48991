//! The compact JWS (RFC 7515 §7.1) that both a licence and a key certificate are.

use crate::base64url;
use crate::limits::SEGMENT_BYTES_MAX;
use crate::list::List;
use crate::sound_key::SoundKey;

type Segment = List<u8, SEGMENT_BYTES_MAX>;

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
            header: base64url::decode(header)?,
            payload: base64url::decode(payload)?,
            signature: base64url::decode_array(text.get(last + 1..)?)?,
        })
    }

    /// Did `key` sign this?
    pub(crate) fn is_signed_by(&self, key: &SoundKey) -> bool {
        key.signed(self.signed, &self.signature)
    }
}
