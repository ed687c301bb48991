//! Key certificates: a root's word for an issuing key (docs/FORMAT.md §5).

use std::fmt;

use tonegate_license::{Chain, KeyId, Pins, Reason};

use crate::jws::{self, base64url};
use crate::limits::{CERTIFICATE_SECS, HOUR_SECS, NOT_BEFORE_SECS, ROTATION_NOTICE_SECS};
use crate::signer::{SignError, Signer};

/// What a root says of an issuing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyCertificate {
    /// The issuer that the key signs for.
    pub issuer: String,
    /// The key's public part.
    pub public_key: [u8; 32],
    /// Place in the order of keys; higher than every earlier one.
    pub serial: u32,
    /// Lowest serial that is still good.
    pub floor: u32,
    /// Unix seconds from which it may sign, on the hour.
    pub sign_from: i64,
}

/// Why a key certificate was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The root cannot sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// What was signed does not pass the verifier: the signer is no pinned root, or a value is bad.
    #[error("the verifier refuses the new key certificate: {0}")]
    Refused(Reason),
}

impl KeyCertificate {
    /// Unix seconds from which the certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> i64 {
        self.sign_from - NOT_BEFORE_SECS
    }

    /// Unix seconds at which it ends.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.sign_from + CERTIFICATE_SECS
    }

    /// Has `root` sign it, and checks the result with the shipped verifier.
    pub fn sign(&self, root: &dyn Signer, pins: &Pins) -> Result<String, CertificateError> {
        let header = format!(
            r#"{{"alg":"EdDSA","kid":"{}","typ":"license-key+jwt"}}"#,
            KeyId::of(&root.public_key())
        );
        let text = jws::sign(&base64url(header.as_bytes()), &self.claims(), root)?;
        Chain::verify(&text, pins).map_err(CertificateError::Refused)?;
        Ok(text)
    }

    fn claims(&self) -> String {
        format!(
            r#"{{"exp":{},"floor":{},"iss":"{}","kid":"{}","nbf":{},"serial":{},"sign_from":{},"ver":1,"x":"{}"}}"#,
            self.expires_at(),
            self.floor,
            self.issuer,
            KeyId::of(&self.public_key),
            self.not_before(),
            self.serial,
            self.sign_from,
            base64url(&self.public_key),
        )
    }
}

/// In the words that a person signs in a ceremony. Times are Unix seconds; programs add dates.
impl fmt::Display for KeyCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, serial, floor, sign_from, public_key } = self;
        let kid = KeyId::of(public_key);
        write!(
            f,
            "key {kid} may sign licences of {issuer} from {sign_from} on as number {serial}; \
             keys under number {floor} are withdrawn; the certificate ends at {}",
            self.expires_at()
        )
    }
}

/// The earliest `sign_from` of a planned rotation: the first full hour at least 2 h ahead.
#[must_use]
pub fn planned_sign_from(now: i64) -> i64 {
    let earliest = now + ROTATION_NOTICE_SECS;
    earliest.div_euclid(HOUR_SECS) * HOUR_SECS
        + if earliest.rem_euclid(HOUR_SECS) == 0 { 0 } else { HOUR_SECS }
}

/// The `sign_from` of an emergency rotation: early enough that every app's current hour counts.
#[must_use]
pub fn emergency_sign_from(now: i64) -> i64 {
    now.div_euclid(HOUR_SECS) * HOUR_SECS - HOUR_SECS
}
