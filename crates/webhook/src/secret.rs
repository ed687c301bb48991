//! What sender and receiver share: 24 to 64 bytes, written `whsec_` and base64.
//!
//! Invariant: it is never printed, and wiped when it is dropped.

use std::fmt;

use aws_lc_rs::{hmac, rand};
use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::limits::SECRET_BYTES;

/// Signs messages.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

/// Why there is no secret. Never shows what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It is written otherwise.
    #[error("it is not of the form `whsec_` and 24 to 64 bytes in base64")]
    Form,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

const PREFIX: &str = "whsec_";

impl WebhookSecret {
    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// [`SecretError::Form`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let text = text.strip_prefix(PREFIX).ok_or(SecretError::Form)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| SecretError::Form)?;
        let secret = Self(Zeroizing::new(bytes));
        if SECRET_BYTES.contains(&secret.0.len()) { Ok(secret) } else { Err(SecretError::Form) }
    }

    /// 32 random bytes.
    ///
    /// # Errors
    /// [`SecretError::NoRandomness`].
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new(vec![0; 32]);
        rand::fill(&mut bytes).map_err(|_| SecretError::NoRandomness)?;
        Ok(Self(bytes))
    }

    /// `whsec_…`, to be shown once to whoever sets up the receiver.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        // Long enough from the start, or what is moved would stay behind.
        let mut text = String::with_capacity(PREFIX.len() + BASE64.encode_len(self.0.len()));
        text.push_str(PREFIX);
        BASE64.encode_append(&self.0, &mut text);
        Zeroizing::new(text)
    }

    /// The header `webhook-signature`: `v1,` and the HMAC-SHA256 of `id.timestamp.body`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signed = format!("{id}.{timestamp}.{body}");
        format!("v1,{}", BASE64.encode(hmac::sign(&key, signed.as_bytes()).as_ref()))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the standard's libraries are tested with.
    const VECTOR: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_standards_own_vector() {
        let secret = WebhookSecret::parse(VECTOR).unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_receiver_verifies_and_nothing_else_passes() {
        let secret = WebhookSecret::generate().unwrap();
        let shown = secret.expose();
        let bytes = BASE64.decode(shown.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &bytes);
        let signature = secret.sign("msg_1", 7, "{}");
        let tag = BASE64.decode(signature.strip_prefix("v1,").unwrap().as_bytes()).unwrap();
        assert!(hmac::verify(&key, b"msg_1.7.{}", &tag).is_ok());
        for other in ["msg_2.7.{}", "msg_1.8.{}", "msg_1.7.{ }"] {
            assert!(hmac::verify(&key, other.as_bytes(), &tag).is_err(), "{other}");
        }
    }

    #[test]
    fn a_secret_reads_back_and_is_not_printed() {
        let secret = WebhookSecret::generate().unwrap();
        assert_eq!(WebhookSecret::parse(&secret.expose()).unwrap(), secret);
        assert_ne!(WebhookSecret::generate().unwrap(), secret);
        assert_eq!(*WebhookSecret::parse(VECTOR).unwrap().expose(), VECTOR);
        assert_eq!(format!("{secret:?}"), "WebhookSecret");
    }

    #[test]
    fn other_forms_are_refused_unprinted() {
        let of = |length| format!("whsec_{}", BASE64.encode(&vec![7; length]));
        assert!(WebhookSecret::parse(&of(24)).is_ok() && WebhookSecret::parse(&of(64)).is_ok());
        let without_prefix = VECTOR.trim_start_matches("whsec_").to_owned();
        for text in [of(23), of(65), of(0), without_prefix, format!("{VECTOR}\n"), String::new()] {
            let error = WebhookSecret::parse(&text).unwrap_err();
            assert_eq!(error, SecretError::Form, "{text}");
        }
    }
}
