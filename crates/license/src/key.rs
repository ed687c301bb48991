//! What an app trusts: the two root keys that it was built with, and the names of keys.

use core::fmt;
use core::str::FromStr;

use crate::base64url;
use crate::sound_key::SoundKey;

/// A key's name: the first 8 bytes of the public key, written as 16 lower-case hex digits.
///
/// It only says which key to try. Nothing is trusted because of its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// The name of the public key `key`.
    #[must_use]
    pub fn of(key: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *key;
        Self([a, b, c, d, e, f, g, h])
    }

    /// Reads 16 lower-case hex digits.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        hex(text).map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 16];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(str::from_utf8(&digits).unwrap_or_default())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// Lower-case hex of exactly `N` bytes.
pub(crate) fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let value = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = *pair else { return None };
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}

/// Which of the two pinned roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The first pin: signs until the standby takes over.
    Active,
    /// The second pin. Once a certificate of it was seen, the first is refused.
    Standby,
}

/// The two root keys that an app is built with, in order.
///
/// Written as text, the form that `tonegate key pins` prints and apps embed: both keys in
/// base64url, a comma between them.
///
/// ```
/// use tonegate_license::Pins;
/// let text = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo,PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw";
/// let pins: Pins = text.parse().unwrap();
/// assert!("only-one-key".parse::<Pins>().is_err());
/// # let _ = pins;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pins {
    active: SoundKey,
    standby: SoundKey,
}

/// The pins cannot be used: not two different, sound Ed25519 public keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinsError;

impl fmt::Display for PinsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "pins are two different Ed25519 public keys of 43 base64url characters, \
             a comma between them; copy the line that `tonegate key pins` prints",
        )
    }
}

impl core::error::Error for PinsError {}

impl Pins {
    /// Pins two public keys, active and standby.
    ///
    /// `Err(PinsError)`: equal keys, or one that is no point of the curve or of small order.
    pub fn new(active: &[u8; 32], standby: &[u8; 32]) -> Result<Self, PinsError> {
        let sound = |key| SoundKey::new(key).ok_or(PinsError);
        let (active, standby) = (sound(active)?, sound(standby)?);
        if active == standby { Err(PinsError) } else { Ok(Self { active, standby }) }
    }

    /// The pinned public key itself.
    #[must_use]
    pub fn key(&self, root: Root) -> &[u8; 32] {
        self.sound_key(root).as_bytes()
    }

    pub(crate) fn sound_key(&self, root: Root) -> &SoundKey {
        match root {
            Root::Active => &self.active,
            Root::Standby => &self.standby,
        }
    }

    /// The pin that `kid` names.
    pub(crate) fn named(&self, kid: KeyId) -> Option<Root> {
        [Root::Active, Root::Standby].into_iter().find(|root| KeyId::of(self.key(*root)) == kid)
    }
}

impl FromStr for Pins {
    type Err = PinsError;

    fn from_str(text: &str) -> Result<Self, PinsError> {
        let (active, standby) = text.trim_ascii().split_once(',').ok_or(PinsError)?;
        let decode = |key: &str| base64url::decode_array(key.as_bytes()).ok_or(PinsError);
        Self::new(&decode(active)?, &decode(standby)?)
    }
}
