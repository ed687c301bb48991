//! Moving an installation to another engine: every row copied, and every row compared.
//!
//! A table goes over in ranges of its key, each in a transaction of its own, in which what was written is read
//! back and held against the source. So a copy that was interrupted goes on where it stopped: what is
//! there already is compared and passed over. Invariant: the row of `meta`, without which a database is no
//! installation, comes last. Leaves to others: that no server changes the source meanwhile.

use super::tables::{Cell, Cells, Column, Range, Snapshot, TABLES, Table, key_of};
use super::{Database, Store, StoreError, Tx, db};
use crate::limits::{NODE_ALIVE_SECS, TABLE_PAGE_ROWS};
use crate::seal::Kek;

/// What became of a copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// Rows that were compared, all of them.
    pub rows: u64,
    /// Rows of them that were written now.
    pub written: u64,
}

/// Why an installation was not copied. The source is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The target is an installation already.
    #[error(
        "the target holds installation {found}, which is in use or was copied before; nothing was \
         changed; choose an empty database"
    )]
    Occupied {
        /// Its id.
        found: String,
    },
    /// What was read back is not what was written.
    #[error("table {table}: a row is not in the target as it is in the source; run the copy again")]
    Differs {
        /// The table.
        table: &'static str,
    },
    /// Servers use the source.
    #[error(
        "{names} use the source; stop them first, or what they are told meanwhile is left behind"
    )]
    InUse {
        /// Which.
        names: String,
    },
    /// Somebody changed the source.
    #[error(
        "the source was changed while it was copied: the target is not complete; empty the target, and \
         copy again while nobody uses the source"
    )]
    SourceChanged,
    /// The source or the target.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies `source` to the database `target`. `progress` hears how many rows are done, and of how many.
pub async fn copy(
    source: &Store,
    target: &Database,
    kek: Kek,
    (actor, now): (&str, i64),
    mut progress: impl FnMut(u64, u64),
) -> Result<Copied, CopyError> {
    check_unused(source).await?;
    let before = source.position(None).await?;
    let mut snapshot = source.snapshot().await?;
    let store =
        Store { db: db::Db::open_unfinished(target, kek.fingerprint()).await?, kek: kek.into() };
    let mut all = 0;
    for table in TABLES {
        all += snapshot.count(table).await?;
    }
    let mut copy = Copy { snapshot: &mut snapshot, store: &store, actor, now };
    let copied = match copy.run(|rows| progress(rows, all)).await {
        // What is there comes from another moment of the source: that cannot be mended row by row.
        Err(CopyError::Differs { .. }) => {
            copy.start_over().await?;
            copy.run(|rows| progress(rows, all)).await
        }
        copied => copied,
    };
    store.close().await;
    let copied = copied?;
    check_unused(source).await?;
    let after = source.position(None).await?;
    if (after.revision, after.audit_head) != (before.revision, before.audit_head) {
        return Err(CopyError::SourceChanged);
    }
    Ok(copied)
}

/// Nodes that share the source tell that they are there. (One with a database of its own holds its
/// directory's lock, which is for the caller to try.)
async fn check_unused(source: &Store) -> Result<(), CopyError> {
    if !source.is_shared() {
        return Ok(());
    }
    let nodes = source.nodes().await?;
    let alive = nodes.iter().filter(|node| node.seen_secs_ago < NODE_ALIVE_SECS);
    let names: Vec<_> = alive.map(|node| node.name.as_str()).collect();
    match names.is_empty() {
        true => Ok(()),
        false => Err(CopyError::InUse { names: names.join(", ") }),
    }
}

struct Copy<'c> {
    snapshot: &'c mut Snapshot,
    store: &'c Store,
    actor: &'c str,
    now: i64,
}

impl Copy<'_> {
    async fn run(&mut self, mut progress: impl FnMut(u64)) -> Result<Copied, CopyError> {
        let mut copied = Copied::default();
        for table in TABLES {
            let columns = self.snapshot.columns(table).await?;
            let mut after: Option<Cells> = None;
            while let Some(last) =
                self.range((table, &columns), after.as_deref(), &mut copied).await?
            {
                after = Some(last);
                progress(copied.rows);
                // Its one row makes the target an installation, which is not to be touched any more.
                if table.is_last() {
                    break;
                }
            }
        }
        Ok(copied)
    }

    /// Copies the rows after a key; the last key of them, or `None`: there were no more.
    async fn range(
        &mut self,
        (table, columns): (Table, &[Column]),
        after: Option<&[Cell]>,
        copied: &mut Copied,
    ) -> Result<Option<Cells>, CopyError> {
        let following = Range { after, until: None };
        let rows = self.snapshot.page(table, columns, following, TABLE_PAGE_ROWS).await?;
        let last = rows.last().map(|row| key_of(table, columns, row));
        let range = Range { after, until: last.as_deref() };
        let mut tx = self.begin().await?;
        let found = tx.page(table, columns, range, TABLE_PAGE_ROWS + 1).await?;
        copied.rows += rows.len() as u64;
        if found == rows {
            return Ok(last);
        }
        if !found.is_empty() {
            return Err(CopyError::Differs { table: table.name });
        }
        tx.insert_rows(table, columns, &rows).await?;
        if tx.page(table, columns, range, TABLE_PAGE_ROWS + 1).await? != rows {
            return Err(CopyError::Differs { table: table.name });
        }
        if table.is_last() {
            tx.renumber().await?;
        }
        tx.commit().await?;
        copied.written += rows.len() as u64;
        Ok(last)
    }

    async fn start_over(&self) -> Result<(), CopyError> {
        let mut tx = self.begin().await?;
        tx.clear().await?;
        tx.commit().await?;
        Ok(())
    }

    /// A transaction on a target that is none yet. Looked at under the lock: another copy may have ended, and
    /// servers may have begun to use it.
    async fn begin(&self) -> Result<Tx, CopyError> {
        let mut tx = self.store.begin_long(self.actor, self.now).await?;
        match tx.installation_id().await? {
            Some(found) => Err(CopyError::Occupied { found }),
            None => Ok(tx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW, kek, new_database};
    use super::*;

    async fn copied(house: &House, to: &Database) -> Result<Copied, CopyError> {
        copy(&house.store, to, kek(), ("cli", NOW), |_, _| {}).await
    }

    /// Every row of every table.
    async fn rows(store: &Store) -> Vec<Vec<Cells>> {
        let mut snapshot = store.snapshot().await.unwrap();
        let mut rows = Vec::new();
        for table in TABLES {
            let columns = snapshot.columns(table).await.unwrap();
            rows.push(snapshot.page(table, &columns, Range::default(), 9_999).await.unwrap());
        }
        rows
    }

    #[tokio::test]
    async fn an_installation_goes_over_to_postgresql_and_back() {
        let house = House::on_sqlite().await.and_apps([1, 2, 70_000]).await;
        house.vandalise("INSERT INTO usage VALUES (1, 60, 120, 0, 7), (0, 60, 120, 0, 7)").await;
        // More than a page, each of several statements.
        house
            .vandalise(
                "WITH RECURSIVE minutes (at) AS \
                 (SELECT 180 UNION ALL SELECT at + 60 FROM minutes WHERE at < 150000) \
                 INSERT INTO usage SELECT 1, 60, at, 0, 7 FROM minutes",
            )
            .await;
        let postgres = new_database("template0").await;
        let there = copied(&house, &postgres).await.unwrap();
        assert_eq!(there.rows, there.written);
        let moved = Store::open(&postgres, kek()).await.unwrap();
        assert_eq!(rows(&moved).await, rows(&house.store).await);
        let mut tx = moved.begin("alice", NOW).await.unwrap();
        tx.suspend_app(crate::model::AppId(1)).await.unwrap();
        tx.commit().await.unwrap();

        let directory = tempfile::tempdir().unwrap();
        let back = Database::Sqlite(directory.path().join("back.db"));
        copy(&moved, &back, kek(), ("cli", NOW), |_, _| {}).await.unwrap();
        let back = Store::open(&back, kek()).await.unwrap();
        assert_eq!(rows(&back).await, rows(&moved).await);
        moved.close().await;
        super::super::testing::drop_database(&postgres);
    }

    #[tokio::test]
    async fn an_interrupted_copy_goes_on_and_a_changed_source_starts_it_over() {
        let house = House::with_apps([1, 2]).await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("copy.db");
        let target = Database::Sqlite(path.clone());
        let first = copied(&house, &target).await.unwrap();
        let cut = async |sql: &'static str| {
            let store = Store {
                db: db::Db::open_unfinished(&target, "").await.unwrap(),
                kek: kek().into(),
            };
            let mut tx = store.begin_long("test", NOW).await.unwrap();
            db::query(sql).execute(&mut tx.inner).await.unwrap();
            db::query("DELETE FROM meta").execute(&mut tx.inner).await.unwrap();
            tx.commit().await.unwrap();
            store.close().await;
        };
        cut("DELETE FROM audit").await;
        assert!(Store::open(&target, kek()).await.is_err(), "half a copy is no installation");
        let again = copied(&house, &target).await.unwrap();
        assert_eq!(again.rows, first.rows);
        assert!(again.written < first.written, "apps and secrets were there");

        cut("UPDATE apps SET rev = 9 WHERE id = 2").await;
        let over = copied(&house, &target).await.unwrap();
        assert_eq!(over.written, first.written);
        assert_eq!(
            rows(&Store::open(&target, kek()).await.unwrap()).await,
            rows(&house.store).await
        );
        assert!(matches!(copied(&house, &target).await, Err(CopyError::Occupied { .. })));
    }

    #[tokio::test]
    async fn the_list_of_tables_is_the_schema() {
        let house = House::new().await;
        let mut tx = house.store.begin("test", NOW).await.unwrap();
        let found = db::columns(&mut tx.inner).await;
        let mut found: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        // Who is there now, what they claim, and which schema this is, do not go over.
        found.retain(|name| !["_sqlx_migrations", "claims", "nodes"].contains(name));
        let mut known: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
