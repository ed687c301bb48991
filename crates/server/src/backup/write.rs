//! Making a backup, while servers run.

use std::io::Write;

use super::archive::{ArchiveWriter, Head, Line};
use super::{ArchiveKey, BackupError, KeyText, Manifest, Sealing};
use crate::audit::{Checkpoint, CheckpointError};
use crate::limits::TABLE_PAGE_ROWS;
use crate::store::{Cells, Column, Range, Snapshot, Store, TABLES, Table, key_of, schema_known};

/// Writes all that `store` has to `file`, as it is at `now` (Unix seconds). `key_encryption_key`: put into
/// the archive, which is under a passphrase then. `progress` hears how many rows are done, and of how many.
///
/// The key that signs checkpoints is made first if there is none yet, as `actor`.
pub async fn back_up<W: Write>(
    store: &Store,
    file: W,
    (key, sealing): (&ArchiveKey, Sealing),
    key_encryption_key: Option<KeyText>,
    (actor, now): (&str, i64),
    mut progress: impl FnMut(u64, u64),
) -> Result<(Manifest, W), BackupError> {
    let audit_key = store.audit_key_or_new(actor, now).await?;
    let mut snapshot = store.snapshot().await?;
    let meta = snapshot.meta().await?;
    let (seq, hash) = snapshot.audit_head().await?;
    let hash = hash.ok_or(CheckpointError::Broken { seq })?;
    let installation_id = meta.installation_id;
    let checkpoint = Checkpoint { installation_id: installation_id.clone(), seq, hash, at: now };
    let manifest = Manifest {
        release: env!("CARGO_PKG_VERSION").to_owned(),
        schema: schema_known(),
        installation_id,
        issuer: meta.installation.iss,
        environment: meta.installation.environment,
        revision: snapshot.revision().await?.0,
        created_at: now,
        kek_fingerprint: meta.kek_fingerprint,
        key_encryption_key,
        audit_seq: seq,
        audit_hash: hash,
        checkpoint: checkpoint.sign(&audit_key).map_err(CheckpointError::from)?,
    };
    let head = Head::new(&manifest.installation_id, now, sealing);
    let mut archive = ArchiveWriter::new(file, &head, key.kek())?;
    archive.write(&Line::Manifest(Box::new(manifest.clone())))?;
    let kept = || TABLES.into_iter().filter(|table| !table.is_passing);
    let mut all = 0;
    for table in kept() {
        all += snapshot.count(table).await?;
    }
    let mut done = 0;
    for table in kept() {
        write_table(&mut snapshot, &mut archive, table, |rows| {
            done += rows;
            progress(done, all);
        })
        .await?;
    }
    Ok((manifest, archive.finish()?))
}

async fn write_table<W: Write>(
    snapshot: &mut Snapshot,
    archive: &mut ArchiveWriter<W>,
    table: Table,
    mut progress: impl FnMut(u64),
) -> Result<(), BackupError> {
    let columns = snapshot.columns(table).await?;
    let names = |column: &Column| column.name.clone();
    archive.write(&Line::Table {
        name: table.name.to_owned(),
        columns: columns.iter().map(names).collect(),
    })?;
    let mut rows = 0;
    let mut after: Option<Cells> = None;
    loop {
        let range = Range { after: after.as_deref(), until: None };
        let page = snapshot.page(table, &columns, range, TABLE_PAGE_ROWS).await?;
        let Some(last) = page.last() else { break };
        after = Some(key_of(table, &columns, last));
        let length = page.len() as u64;
        for row in page {
            archive.write(&Line::Row(row))?;
        }
        rows += length;
        progress(length);
    }
    archive.write(&Line::Rows(rows))
}
