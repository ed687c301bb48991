//! The API keys of a running relay.
//!
//! Invariant: a lookup sees one whole file, old or new. A bad new file changes nothing; a removed one
//! takes every key with it.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::error::KeyFileError;
use super::file;
use super::record::{KeyHash, KeyRecord};
use crate::auth::limits::KEY_FILE_BYTES_MAX;
use crate::auth::principal::{Apps, Principal, PrincipalKind};
use crate::auth::refused::Refused;
use crate::auth::watched_file::{Guarded, WatchedFile};

/// Finds the holder of a key.
#[derive(Debug)]
pub struct KeyRing {
    path: PathBuf,
    file: WatchedFile,
    /// One for all reloads, so that a caller keeps its place in the rate table.
    hasher: RandomState,
    keys: ArcSwap<HashMap<KeyHash, Holder>>,
}

#[derive(Debug)]
struct Holder {
    principal: Arc<Principal>,
    expires_at: Option<i64>,
}

impl KeyRing {
    /// Loads the keys of `path`; where there is no file, there are none.
    ///
    /// # Errors
    /// The file cannot be read, others may read it, or its content is wrong.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let ring = Self {
            path: path.to_owned(),
            file: WatchedFile::new(path, KEY_FILE_BYTES_MAX, Guarded::Private),
            hasher: RandomState::new(),
            keys: ArcSwap::default(),
        };
        ring.reload_if_changed()?;
        Ok(ring)
    }

    /// Reads the file again if it changed; `true`: its keys are in force. One stat where it did not.
    ///
    /// # Errors
    /// The new file is bad: the keys in force stay, and this is said once per change.
    pub fn reload_if_changed(&self) -> Result<bool, KeyFileError> {
        let swapped = self.file.if_changed(|read| {
            let keys = file::judge(&self.path, read)?;
            self.keys.store(Arc::new(keys.iter().map(|key| self.holder(key)).collect()));
            Ok::<_, KeyFileError>(())
        })?;
        Ok(swapped.is_some())
    }

    /// How many keys are in force, expired ones included.
    pub fn len(&self) -> usize {
        self.keys.load().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The holder of a key that was presented.
    pub(in crate::auth) fn find(&self, key: &str, now: i64) -> Result<Arc<Principal>, Refused> {
        let hash = KeyHash::of(key).ok_or(Refused::UnknownKey)?;
        let keys = self.keys.load();
        let holder = keys.get(&hash).ok_or(Refused::UnknownKey)?;
        match holder.expires_at {
            Some(end) if end <= now => Err(Refused::KeyExpired),
            _ => Ok(Arc::clone(&holder.principal)),
        }
    }

    fn holder(&self, key: &KeyRecord) -> (KeyHash, Holder) {
        let principal = Arc::new(Principal {
            id_hash: self.hasher.hash_one(&key.id),
            kind: PrincipalKind::ApiKey,
            apps: key.apps.clone().map_or(Apps::All, Apps::list),
            id: key.id.as_str().into(),
        });
        (key.hash, Holder { principal, expires_at: key.expires_at })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use tonegate_client::AppId;

    use super::super::file::KeyFile;
    use super::*;

    const NOW: i64 = 1_800_000_000;

    #[test]
    fn keys_added_and_revoked_are_seen_and_a_caller_keeps_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let ring = KeyRing::open(&path).unwrap();
        assert!(ring.is_empty());
        let mut file = KeyFile::load(&path).unwrap();
        let (record, key) = file.add("one", Some(&[AppId(9), AppId(7)]), None, NOW).unwrap();
        assert_eq!(ring.find(key.expose(), NOW), Err(Refused::UnknownKey), "not before a reload");
        assert!(ring.reload_if_changed().unwrap());
        assert!(!ring.reload_if_changed().unwrap());
        let found = ring.find(key.expose(), NOW).unwrap();
        assert_eq!((&*found.id, found.kind), (&*record.id, PrincipalKind::ApiKey));
        assert!(found.apps.allow(AppId(7)) && found.apps.allow(AppId(9)));
        assert!(!found.apps.allow(AppId(8)));

        let (_, other) = file.add("two", None, None, NOW).unwrap();
        assert!(ring.reload_if_changed().unwrap());
        assert_eq!(ring.find(key.expose(), NOW).unwrap(), found);
        let second = ring.find(other.expose(), NOW).unwrap();
        assert_eq!(second.apps, Apps::All);
        assert_ne!(second.id_hash, found.id_hash);

        file.revoke(&record.id).unwrap();
        assert!(ring.reload_if_changed().unwrap());
        assert_eq!(ring.find(key.expose(), NOW), Err(Refused::UnknownKey));
        assert!(ring.find(other.expose(), NOW).is_ok());
        fs::remove_file(&path).unwrap();
        assert!(ring.reload_if_changed().unwrap());
        assert!(ring.is_empty());
    }

    #[test]
    fn a_key_ends_at_its_last_second() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let (_, key) = KeyFile::load(&path).unwrap().add("one", None, Some(NOW + 10), NOW).unwrap();
        let ring = KeyRing::open(&path).unwrap();
        assert!(ring.find(key.expose(), NOW + 9).is_ok());
        assert_eq!(ring.find(key.expose(), NOW + 10), Err(Refused::KeyExpired));
    }

    #[test]
    fn a_bad_new_file_is_reported_once_and_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("keys.json");
        let (_, key) = KeyFile::load(&path).unwrap().add("one", None, None, NOW).unwrap();
        let ring = KeyRing::open(&path).unwrap();
        let good = fs::read(&path).unwrap();
        fs::write(&path, &good[..good.len() / 2]).unwrap();
        assert!(matches!(ring.reload_if_changed(), Err(KeyFileError::Malformed { .. })));
        assert!(!ring.reload_if_changed().unwrap());
        assert!(ring.find(key.expose(), NOW).is_ok());
        fs::write(&path, &good).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(ring.reload_if_changed(), Err(KeyFileError::File(_))));
        assert!(KeyRing::open(&path).is_err(), "and a relay does not start with it");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(ring.reload_if_changed().unwrap());
        assert!(ring.find(key.expose(), NOW).is_ok());
    }
}
