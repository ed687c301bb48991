//! Short texts with an alphabet of their own: issuer and feature names, app identities.

use core::fmt::{self, Write as _};

use ed25519_dalek::{Digest as _, Sha512};

use crate::base64url;
use crate::limits::{FEATURE_CHARS_MAX, ISSUER_CHARS_MAX};
use crate::list::List;

/// An issuer's name: 1 to 32 characters of `[A-Za-z0-9._:/-]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Issuer(List<u8, ISSUER_CHARS_MAX>);

impl Issuer {
    /// Reads a name; `None` where it breaks the rule.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let allowed =
            |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b':' | b'/' | b'-');
        let sound = !text.is_empty() && text.iter().all(allowed);
        sound.then(|| List::from_slice(text)).flatten().map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.0.as_slice()).unwrap_or_default()
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// The name of a feature that a licence can unlock: 1 to 16 characters of `[a-z0-9-]`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feature {
    // Padded with zero bytes, which sort before every allowed character.
    name: [u8; FEATURE_CHARS_MAX],
    length: usize,
}

impl Feature {
    /// Reads a name; `None` where it breaks the rule.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let allowed = |c: &u8| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if text.is_empty() || !text.iter().all(allowed) {
            return None;
        }
        let mut name = [0; FEATURE_CHARS_MAX];
        name.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { name, length: text.len() })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.name.get(..self.length).unwrap_or(&[])).unwrap_or_default()
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Which app this is, as far as a licence can be tied to it: the first 16 bytes of a SHA-512.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity([u8; 16]);

impl Identity {
    /// An Android app: its package name, and the SHA-256 digest of its signing certificate.
    #[must_use]
    pub fn android(package: &str, certificate_sha256: &[u8; 32]) -> Self {
        Self::hash(&[b"android\n", package.as_bytes(), b"\n", certificate_sha256])
    }

    /// An iOS, iPadOS or macOS app: its bundle id.
    #[must_use]
    pub fn ios(bundle_id: &str) -> Self {
        Self::hash(&[b"ios\n", bundle_id.as_bytes()])
    }

    /// A page: its origin as browsers write it, such as `https://app.example.com`.
    #[must_use]
    pub fn web(origin: &str) -> Self {
        Self::hash(&[b"web\n", origin.as_bytes()])
    }

    /// An identity that was hashed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the 22 base64url characters of a `bind` entry; [`Display`](fmt::Display) writes them.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        base64url::decode_array(text).map(Self)
    }

    fn hash(parts: &[&[u8]]) -> Self {
        let mut hash = Sha512::new();
        parts.iter().for_each(|part| hash.update(part));
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, hashed)| *byte = hashed);
        Self(bytes)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        base64url::encode(&self.0).try_for_each(|character| f.write_char(character))
    }
}
