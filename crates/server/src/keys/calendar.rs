//! The issuing keys as an operator looks at them: what each does now, and which hours they cover.

use serde::{Deserialize, Serialize};
use tonegate_issuer::{IssuingKey, Keyring};
use tonegate_license::{KeyId, Pins, Root};

/// A root that apps pin.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PinnedRoot {
    /// `active` or `standby`.
    pub role: String,
    /// Its key id, 16 hex characters.
    pub kid: String,
}

/// An issuing key, as the calendar shows it.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CalendarKey {
    /// Its number.
    pub serial: u32,
    /// Its key id, 16 hex characters.
    pub kid: String,
    /// Which root certified it: `active` or `standby`.
    pub root: String,
    /// What it does now.
    pub state: KeyState,
    /// When it begins to sign, Unix seconds.
    pub sign_from: i64,
    /// When it ends to sign, Unix seconds.
    pub signs_until: i64,
    /// When its certificate ends, Unix seconds.
    pub certificate_ends: i64,
    /// The lowest serial that its certificate leaves good.
    pub floor: u32,
    /// The label of the hardware token that it lives in; `None`: it is sealed in the database.
    #[serde(default)]
    pub token: Option<String>,
}

/// What an issuing key does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It signs the licences of this hour.
    Signing,
    /// It signs after the one that signs now.
    Next,
    /// It signs later.
    Staged,
    /// A newer one took over.
    Replaced,
    /// A newer certificate has withdrawn it.
    Withdrawn,
    /// Its 30 days are over.
    Ended,
}

/// A root's place among the pins.
#[must_use]
pub const fn role(root: Root) -> &'static str {
    match root {
        Root::Active => "active",
        Root::Standby => "standby",
    }
}

/// Both roots that apps pin.
#[must_use]
pub fn roots(pins: &Pins) -> [PinnedRoot; 2] {
    [Root::Active, Root::Standby].map(|root| PinnedRoot {
        role: role(root).to_owned(),
        kid: KeyId::of(pins.key(root)).to_string(),
    })
}

/// When signing goes on after a gap; `None`: no key begins after the hours that are covered.
#[must_use]
pub fn gap_until(keyring: &Keyring, now: i64) -> Option<i64> {
    let covered_until = keyring.covered_until(now);
    let later = |key: &&IssuingKey| {
        let begin = key.chain().sign_from();
        begin > covered_until && !keyring.is_withdrawn(key.chain(), begin)
    };
    keyring.keys().iter().filter(later).map(|key| key.chain().sign_from()).min()
}

/// Every key with what it does at `now` (Unix seconds), by serial.
#[must_use]
pub fn calendar(keyring: &Keyring, now: i64) -> Vec<CalendarKey> {
    let signing = keyring.signer_of(now).map(|key| key.chain().serial());
    let staged = keyring.keys().iter().filter(|key| key.chain().sign_from() > now);
    let next = staged.min_by_key(|key| key.chain().sign_from()).map(|key| key.chain().serial());
    let state = |key: &IssuingKey| {
        let (chain, serial) = (key.chain(), Some(key.chain().serial()));
        match () {
            () if keyring.is_withdrawn(chain, now) => KeyState::Withdrawn,
            () if serial == signing => KeyState::Signing,
            () if serial == next => KeyState::Next,
            () if chain.sign_from() > now => KeyState::Staged,
            () if key.signs_until() <= now => KeyState::Ended,
            () => KeyState::Replaced,
        }
    };
    keyring.keys().iter().map(|key| CalendarKey::new(key, state(key))).collect()
}

impl CalendarKey {
    fn new(key: &IssuingKey, state: KeyState) -> Self {
        let chain = key.chain();
        Self {
            serial: chain.serial(),
            kid: chain.key_id().to_string(),
            root: role(chain.root()).to_owned(),
            state,
            sign_from: chain.sign_from(),
            signs_until: key.signs_until(),
            certificate_ends: chain.expires_at(),
            floor: chain.floor(),
            token: key.signer().token_label().map(ToOwned::to_owned),
        }
    }
}
