//! A sealed copy of the directory on this server's own disk, for starts while the database is away.
//!
//! Only where the database is elsewhere: an installation on SQLite has its file. Invariants: a copy is
//! whole or not there (written beside the old one, then renamed); it is taken up whole or not at all;
//! it opens for its own installation and key-encryption key alone; how long ago the database was last
//! heard of stands beside it, and goes with it. It holds what licences need (apps, secrets, issuing keys)
//! and nothing that people do: no users, no audit, no usage. Leaves to others: when to write one
//! ([`keep`]), what the directory is made of (`directory`), what to do without a database (`service`).

pub(crate) mod contact;
mod frames;
pub(crate) mod keep;
mod records;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data_dir::{DataDir, write_atomically};
use crate::directory::{Draft, Kept};
use crate::model::Policies;
use crate::seal::{Kek, Label, Sealed};
use crate::store::StoredIssuingKey;
use crate::watch;
use contact::Contact;
pub(crate) use frames::Head;
use frames::{Reader, Writer};
pub(crate) use records::InstallationRecord;
use records::{Decoder, Encoder};

/// Why a copy on disk is of no use. Nothing of it was taken up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// There is none.
    #[error(
        "this server has no copy of the directory yet: it makes one at its first start with the database"
    )]
    Missing,
    /// It cannot be read.
    #[error("the copy of the directory cannot be read: {0}")]
    Io(#[source] io::Error),
    /// The file is something else.
    #[error("the file is no copy of a directory; remove it")]
    NoCopy,
    /// A newer program wrote it.
    #[error(
        "the copy of the directory has format {found}, and this program reads {known}; use the newer program"
    )]
    Format {
        /// The file's.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// It is another installation's.
    #[error(
        "the copy of the directory is of installation {found}, and this is {expected}; remove it"
    )]
    Foreign {
        /// The copy's.
        found: String,
        /// This one, as in `pins.json`.
        expected: String,
    },
    /// Another key sealed it.
    #[error(
        "the copy of the directory was sealed with the key-encryption key {found}, and the key here \
         is {expected}; put back the key that fits, or remove the copy"
    )]
    OtherKek {
        /// The copy's fingerprint.
        found: String,
        /// The fingerprint of the key given.
        expected: String,
    },
    /// It does not open, or does not say what it should.
    #[error("the copy of the directory is damaged; remove it")]
    Damaged,
    /// The database was last heard of too long ago.
    #[error(
        "the database was last heard of {age_hours} hours ago, and \
         directory.serve_without_database_hours is {limit_hours}: bring the database back"
    )]
    TooOld {
        /// How long ago, hours.
        age_hours: i64,
        /// The limit, hours.
        limit_hours: i64,
    },
    /// The clock is before the moment at which the copy was last in use.
    #[error(
        "the machine's clock is {secs} s before the moment at which this server last ran; set the \
         clock, or bring the database back"
    )]
    ClockBack {
        /// By how much.
        secs: i64,
    },
}

/// What is written.
pub(crate) struct Contents<'a> {
    pub(crate) installation_id: &'a str,
    pub(crate) installation: InstallationRecord,
    pub(crate) keys: &'a [StoredIssuingKey],
    pub(crate) apps: Kept,
}

/// What was read.
pub(crate) struct Loaded {
    pub(crate) head: Head,
    pub(crate) installation: InstallationRecord,
    pub(crate) keys: Vec<StoredIssuingKey>,
    pub(crate) draft: Draft,
    pub(crate) policies: Policies,
    pub(crate) contact: Contact,
}

/// What stands beside the copy.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactFile {
    /// The copy that it goes with; another copy's says nothing.
    copy: String,
    contact: Contact,
}

/// Writes a copy in the place of the last one. Disk work of a second for a million apps.
pub(crate) fn write(data: &DataDir, kek: &Kek, contents: &Contents<'_>) -> io::Result<Head> {
    let path = data.copy();
    let draft = draft_of(&path);
    let written = write_draft(&draft, kek, contents);
    let placed = written.and_then(|head| fs::rename(&draft, &path).map(|()| head));
    if placed.is_err() {
        // A disk that is full has better use for its space.
        let _ = fs::remove_file(&draft);
    }
    let head = placed?;
    File::open(data.path())?.sync_all()?;
    Ok(head)
}

/// One name: only one server works in a data directory, and a crash leaves one draft.
fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("copy.draft")
}

fn write_draft(path: &Path, kek: &Kek, contents: &Contents<'_>) -> io::Result<Head> {
    // Anew, for its mode: what lies there may be anybody's.
    let _ = fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let head = Head::new(contents.installation_id, kek, contents.apps.revision())?;
    let mut writer = Writer::new(file, kek, &head)?;
    let installation = serde_json::to_vec(&contents.installation).map_err(io::Error::other)?;
    writer.record(records::INSTALLATION, &installation)?;
    for key in contents.keys {
        writer.record(records::KEY, &records::key_record(key))?;
    }
    let mut encoder = Encoder::default();
    for entry in contents.apps.apps() {
        encoder.app(entry, |tag, body| writer.record(tag, body))?;
    }
    writer.finish()?.sync_all()?;
    Ok(head)
}

/// Reads the copy of `installation`, whole.
pub(crate) fn load(data: &DataDir, kek: &Kek, installation: &str) -> Result<Loaded, CopyError> {
    let file = File::open(data.copy()).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => CopyError::Missing,
        _ => CopyError::Io(error),
    })?;
    let reader = Reader::new(io::BufReader::new(file), kek, installation)?;
    let (mut installation, mut keys) = (None, Vec::new());
    let (mut draft, mut decoder) = (Draft::of_all(), Decoder::default());
    let head = reader.records(|tag, body| match tag {
        records::INSTALLATION => {
            installation = serde_json::from_slice(body).ok();
            installation.as_ref().map(|_: &InstallationRecord| ())
        }
        records::KEY => records::read_key(body).map(|key| keys.push(key)),
        records::POLICY => decoder.policy(body),
        records::APP => decoder.app(body, &mut |found| watch::add(&mut draft, found)),
        _ => None,
    })?;
    let installation = installation.ok_or(CopyError::Damaged)?;
    let contact = read_contact(data, kek, &head).unwrap_or(installation.contact);
    let policies = decoder.into_policies();
    Ok(Loaded { head, installation, keys, draft, policies, contact })
}

/// Writes when the database was last heard of.
pub(crate) fn write_contact(
    data: &DataDir,
    kek: &Kek,
    copy: &Head,
    contact: Contact,
) -> io::Result<()> {
    let file = ContactFile { copy: copy.id.clone(), contact };
    let json = serde_json::to_vec(&file).map_err(io::Error::other)?;
    let label = Label::Contact { installation: &copy.installation };
    let sealed = kek.seal(label, &json).map_err(io::Error::other)?;
    write_atomically(&data.contact(), 0o600, sealed.as_bytes())
}

/// `None`: there is none that goes with this copy, so what the copy itself says holds.
fn read_contact(data: &DataDir, kek: &Kek, copy: &Head) -> Option<Contact> {
    let sealed = Sealed::from_bytes(fs::read(data.contact()).ok()?);
    let plain = kek.open(Label::Contact { installation: &copy.installation }, &sealed).ok()?;
    let file: ContactFile = serde_json::from_slice(&plain).ok()?;
    (file.copy == copy.id).then_some(file.contact)
}

#[cfg(test)]
mod tests;
