//! Putting a backup in the place of what is there, as a rollback that says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use data_encoding::HEXLOWER;
use serde::Serialize;
use zeroize::Zeroizing;

use super::archive::{ArchiveReader, Line};
use super::{ArchiveKey, BackupError, Manifest};
use crate::audit::Checkpoint;
use crate::data_dir::PinsFile;
use crate::installation::{Place, pins_file};
use crate::limits::TABLE_PAGE_ROWS;
use crate::seal::Kek;
use crate::store::{
    AuditEntry, AuditFilter, AuditHash, Cell, Cells, Column, Restored, Revision, Store, StoreError,
    Table, Tx, schema_known,
};

/// A backup of which every byte was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// What it is of.
    pub manifest: Manifest,
    /// Rows in all.
    pub rows: u64,
    /// The hashes of the audit entries that were asked for.
    hashes: BTreeMap<i64, AuditHash>,
    /// Serials of its issuing keys.
    serials: BTreeSet<i64>,
    /// The highest rev of an app in it.
    highest_rev: i64,
}

/// What a restore would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// What would be there afterwards.
    #[serde(skip)]
    pub contents: Contents,
    /// What would be undone; `None`: there is nothing at the target.
    pub undone: Option<Undone>,
    /// The newest checkpoint that was kept outside: the entry that it names.
    pub checkpoint_seq: Option<i64>,
}

/// What a restore would undo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Undone {
    /// Changes after the backup.
    pub entries: i64,
    /// The newest of them, newest first.
    pub newest: Vec<AuditEntry>,
    /// Where the target stands.
    pub revision: Revision,
    /// The newest of its audit entries.
    #[serde(skip)]
    head: (i64, Option<AuditHash>),
    /// Issuing keys that the backup does not know, by their serials: what they signed stays valid, but
    /// where the floor was raised for them, devices refuse what older keys sign.
    pub keys: Vec<u32>,
}

/// Most undone entries that a plan names.
const NAMED_MAX: u32 = 1_000;
/// So far an app's rev may have come since, where nobody knows.
const REV_LEAP: i64 = 1_000;

impl Plan {
    /// Compares the backup with the target (`None`: it is empty) and the newest checkpoint.
    ///
    /// `Err(OtherInstallation)`, `Err(OtherHistory)`: they do not belong together.
    pub async fn make(
        contents: Contents,
        target: Option<&Store>,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self, BackupError> {
        let manifest = &contents.manifest;
        if let Some(checkpoint) = checkpoint {
            contents.check_id(&checkpoint.installation_id)?;
            contents.check_hash(checkpoint.seq, checkpoint.hash, "the checkpoint")?;
        }
        let undone = match target {
            Some(store) => Some(undone_at(store, &contents).await?),
            None => None,
        };
        let checkpoint = checkpoint.filter(|checkpoint| checkpoint.seq > manifest.audit_seq);
        let checkpoint_seq = checkpoint.map(|checkpoint| checkpoint.seq);
        Ok(Self { contents, undone, checkpoint_seq })
    }

    /// Changes that are known to be undone by it.
    #[must_use]
    pub fn changes_undone(&self) -> i64 {
        let at_target = self.undone.as_ref().map_or(0, |undone| undone.entries);
        let seen = self.checkpoint_seq.map_or(0, |seq| seq - self.contents.manifest.audit_seq);
        at_target.max(seen)
    }
}

impl Contents {
    fn note(&mut self, section: &Section, row: &[Cell], named: &[i64]) {
        match section.table.name {
            "audit" => {
                let hash = section.audit_hash(row);
                let is_wanted = |seq| named.contains(&seq) || seq == self.manifest.audit_seq;
                self.hashes.extend(hash.filter(|(seq, _)| is_wanted(*seq)));
            }
            "issuing_keys" => self.serials.extend(section.number(row, "serial")),
            "apps" => {
                let rev = section.number(row, "rev");
                self.highest_rev = self.highest_rev.max(rev.unwrap_or(0));
            }
            _ => {}
        }
    }

    fn check_id(&self, found: &str) -> Result<(), BackupError> {
        if self.manifest.installation_id == found {
            return Ok(());
        }
        let backup = self.manifest.installation_id.clone();
        Err(BackupError::OtherInstallation { backup, found: found.to_owned() })
    }

    /// Is entry `seq` the same in the backup, if it has it?
    fn check_hash(
        &self,
        seq: i64,
        found: AuditHash,
        place: &'static str,
    ) -> Result<(), BackupError> {
        match self.hashes.get(&seq) {
            Some(backup) if *backup != found => Err(BackupError::OtherHistory {
                seq,
                backup: backup.to_string(),
                found: found.to_string(),
                place,
            }),
            _ => Ok(()),
        }
    }
}

/// Reads all of a backup, and remembers the hashes of the audit entries `named`.
pub fn read<R: BufRead>(
    file: R,
    key: &ArchiveKey,
    named: &[i64],
    mut progress: impl FnMut(u64),
) -> Result<Contents, BackupError> {
    let mut archive = ArchiveReader::new(file, key)?;
    let manifest = archive.manifest()?;
    let known = schema_known();
    if manifest.schema > known {
        return Err(BackupError::SchemaNewer { found: manifest.schema, known });
    }
    let mut contents = Contents {
        manifest,
        rows: 0,
        hashes: BTreeMap::new(),
        serials: BTreeSet::new(),
        highest_rev: 0,
    };
    while let Some(mut table) = Section::next(&mut archive)? {
        while let Some(row) = table.row(&mut archive)? {
            contents.rows += 1;
            progress(contents.rows);
            contents.note(&table, &row, named);
        }
    }
    match contents.hashes.get(&contents.manifest.audit_seq) {
        Some(hash) if *hash == contents.manifest.audit_hash => Ok(contents),
        _ => Err(BackupError::Damaged("its audit log does not end as its manifest says")),
    }
}

/// Does what `plan` says, in one transaction, as `actor` at `now` (Unix seconds): over `target`, or into the
/// empty database of `place`. `file` is the backup once more. `progress` hears how many rows are done.
pub async fn restore<R: BufRead>(
    plan: &Plan,
    place: &Place,
    target: Option<Store>,
    (file, key): (R, &ArchiveKey),
    (actor, now): (&str, i64),
    mut progress: impl FnMut(u64),
) -> Result<(), BackupError> {
    let manifest = &plan.contents.manifest;
    let (store, mut tx, highest_rev) = match target {
        None => {
            let kek = ready(place, manifest)?;
            let (store, tx) = Store::create_empty(&place.database(), kek, actor, now).await?;
            (store, tx, plan.contents.highest_rev + REV_LEAP)
        }
        Some(store) => {
            let mut tx = store.begin_long(actor, now).await?;
            let found = (tx.revision().await?, tx.audit_head().await?);
            if plan.undone.as_ref().is_none_or(|undone| (undone.revision, undone.head) != found) {
                return Err(BackupError::PlanOutdated);
            }
            let highest = tx.highest_rev().await?;
            tx.clear().await?;
            (store, tx, highest)
        }
    };
    fill(&mut tx, ArchiveReader::new(file, key)?, &mut progress).await?;
    let before = plan.undone.as_ref().map_or(Revision::START, |undone| undone.revision);
    let restored = Restored {
        created_at: manifest.created_at,
        audit_seq: manifest.audit_seq,
        undone: plan.changes_undone(),
        revision: Revision(before.0.max(manifest.revision) + 1),
        highest_rev,
    };
    tx.restored(&restored).await?;
    tx.commit().await?;
    if !place.data.pins().exists() {
        pins_file(&store.meta().await?).write(&place.data.pins())?;
    }
    store.close().await;
    Ok(())
}

/// Readies a place that has no database for the backup's, and has its key there. The replay journal, if there
/// is none, is not made: to the next server it is one that was lost, which refuses what it may have forgotten.
fn ready(place: &Place, manifest: &Manifest) -> Result<Kek, BackupError> {
    if place.data.pins().exists() {
        let found = PinsFile::read(&place.data.pins())?.installation_id;
        if found != manifest.installation_id {
            let backup = manifest.installation_id.clone();
            return Err(BackupError::OtherInstallation { backup, found });
        }
    }
    place.data.make_private()?;
    let source = place.kek_source();
    let kek = match (&manifest.key_encryption_key, source.path().exists()) {
        (Some(key), false) => source.keep(&*bytes(key.text())?)?,
        _ => source.load()?,
    };
    if kek.fingerprint() == manifest.kek_fingerprint {
        return Ok(kek);
    }
    let (expected, found) = (manifest.kek_fingerprint.clone(), kek.fingerprint().to_owned());
    Err(StoreError::WrongKek { expected, found }.into())
}

fn bytes(key: &str) -> Result<Zeroizing<[u8; 32]>, BackupError> {
    let decoded = HEXLOWER.decode(key.as_bytes()).map(Zeroizing::new).ok();
    let bytes = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    bytes.map(Zeroizing::new).ok_or(BackupError::Damaged("the key in it is none"))
}

async fn fill<R: BufRead>(
    tx: &mut Tx,
    mut archive: ArchiveReader<R>,
    progress: &mut impl FnMut(u64),
) -> Result<(), BackupError> {
    archive.manifest()?;
    let mut done = 0;
    while let Some(mut section) = Section::next(&mut archive)? {
        let columns = section.columns_of(tx).await?;
        loop {
            let mut rows = Vec::new();
            while rows.len() < TABLE_PAGE_ROWS
                && let Some(row) = section.row(&mut archive)?
            {
                rows.push(row);
            }
            if rows.is_empty() {
                break;
            }
            tx.insert_rows(section.table, &columns, &rows).await?;
            done += rows.len() as u64;
            progress(done);
        }
    }
    Ok(())
}

async fn undone_at(store: &Store, contents: &Contents) -> Result<Undone, BackupError> {
    let mut snapshot = store.snapshot().await?;
    contents.check_id(&snapshot.meta().await?.installation_id)?;
    let (last, head) = snapshot.audit_head().await?;
    let backed_up = contents.manifest.audit_seq;
    let place = "the target";
    if let Some(head) = head {
        contents.check_hash(last, head, place)?;
    }
    if let Some(hash) = snapshot.audit_hash(backed_up).await? {
        contents.check_hash(backed_up, hash, place)?;
    }
    let revision = snapshot.revision().await?;
    drop(snapshot);
    let mut newest = store.audit(&AuditFilter::default(), None, NAMED_MAX).await?;
    newest.retain(|entry| entry.seq > backed_up);
    let known = |serial: &u32| contents.serials.contains(&i64::from(*serial));
    let keys = store.issuing_keys().await?.into_iter().map(|stored| stored.key.serial);
    let keys = keys.filter(|serial| !known(serial)).collect();
    let entries = (last - backed_up).max(0);
    Ok(Undone { entries, newest, revision, head: (last, head), keys })
}

/// The rows of one table in an archive.
struct Section {
    table: Table,
    names: Vec<String>,
    rows: u64,
    ended: bool,
}

impl Section {
    /// The next table; `None`: that was the last.
    fn next<R: BufRead>(archive: &mut ArchiveReader<R>) -> Result<Option<Self>, BackupError> {
        match archive.next()? {
            Line::End => Ok(None),
            Line::Table { name, columns } => {
                let table = Table::named(&name).filter(|table| !table.is_passing);
                let table =
                    table.ok_or(BackupError::Damaged("it has a table that nobody knows"))?;
                Ok(Some(Self { table, names: columns, rows: 0, ended: false }))
            }
            _ => Err(BackupError::Damaged("rows come before their table")),
        }
    }

    fn row<R: BufRead>(
        &mut self,
        archive: &mut ArchiveReader<R>,
    ) -> Result<Option<Cells>, BackupError> {
        if self.ended {
            return Ok(None);
        }
        match archive.next()? {
            Line::Row(row) if row.len() == self.names.len() => {
                self.rows += 1;
                Ok(Some(row))
            }
            Line::Rows(rows) if rows == self.rows => {
                self.ended = true;
                Ok(None)
            }
            _ => Err(BackupError::Damaged("a table has other rows than it says")),
        }
    }

    /// The archive's columns, as the database at hand has them.
    async fn columns_of(&self, tx: &mut Tx) -> Result<Vec<Column>, BackupError> {
        let columns = tx.columns(self.table).await?;
        let named = |name: &String| columns.iter().find(|column| column.name == *name).cloned();
        let found: Option<Vec<_>> = self.names.iter().map(named).collect();
        found.ok_or(BackupError::Damaged("it has a column that nobody knows"))
    }

    fn number(&self, row: &[Cell], column: &str) -> Option<i64> {
        match self.names.iter().zip(row).find(|(name, _)| *name == column)?.1 {
            Cell::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn audit_hash(&self, row: &[Cell]) -> Option<(i64, AuditHash)> {
        let seq = self.number(row, "seq")?;
        match self.names.iter().zip(row).find(|(name, _)| *name == "hash")?.1 {
            Cell::Bytes { b } => Some((seq, AuditHash::from_bytes(b)?)),
            _ => None,
        }
    }
}
