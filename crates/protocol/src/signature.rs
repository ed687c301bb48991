//! Signature 2.0: MD5 over AppId, nonce, ServerSecret and Timestamp (docs/PROTOCOL.md §3, §4).

use std::fmt;

use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::limits::SECRET_CHARS;

/// The secret that an app's backend shares with the issuer: 32 ASCII letters and digits.
///
/// The text itself is hashed, not what its hex stands for. Cannot be printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerSecret(Zeroizing<[u8; SECRET_CHARS]>);

/// The text is no ServerSecret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerSecretError;

impl fmt::Display for ServerSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ServerSecret is 32 ASCII letters and digits, without blanks or line ends")
    }
}

impl std::error::Error for ServerSecretError {}

impl ServerSecret {
    /// Reads a secret.
    pub fn new(text: &str) -> Result<Self, ServerSecretError> {
        let bytes: [u8; SECRET_CHARS] =
            text.as_bytes().try_into().map_err(|_| ServerSecretError)?;
        let sound = bytes.iter().all(u8::is_ascii_alphanumeric);
        if sound { Ok(Self(Zeroizing::new(bytes))) } else { Err(ServerSecretError) }
    }

    /// The secret itself, for signing, sealing and the one time it is shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        str::from_utf8(&*self.0).unwrap_or_default()
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(…)")
    }
}

/// A signature: the 16 bytes that travel as 32 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 16]);

impl Signature {
    /// Signs the decoded texts as they are sent.
    #[must_use]
    pub fn sign(app_id: &str, nonce: &str, secret: &ServerSecret, timestamp: &str) -> Self {
        let mut hash = Md5::new();
        hash.update(app_id);
        hash.update(nonce);
        hash.update(secret.0.as_slice());
        hash.update(timestamp);
        Self(hash.finalize().into())
    }

    /// Reads 32 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        const NONE: u8 = 0xff;
        const VALUES: [u8; 256] = {
            let mut values = [NONE; 256];
            let mut digit = 0;
            while digit < 16 {
                values[b"0123456789abcdef"[digit] as usize] = digit as u8;
                digit += 1;
            }
            values
        };
        let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
        let value = |place: usize| VALUES[usize::from(digits[place])];
        let bytes = std::array::from_fn(|byte| value(2 * byte) << 4 | value(2 * byte + 1) & 15);
        let all_digits = (0..32).fold(true, |all, place| all & (value(place) != NONE));
        all_digits.then_some(Self(bytes))
    }

    /// Are both the same? Takes the same time wherever they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_protocol_page() {
        let secret = ServerSecret::new("9193cc662a4c0ec135ec71fb57194b38").unwrap();
        for (app_id, nonce, timestamp, expected) in [
            ("12345", "4fd24687296dd9f3", "1615186943", "43e5cfcca828314675f91b001390566a"),
            ("1234567890", "15215528852396", "1234567890", "fd073df96353db811d9c650aa3fd93d8"),
            ("4294967295", "ahlpo16xdkb", "1700000000", "287a8fcf6ff56ff8f5aa4d80823a35c3"),
            ("1", "0", "0", "79e46ded0d69c3cfefa8febd1e8caed3"),
            ("12345", "4FD24687296DD9F3", "1615186943", "705dfbb32d6587107ec6abefef75232e"),
            ("12345", "a b+c/=&%", "1615186943", "e03ba286d8f924c85379ee5ab90a463b"),
            ("12345", "随机", "1615186943", "464af3b71901049744ab1b4c27f8d2ce"),
            ("1", "23454fd24687296dd9f3", "1615186943", "43e5cfcca828314675f91b001390566a"),
        ] {
            let signature = Signature::sign(app_id, nonce, &secret, timestamp);
            assert_eq!(signature.to_string(), expected, "{app_id} {nonce}");
            assert!(signature.matches(&Signature::parse(expected).unwrap()));
        }
    }

    #[test]
    fn only_32_lower_case_hex_digits_are_a_signature() {
        let text = "43e5cfcca828314675f91b001390566a";
        assert!(Signature::parse(text).is_some());
        for bad in [&text[1..], &text.to_uppercase(), &format!("{text} "), &text.replace('4', "g")]
        {
            assert_eq!(Signature::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        let text = "9193cc662a4c0ec135ec71fb57194b38";
        let secret = ServerSecret::new(text).unwrap();
        assert!(!format!("{secret:?}").contains(&text[..4]));
        for bad in ["", &text[1..], &format!("{text}\n"), &text.replace('9', "é")] {
            assert!(ServerSecret::new(bad).is_err());
        }
    }
}
