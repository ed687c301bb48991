//! An installation: its directory, database, pins and keys, which must fit each other.
//!
//! With SQLite it lies in one directory. With PostgreSQL it lies in the database, and each server that
//! shares it has a directory of its own: journal, pins, perhaps the key-encryption key.
//!
//! Keys are lost by accident more often than by theft: a restored backup, a copied file. So every
//! start compares what the files say with what the database says, and refuses with a line that names
//! the part that moved. Nothing is ever repaired by guessing.

mod place;

use std::io;
use std::path::{Path, PathBuf};

use tonegate_issuer::{IssuingKey, KeyError, Keyring, SignError};
use tonegate_license::{Chain, Pins, Root};
use tonegate_pkcs11::Token;

use crate::data_dir::{DataDir, PinsFile};
use crate::guard::{GuardError, ReplayGuard};
use crate::keys::{self, RotateError, Rotation};
use crate::model::Environment;
use crate::seal::SealError;
use crate::store::{self, Meta, Store, StoreError, StoredIssuingKey};

pub use place::{Place, kek_source};

/// What an installation is, apart from its apps.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its directory.
    pub data: DataDir,
    /// 32 hex characters, made with it.
    pub id: String,
    /// The issuer's name, `iss`.
    pub issuer: String,
    /// The world it answers for.
    pub environment: Environment,
    /// What its apps pin.
    pub pins: Pins,
    /// Does it keep its own roots?
    pub auto_root: bool,
}

/// What a new installation is to be.
#[derive(Debug, Clone)]
pub struct NewInstallation {
    /// The issuer's name.
    pub issuer: String,
    /// The world it answers for.
    pub environment: Environment,
    /// Where its roots live.
    pub roots: Roots,
}

/// Where root keys live.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "one lives while an installation is made")]
pub enum Roots {
    /// Sealed in the installation's own database: simple, and as safe as the server is.
    Auto,
    /// Offline, made and used in ceremonies; these are their public keys.
    Offline(Pins),
}

/// Why an installation cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// There is none.
    #[error("there is no installation in {path}; make one with `tonegate init --data {path}`", path = path.display())]
    Missing {
        /// Where none is.
        path: PathBuf,
    },
    /// There is one already.
    #[error("there is an installation in {path} already; choose another --data", path = path.display())]
    Exists {
        /// Where it is.
        path: PathBuf,
    },
    /// The directory holds something else, or what is left of an installation.
    #[error("{path} holds other files and no installation; if its database was lost, restore it, otherwise choose another --data", path = path.display())]
    Occupied {
        /// The directory.
        path: PathBuf,
    },
    /// A file or directory.
    #[error("cannot use the data directory {path}: {source}; check that it exists and who owns it", path = path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The file with the pins is gone or unreadable.
    #[error("cannot read {path}: {source}; write it again with `tonegate key pins --restore`", path = path.display())]
    PinsFile {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The pins file is another installation's, or says something else than the database.
    #[error(
        "{} and the database do not belong together: {what} is {file} in the file and {database} in \
         the database; one of the two was replaced, put the right one back", path.display()
    )]
    Moved {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// In the file.
        file: String,
        /// In the database.
        database: String,
    },
    /// The database's pins are no pins.
    #[error("the pins in the database are damaged: {0}; restore the database from its backup")]
    Pins(String),
    /// An issuing key does not fit its certificate or the pins.
    #[error(
        "issuing key {serial} does not fit this installation: {source}; restore the database that it came from"
    )]
    Key {
        /// Its serial.
        serial: u32,
        /// What does not fit.
        source: KeyError,
    },
    /// An issuing key is certified for another issuer.
    #[error(
        "issuing key {serial} is certified for issuer {certified}, this installation is {issuer}"
    )]
    KeyOfOther {
        /// Its serial.
        serial: u32,
        /// The issuer in the certificate.
        certified: String,
        /// The installation's.
        issuer: String,
    },
    /// A stored key cannot be used at all.
    #[error("key {kid} in the database cannot be used: {fault}")]
    Unusable {
        /// Its name.
        kid: String,
        /// Why.
        fault: String,
    },
    /// A root in the database is not one that apps pin.
    #[error(
        "root key {kid} in the database is not among the pins {pins}; one of the two was replaced"
    )]
    Root {
        /// Its name.
        kid: String,
        /// The pins.
        pins: String,
    },
    /// No key-encryption key on a server that is to join an installation.
    #[error(
        "the key-encryption key {} does not exist; copy it from a server of this installation, or name \
         its file in data.key_encryption_key", path.display()
    )]
    KekElsewhere {
        /// The file.
        path: PathBuf,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The replay guard's directory.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The key-encryption key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A root or first issuing key could not be made.
    #[error(transparent)]
    Rotate(#[from] RotateError),
}

impl From<SignError> for InstallationError {
    fn from(error: SignError) -> Self {
        Self::Rotate(error.into())
    }
}

impl From<io::Error> for InstallationError {
    fn from(source: io::Error) -> Self {
        Self::Io { path: PathBuf::new(), source }
    }
}

impl Installation {
    /// The pins, as apps write them.
    #[must_use]
    pub fn pins_text(&self) -> String {
        [Root::Active, Root::Standby].map(|root| keys::pin_text(self.pins.key(root))).join(",")
    }

    /// Makes an installation, whole or not at all. With PostgreSQL, what is left of one that failed half
    /// way is a directory that another try takes over, or a database that is to be made anew.
    pub async fn make(
        place: &Place,
        new: NewInstallation,
        now: i64,
    ) -> Result<(), InstallationError> {
        let data = &place.data;
        if data.is_made() || (place.postgres.is_some() && data.pins().exists()) {
            return Err(InstallationError::Exists { path: data.path().to_owned() });
        }
        let made = match &place.postgres {
            None => data.make(async |draft| fill(&place.with(draft), new, now).await).await,
            Some(_) => {
                // The key is on disk before anything is sealed with it.
                data.make_private()?;
                fill(place, new, now).await
            }
        };
        made.map_err(|error| match error {
            InstallationError::Io { source, .. }
                if source.kind() == io::ErrorKind::DirectoryNotEmpty =>
            {
                InstallationError::Occupied { path: data.path().to_owned() }
            }
            InstallationError::Io { source, .. } => {
                InstallationError::Io { path: data.path().to_owned(), source }
            }
            other => other,
        })
    }

    /// Opens the installation: everything in it fits, or this says what does not. A server whose directory
    /// has no pins joins the installation that it finds in PostgreSQL.
    pub async fn open(place: &Place) -> Result<(Self, Store, Keyring), InstallationError> {
        let store = place.open_store().await?;
        let meta = store.meta().await?;
        if place.postgres.is_some() && !place.data.pins().exists() {
            join(&place.data, &meta)?;
        }
        let auto_root = has_roots(&store, &meta).await?;
        let installation = Self::known(&place.data, meta, auto_root)?;
        let Self { pins, issuer, .. } = &installation;
        let keyring = load_keyring(&store, place.token.as_ref(), pins, issuer).await?;
        Ok((installation, store, keyring))
    }

    /// What the store said it is (`auto_root`: it keeps its own roots), if that is what this directory's
    /// pins say. Asks no store: for a server that starts while its database is away.
    pub fn known(data: &DataDir, meta: Meta, auto_root: bool) -> Result<Self, InstallationError> {
        compare(&data.pins(), &meta)?;
        let pins = pins(&meta)?;
        Ok(Self {
            data: data.clone(),
            id: meta.installation_id,
            issuer: meta.installation.iss,
            environment: meta.installation.environment,
            pins,
            auto_root,
        })
    }
}

/// Gives this server its part of an installation that others have made.
fn join(data: &DataDir, meta: &Meta) -> Result<(), InstallationError> {
    let failed = |source| InstallationError::Io { path: data.path().to_owned(), source };
    data.make_private().map_err(failed)?;
    ReplayGuard::create(&data.journal())?;
    pins_file(meta).write(&data.pins()).map_err(failed)?;
    tracing::info!(installation = meta.installation_id, "this server joined the installation");
    Ok(())
}

/// The installation's pins, as apps write them.
#[must_use]
pub fn pins_text(meta: &Meta) -> String {
    meta.installation.pins.join(",")
}

/// What `pins.json` should say.
#[must_use]
pub fn pins_file(meta: &Meta) -> PinsFile {
    PinsFile {
        installation_id: meta.installation_id.clone(),
        issuer: meta.installation.iss.clone(),
        environment: meta.installation.environment,
        pins: pins_text(meta),
    }
}

/// Every issuing key, checked against pins and issuer.
pub async fn load_keyring(
    store: &Store,
    token: Option<&Token>,
    pins: &Pins,
    issuer: &str,
) -> Result<Keyring, InstallationError> {
    keyring_of(&store.issuing_keys().await?, token, pins, issuer)
}

/// The same of keys that were read.
pub(crate) fn keyring_of(
    stored: &[StoredIssuingKey],
    token: Option<&Token>,
    pins: &Pins,
    issuer: &str,
) -> Result<Keyring, InstallationError> {
    let mut keyring = Vec::new();
    for StoredIssuingKey { key, .. } in stored {
        let unfit = |source| InstallationError::Key { serial: key.serial, source };
        let chain = Chain::verify(&key.certificate, pins);
        let public = *chain.map_err(|reason| unfit(KeyError::Certificate(reason)))?.public_key();
        let signer = keys::signer(&key.place, public, token).map_err(|error| {
            InstallationError::Unusable { kid: key.kid.clone(), fault: error.to_string() }
        })?;
        let issuing = IssuingKey::new(&key.certificate, signer, pins).map_err(unfit)?;
        if issuing.chain().issuer() != issuer {
            return Err(InstallationError::KeyOfOther {
                serial: key.serial,
                certified: issuing.chain().issuer().to_owned(),
                issuer: issuer.to_owned(),
            });
        }
        keyring.push(issuing);
    }
    Ok(Keyring::new(keyring))
}

async fn fill(place: &Place, new: NewInstallation, now: i64) -> Result<(), InstallationError> {
    let draft = &place.data;
    let source = kek_source(draft, place.kek.as_deref());
    let kek = if source.path().exists() { source.load()? } else { source.create()? };
    let (roots, pins) = match new.roots {
        Roots::Auto => {
            let roots = keys::new_roots()?;
            let pins = roots.pins()?;
            (Some(roots), pins)
        }
        Roots::Offline(pins) => (None, pins),
    };
    let pins = [Root::Active, Root::Standby].map(|root| keys::pin_text(pins.key(root)));
    let installation =
        store::Installation { iss: new.issuer, environment: new.environment, pins: pins.to_vec() };
    let store = Store::create(&place.database(), kek, installation, "init", now).await?;
    if let Some(roots) = &roots {
        roots.keep(&store, now).await?;
        keys::rotate(&store, None, "init", now, Rotation::first()).await?;
    }
    ReplayGuard::create(&draft.journal())?;
    pins_file(&store.meta().await?).write(&draft.pins())?;
    store.close().await;
    Ok(())
}

fn compare(path: &Path, meta: &Meta) -> Result<(), InstallationError> {
    let file = PinsFile::read(path)
        .map_err(|source| InstallationError::PinsFile { path: path.to_owned(), source })?;
    let kept = pins_file(meta);
    let pairs = [
        ("the installation", file.installation_id, kept.installation_id),
        ("the issuer", file.issuer, kept.issuer),
        ("the environment", file.environment.as_str().into(), kept.environment.as_str().into()),
        ("the pins", file.pins, kept.pins),
    ];
    match pairs.into_iter().find(|(_, file, database)| file != database) {
        None => Ok(()),
        Some((what, file, database)) => {
            Err(InstallationError::Moved { path: path.to_owned(), what, file, database })
        }
    }
}

fn pins(meta: &Meta) -> Result<Pins, InstallationError> {
    let pins = pins_text(meta).parse::<Pins>();
    pins.map_err(|error| InstallationError::Pins(error.to_string()))
}

/// Roots in the database must be pinned ones. Are there any?
async fn has_roots(store: &Store, meta: &Meta) -> Result<bool, InstallationError> {
    let pins = pins(meta)?;
    let roots = store.root_keys().await?;
    for root in &roots {
        let public = keys::public_key(&root.seed, &root.kid)?;
        let pinned = [Root::Active, Root::Standby].map(|pin| *pins.key(pin));
        if !pinned.contains(&public) {
            let (kid, pins) = (root.kid.clone(), pins_text(meta));
            return Err(InstallationError::Root { kid, pins });
        }
    }
    Ok(!roots.is_empty())
}
