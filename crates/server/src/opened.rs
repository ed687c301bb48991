//! What a server starts with: everything out of its database, or out of its own copy of it.
//!
//! Invariant: the copy is taken only when the database cannot be reached; one that answers and does not
//! fit refuses the start, and so does a copy that is damaged, foreign, or older than may be served.

use tonegate_issuer::Keyring;
use tonegate_license::Pins;

use crate::clock::Moment;
use crate::config::Config;
use crate::data_dir::{DataDir, PinsFile};
use crate::directory::Directory;
use crate::installation::{Installation, InstallationError, compare, kek_source, keyring_of};
use crate::local_copy::contact::LastContact;
use crate::local_copy::keep::LocalCopy;
use crate::local_copy::{self, CopyError, Loaded};
use crate::model::Policies;
use crate::service::StartError;
use crate::store::{Store, StoreError};

/// What a server is made of, besides what it brings along.
pub(crate) struct Opened {
    pub(crate) installation: Installation,
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) directory: Directory,
    pub(crate) policies: Policies,
    pub(crate) local_copy: LocalCopy,
}

impl Opened {
    /// At `now`.
    pub(crate) async fn open(
        config: &Config,
        data: &DataDir,
        now: Moment,
    ) -> Result<Self, StartError> {
        let kek = Some(config.data.key_encryption_key.as_path());
        let kek = kek.filter(|path| !path.as_os_str().is_empty());
        match Installation::open(data, kek).await {
            Ok((installation, store, keyring)) => {
                let limit = store.is_shared().then(|| limit_secs(config));
                let contact = LastContact::new(now, limit);
                let local_copy = LocalCopy::new(contact, Vec::new(), None);
                let (directory, policies) = (Directory::new(), Policies::default());
                Ok(Self { installation, store, keyring, directory, policies, local_copy })
            }
            Err(InstallationError::Store(error)) if error.is_unreachable() => {
                let kek = kek_source(data, kek).load().map_err(InstallationError::from)?;
                let store =
                    Store::unopened(&data.database(), kek).map_err(InstallationError::from)?;
                tracing::error!(%error, "the database cannot be reached: trying this server's own copy");
                Self::of_copy(config, data, store, now, error).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn of_copy(
        config: &Config,
        data: &DataDir,
        store: Store,
        now: Moment,
        lost: StoreError,
    ) -> Result<Self, StartError> {
        let file = PinsFile::read(&data.pins());
        let file =
            file.map_err(|source| InstallationError::PinsFile { path: data.pins(), source })?;
        let (at, of, id) = (data.clone(), store.clone(), file.installation_id.clone());
        // Opening a million apps takes a second.
        let loaded =
            tokio::task::spawn_blocking(move || local_copy::load(&at, of.kek(), &id)).await;
        let loaded = loaded.unwrap_or_else(|error| Err(CopyError::Io(error.into())));
        let usable = loaded.and_then(|loaded| {
            let age = age(&loaded, limit_secs(config), now.now)?;
            Ok((loaded, age))
        });
        match usable {
            Ok((loaded, age)) => Self::of_loaded(config, data, &file, store, loaded, age, now),
            Err(copy) => Err(StartError::Unreachable { store: Box::new(lost), copy }),
        }
    }

    fn of_loaded(
        config: &Config,
        data: &DataDir,
        file: &PinsFile,
        store: Store,
        loaded: Loaded,
        age: i64,
        now: Moment,
    ) -> Result<Self, StartError> {
        let Loaded { head, installation: record, keys, draft, policies, contact } = loaded;
        let copied = PinsFile {
            installation_id: head.installation.clone(),
            issuer: record.issuer,
            environment: record.environment,
            pins: record.pins,
        };
        compare(&data.pins(), file.clone(), copied)?;
        let pins = file.pins.parse::<Pins>();
        let pins = pins.map_err(|error| InstallationError::Pins(error.to_string()))?;
        let keyring = keyring_of(&keys, &pins, &file.issuer)?;
        let directory = Directory::new();
        directory.apply(draft, head.revision);
        tracing::warn!(
            revision = head.revision,
            apps = directory.len(),
            age_secs = age,
            "started without the database, from this server's own copy of the directory: licences are \
             issued, changes wait for the database"
        );
        let last = LastContact::new(now, Some(limit_secs(config)));
        last.goes_on_from(contact, age, now);
        let local_copy = LocalCopy::new(last, keys, Some(head));
        let installation = Installation {
            data: data.clone(),
            id: file.installation_id.clone(),
            issuer: file.issuer.clone(),
            environment: file.environment,
            pins,
            auto_root: record.auto_root,
        };
        Ok(Self { installation, store, keyring, directory, policies, local_copy })
    }
}

/// Seconds since the database was last heard of; `Err`: too many, or nobody can say.
fn age(loaded: &Loaded, limit: i64, now: i64) -> Result<i64, CopyError> {
    let age = loaded.contact.age_at(now).map_err(|secs| CopyError::ClockBack { secs })?;
    if age > limit {
        return Err(CopyError::TooOld { age_hours: age / 3_600, limit_hours: limit / 3_600 });
    }
    Ok(age)
}

fn limit_secs(config: &Config) -> i64 {
    i64::from(config.directory.serve_without_database_hours) * 3_600
}
