//! Where the key-encryption key lies: a 0600 file, or a systemd credential.
//!
//! Invariant: a key file is either whole or absent (it is linked into place after it was written and
//! synced), never replaced, and never readable by others while it is used.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use super::{Kek, SealError};

/// The file that holds the key: 64 hex characters and a line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KekSource {
    /// A file of ours; refused when group or others may touch it.
    File(PathBuf),
    /// A systemd credential; systemd guards the directory and shows its ACL as group bits.
    Credential(PathBuf),
}

impl KekSource {
    /// Finds the key: `configured` if given, else the credential `tonegate-kek` if systemd passed
    /// one (`credentials`: the value of `$CREDENTIALS_DIRECTORY`), else `kek.key` in `data`.
    pub fn find(configured: Option<&Path>, credentials: Option<&Path>, data: &Path) -> Self {
        if let Some(path) = configured {
            return Self::File(path.to_owned());
        }
        match credentials.map(|directory| directory.join("tonegate-kek")) {
            Some(path) if path.exists() => Self::Credential(path),
            _ => Self::File(data.join("kek.key")),
        }
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Credential(path) => path,
        }
    }

    /// Reads the key.
    pub fn load(&self) -> Result<Kek, SealError> {
        Kek::from_bytes(&*self.read()?)
    }

    /// Reads the key's bytes, for whoever puts them in a safe place.
    pub fn read(&self) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let file = File::open(self.path()).map_err(|source| self.failed(source))?;
        self.check_mode(&file)?;
        // One byte more than a good file can have, so that a longer one is seen.
        let mut text = Zeroizing::new(Vec::with_capacity(66));
        file.take(66).read_to_end(&mut text).map_err(|source| self.failed(source))?;
        let mut key = Zeroizing::new([0; 32]);
        let text = text.strip_suffix(b"\n").unwrap_or(&text);
        match text.len() {
            64 => HEXLOWER_PERMISSIVE.decode_mut(text, &mut *key).map_err(|_| self.damaged())?,
            _ => return Err(self.damaged()),
        };
        Ok(key)
    }

    /// Makes a random key, mode 0600. `Err(KekFile)` with `AlreadyExists` if there is a file.
    pub fn create(&self) -> Result<Kek, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(&mut *key).map_err(|_| SealError::Crypto)?;
        self.keep(&key)
    }

    /// Writes a key that was kept in a safe place, mode 0600. `Err(KekFile)` as with `create`.
    pub fn keep(&self, key: &[u8; 32]) -> Result<Kek, SealError> {
        let mut text = Zeroizing::new(HEXLOWER.encode(key));
        text.push('\n');
        self.publish(text.as_bytes()).map_err(|source| self.failed(source))?;
        Kek::from_bytes(key)
    }

    /// A hard link fails where a file exists, so of two processes that create, one wins whole.
    fn publish(&self, text: &[u8]) -> io::Result<()> {
        let draft = self.path().with_extension(format!("{}.new", std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        let linked = file
            .write_all(text)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::hard_link(&draft, self.path()));
        fs::remove_file(&draft)?;
        linked?;
        // The new directory entry must survive a power cut, or the database outlives its key.
        match self.path().parent() {
            Some(directory) if directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    }

    fn check_mode(&self, file: &File) -> Result<(), SealError> {
        let mode = file.metadata().map_err(|source| self.failed(source))?.permissions().mode();
        let forbidden = match self {
            Self::File(_) => 0o077,
            Self::Credential(_) => 0o007,
        };
        match mode & forbidden {
            0 => Ok(()),
            _ => Err(SealError::KekExposed { path: self.path().into(), mode: mode & 0o777 }),
        }
    }

    fn failed(&self, source: io::Error) -> SealError {
        let path = self.path().to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => SealError::KekMissing { path },
            _ => SealError::KekFile { path, source },
        }
    }

    fn damaged(&self) -> SealError {
        SealError::KekDamaged { path: self.path().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_created_key_is_0600_loads_again_and_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let source = KekSource::find(None, None, directory.path());
        assert!(matches!(source.load(), Err(SealError::KekMissing { .. })));
        let created = source.create().unwrap();
        let mode = fs::metadata(source.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(source.create(), Err(SealError::KekFile { .. })));
        assert_eq!(source.load().unwrap().fingerprint(), created.fingerprint());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft stays behind");
    }

    #[test]
    fn a_key_that_others_may_read_is_refused_with_the_command_to_type() {
        let directory = tempfile::tempdir().unwrap();
        let source = KekSource::find(None, None, directory.path());
        source.create().unwrap();
        for mode in [0o640, 0o604, 0o620, 0o666] {
            set_mode(source.path(), mode);
            let text = source.load().unwrap_err().to_string();
            assert!(text.ends_with(&format!("chmod 600 {}", source.path().display())), "{text}");
        }
    }

    #[test]
    fn a_damaged_key_is_told_from_a_missing_one() {
        let directory = tempfile::tempdir().unwrap();
        let source = KekSource::File(directory.path().join("other.key"));
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66)] {
            fs::write(source.path(), text).unwrap();
            set_mode(source.path(), 0o600);
            assert!(matches!(source.load(), Err(SealError::KekDamaged { .. })), "{text:?}");
        }
    }

    #[test]
    fn a_configured_path_comes_before_a_credential_and_that_before_the_data_directory() {
        let directory = tempfile::tempdir().unwrap();
        let (credentials, data) = (directory.path(), Path::new("/data"));
        let found = |configured| KekSource::find(configured, Some(credentials), data);
        assert_eq!(found(None), KekSource::File("/data/kek.key".into()));
        let credential = credentials.join("tonegate-kek");
        fs::write(&credential, format!("{}\n", "5".repeat(64))).unwrap();
        set_mode(&credential, 0o440);
        assert_eq!(found(None), KekSource::Credential(credential));
        assert!(found(None).load().is_ok());
        let configured = Path::new("/etc/kek");
        assert_eq!(found(Some(configured)), KekSource::File(configured.into()));
    }
}
