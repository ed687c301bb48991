//! The files of a ceremony: JSON texts that say what they are.
//!
//! Invariant: a file is written whole or not at all, one with a private key with mode 0600, and none
//! is read beyond 1 MiB.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tonegate_issuer::SoftwareKey;
use tonegate_license::Pins;
use tonegate_server::data_dir::write_atomically;
use tonegate_server::model::Environment;
use zeroize::Zeroizing;

use crate::exit::Failure;

const BYTES_MAX: u64 = 1 << 20;

/// A file that says what it is.
pub(super) trait CeremonyFile: Serialize + DeserializeOwned {
    /// What it is, in its member `kind`.
    const KIND: &'static str;
}

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

/// What a server asks a root to certify. Public.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestFile {
    pub(super) installation_id: String,
    pub(super) issuer: String,
    pub(super) environment: Environment,
    pub(super) pins: String,
    /// The lowest serial that is still good.
    pub(super) floor: u32,
    /// Until when the keys at hand sign without a gap, Unix seconds; `None`: there are none.
    pub(super) covered_until: Option<i64>,
    pub(super) keys: Vec<RequestedKey>,
}

/// An issuing key that waits for its certificate.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestedKey {
    pub(super) serial: u32,
    pub(super) kid: String,
    /// 32 bytes, base64url.
    pub(super) public_key: String,
}

impl CeremonyFile for RequestFile {
    const KIND: &'static str = "tonegate ceremony request";
}

/// What a root has certified. Public.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificatesFile {
    pub(super) installation_id: String,
    pub(super) certificates: Vec<String>,
}

impl CeremonyFile for CertificatesFile {
    const KIND: &'static str = "tonegate key certificates";
}

/// Sealed issuing keys that wait on the server, in its data directory.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingFile {
    pub(super) keys: Vec<PendingKey>,
}

/// One of them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingKey {
    pub(super) kid: String,
    /// The seed, sealed under the key-encryption key; base64url.
    pub(super) sealed: String,
}

impl CeremonyFile for PendingFile {
    const KIND: &'static str = "tonegate pending keys, sealed";
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    kind: String,
    content: T,
}

/// Writes a file with this mode.
pub(super) fn write<T: CeremonyFile>(path: &Path, mode: u32, content: &T) -> anyhow::Result<()> {
    let envelope = Envelope { kind: T::KIND.to_owned(), content };
    let text = Zeroizing::new(serde_json::to_string_pretty(&envelope)? + "\n");
    write_atomically(path, mode, text.as_bytes()).map_err(|error| failed("write", path, error))?;
    Ok(())
}

/// Writes a file that is not there yet.
pub(super) fn write_new<T: CeremonyFile>(
    path: &Path,
    mode: u32,
    content: &T,
) -> anyhow::Result<()> {
    if path.exists() {
        let message = format!("{} exists already; choose another --out", path.display());
        return Err(Failure::new(message).into());
    }
    write(path, mode, content)
}

/// Reads a file of this kind.
pub(super) fn read<T: CeremonyFile>(path: &Path) -> anyhow::Result<T> {
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(|error| failed("read", path, error))?;
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| failed("read", path, error))?;
    let other = || {
        let message = format!("{} is not a file of kind \"{}\"", path.display(), T::KIND);
        Failure::new(message + "; check which file belongs here")
    };
    // serde's message could quote a damaged private key, so it is not shown.
    let envelope: Envelope<T> = serde_json::from_str(&text).map_err(|_| other())?;
    if envelope.kind == T::KIND { Ok(envelope.content) } else { Err(other().into()) }
}

fn failed(action: &str, path: &Path, error: impl fmt::Display) -> Failure {
    Failure::new(format!("cannot {action} {}: {error}; check the path", path.display()))
}

/// 32 bytes of base64url.
pub(super) fn bytes(text: &str) -> Option<[u8; 32]> {
    let decoded = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?);
    decoded.as_slice().try_into().ok()
}
