//! What the guard keeps of a request: a keyed 64-bit hash of (AppId, signature).
//!
//! Neither the tables nor the journal hold anything that a reader could use: without the key a
//! fingerprint tells nothing. Two requests of one minute that share a fingerprint by chance are taken
//! for one, so the guard errs only towards refusing (one in 10¹² at a million a minute).

use std::fmt;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::GuardError;

/// Drawn once a journal directory, and kept there, so that fingerprints outlive the process.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct FingerprintKey([u8; 16]);

impl FingerprintKey {
    pub(super) fn random() -> Result<Self, GuardError> {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| GuardError::NoRandomness)?;
        Ok(Self(bytes))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn fingerprint(&self, app_id: u32, signature: &[u8; 16]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(&app_id.to_le_bytes());
        hasher.write(signature);
        hasher.finish()
    }

    /// Tells journals of different keys apart. Its input is shorter than any fingerprint's.
    pub(super) fn id(&self) -> u32 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(b"key id");
        hasher.finish() as u32
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn app_signature_and_key_all_count() {
        let key = FingerprintKey([1; 16]);
        let base = key.fingerprint(1, &[2; 16]);
        assert_ne!(key.fingerprint(2, &[2; 16]), base);
        assert_ne!(key.fingerprint(1, &[3; 16]), base);
        assert_ne!(FingerprintKey([2; 16]).fingerprint(1, &[2; 16]), base);
        assert_ne!(FingerprintKey([2; 16]).id(), key.id());
    }

    #[test]
    fn debug_output_shows_no_key() {
        assert_eq!(format!("{:?}", FingerprintKey([7; 16])), "FingerprintKey(..)");
    }
}
