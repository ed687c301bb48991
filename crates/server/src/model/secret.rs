//! The ServerSecrets of an app: how they come to be, and what each is good for.
//!
//! Invariant: a [`NewSecret`] is not easy to guess; the store takes no other. The secret itself is
//! `tonegate_protocol`'s type, which cannot be printed and is wiped when dropped.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tonegate_protocol::ServerSecret;
use zeroize::{Zeroize as _, Zeroizing};

use super::{ModelError, WeakSecret};

/// A secret that is fit to be given to an app: generated, or imported and found strong.
#[derive(Debug, Clone)]
pub struct NewSecret(ServerSecret);

/// Counts the secrets of an app, from 1; never used again for that app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub u32);

/// What a secret is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum SecretState {
    /// It signs. An app has exactly one such secret.
    Active,
    /// It signs until then, because a newer one took over.
    Retiring {
        /// First second at which it no longer signs, Unix.
        until: i64,
    },
    /// It is known, and refused.
    Revoked,
}

impl NewSecret {
    /// 128 random bits as 32 lower-case hex characters.
    pub fn generate() -> Result<Self, ModelError> {
        let mut bits = [0; 16];
        loop {
            aws_lc_rs::rand::fill(&mut bits).map_err(|_| ModelError::NoRandomness)?;
            let text = Zeroizing::new(HEXLOWER.encode(&bits));
            bits.zeroize();
            match Self::import(&text) {
                // Chance alone looks weak less than once in a million draws; then draw again.
                Err(ModelError::SecretWeak(_)) => {}
                other => return other,
            }
        }
    }

    /// A secret from elsewhere. `Err(SecretForm)`, `Err(SecretWeak)`: refused.
    pub fn import(text: &str) -> Result<Self, ModelError> {
        let secret = ServerSecret::new(text).map_err(ModelError::SecretForm)?;
        match weakness(secret.expose().as_bytes()) {
            Some(weak) => Err(ModelError::SecretWeak(weak)),
            None => Ok(Self(secret)),
        }
    }

    /// The secret, to sign with and to show to its owner once.
    pub fn secret(&self) -> &ServerSecret {
        &self.0
    }
}

impl SecretState {
    /// Whether a signature made with the secret counts at `now` (Unix seconds).
    pub fn signs_at(self, now: i64) -> bool {
        match self {
            Self::Active => true,
            Self::Retiring { until } => now < until,
            Self::Revoked => false,
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first sign that somebody made a secret up. One captured URL is an offline guessing oracle
/// (docs/PROTOCOL.md §4), so a person's idea of random will not do. Real 32-digit hex secrets pass; the
/// bounds were chosen so that chance breaks one less than once in a million.
fn weakness(secret: &[u8]) -> Option<WeakSecret> {
    let mut counts = [0_usize; 256];
    for &byte in secret {
        counts[usize::from(byte)] += 1;
    }
    let distinct = counts.iter().filter(|&&count| count > 0).count();
    if distinct < 8 {
        return Some(WeakSecret::FewCharacters { distinct });
    }
    if let Some(period) = (1..=16).find(|&period| repeats_every(secret, period)) {
        return Some(WeakSecret::Repeats { period });
    }
    if is_sequence(secret) {
        return Some(WeakSecret::Sequence);
    }
    // The sum of squares is 1,024 / 2^(collision entropy per character): 94 on average for hex.
    (counts.iter().map(|count| count * count).sum::<usize>() > 200).then_some(WeakSecret::Uneven)
}

/// Equal to itself shifted by `period`, but for two characters.
fn repeats_every(secret: &[u8], period: usize) -> bool {
    secret.iter().zip(&secret[period..]).filter(|(a, b)| a != b).count() <= 2
}

/// Twenty of the 31 steps are 0, +1, -1, or the step before again.
fn is_sequence(secret: &[u8]) -> bool {
    let steps: Vec<i16> =
        secret.windows(2).map(|pair| i16::from(pair[1]) - i16::from(pair[0])).collect();
    let foreseen = |(index, step): (usize, &i16)| {
        step.abs() <= 1 || index.checked_sub(1).is_some_and(|before| steps[before] == *step)
    };
    steps.iter().enumerate().filter(|&step| foreseen(step)).count() >= 20
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> ModelError {
        NewSecret::import(text).unwrap_err()
    }

    #[test]
    fn generated_secrets_are_distinct_lower_case_hex() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let secret = NewSecret::generate().unwrap().secret().expose().to_owned();
            assert!(secret.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
            assert!(seen.insert(secret));
        }
    }

    #[test]
    fn the_published_secret_and_mixed_case_are_accepted() {
        for good in ["9193cc662a4c0ec135ec71fb57194b38", "rT5vQ0zLb8XyWc2NfGk7JpHs4DmUa9Ei"] {
            assert_eq!(NewSecret::import(good).unwrap().secret().expose(), good);
        }
    }

    #[test]
    fn another_form_is_refused_without_showing_it() {
        for bad in ["", "9193cc662a4c0ec135ec71fb57194b3", "9193cc662a4c0ec135ec71fb57194b3!"] {
            assert!(matches!(refusal(bad), ModelError::SecretForm(_)));
            assert!(bad.is_empty() || !refusal(bad).to_string().contains(bad));
        }
    }

    #[test]
    fn what_people_make_up_is_refused_with_the_reason() {
        use WeakSecret::*;
        let cases = [
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", FewCharacters { distinct: 1 }),
            ("1a2b1b2a1a2b2b1a2a1b1a1b2b2a1a2b", FewCharacters { distinct: 4 }),
            ("0123456789abcdef0123456789abcdef", Repeats { period: 16 }),
            ("qwertzuiqwertzuiqwertzuiqwertzux", Repeats { period: 8 }),
            ("abcdefghijklmnopqrstuvwxyz012345", Sequence),
            ("9876543210zyxwvutsrqponmlkjihgfe", Sequence),
            ("acegikmoqsuwyACEGIKMOQSUWY024681", Sequence),
            ("aaaakaaaaxaaaa7aaamaaqaaaBaaaaZa", Uneven),
        ];
        for (text, weak) in cases {
            assert_eq!(refusal(text), ModelError::SecretWeak(weak), "{text}");
        }
    }

    #[test]
    fn a_retiring_secret_signs_up_to_its_last_second() {
        let state = SecretState::Retiring { until: 100 };
        assert!(state.signs_at(99) && !state.signs_at(100));
        assert!(SecretState::Active.signs_at(i64::MAX) && !SecretState::Revoked.signs_at(0));
    }
}
