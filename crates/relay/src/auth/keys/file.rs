//! The file of API keys: what `tonegate relay key` reads and changes.
//!
//! Invariant: the file is the old one or the new one, whole, 0600, at any moment. Two that change it
//! at once wait for each other at a lock file beside it, so neither loses the other's key.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tonegate_client::AppId;

use super::error::KeyFileError;
use super::record::{ApiKey, KeyHash, KeyRecord, PREFIX, name_fault};
use crate::auth::limits::KEY_FILE_BYTES_MAX;
use crate::auth::watched_file::{FileError, Guarded, read_guarded};

const VERSION: u32 = 1;

/// The keys of a file, as last read or written.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    keys: Vec<KeyRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    keys: Vec<KeyRecord>,
}

impl KeyFile {
    /// Reads the keys; where there is no file, there are none.
    ///
    /// # Errors
    /// `File`: it cannot be read, or others may. `Malformed`: its content is wrong.
    pub fn load(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { keys: read(path)?, path: path.to_owned() })
    }

    /// The keys, oldest first.
    pub fn list(&self) -> &[KeyRecord] {
        &self.keys
    }

    /// Makes a key for `apps` (`None`: all), refused from `expires_at` on. The key is in what this
    /// gives, and nowhere else.
    ///
    /// # Errors
    /// As [`load`](Self::load); `Refused`: the name or the apps cannot be; `Write`, `Full`: nothing
    /// was changed.
    pub fn add(
        &mut self,
        name: &str,
        apps: Option<&[AppId]>,
        expires_at: Option<i64>,
        now: i64,
    ) -> Result<(KeyRecord, ApiKey), KeyFileError> {
        let refused = |why| Err(KeyFileError::Refused { why });
        match (name_fault(name), expires_at) {
            (Some(why), _) => return refused(why),
            (None, Some(end)) if end <= now => return refused("it would have expired already"),
            _ if apps.is_some_and(<[AppId]>::is_empty) => return refused("no app is named"),
            _ => (),
        }
        self.change(|keys| {
            let key = ApiKey::random().map_err(|_| KeyFileError::NoRandomness)?;
            let record = KeyRecord {
                id: new_id(keys)?,
                name: name.to_owned(),
                hash: KeyHash::of(key.expose()).ok_or(KeyFileError::NoRandomness)?,
                apps: apps.map(<[AppId]>::to_vec),
                created_at: now,
                expires_at,
            };
            keys.push(record.clone());
            Ok((record, key))
        })
    }

    /// Takes a key out. A running relay refuses it within seconds.
    ///
    /// # Errors
    /// As [`load`](Self::load); `NoSuchKey`; `Write`: nothing was changed.
    pub fn revoke(&mut self, id: &str) -> Result<KeyRecord, KeyFileError> {
        self.change(|keys| match keys.iter().position(|key| key.id == id) {
            Some(place) => Ok(keys.remove(place)),
            None => Err(KeyFileError::NoSuchKey { id: id.to_owned() }),
        })
    }

    /// Reads again under the lock, since another may have changed the file after it was loaded.
    fn change<T>(
        &mut self,
        edit: impl FnOnce(&mut Vec<KeyRecord>) -> Result<T, KeyFileError>,
    ) -> Result<T, KeyFileError> {
        let _lock = self.lock()?;
        let mut keys = read(&self.path)?;
        let outcome = edit(&mut keys)?;
        self.keys = self.write(keys)?;
        Ok(outcome)
    }

    /// On a file of its own: the keys file is replaced, and a lock on it would go with the old one.
    fn lock(&self) -> Result<File, KeyFileError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|source| self.unwritten(source))?;
        file.lock().map_err(|source| self.unwritten(source))?;
        Ok(file)
    }

    fn write(&self, keys: Vec<KeyRecord>) -> Result<Vec<KeyRecord>, KeyFileError> {
        let content = Content { version: VERSION, keys };
        let mut text =
            serde_json::to_vec_pretty(&content).map_err(|error| self.unwritten(error.into()))?;
        text.push(b'\n');
        if text.len() > KEY_FILE_BYTES_MAX {
            return Err(KeyFileError::Full { path: self.path.clone() });
        }
        replace(&self.path, &text).map_err(|source| self.unwritten(source))?;
        Ok(content.keys)
    }

    fn unwritten(&self, source: io::Error) -> KeyFileError {
        KeyFileError::Write { path: self.path.clone(), source }
    }
}

/// The keys that a file holds.
pub(super) fn read(path: &Path) -> Result<Vec<KeyRecord>, KeyFileError> {
    judge(path, read_guarded(path, KEY_FILE_BYTES_MAX, Guarded::Private))
}

/// The keys in what was read of a file: all of them good, or none.
pub(super) fn judge(
    path: &Path,
    read: Result<Vec<u8>, FileError>,
) -> Result<Vec<KeyRecord>, KeyFileError> {
    let malformed = |why| KeyFileError::Malformed { path: path.to_owned(), why };
    let text = match read {
        Err(FileError::Missing { .. }) => return Ok(Vec::new()),
        read => read?,
    };
    let content: Content = serde_json::from_slice(&text).map_err(|error| malformed(why(&error)))?;
    if content.version != VERSION {
        return Err(malformed(format!("version: is {}, this relay reads 1", content.version)));
    }
    let (mut ids, mut hashes) = (HashSet::new(), HashSet::new());
    for (index, key) in content.keys.iter().enumerate() {
        let twice = || (!ids.insert(&key.id)).then_some("id: another key has it");
        let same = || (!hashes.insert(key.hash)).then_some("hash: another key has it");
        if let Some(fault) = key.fault().or_else(twice).or_else(same) {
            return Err(malformed(format!("key number {}: {fault}", index + 1)));
        }
    }
    Ok(content.keys)
}

/// serde's messages quote values; one of them may be a key that was pasted into a wrong member.
fn why(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.contains(PREFIX) {
        true => format!("an API key in clear stands in line {}; revoke it", error.line()),
        false => message,
    }
}

fn new_id(keys: &[KeyRecord]) -> Result<String, KeyFileError> {
    loop {
        let mut bytes = [0; 4];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| KeyFileError::NoRandomness)?;
        let id = format!("k_{}", HEXLOWER.encode(&bytes));
        if keys.iter().all(|key| key.id != id) {
            return Ok(id);
        }
    }
}

/// Writes beside the file, then renames over it. Where the path is a link, its target is replaced.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut draft = NamedTempFile::new_in(directory)?;
    draft.write_all(text)?;
    keep_owner(&path, draft.as_file())?;
    draft.as_file().sync_all()?;
    draft.persist(&path)?;
    // Or a power cut could bring the old file back, and a revoked key with it.
    File::open(directory)?.sync_all()
}

/// A key that root adds must be readable for the relay, which is not root: the file keeps its owner,
/// and a new one gets its directory's.
fn keep_owner(path: &Path, draft: &File) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = || fs::metadata(parent.unwrap_or(Path::new(".")));
    let (Ok(old), new) = (fs::metadata(path).or_else(|_| directory()), draft.metadata()?) else {
        return Ok(());
    };
    match (old.uid(), old.gid()) == (new.uid(), new.gid()) {
        true => Ok(()),
        false => fchown(draft, Some(old.uid()), Some(old.gid())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn keys_file() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("relay-keys.json");
        (directory, path)
    }

    fn write(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    #[test]
    fn a_key_is_kept_as_its_hash_in_a_file_of_its_owner() {
        let (directory, path) = keys_file();
        let mut file = KeyFile::load(&path).unwrap();
        assert!(file.list().is_empty(), "no file, no keys");
        let (record, key) = file.add("web shop", Some(&[AppId(7)]), Some(NOW + 60), NOW).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&key.expose()[5..]), "the key itself is nowhere");
        assert!(
            text.contains(r#""version": 1"#) && text.contains(r#""name": "web shop""#),
            "{text}"
        );
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(KeyFile::load(&path).unwrap().list(), [record]);
        let names = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(names, 2, "the keys and the lock, no draft");
    }

    #[test]
    fn what_another_process_added_is_kept_and_revoking_takes_one_key() {
        let (_directory, path) = keys_file();
        let (mut one, mut two) = (KeyFile::load(&path).unwrap(), KeyFile::load(&path).unwrap());
        let (first, _) = one.add("one", None, None, NOW).unwrap();
        let (second, _) = two.add("two", None, None, NOW).unwrap();
        assert_eq!(two.list(), [first.clone(), second.clone()]);
        assert_eq!(one.revoke(&second.id).unwrap(), second);
        assert_eq!(one.list(), [first]);
        assert!(matches!(one.revoke(&second.id), Err(KeyFileError::NoSuchKey { .. })));
    }

    #[test]
    fn many_that_change_the_file_at_once_lose_no_key() {
        let (_directory, path) = keys_file();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let mut file = KeyFile::load(&path).unwrap();
                scope.spawn(move || file.add(&format!("key {number}"), None, None, NOW).unwrap());
            }
        });
        assert_eq!(KeyFile::load(&path).unwrap().list().len(), 8);
    }

    #[test]
    fn when_writing_fails_the_old_file_stays() {
        let (directory, path) = keys_file();
        let mut file = KeyFile::load(&path).unwrap();
        file.add("one", None, None, NOW).unwrap();
        let before = fs::read(&path).unwrap();
        let many: Vec<_> = (0..KEY_FILE_BYTES_MAX / 8).map(|_| AppId(7)).collect();
        assert!(matches!(file.add("two", Some(&many), None, NOW), Err(KeyFileError::Full { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(file.list().len(), 1);

        let parent = directory.path().join("parent");
        fs::write(&parent, "a file").unwrap();
        let mut below = KeyFile { path: parent.join("keys.json"), keys: Vec::new() };
        assert!(matches!(below.add("one", None, None, NOW), Err(KeyFileError::Write { .. })));
        assert_eq!(fs::read(&parent).unwrap(), b"a file");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let (_directory, path) = keys_file();
        KeyFile::load(&path).unwrap().add("one", None, None, NOW).unwrap();
        for mode in [0o644, 0o640, 0o602] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = KeyFile::load(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_link_stays_a_link() {
        let (directory, path) = keys_file();
        let target = directory.path().join("target.json");
        KeyFile::load(&target).unwrap().add("one", None, None, NOW).unwrap();
        std::os::unix::fs::symlink(&target, &path).unwrap();
        KeyFile::load(&path).unwrap().add("two", None, None, NOW).unwrap();
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
        assert_eq!(KeyFile::load(&target).unwrap().list().len(), 2);
    }

    #[test]
    fn a_file_with_anything_else_in_it_is_refused() {
        let (_directory, path) = keys_file();
        let hash = "a".repeat(64);
        let key = |id: &str, hash: &str, more: &str| {
            format!(r#"{{"id":"{id}","name":"n","hash":"{hash}","created_at":1{more}}}"#)
        };
        let file = |version: u32, keys: &str| format!(r#"{{"version":{version},"keys":[{keys}]}}"#);
        let good = key("k_00000001", &hash, "");
        write(&path, &file(1, &good));
        assert_eq!(KeyFile::load(&path).unwrap().list().len(), 1);
        for (text, why) in [
            (String::new(), "EOF"),
            (file(2, &good), "version"),
            (file(1, &format!("{good},{}", key("k_00000001", &"b".repeat(64), ""))), "id"),
            (file(1, &format!("{good},{}", key("k_00000002", &hash, ""))), "hash"),
            (file(1, &key("k_1", &hash, "")), "id"),
            (file(1, &key("k_00000001", "aa", "")), "hash"),
            (file(1, &key("k_00000001", &hash, r#","apps":[]"#)), "apps"),
            (file(1, &key("k_00000001", &hash, r#","Admin":true"#)), "Admin"),
        ] {
            write(&path, &text);
            let error = KeyFile::load(&path).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn a_key_pasted_into_the_file_is_not_repeated_in_the_error() {
        let (_directory, path) = keys_file();
        let secret = "tgrk_pasted";
        for text in [
            format!(r#"{{"version":"{secret}","keys":[]}}"#),
            format!(r#"{{"version":1,"keys":[],"{secret}":1}}"#),
            format!(
                r#"{{"version":1,"keys":[{{"id":"k_00000001","name":"n","hash":"{secret}","created_at":1}}]}}"#
            ),
        ] {
            write(&path, &text);
            let error = format!("{0} {0:?}", KeyFile::load(&path).unwrap_err());
            assert!(!error.contains("pasted"), "{error}");
        }
    }

    #[test]
    fn a_key_that_nobody_could_use_or_recognise_is_not_made() {
        let (_directory, path) = keys_file();
        let mut file = KeyFile::load(&path).unwrap();
        let long = "n".repeat(101);
        for (name, apps, end) in [
            ("", None, None),
            ("two\nlines", None, None),
            (&long, None, None),
            ("tgrk_pasted", None, None),
            ("shop", Some(&[][..]), None),
            ("shop", None, Some(NOW)),
        ] {
            let made = file.add(name, apps, end, NOW);
            assert!(matches!(made, Err(KeyFileError::Refused { .. })), "{name} {apps:?} {end:?}");
        }
        assert!(!path.exists());
    }
}
