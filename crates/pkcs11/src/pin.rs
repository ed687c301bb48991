//! Where the PIN lies: a 0600 file, or a systemd credential.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::TokenError;
use crate::limits::PIN_BYTES_MAX;

/// The file that holds the PIN, in its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PinSource {
    /// A file of ours; refused when group or others may touch it.
    File(PathBuf),
    /// A systemd credential; systemd guards the directory and shows its ACL as group bits.
    Credential(PathBuf),
}

/// A PIN, which shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pin(Zeroizing<String>);

impl PinSource {
    /// Finds the PIN: `configured` if it names a file, else the credential `tonegate-pin` if systemd
    /// passed one (`credentials`: the value of `$CREDENTIALS_DIRECTORY`).
    #[must_use]
    pub fn find(configured: &Path, credentials: Option<&Path>) -> Option<Self> {
        if !configured.as_os_str().is_empty() {
            return Some(Self::File(configured.to_owned()));
        }
        credentials.map(|directory| Self::Credential(directory.join("tonegate-pin")))
    }

    fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Credential(path) => path,
        }
    }

    /// Looked at through the open file: nobody can exchange it in between.
    pub(crate) fn read(&self) -> Result<Pin, TokenError> {
        let failed = |error: std::io::Error| TokenError::pin_file(self.path(), &error);
        let file = File::open(self.path()).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        let forbidden = match self {
            Self::File(_) => 0o077,
            Self::Credential(_) => 0o007,
        };
        if mode & forbidden != 0 {
            return Err(TokenError::PinExposed { path: self.path().to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(PIN_ROOM));
        file.take(PIN_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
        let pin = Zeroizing::new(text.lines().next().unwrap_or_default().to_owned());
        if pin.is_empty() {
            let fault = "the file is empty".to_owned();
            return Err(TokenError::PinFile { path: self.path().to_owned(), fault });
        }
        Ok(Pin(pin))
    }
}

/// Enough that reading never moves it.
const PIN_ROOM: usize = 512;

impl Pin {
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn a_pin_is_the_first_line_of_a_file_that_is_its_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pin");
        let source = PinSource::find(&path, None).unwrap();
        assert!(matches!(source.read(), Err(TokenError::PinFile { .. })));
        fs::write(&path, "739154\nthe token in the left rack\n").unwrap();
        for mode in [0o640, 0o604, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let text = source.read().unwrap_err().to_string();
            assert!(text.ends_with(&format!("chmod 600 {}", path.display())), "{text}");
            assert!(!text.contains("739154"));
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let pin = source.read().unwrap();
        assert_eq!((pin.expose(), format!("{pin:?}").as_str()), ("739154", "Pin(…)"));
        fs::write(&path, "\n").unwrap();
        assert!(matches!(source.read(), Err(TokenError::PinFile { .. })));
    }

    #[test]
    fn a_configured_file_comes_before_a_credential() {
        let (file, credentials) = (Path::new("/etc/pin"), Path::new("/run/credentials"));
        assert_eq!(
            PinSource::find(file, Some(credentials)),
            Some(PinSource::File("/etc/pin".into()))
        );
        let credential = PinSource::Credential("/run/credentials/tonegate-pin".into());
        assert_eq!(PinSource::find(Path::new(""), Some(credentials)), Some(credential));
        assert_eq!(PinSource::find(Path::new(""), None), None);
    }
}
