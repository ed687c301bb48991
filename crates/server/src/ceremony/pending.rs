//! Issuing keys that wait for their certificates, in a file of the data directory.

use std::fs;
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use tonegate_issuer::IssuingKey;
use tonegate_license::Chain;
use zeroize::Zeroizing;

use super::{CeremonyError, CeremonyFile, read};
use crate::installation::Installation;
use crate::keys::{self, MadeKey};
use crate::seal::{Label, Sealed};
use crate::store::{KeyPlace, NewIssuingKey, Store};

/// Sealed issuing keys that wait on the server, in its data directory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingFile {
    keys: Vec<PendingKey>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingKey {
    kid: String,
    /// The seed, sealed under the key-encryption key; base64url. Empty: the key is in a token.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sealed: String,
    /// The label of the token that the key is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl CeremonyFile for PendingFile {
    const KIND: &'static str = "tonegate pending keys, sealed";
}

pub(super) fn sealed(store: &Store, keys: &[MadeKey]) -> Result<PendingFile, CeremonyError> {
    let mut pending = Vec::new();
    for key in keys {
        let kid = key.key_id().to_string();
        pending.push(match key.place() {
            KeyPlace::Seed(seed) => {
                let sealed = store.kek().seal(Label::IssuingKey { kid: &kid }, &*seed)?;
                let sealed = BASE64URL_NOPAD.encode(sealed.as_bytes());
                PendingKey { kid, sealed, token: None }
            }
            KeyPlace::Token(label) => PendingKey { kid, sealed: String::new(), token: Some(label) },
        });
    }
    Ok(PendingFile { keys: pending })
}

/// Removes the file of waiting keys once one of them is in the database: its request is answered.
/// Keys of a later request go on waiting.
pub(super) async fn clear(store: &Store, path: &Path) -> Result<(), CeremonyError> {
    if !path.exists() {
        return Ok(());
    }
    let pending: PendingFile = read(path)?;
    let stored = store.issuing_keys().await?;
    let is_kept = |key: &PendingKey| stored.iter().any(|stored| stored.key.kid == key.kid);
    if pending.keys.iter().any(is_kept) {
        fs::remove_file(path).map_err(|source| CeremonyError::File {
            action: "remove",
            path: path.display().to_string(),
            source,
        })?;
    }
    Ok(())
}

/// A certificate with its private key, both checked against the pins.
pub(super) fn joined(
    installation: &Installation,
    store: &Store,
    certificate: &str,
    pending: &PendingFile,
) -> Result<NewIssuingKey, CeremonyError> {
    let pins = &installation.pins;
    let chain = Chain::verify(certificate, pins).map_err(CeremonyError::Certificate)?;
    if chain.issuer() != installation.issuer {
        return Err(CeremonyError::OtherIssuer(chain.issuer().to_owned()));
    }
    let kid = chain.key_id().to_string();
    let waiting = pending.keys.iter().find(|key| key.kid == kid);
    let waiting = waiting.ok_or_else(|| CeremonyError::NotWaiting(kid.clone()))?;
    let place = match &waiting.token {
        Some(label) => KeyPlace::Token(label.clone()),
        None => KeyPlace::Seed(seed_of(store, waiting)?),
    };
    let signer = keys::signer(&place, *chain.public_key(), None)?;
    IssuingKey::new(certificate, signer, pins)?;
    Ok(NewIssuingKey {
        serial: chain.serial(),
        certificate: certificate.to_owned(),
        place,
        sign_from: chain.sign_from(),
        exp: chain.expires_at(),
        kid,
    })
}

fn seed_of(store: &Store, waiting: &PendingKey) -> Result<Zeroizing<[u8; 32]>, CeremonyError> {
    let kid = &waiting.kid;
    let damaged = || CeremonyError::Damaged(kid.clone());
    let sealed = BASE64URL_NOPAD.decode(waiting.sealed.as_bytes()).map_err(|_| damaged())?;
    let seed = store.kek().open(Label::IssuingKey { kid }, &Sealed::from_bytes(sealed))?;
    Ok(Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).map_err(|_| damaged())?))
}
