//! The public half of an audit key: how it is spelled, and what it says of a signature.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Ed25519, as C2SP signed-note numbers it.
const ALGORITHM: u8 = 1;

/// Who signs checkpoints: an Ed25519 public key. As text: 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditKey(pub [u8; 32]);

/// The text is no audit key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an audit key is 32 bytes in base64, or a verifier key, as `tonegate audit key` prints them"
)]
pub struct AuditKeyError;

impl AuditKey {
    /// What stands before signatures of this key, made in the name of `name`.
    #[must_use]
    pub fn key_id(&self, name: &str) -> [u8; 4] {
        let hashed = digest(&SHA256, &[name.as_bytes(), &[b'\n', ALGORITHM], &self.0].concat());
        let mut id = [0; 4];
        id.copy_from_slice(&hashed.as_ref()[..4]);
        id
    }

    /// The key as tools for signed notes read it: `name+key id+base64`.
    #[must_use]
    pub fn verifier_key(&self, name: &str) -> String {
        let (id, key) = (self.key_id(name), [&[ALGORITHM], self.0.as_slice()].concat());
        format!("{name}+{}+{}", HEXLOWER.encode(&id), BASE64.encode(&key))
    }

    pub(super) fn has_signed(&self, text: &str, signature: &[u8; 64]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        key.verify(text.as_bytes(), signature).is_ok()
    }

    fn of(bytes: &[u8]) -> Result<Self, AuditKeyError> {
        bytes.try_into().map(Self).map_err(|_| AuditKeyError)
    }
}

impl FromStr for AuditKey {
    type Err = AuditKeyError;

    fn from_str(text: &str) -> Result<Self, AuditKeyError> {
        let bytes = text.as_bytes();
        if let Ok(key) = BASE64URL_NOPAD.decode(bytes).or_else(|_| BASE64.decode(bytes)) {
            return Self::of(&key);
        }
        let mut parts = text.splitn(3, '+');
        let (name, key) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
        let key = BASE64.decode(key.as_bytes()).map_err(|_| AuditKeyError)?;
        let key = Self::of(key.strip_prefix(&[ALGORITHM]).ok_or(AuditKeyError)?)?;
        if key.verifier_key(name) == text { Ok(key) } else { Err(AuditKeyError) }
    }
}

impl fmt::Display for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuditKey({self})")
    }
}

impl Serialize for AuditKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AuditKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_signed_note_specification_is_read_and_written() {
        // The example of golang.org/x/mod/sumdb/note.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let key: AuditKey = text.parse().unwrap();
        assert_eq!(key.verifier_key("PeterNeumann"), text);
        assert!(text.replace("c74f", "c74e").parse::<AuditKey>().is_err());
    }

    #[test]
    fn every_spelling_is_read_and_nothing_else() {
        let key = AuditKey([0xfb; 32]);
        let name = "tonegate/audit/00112233445566778899aabbccddeeff";
        for text in [key.to_string(), BASE64.encode(&key.0), key.verifier_key(name)] {
            assert_eq!(text.parse(), Ok(key), "{text}");
        }
        for text in ["", "AAAA", "a+b+c", "++", &format!("{key}A"), &format!("{key}=")] {
            assert_eq!(text.parse::<AuditKey>(), Err(AuditKeyError), "{text}");
        }
    }
}
