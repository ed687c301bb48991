//! The data directory: what lies where in it, and the file that says which installation it is.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Environment;
use crate::store::Database;

/// An installation's directory.
#[derive(Debug, Clone)]
pub struct DataDir(PathBuf);

/// `pins.json`: what apps are built with, and which installation and issuer that belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinsFile {
    /// The installation's id.
    pub installation_id: String,
    /// The issuer's name.
    pub issuer: String,
    /// The world it answers for.
    pub environment: Environment,
    /// The two root keys, active and standby, as apps pin them.
    pub pins: String,
}

impl DataDir {
    /// The directory at `path`, whether it is there or not.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The SQLite database, where the installation is kept in one.
    #[must_use]
    pub fn database(&self) -> Database {
        Database::Sqlite(self.database_file())
    }

    /// Its file.
    #[must_use]
    pub fn database_file(&self) -> PathBuf {
        self.0.join("tonegate.db")
    }

    /// What apps pin.
    #[must_use]
    pub fn pins(&self) -> PathBuf {
        self.0.join("pins.json")
    }

    /// The replay guard's journal.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// Signatures of licences minted ahead.
    #[must_use]
    pub fn preminted(&self) -> PathBuf {
        self.0.join("preminted")
    }

    /// Sealed issuing keys that wait for their certificates from a ceremony.
    #[must_use]
    pub fn pending_keys(&self) -> PathBuf {
        self.0.join("pending-keys.json")
    }

    /// The directory's sealed copy, for starts without the database.
    #[must_use]
    pub fn copy(&self) -> PathBuf {
        self.0.join("directory.copy")
    }

    /// When the database was last heard of, sealed.
    #[must_use]
    pub fn contact(&self) -> PathBuf {
        self.0.join("last.contact")
    }

    /// This server's own id among those of its installation.
    #[must_use]
    pub fn node_id(&self) -> PathBuf {
        self.0.join("node-id")
    }

    /// Is there an installation in it, database and all?
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.database_file().exists()
    }

    /// Makes the directory (0700), unless it is there.
    pub(crate) fn make_private(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Makes the directory whole or not at all: `fill` works in a new one beside it, which then takes
    /// its name. An empty directory of that name gives way.
    pub(crate) async fn make<T, E: From<io::Error>>(
        &self,
        fill: impl AsyncFnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = std::path::absolute(&self.0)?;
        let parent = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let draft = Self(parent.join(format!(".{name}.{:016x}", fastrand::u64(..))));
        DirBuilder::new().mode(0o700).create(&draft.0)?;
        let filled = fill(&draft).await;
        let renamed = match &filled {
            Ok(_) => fs::rename(&draft.0, &path).and_then(|()| File::open(parent)?.sync_all()),
            Err(_) => Ok(()),
        };
        if filled.is_err() || renamed.is_err() {
            // What is left of a failed draft is of no use, and nobody waits for it.
            let _ = fs::remove_dir_all(&draft.0);
        }
        renamed?;
        filled
    }
}

impl PinsFile {
    /// Reads it.
    pub fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read(path)?;
        serde_json::from_slice(&text).map_err(|error| io::Error::other(error.to_string()))
    }

    /// Writes it in one step: the old or the new one is there, never half of one.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        write_atomically(path, 0o644, (text + "\n").as_bytes())
    }
}

/// Writes a file beside the old one, then puts it in its place.
pub fn write_atomically(path: &Path, mode: u32, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = directory.join(format!(".{name}.{:016x}", fastrand::u64(..)));
    let written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft).and_then(
        |mut file| {
            file.write_all(content)?;
            file.sync_all()
        },
    );
    let placed = written.and_then(|()| fs::rename(&draft, path));
    if placed.is_err() {
        let _ = fs::remove_file(&draft);
    }
    placed?;
    File::open(directory)?.sync_all()
}
