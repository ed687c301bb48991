//! Reading apps together with their secrets: one, or a page.
//!
//! Invariant: a row that breaks a rule never stops a reader. It comes out as unusable, or without its
//! secret, and is logged with table, column and row. Every read sees one moment of the database.

use std::collections::HashMap;

use super::app_row::{self, app_columns};
use super::secrets::{self, StoredSecret, secret_columns};
use super::{RowFault, Store, StoreError, db};
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

impl Store {
    /// One app with its secrets; `None`: there is none, or it was deleted.
    pub async fn app(&self, id: AppId) -> Result<Option<StoredApp>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let id = i64::from(id.0);
        Ok(range(&mut tx, &self.kek, id, id, 1).await?.pop())
    }

    /// The longest lifetime that an app's licences have, in seconds; `None`: there is no app.
    pub async fn longest_lifetime(&self) -> Result<Option<u32>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let longest: Option<i64> =
            db::query_scalar("SELECT MAX(lifetime) FROM apps WHERE deleted_at IS NULL")
                .fetch_one(&mut tx)
                .await?;
        Ok(longest.and_then(|longest| u32::try_from(longest).ok()))
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
}

async fn range(
    conn: &mut db::Connection,
    kek: &Kek,
    first: i64,
    last: i64,
    limit: u32,
) -> Result<Vec<StoredApp>, StoreError> {
    let apps = db::query(concat!(
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
    let secrets = db::query(concat!(
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

pub(super) fn log(fault: &RowFault) {
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
    use super::super::testing::House;
    use super::*;

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
