//! Reading apps together with their secrets: one, a page, all, or what changed.
//!
//! Invariant: a row that breaks a rule never stops a reader. It comes out as unusable, or without its
//! secret, and is logged with table, column and row. Every read sees one moment of the database.

use std::collections::HashMap;

use sqlx::Row as _;

use super::app_row::{self, app_columns};
use super::secrets::{self, StoredSecret, secret_columns};
use super::{Revision, RowFault, Store, StoreError, db, meta};
use crate::model::{App, AppId};
use crate::seal::Kek;

/// An app and its secrets, as found.
#[derive(Debug, Clone)]
pub struct StoredApp {
    /// Its number.
    pub id: AppId,
    /// The app, or why its row cannot be used (return code 100000011).
    pub app: Result<App, RowFault>,
    /// Its secrets, newest first: at most two, and only those whose rows could be read.
    pub secrets: Vec<StoredSecret>,
}

/// What changed between two revisions.
#[derive(Debug, Clone)]
pub struct Changes {
    /// Where the store stands now; ask for changes since this one next.
    pub revision: Revision,
    /// Apps that are new, or changed in settings, status or secrets; by number.
    pub apps: Vec<StoredApp>,
    /// Apps that are gone.
    pub removed: Vec<AppId>,
    /// Issuing or root keys changed.
    pub keys: bool,
    /// The installation changed.
    pub installation: bool,
}

/// Rows held at once while everything is read.
const PAGE: u32 = 1_000;

impl Store {
    /// One app with its secrets; `None`: there is none, or it was deleted.
    pub async fn app(&self, id: AppId) -> Result<Option<StoredApp>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let id = i64::from(id.0);
        Ok(range(&mut tx, &self.kek, id, id, 1).await?.pop())
    }

    /// At most `limit` apps by number, beginning after `after` (`None`: with the first).
    pub async fn list_apps(
        &self,
        after: Option<AppId>,
        limit: u32,
    ) -> Result<Vec<StoredApp>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let first = after.map_or(0, |id| i64::from(id.0) + 1);
        range(&mut tx, &self.kek, first, u32::MAX.into(), limit).await
    }

    /// What changed since `revision`. Since [`Revision::START`]: everything there is.
    pub async fn changed_since(&self, revision: Revision) -> Result<Changes, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let apps = match revision {
            Revision::START => all(&mut tx, &self.kek).await?,
            _ => since(&mut tx, &self.kek, revision).await?,
        };
        Ok(Changes {
            revision: meta::revision(&mut tx).await?,
            apps,
            removed: removed_since(&mut tx, revision).await?,
            keys: changed(&mut tx, revision, KEYS_CHANGED).await?,
            installation: changed(&mut tx, revision, INSTALLATION_CHANGED).await?,
        })
    }
}

const KEYS_CHANGED: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM issuing_keys \
     WHERE changed_at_revision > $1 UNION ALL SELECT 1 FROM root_keys \
     WHERE changed_at_revision > $1) AS changed";
const INSTALLATION_CHANGED: &str = "SELECT COUNT(*) FROM meta WHERE changed_at_revision > $1";

async fn all(conn: &mut db::Connection, kek: &Kek) -> Result<Vec<StoredApp>, StoreError> {
    let mut apps = Vec::new();
    let mut first = 0;
    loop {
        let page = range(conn, kek, first, u32::MAX.into(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(apps) };
        first = i64::from(last.id.0) + 1;
        apps.extend(page);
    }
}

async fn range(
    conn: &mut db::Connection,
    kek: &Kek,
    first: i64,
    last: i64,
    limit: u32,
) -> Result<Vec<StoredApp>, StoreError> {
    let apps = sqlx::query(concat!(
        "SELECT ",
        app_columns!(),
        " FROM apps WHERE id BETWEEN $1 AND $2 AND deleted_at IS NULL ORDER BY id LIMIT $3"
    ))
    .bind(first)
    .bind(last)
    .bind(i64::from(limit))
    .fetch_all(&mut *conn)
    .await?;
    let Some(newest) = apps.last() else { return Ok(Vec::new()) };
    let secrets = sqlx::query(concat!(
        "SELECT ",
        secret_columns!(),
        " FROM secrets WHERE app_id BETWEEN $1 AND $2"
    ))
    .bind(first)
    .bind(newest.try_get::<i64, _>(0)?)
    .fetch_all(conn)
    .await?;
    Ok(joined(&apps, &secrets, kek))
}

async fn since(
    conn: &mut db::Connection,
    kek: &Kek,
    revision: Revision,
) -> Result<Vec<StoredApp>, StoreError> {
    let apps = sqlx::query(concat!(
        "SELECT ",
        app_columns!(),
        " FROM apps WHERE changed_at_revision > $1 AND deleted_at IS NULL ORDER BY id"
    ))
    .bind(revision.0)
    .fetch_all(&mut *conn)
    .await?;
    let secrets = sqlx::query(concat!(
        "SELECT ",
        secret_columns!(),
        " FROM secrets WHERE app_id IN (SELECT id FROM apps WHERE changed_at_revision > $1)"
    ))
    .bind(revision.0)
    .fetch_all(conn)
    .await?;
    Ok(joined(&apps, &secrets, kek))
}

async fn removed_since(
    conn: &mut db::Connection,
    revision: Revision,
) -> Result<Vec<AppId>, StoreError> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM apps WHERE changed_at_revision > $1 AND deleted_at IS NOT NULL \
         ORDER BY id",
    )
    .bind(revision.0)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().filter_map(|id| u32::try_from(id).ok().map(AppId)).collect())
}

async fn changed(
    conn: &mut db::Connection,
    revision: Revision,
    count: &'static str,
) -> Result<bool, StoreError> {
    let rows: i64 = sqlx::query_scalar(count).bind(revision.0).fetch_one(conn).await?;
    Ok(rows > 0)
}

/// Gives each app its secrets, and logs what cannot be used.
fn joined(apps: &[db::Row], rows: &[db::Row], kek: &Kek) -> Vec<StoredApp> {
    let mut secrets: HashMap<AppId, Vec<StoredSecret>> = HashMap::with_capacity(apps.len());
    for row in rows {
        match secrets::read(row, kek) {
            Ok((app, secret)) => secrets.entry(app).or_default().push(secret),
            Err(fault) => log(&fault),
        }
    }
    let mut apps: Vec<_> = apps.iter().filter_map(app).collect();
    for app in &mut apps {
        app.secrets = secrets.remove(&app.id).unwrap_or_default();
        app.secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.generation));
    }
    apps
}

/// `None`: the number itself is none, so nobody can ask for the app.
fn app(row: &db::Row) -> Option<StoredApp> {
    let id = match app_row::column(row, "apps", "id", "?").number::<u32>() {
        Ok(id) => AppId(id),
        Err(fault) => {
            log(&fault);
            return None;
        }
    };
    let app = app_row::read(id, row).inspect_err(log);
    Some(StoredApp { id, app, secrets: Vec::new() })
}

fn log(fault: &RowFault) {
    tracing::error!(
        table = fault.table,
        column = fault.column,
        row = fault.row,
        fault = fault.fault,
        "a row of the database cannot be used; its app is refused until the row is repaired"
    );
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use super::*;
    use crate::model::{AppStatus, NewSecret, SecretState};

    fn ids(apps: &[StoredApp]) -> Vec<u32> {
        apps.iter().map(|app| app.id.0).collect()
    }

    #[tokio::test]
    async fn apps_page_by_number_with_their_secrets() {
        let house = House::with_apps([5, 1, u32::MAX, 3]).await;
        let first = house.store.list_apps(None, 3).await.unwrap();
        assert_eq!(ids(&first), [1, 3, 5]);
        assert!(first.iter().all(|app| app.secrets.len() == 1));
        let rest = house.store.list_apps(Some(AppId(5)), 3).await.unwrap();
        assert_eq!(ids(&rest), [u32::MAX]);
        assert!(house.store.list_apps(Some(AppId(u32::MAX)), 3).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn changes_name_what_is_new_what_changed_and_what_is_gone() {
        let house = House::with_apps([1, 2, 3]).await;
        let start = house.store.changed_since(Revision::START).await.unwrap();
        assert_eq!((ids(&start.apps), start.removed.len()), (vec![1, 2, 3], 0));
        assert!(start.installation && !start.keys);

        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.suspend_app(AppId(1)).await.unwrap();
        tx.rotate_secret(AppId(2), &NewSecret::generate().unwrap(), 60).await.unwrap();
        tx.delete_app(AppId(3)).await.unwrap();
        let raised = tx.commit().await.unwrap().unwrap();

        let changes = house.store.changed_since(start.revision).await.unwrap();
        assert_eq!((changes.revision, raised.0), (raised, start.revision.0 + 1));
        assert_eq!(ids(&changes.apps), [1, 2]);
        assert_eq!(changes.apps[0].app.as_ref().unwrap().status, AppStatus::Suspended);
        let states: Vec<_> = changes.apps[1].secrets.iter().map(|secret| secret.state).collect();
        assert_eq!(states, [SecretState::Active, SecretState::Retiring { until: NOW + 60 }]);
        assert_eq!(changes.removed, [AppId(3)]);
        assert!(!changes.installation && !changes.keys);

        let none = house.store.changed_since(raised).await.unwrap();
        assert!(none.apps.is_empty() && none.removed.is_empty());
    }

    #[tokio::test]
    async fn a_row_that_breaks_a_rule_is_unusable_and_says_where() {
        let cases = [
            ("features", "UPDATE apps SET features = '[{\"name\":\"ANS\"}]' WHERE id = 1"),
            ("features", "UPDATE apps SET features = 'no json' WHERE id = 1"),
            ("lifetime", "UPDATE apps SET lifetime = 5 WHERE id = 1"),
            ("lifetime", "UPDATE apps SET lifetime = -1 WHERE id = 1"),
            ("status", "UPDATE apps SET status = 'sleeping' WHERE id = 1"),
            ("rev", "UPDATE apps SET rev = 'x' WHERE id = 1"),
            ("service_enabled", "UPDATE apps SET service_enabled = 256 WHERE id = 1"),
        ];
        for (column, sql) in cases {
            let house = House::with_apps([1, 2]).await;
            house.vandalise(sql).await;
            let changes = house.store.changed_since(Revision::START).await.unwrap();
            let fault = changes.apps[0].app.as_ref().unwrap_err();
            assert_eq!((fault.table, fault.column, &*fault.row), ("apps", column, "1"), "{sql}");
            assert!(changes.apps[0].secrets[0].secret.is_some(), "its signature still verifies");
            assert!(changes.apps[1].app.is_ok());
        }
    }

    #[tokio::test]
    async fn secrets_swapped_between_apps_or_slots_do_not_open() {
        let house = House::with_apps([1, 2]).await;
        house.vandalise("CREATE TABLE held AS SELECT sealed FROM secrets WHERE app_id = 1").await;
        let from_other = "SELECT sealed FROM secrets WHERE app_id = 2";
        house
            .vandalise(&format!("UPDATE secrets SET sealed = ({from_other}) WHERE app_id = 1"))
            .await;
        house
            .vandalise("UPDATE secrets SET sealed = (SELECT sealed FROM held) WHERE app_id = 2")
            .await;
        for app in house.store.list_apps(None, 9).await.unwrap() {
            assert!(app.secrets[0].secret.is_none(), "app {}", app.id);
            assert!(app.app.is_ok());
        }
        let house = House::with_apps([1]).await;
        house.vandalise("UPDATE secrets SET slot = 1").await;
        assert!(house.only_app().await.secrets[0].secret.is_none());
        house.vandalise("UPDATE secrets SET slot = 0, generation = 2").await;
        assert!(house.only_app().await.secrets[0].secret.is_none());
    }
}
