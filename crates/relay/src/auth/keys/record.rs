//! One API key: as its holder has it ([`ApiKey`], once), and as it is kept ([`KeyRecord`]).

use std::fmt;

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tonegate_client::AppId;
use zeroize::Zeroizing;

use crate::auth::limits::KEY_NAME_CHARS_MAX;

/// What every API key begins with: tells it from a token, and lets scanners of code find it.
pub(in crate::auth) const PREFIX: &str = "tgrk_";
/// The prefix and 32 bytes in base64url.
const KEY_CHARS: usize = PREFIX.len() + 43;

/// A key as its holder has it. It is shown once and never kept.
pub struct ApiKey(Zeroizing<String>);

/// SHA-256 of a whole key, prefix included.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash([u8; 32]);

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// `k_` and eight hex digits: what logs and `revoke` call it.
    pub id: String,
    /// What it is for, in words.
    pub name: String,
    /// What it is recognised by.
    pub hash: KeyHash,
    /// The apps it is for; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<AppId>>,
    /// When it was made, Unix seconds.
    pub created_at: i64,
    /// From when on it is refused, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl ApiKey {
    /// # Errors
    /// The system gave no randomness.
    pub(super) fn random() -> Result<Self, Unspecified> {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(&mut *bytes)?;
        let mut text = Zeroizing::new(String::with_capacity(KEY_CHARS));
        text.push_str(PREFIX);
        BASE64URL_NOPAD.encode_append(&*bytes, &mut text);
        Ok(Self(text))
    }

    /// The text to hand to whoever will use it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl KeyHash {
    /// Of a key that was presented; `None`: no key looks like this.
    pub(super) fn of(key: &str) -> Option<Self> {
        if key.len() != KEY_CHARS || !key.starts_with(PREFIX) {
            return None;
        }
        digest::digest(&SHA256, key.as_bytes()).as_ref().try_into().ok().map(Self)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl Serialize for KeyHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for KeyHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        let mut hash = [0; 32];
        // The message does not quote: a whole key may have been written here by mistake.
        match text.len() {
            64 => HEXLOWER.decode_mut(text.as_bytes(), &mut hash).map(|_| Self(hash)).ok(),
            _ => None,
        }
        .ok_or_else(|| de::Error::custom("hash: must be a SHA-256, 64 lowercase hex digits"))
    }
}

impl KeyRecord {
    /// What is wrong with it, if anything, in words.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        let id = self.id.strip_prefix("k_").unwrap_or_default();
        if id.len() != 8 || !id.bytes().all(hex) {
            return Some("id: must be k_ and eight lowercase hex digits");
        }
        if let Some(fault) = name_fault(&self.name) {
            return Some(fault);
        }
        match &self.apps {
            Some(apps) if apps.is_empty() => Some("apps: is empty; leave it out for all apps"),
            _ => None,
        }
    }
}

/// What is wrong with a key's name, if anything.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    let good = (1..=KEY_NAME_CHARS_MAX).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
        && name.trim() == name
        // A key pasted as its own name would be kept in clear.
        && !name.contains(PREFIX);
    match good {
        true => None,
        false => Some("name: must be 1 to 100 characters on one line, and no key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_prefix_and_43_characters_and_cannot_be_printed() {
        let (key, other) = (ApiKey::random().unwrap(), ApiKey::random().unwrap());
        let random = key.expose().strip_prefix("tgrk_").unwrap();
        assert_eq!(BASE64URL_NOPAD.decode(random.as_bytes()).unwrap().len(), 32);
        assert_eq!(random.len(), 43);
        assert_ne!(key.expose(), other.expose());
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
    }

    #[test]
    fn the_hash_is_the_sha256_of_the_whole_key() {
        let key = format!("tgrk_{}", "A".repeat(43));
        // printf %s tgrk_AAA… | sha256sum
        let expected = "5a90aa3544a1db10973164effeb1a188979ac966c1e9934227bd0ea6a71e33ad";
        assert_eq!(format!("{:?}", KeyHash::of(&key).unwrap()), expected);
        for other in [&key[..47], &format!("{key}A"), &key.replace("tgrk", "TGRK")] {
            assert_eq!(KeyHash::of(other), None);
        }
    }
}
