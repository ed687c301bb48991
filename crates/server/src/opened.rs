//! What a server starts with: everything out of its database, or out of its own copy of it.
//!
//! Invariant: the copy is taken only when the database cannot be reached; one that answers and does not
//! fit refuses the start, and so does a copy that is damaged, foreign, or older than may be served.

use std::io;
use std::sync::Arc;

use tonegate_issuer::Keyring;

use crate::clock::Moment;
use crate::config::Config;
use crate::data_dir::{DataDir, PinsFile};
use crate::directory::{Directory, Draft};
use crate::installation::{Installation, InstallationError, Place, keyring_of};
use crate::local_copy::contact::LastContact;
use crate::local_copy::keep::LocalCopy;
use crate::local_copy::{self, CopyError, Loaded};
use crate::model::Policies;
use crate::service::StartError;
use crate::store::{Revision, Store, StoreError};
use crate::watch;

/// What a server is made of, besides what it brings along.
pub(crate) struct Opened {
    pub(crate) installation: Installation,
    pub(crate) store: Store,
    pub(crate) keyring: Keyring,
    pub(crate) directory: Directory,
    pub(crate) policies: Policies,
    pub(crate) local_copy: LocalCopy,
    /// How many servers there are, as far as is known.
    pub(crate) nodes: u32,
}

impl Opened {
    /// At `now`.
    pub(crate) async fn open(
        config: &Config,
        place: &Place,
        now: Moment,
    ) -> Result<Self, StartError> {
        match Self::of_database(config, place, now).await {
            Err(InstallationError::Store(error))
                if place.postgres.is_some() && error.is_passing() =>
            {
                tracing::error!(%error, "starting from this server's own copy of the directory");
                Self::of_copy(config, place, now, error).await
            }
            Err(error) => Err(error.into()),
            Ok(opened) => Ok(opened),
        }
    }

    /// Whole: a database that goes away on the way is as good as one that was away before.
    async fn of_database(
        config: &Config,
        place: &Place,
        now: Moment,
    ) -> Result<Self, InstallationError> {
        let (installation, store, _) = Installation::open(place).await?;
        let (directory, mut policies) = (Directory::new(), Policies::default());
        // The audit's end first: what comes after it is seen by the first look.
        let audit_head = store.position(None).await?.audit_head;
        let mut draft = Draft::of_all();
        let add = |found| watch::add(&mut draft, found);
        let changes = store.changed_since(Revision::START, &mut policies, add).await?;
        // A key may have come since the installation was opened.
        let keys = store.issuing_keys().await?;
        let keyring =
            keyring_of(&keys, place.token.as_ref(), &installation.pins, &installation.issuer)?;
        directory.apply(draft, changes.revision.0);
        let limit = store.is_shared().then(|| limit_secs(config));
        let local_copy = LocalCopy::new(LastContact::new(now, limit), keys, None);
        local_copy.audit_head.store(audit_head.map(Arc::new));
        Ok(Self { installation, store, keyring, directory, policies, local_copy, nodes: 1 })
    }

    async fn of_copy(
        config: &Config,
        place: &Place,
        now: Moment,
        lost: StoreError,
    ) -> Result<Self, StartError> {
        let store = Store::unopened(&place.database(), place.kek()?)?;
        let loaded = load(&place.data, &store).await;
        let usable = loaded.and_then(|loaded| {
            let age = age(&loaded, limit_secs(config), now.now)?;
            Ok((loaded, age))
        });
        match usable {
            Ok((loaded, age)) => Self::of_loaded(config, place, store, loaded, age, now),
            Err(copy) => Err(StartError::Unreachable { store: Box::new(lost), copy }),
        }
    }

    fn of_loaded(
        config: &Config,
        place: &Place,
        store: Store,
        loaded: Loaded,
        age: i64,
        now: Moment,
    ) -> Result<Self, StartError> {
        let Loaded { head, installation: record, keys, draft, policies, contact } = loaded;
        let (auto_root, audit_head) = (record.auto_root, record.audit_head());
        let installation = Installation::known(&place.data, record.meta(&head), auto_root)?;
        let keyring =
            keyring_of(&keys, place.token.as_ref(), &installation.pins, &installation.issuer)?;
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
        local_copy.audit_head.store(audit_head.map(Arc::new));
        let nodes = contact.nodes.max(1);
        Ok(Self { installation, store, keyring, directory, policies, local_copy, nodes })
    }
}

/// The copy of the installation that this directory's pins name. Opening a million apps takes a second.
async fn load(data: &DataDir, store: &Store) -> Result<Loaded, CopyError> {
    let (data, store) = (data.clone(), store.clone());
    let loading = tokio::task::spawn_blocking(move || {
        let pins = PinsFile::read(&data.pins()).map_err(|error| match error.kind() {
            // It has never joined.
            io::ErrorKind::NotFound => CopyError::Missing,
            _ => CopyError::Io(error),
        })?;
        local_copy::load(&data, store.kek(), &pins.installation_id)
    });
    loading.await.unwrap_or_else(|error| Err(CopyError::Io(error.into())))
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
