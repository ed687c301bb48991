//! Key certificates, and the chain from a pinned root to the key that signs licences.

use core::fmt;

use crate::jws::Jws;
use crate::key::{KeyId, Pins, Root};
use crate::limits::CERTIFICATE_CHARS_MAX;
use crate::list::List;
use crate::reader::{Deviation, Reader};
use crate::sound_key::SoundKey;
use crate::state::State;
use crate::text::Issuer;
use crate::verdict::Reason;

/// An issuing key that a pinned root vouches for. Only [`Chain::verify`] makes one.
///
/// Verifying it costs one signature check, and it stays good for every licence that carries the
/// same certificate; [`Gate`](crate::Gate) keeps the last one.
#[derive(Clone, Copy)]
pub struct Chain {
    text: List<u8, CERTIFICATE_CHARS_MAX>,
    pub(crate) key: SoundKey,
    root: Root,
    pub(crate) issuer: Issuer,
    serial: u32,
    floor: u32,
    pub(crate) not_before: i64,
    pub(crate) sign_from: i64,
    pub(crate) expires_at: i64,
}

impl Chain {
    /// Checks a key certificate against the pins: grammar, root signature, sound key.
    ///
    /// `Err(Certificate)`: not a key certificate of the profile. `Err(Root)`: signed by a root that
    /// is not pinned. `Err(Chain)`: the pinned root's signature does not hold. All SDK code 81.
    /// Whether a device still accepts it ([`State`]) and what time it is are asked later.
    pub fn verify(certificate: &str, pins: &Pins) -> Result<Self, Reason> {
        let text = List::from_slice(certificate.as_bytes()).ok_or(Reason::Certificate)?;
        let jws = Jws::parse(certificate.as_bytes()).ok_or(Reason::Certificate)?;
        let signer = root_id(jws.header.as_slice()).ok_or(Reason::Certificate)?;
        let root = pins.named(signer).ok_or(Reason::Root)?;
        if !jws.is_signed_by(pins.sound_key(root)) {
            return Err(Reason::Chain);
        }
        claims(text, root, jws.payload.as_slice()).map_err(|_| Reason::Certificate)
    }

    /// Does a device with this state still accept the certificate? Notes its floor and root.
    ///
    /// `Err(RootSuperseded)`: of the active root, after one of the standby was seen.
    /// `Err(Floor)`: its serial is under a floor seen earlier for the same pin. Both SDK code 81.
    pub(crate) fn admit(&self, state: &mut State) -> Result<(), Reason> {
        if self.root == Root::Active && state.standby_seen {
            return Err(Reason::RootSuperseded);
        }
        state.standby_seen |= self.root == Root::Standby;
        let floor = state.floor_mut(self.root);
        *floor = self.floor.max(*floor);
        if self.serial < *floor { Err(Reason::Floor) } else { Ok(()) }
    }

    /// Is this the chain of the certificate that reads `text`?
    pub(crate) fn is_of(&self, text: &str) -> bool {
        self.text.as_slice() == text.as_bytes()
    }

    /// The certified public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The certified key's name.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::of(self.public_key())
    }

    /// Which pin vouches for it.
    #[must_use]
    pub fn root(&self) -> Root {
        self.root
    }

    /// The issuer that the key signs for.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Place in the order of this issuer's keys.
    #[must_use]
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// Lowest serial that is still good.
    #[must_use]
    pub fn floor(&self) -> u32 {
        self.floor
    }

    /// Unix seconds from which the certificate is valid.
    #[must_use]
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// Unix seconds from which licences may be issued with the key.
    #[must_use]
    pub fn sign_from(&self) -> i64 {
        self.sign_from
    }

    /// Unix seconds at which the certificate ends; nothing that it vouches for is usable after.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("key_id", &self.key_id())
            .field("root", &self.root)
            .field("issuer", &self.issuer)
            .field("serial", &self.serial)
            .field("floor", &self.floor)
            .field("not_before", &self.not_before)
            .field("sign_from", &self.sign_from)
            .field("expires_at", &self.expires_at)
            .finish()
    }
}

/// FORMAT.md §5: the certificate's header is these exact bytes around the root's key id.
fn root_id(header: &[u8]) -> Option<KeyId> {
    let kid = header
        .strip_prefix(br#"{"alg":"EdDSA","kid":""#)?
        .strip_suffix(br#"","typ":"license-key+jwt"}"#)?;
    KeyId::parse(kid)
}

/// FORMAT.md §5: the certificate's claims.
fn claims(
    text: List<u8, CERTIFICATE_CHARS_MAX>,
    root: Root,
    payload: &[u8],
) -> Result<Chain, Deviation> {
    let mut reader = Reader::object(payload)?;
    let expires_at = reader.integer("exp")?;
    let floor = reader.integer_u32("floor")?;
    let issuer = Issuer::parse(reader.string("iss")?).ok_or(Deviation)?;
    let kid = KeyId::parse(reader.string("kid")?).ok_or(Deviation)?;
    let not_before = reader.integer("nbf")?;
    let serial = reader.integer_u32("serial")?;
    let sign_from = reader.integer("sign_from")?;
    if reader.integer("ver")? != 1 {
        return Err(Deviation);
    }
    let key = crate::base64url::decode_array(reader.string("x")?).ok_or(Deviation)?;
    reader.end()?;
    let in_order = not_before <= sign_from && sign_from < expires_at && floor <= serial;
    if kid != KeyId::of(&key) || !in_order {
        return Err(Deviation);
    }
    let key = SoundKey::new(&key).ok_or(Deviation)?;
    Ok(Chain { text, key, root, issuer, serial, floor, not_before, sign_from, expires_at })
}
