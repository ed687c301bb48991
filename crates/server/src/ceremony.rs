//! The server's part of a ceremony: what it asks an offline root to certify, and what comes back.
//!
//! Invariant: private keys wait sealed in the data directory until their certificates meet them; a
//! request or an installation that fails changes nothing, and one that was done can be done again.
//! What happens at the offline machine is the command's matter.

mod pending;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tonegate_issuer::limits::CEREMONY_CERTIFICATES_MAX;
use tonegate_issuer::{IssuingKey, KeyError, Keyring, SignError};
use tonegate_license::Reason;
use tonegate_pkcs11::Token;
use zeroize::Zeroizing;

use crate::data_dir::write_atomically;
use crate::installation::{Installation, pins_file};
use crate::keys::{MadeKey, RotateError};
use crate::model::Environment;
use crate::seal::SealError;
use crate::store::{Store, StoreError};
use pending::{PendingFile, clear, joined, sealed};

/// Most bytes that are read of a ceremony's file.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// A file that says what it is.
pub trait CeremonyFile: Serialize + DeserializeOwned {
    /// What it is, in its member `kind`.
    const KIND: &'static str;
}

/// A ceremony's file as it lies on disk and travels.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Envelope<T> {
    /// What it is.
    pub kind: String,
    /// What it says.
    pub content: T,
}

/// What a server asks a root to certify. Public.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestFile {
    /// Whose keys.
    pub installation_id: String,
    /// The issuer's name.
    pub issuer: String,
    /// The world it answers for.
    pub environment: Environment,
    /// What its apps pin.
    pub pins: String,
    /// The lowest serial that is still good.
    pub floor: u32,
    /// Until when the keys at hand sign without a gap, Unix seconds; `None`: there are none.
    pub covered_until: Option<i64>,
    /// The keys.
    pub keys: Vec<RequestedKey>,
}

/// An issuing key that waits for its certificate.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestedKey {
    /// Its number.
    pub serial: u32,
    /// Its key id, 16 hex characters.
    pub kid: String,
    /// 32 bytes, base64url.
    pub public_key: String,
}

/// What a root has certified. Public.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CertificatesFile {
    /// Whose keys.
    pub installation_id: String,
    /// The certificates.
    pub certificates: Vec<String>,
}

impl CeremonyFile for RequestFile {
    const KIND: &'static str = "tonegate ceremony request";
}

impl CeremonyFile for CertificatesFile {
    const KIND: &'static str = "tonegate key certificates";
}

/// Why a part of a ceremony did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// Not 1 to 13 keys.
    #[error("a ceremony certifies 1 to {CEREMONY_CERTIFICATES_MAX} keys: a year of them")]
    Count,
    /// The roots are here.
    #[error("this installation keeps its own roots; use `tonegate key rotate`")]
    AutoRoot,
    /// An earlier request is open.
    #[error("a request waits for its certificates; install them, or give --replace to begin anew")]
    RequestWaits,
    /// Nothing was requested.
    #[error("no key waits for a certificate; begin with `tonegate key ceremony request`")]
    NothingWaits,
    /// The file is another installation's.
    #[error("these certificates are for another installation")]
    OtherInstallation,
    /// A certificate is no good here.
    #[error("a certificate does not pass the verifier: {0}")]
    Certificate(Reason),
    /// A certificate names another issuer.
    #[error("a certificate is for issuer {0}")]
    OtherIssuer(String),
    /// Its key is not here.
    #[error("key {0} does not wait here; sign the newest request")]
    NotWaiting(String),
    /// Its key cannot be opened.
    #[error("the pending key {0} does not open")]
    Damaged(String),
    /// There is a file already.
    #[error("{0} exists already; choose another --out")]
    Exists(String),
    /// A file is another one.
    #[error("{path} is not a file of kind \"{kind}\"; check which file belongs here")]
    OtherFile {
        /// The file.
        path: String,
        /// What it should be.
        kind: &'static str,
    },
    /// A file.
    #[error("cannot {action} {path}: {source}; check the path")]
    File {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// No serial is left.
    #[error(transparent)]
    Rotate(#[from] RotateError),
    /// A key and its certificate.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<T: CeremonyFile> Envelope<T> {
    /// Says what it is.
    pub fn of(content: T) -> Self {
        Self { kind: T::KIND.to_owned(), content }
    }

    /// What it says, if it is what it should be; `name`: where it came from, for the error.
    pub fn opened(self, name: &str) -> Result<T, CeremonyError> {
        if self.kind == T::KIND { Ok(self.content) } else { Err(other_file::<T>(name)) }
    }
}

fn other_file<T: CeremonyFile>(path: &str) -> CeremonyError {
    CeremonyError::OtherFile { path: path.to_owned(), kind: T::KIND }
}

/// Writes a file with this mode.
pub fn write<T: CeremonyFile>(path: &Path, mode: u32, content: T) -> Result<(), CeremonyError> {
    let failed =
        |source| CeremonyError::File { action: "write", path: path.display().to_string(), source };
    let text = serde_json::to_string_pretty(&Envelope::of(content)).map_err(io::Error::other);
    let text = Zeroizing::new(text.map_err(failed)? + "\n");
    write_atomically(path, mode, text.as_bytes()).map_err(failed)
}

/// Writes a file that is not there yet.
pub fn write_new<T: CeremonyFile>(path: &Path, mode: u32, content: T) -> Result<(), CeremonyError> {
    if path.exists() {
        return Err(CeremonyError::Exists(path.display().to_string()));
    }
    write(path, mode, content)
}

/// Reads a file of this kind, of at most [`FILE_BYTES_MAX`] bytes.
pub fn read<T: CeremonyFile>(path: &Path) -> Result<T, CeremonyError> {
    let name = path.display().to_string();
    let mut text = Zeroizing::new(String::new());
    let read =
        File::open(path).and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|source| CeremonyError::File { action: "read", path: name.clone(), source })?;
    // serde's message could quote a damaged private key, so it is not shown.
    let envelope: Envelope<T> = serde_json::from_str(&text).map_err(|_| other_file::<T>(&name))?;
    envelope.opened(&name)
}

/// What is to be requested.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How many keys: 1 to 13.
    pub count: usize,
    /// Give up the keys of a request that was not installed?
    pub replace: bool,
    /// Make the keys in the hardware token?
    pub in_token: bool,
}

/// Makes issuing keys, seals them into the data directory or leaves them in the token, and tells what a
/// root is to certify. `publish` hands the request on, and if it fails, no key waits.
pub async fn request(
    (installation, token): (&Installation, Option<&Token>),
    store: &Store,
    keyring: &Keyring,
    now: i64,
    Wanted { count, replace, in_token }: Wanted,
    publish: impl FnOnce(&RequestFile) -> Result<(), CeremonyError>,
) -> Result<RequestFile, CeremonyError> {
    if !(1..=CEREMONY_CERTIFICATES_MAX).contains(&count) {
        return Err(CeremonyError::Count);
    }
    if installation.auto_root {
        return Err(CeremonyError::AutoRoot);
    }
    let pending = installation.data.pending_keys();
    if pending.exists() && !replace {
        return Err(CeremonyError::RequestWaits);
    }
    let mut keys = Vec::new();
    let asked = async {
        for _ in 0..count {
            keys.push(MadeKey::make(token, in_token).await?);
        }
        let request = requested(store, keyring, now, &keys).await?;
        let waiting = sealed(store, &keys)?;
        publish(&request)?;
        Ok((request, waiting))
    };
    let (request, waiting) = match asked.await {
        Ok(asked) => asked,
        Err(error) => {
            for key in keys {
                key.discard().await;
            }
            return Err(error);
        }
    };
    // From here on no key is destroyed: the file may be there whatever is heard of it, and its keys certified.
    let written = write(&pending, 0o600, waiting);
    written.inspect_err(|error| keys.iter().for_each(|key| key.remains(error)))?;
    Ok(request)
}

async fn requested(
    store: &Store,
    keyring: &Keyring,
    now: i64,
    keys: &[MadeKey],
) -> Result<RequestFile, CeremonyError> {
    let file = pins_file(&store.meta().await?);
    let known = || keyring.keys().iter().map(IssuingKey::chain);
    let mut serial = known().map(|chain| chain.serial()).max().unwrap_or(0);
    let mut requested = Vec::new();
    for key in keys {
        serial = serial.checked_add(1).ok_or(RotateError::SerialsUsedUp)?;
        let public_key = BASE64URL_NOPAD.encode(&key.public_key());
        requested.push(RequestedKey { serial, kid: key.key_id().to_string(), public_key });
    }
    let covered_until = keyring.covered_until(now);
    Ok(RequestFile {
        installation_id: file.installation_id,
        issuer: file.issuer,
        environment: file.environment,
        pins: file.pins,
        floor: known().map(|chain| chain.floor()).max().unwrap_or(1),
        covered_until: Some(covered_until).filter(|until| *until > now),
        keys: requested,
    })
}

/// Keeps the keys of these certificates, all or none. What is installed already, byte for byte, counts
/// as done.
pub async fn install(
    installation: &Installation,
    store: &Store,
    (actor, now): (&str, i64),
    answer: &CertificatesFile,
) -> Result<(), CeremonyError> {
    if answer.installation_id != installation.id {
        return Err(CeremonyError::OtherInstallation);
    }
    let stored = store.issuing_keys().await?;
    let is_new = |it: &&String| stored.iter().all(|stored| stored.key.certificate != **it);
    let new: Vec<_> = answer.certificates.iter().filter(is_new).collect();
    let path = installation.data.pending_keys();
    if !new.is_empty() {
        if !path.exists() {
            return Err(CeremonyError::NothingWaits);
        }
        let pending: PendingFile = read(&path)?;
        let mut tx = store.begin(actor, now).await?;
        for certificate in new {
            tx.add_issuing_key(&joined(installation, store, certificate, &pending)?).await?;
        }
        tx.commit().await?;
    }
    clear(store, &path).await
}
