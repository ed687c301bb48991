//! The files of a ceremony: JSON texts that say what they are.
//!
//! Invariant: a file is written whole or not at all, one with a private key with mode 0600, and none
//! is read beyond 1 MiB.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use tonegate_issuer::SoftwareKey;
use tonegate_license::Pins;
use tonegate_server::ceremony::CeremonyFile;
use zeroize::Zeroizing;

use crate::exit::Failure;

/// A root's private key, for the offline machine alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RootFile {
    /// `active` or `standby`.
    pub(super) role: String,
    pub(super) kid: String,
    /// 32 bytes, base64url. Wiped by [`RootFile::key`]'s caller with the struct.
    pub(super) seed: Zeroizing<String>,
    /// Both roots' pins.
    pub(super) pins: String,
}

impl CeremonyFile for RootFile {
    const KIND: &'static str = "tonegate root key, private: keep it offline";
}

impl RootFile {
    /// The key and the pins.
    pub(super) fn key(&self) -> anyhow::Result<(SoftwareKey, Pins)> {
        let seed = bytes(&self.seed).ok_or_else(|| Failure::new("the root key file is damaged"))?;
        Ok((SoftwareKey::from_seed(Zeroizing::new(seed))?, self.pins.parse()?))
    }
}

/// 32 bytes of base64url.
pub(super) fn bytes(text: &str) -> Option<[u8; 32]> {
    let decoded = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
    decoded.as_slice().try_into().ok()
}
