//! Licences on disk, one file an app, so that a restart during an outage costs nothing.
//!
//! Invariant: a file is the old or the new one whole, whenever the process ends, and only its owner may
//! read it. What is read back is checked anew: a damaged file, another app's, or a licence that the
//! issuer did not sign is not used, and said to be so.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::PathBuf;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tonegate_protocol::AppId;

use crate::cached::{CachedLicense, times};
use crate::limits::{FILE_BYTES_MAX, OFFSET_MAX};
use crate::trust::{Trust, Verified};

/// What drafts begin with: those that a killed process left are removed.
const DRAFT: &str = ".draft-";

/// A directory of cached licences. A clone is the same one. Give each process its own: another one
/// that starts on it removes what this one is just writing, which costs one write.
#[derive(Debug, Clone)]
pub struct CacheDirectory(PathBuf);

/// What was kept for an app.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) license: CachedLicense,
    /// The issuer's time less this machine's when it was written, seconds.
    pub(crate) clock_offset: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    app_id: AppId,
    license: String,
    fetched_at: i64,
    clock_offset: i64,
    server: String,
    request_id: Option<String>,
    /// Of all the above: tells a damaged file. It proves nothing about who wrote it.
    sha256: String,
}

impl CacheDirectory {
    /// The directory, made where it is not there (0700), without what a killed process left.
    ///
    /// # Errors
    /// It cannot be made, or others may write in it: they could exchange an opaque licence.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        let mode = fs::metadata(&directory)?.permissions().mode() & 0o777;
        if mode & 0o022 != 0 {
            let why = format!("others may write in it (mode {mode:03o}); type: chmod 700 it");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        let directory = Self(directory);
        directory.remove_drafts()?;
        Ok(directory)
    }

    /// The file of an app.
    pub(crate) fn file(&self, app_id: AppId) -> PathBuf {
        self.0.join(format!("{app_id}.json"))
    }

    /// Writes what is kept for an app. When this returns, it survives a loss of power.
    pub(crate) fn write(&self, app_id: AppId, kept: &Kept) -> io::Result<()> {
        let mut draft = tempfile::Builder::new().prefix(DRAFT).tempfile_in(&self.0)?;
        draft.write_all(&serde_json::to_vec_pretty(&Record::of(app_id, kept))?)?;
        self.place(draft, app_id)
    }

    fn place(&self, draft: NamedTempFile, app_id: AppId) -> io::Result<()> {
        draft.as_file().sync_all()?;
        draft.persist(self.file(app_id))?;
        File::open(&self.0)?.sync_all()
    }

    fn remove_drafts(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            if name.to_string_lossy().starts_with(DRAFT) {
                // It is only in the way.
                let _ = fs::remove_file(self.0.join(name));
            }
        }
        Ok(())
    }

    /// What was kept for an app; `None`: nothing. `now`: Unix seconds by this machine's clock.
    pub(crate) fn read(
        &self,
        app_id: AppId,
        trust: Option<&Trust>,
        now: i64,
    ) -> io::Result<Option<Kept>> {
        let file = match File::open(self.file(app_id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut text = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut text)?;
        kept(&text, app_id, trust, now).map(Some).map_err(io::Error::other)
    }
}

impl Record {
    fn of(app_id: AppId, kept: &Kept) -> Self {
        let CachedLicense { license, fetched_at, server, request_id, .. } = kept.license.clone();
        let record = Self {
            version: 1,
            app_id,
            license,
            fetched_at,
            clock_offset: kept.clock_offset,
            server,
            request_id,
            sha256: String::new(),
        };
        Self { sha256: record.digest(), ..record }
    }

    fn digest(&self) -> String {
        let parts = format!(
            "{}\n{}\n{}\n{}\n{}\n{:?}\n{}",
            self.version,
            self.app_id,
            self.fetched_at,
            self.clock_offset,
            self.server,
            self.request_id,
            self.license
        );
        HEXLOWER.encode(digest::digest(&digest::SHA256, parts.as_bytes()).as_ref())
    }
}

/// Reads a file's text, or says what is wrong with it.
fn kept(text: &[u8], app_id: AppId, trust: Option<&Trust>, now: i64) -> Result<Kept, String> {
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err("it is larger than any cached licence".to_owned());
    }
    let record: Record = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if record.version != 1 {
        return Err(format!("it has version {}, and this one reads 1", record.version));
    }
    if record.sha256 != record.digest() {
        return Err("it was altered or damaged".to_owned());
    }
    if record.app_id != app_id {
        return Err(format!("it is app {}'s", record.app_id));
    }
    let verified = verified(&record, trust, now)?;
    let (issued_at, expire_at, expire_at_basis) = times(record.fetched_at, verified);
    let Record { license, fetched_at, clock_offset, server, request_id, .. } = record;
    let license = CachedLicense {
        license,
        fetched_at,
        issued_at,
        expire_at,
        expire_at_basis,
        server,
        request_id,
    };
    Ok(Kept { license, clock_offset })
}

/// What the licence says of itself, where it can be read; what cannot be true is refused.
fn verified(record: &Record, trust: Option<&Trust>, now: i64) -> Result<Option<Verified>, String> {
    if record.clock_offset.unsigned_abs() > OFFSET_MAX.unsigned_abs() {
        return Err("its clock offset is over 24 h".to_owned());
    }
    if let Some(trust) = trust {
        let (_, verified) = trust
            .authentic(&record.license, record.app_id)
            .map_err(|reason| format!("its licence cannot be used: {reason}"))?;
        return Ok(Some(verified));
    }
    // Nothing but this bounds how long an opaque licence would last.
    if record.fetched_at > now.saturating_add(record.clock_offset).saturating_add(OFFSET_MAX) {
        return Err(
            "it was fetched in the future, or this machine's clock is far behind".to_owned()
        );
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cached::ExpireAtBasis;
    use crate::limits::OPAQUE_SECS;

    const APP: AppId = AppId(12345);
    const NOW: i64 = 1_763_838_400;

    fn sample() -> Kept {
        let license = CachedLicense {
            license: "opaque \"text\"".to_owned(),
            fetched_at: NOW,
            issued_at: NOW,
            expire_at: NOW + OPAQUE_SECS,
            expire_at_basis: ExpireAtBasis::Fetch,
            server: "a:1".to_owned(),
            request_id: None,
        };
        Kept { license, clock_offset: -7 }
    }

    #[test]
    fn what_is_written_is_read_back_and_nobody_elses_to_read() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("cache");
        DirBuilder::new().mode(0o700).create(&directory).unwrap();
        fs::write(directory.join(".draft-left"), "half").unwrap();
        let disk = CacheDirectory::open(&directory).unwrap();
        assert_eq!(disk.read(APP, None, NOW).unwrap(), None);
        disk.write(APP, &sample()).unwrap();
        assert_eq!(disk.read(APP, None, NOW).unwrap(), Some(sample()));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&directory), mode(&disk.file(APP))), (0o700, 0o600));
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "no draft is left");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o770)).unwrap();
        let refused = CacheDirectory::open(&directory).unwrap_err();
        assert!(refused.to_string().contains("chmod 700"), "{refused}");
    }

    #[test]
    fn what_is_not_as_it_was_written_is_refused() {
        let good = serde_json::to_string(&Record::of(APP, &sample())).unwrap();
        let refused = |text: &str, now| kept(text.as_bytes(), APP, None, now).unwrap_err();
        assert!(kept(good.as_bytes(), APP, None, NOW).is_ok());
        for (from, to) in [("opaque", "0paque"), ("1763838400", "1763838401"), ("-7", "-8")] {
            assert_eq!(refused(&good.replace(from, to), NOW), "it was altered or damaged");
        }
        for length in 0..good.len() {
            refused(&good[..length], NOW);
        }
        refused(&good.replace("\"version\":1", "\"version\":2"), NOW);
        let other = serde_json::to_string(&Record::of(AppId(1), &sample())).unwrap();
        assert_eq!(refused(&other, NOW), "it is app 1's");
        assert!(refused(&good, NOW - 2 * OFFSET_MAX).contains("future"));
    }
}
