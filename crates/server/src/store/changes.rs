//! Reading what a server keeps in memory: every app with its secrets, or what changed since.
//!
//! A million apps are loaded in seconds only if a row costs next to nothing, and a row's way through
//! the driver costs more than its reading. So the database packs a page of rows into one text, with
//! separators that no good row contains, and while one page is decoded it packs the next.
//! Invariants: a row that breaks a rule never stops a reader: it is logged and comes out as unusable;
//! an app comes before its secrets; all of it is one moment of the database.

use super::packed::{Decoder, pack, packed_app, packed_secret, policy_columns};
use super::{Revision, RowFault, Store, StoreError, db, meta};
use crate::model::{AppId, Generation, Licensee, Policies, SecretState, ServerSecret};

/// Something that was found in the store.
#[derive(Debug)]
pub enum Found {
    /// An app, new or changed in settings, status or secrets.
    App {
        /// Its number.
        id: AppId,
        /// What it gets, or why its row cannot be used (return code 100000011).
        app: Result<Licensee, RowFault>,
    },
    /// A secret of an app that was found before, or of one that did not change, which is to be passed
    /// over. One that does not open is not found.
    Secret {
        /// Whose.
        app: AppId,
        /// Its number within the app.
        generation: Generation,
        /// What it is good for.
        state: SecretState,
        /// The secret.
        secret: ServerSecret,
    },
    /// An app that is gone.
    Removed(AppId),
}

/// What changed between two revisions, besides what was [`Found`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changes {
    /// Where the store stands now; ask for changes since this one next.
    pub revision: Revision,
    /// Issuing or root keys changed.
    pub keys: bool,
    /// The installation changed.
    pub installation: bool,
}

/// Rows packed into one text. What is on its way at once is twice that, about half a megabyte.
const PAGE: i64 = 1_000;

impl Store {
    /// What changed since `revision`, told to `found` app by app. Since [`Revision::START`]:
    /// everything there is. Apps that are alike share what `policies` has of them.
    ///
    /// `Err`: what was found so far is not all.
    pub async fn changed_since(
        &self,
        revision: Revision,
        policies: &mut Policies,
        mut found: impl FnMut(Found),
    ) -> Result<Changes, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let pages = Pages::since(&mut tx, revision).await?;
        let decoder = Decoder::new(policies, &self.kek);
        read(&mut tx, pages, decoder, &mut found).await?;
        removed_since(&mut tx, revision).await?.into_iter().map(Found::Removed).for_each(found);
        Ok(Changes {
            revision: meta::revision(&mut tx).await?,
            keys: changed(&mut tx, revision, KEYS_CHANGED).await?,
            installation: changed(&mut tx, revision, INSTALLATION_CHANGED).await?,
        })
    }
}

/// Each page of apps, then their secrets. A page is decoded while the next is packed.
async fn read(
    conn: &mut db::Connection,
    pages: Pages,
    mut decoder: Decoder<'_>,
    found: &mut impl FnMut(Found),
) -> Result<(), StoreError> {
    let mut after = -1;
    let mut apps = pages.apps(conn, after).await?;
    while let Some(page) = apps {
        let (secrets, ()) = tokio::join!(pages.secrets(conn, after, page.last), async {
            decoder.apps(&page.rows, found);
        });
        after = page.last;
        let secrets = secrets?;
        let (next, ()) = tokio::join!(pages.apps(conn, after), async {
            decoder.secrets(&secrets, found);
        });
        apps = next?;
    }
    Ok(())
}

/// Packed rows of apps with ascending numbers.
struct Page {
    rows: Vec<u8>,
    /// The highest number among them.
    last: i64,
}

/// How to go through the apps that changed.
struct Pages {
    since: Revision,
    is_one: bool,
}

// Two ways to the same rows, because no plan is good for both: a few changes are found by their
// revision, while for many all numbers are gone through. (The `+` keeps an index from being used.)
const APPS_OF_MANY: &str = packed_app!("+");
const APPS_OF_FEW: &str = packed_app!("");
const SECRETS_OF_MANY: &str = packed_secret!("app_id > $1 AND app_id <= $2");
const SECRETS_OF_FEW: &str = packed_secret!(
    "app_id IN (SELECT id FROM apps WHERE changed_at_revision > $3) \
     AND app_id > $1 AND app_id <= $2"
);

impl Pages {
    async fn since(conn: &mut db::Connection, since: Revision) -> Result<Self, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM apps \
             WHERE changed_at_revision > $1 LIMIT $2) AS changed";
        let rows: i64 =
            db::query_scalar(COUNT).bind(since.0).bind(PAGE + 1).fetch_one(conn).await?;
        Ok(Self { since, is_one: rows <= PAGE })
    }

    /// The page of apps after number `after`; `None`: there are no more.
    async fn apps(
        &self,
        conn: &mut db::Connection,
        after: i64,
    ) -> Result<Option<Page>, StoreError> {
        let sql = if self.is_one { APPS_OF_FEW } else { APPS_OF_MANY };
        let page = db::query(sql).bind(after).bind(PAGE).bind(self.since.0).fetch_one(conn);
        let page = page.await?;
        let last: Option<i64> = page.try_get(1)?;
        last.map(|last| Ok(Page { rows: rows(&page)?, last })).transpose()
    }

    /// The secrets of at least those apps of the page that changed.
    async fn secrets(
        &self,
        conn: &mut db::Connection,
        after: i64,
        last: i64,
    ) -> Result<Vec<u8>, StoreError> {
        let page = match self.is_one {
            true => db::query(SECRETS_OF_FEW).bind(after).bind(last).bind(self.since.0),
            false => db::query(SECRETS_OF_MANY).bind(after).bind(last),
        };
        rows(&page.fetch_one(conn).await?)
    }
}

/// As bytes, since one row may be no UTF-8.
fn rows(page: &db::Row) -> Result<Vec<u8>, StoreError> {
    Ok(page.try_get_bytes(0)?.unwrap_or_default())
}

const KEYS_CHANGED: &str = "SELECT COUNT(*) FROM (SELECT 1 FROM issuing_keys \
     WHERE changed_at_revision > $1 UNION ALL SELECT 1 FROM root_keys \
     WHERE changed_at_revision > $1) AS changed";
const INSTALLATION_CHANGED: &str = "SELECT COUNT(*) FROM meta WHERE changed_at_revision > $1";

async fn removed_since(
    conn: &mut db::Connection,
    revision: Revision,
) -> Result<Vec<AppId>, StoreError> {
    let ids: Vec<i64> = db::query_scalar(
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
    let rows: i64 = db::query_scalar(count).bind(revision.0).fetch_one(conn).await?;
    Ok(rows > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::testing::{House, NOW, Seen, secret};
    use super::*;
    use crate::model::{
        AppSettings, AppStatus, Binding, Environment, FeatureGrant, NewSecret, NonceProfile,
        ReplayMode,
    };

    #[tokio::test]
    async fn changes_name_what_is_new_what_changed_and_what_is_gone() {
        let house = House::with_apps([1, 2, 3]).await;
        let (all, start) = Seen::since(&house.store, Revision::START).await;
        assert_eq!((all.ids(), all.removed.len()), (vec![1, 2, 3], 0));
        assert!(start.installation && !start.keys);

        let new = NewSecret::generate().unwrap();
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.suspend_app(AppId(1)).await.unwrap();
        tx.rotate_secret(AppId(2), &new, 60).await.unwrap();
        tx.delete_app(AppId(3)).await.unwrap();
        let raised = tx.commit().await.unwrap().unwrap();

        let (some, changes) = Seen::since(&house.store, start.revision).await;
        assert_eq!((changes.revision, raised.0), (raised, start.revision.0 + 1));
        assert_eq!(some.ids(), [1, 2]);
        assert_eq!(some.apps[&1].as_ref().unwrap().policy.status, AppStatus::Suspended);
        let retiring = SecretState::Retiring { until: NOW + 60 };
        let text = |secret: &NewSecret| secret.secret().expose().to_owned();
        let expected = [(2, SecretState::Active, text(&new)), (1, retiring, text(&secret(2)))];
        assert_eq!(some.secrets[&2], expected);
        assert_eq!(some.removed, [AppId(3)]);
        assert!(!changes.installation && !changes.keys);

        let (none, _) = Seen::since(&house.store, raised).await;
        assert!(none.apps.is_empty() && none.secrets.is_empty() && none.removed.is_empty());
    }

    #[tokio::test]
    async fn more_changes_than_fit_a_page_are_all_found_and_nothing_else() {
        let house = House::with_apps([5]).await;
        let before = house.store.revision().await.unwrap();
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let many = u32::try_from(PAGE).unwrap() + 5;
        for id in (0..many).map(|number| 10 + 3 * number) {
            let secret = NewSecret::generate().unwrap();
            tx.create_app(AppId(id), House::settings("a"), &secret).await.unwrap();
        }
        tx.commit().await.unwrap();
        for (revision, apps) in [(Revision::START, many + 1), (before, many)] {
            let (seen, _) = Seen::since(&house.store, revision).await;
            assert_eq!(u32::try_from(seen.apps.len()), Ok(apps));
            let with_secret = seen.apps.keys().filter(|id| seen.secrets.contains_key(id));
            assert_eq!(u32::try_from(with_secret.count()), Ok(apps));
        }
        house.vandalise("DELETE FROM secrets WHERE app_id > 5").await;
        house.vandalise("UPDATE apps SET changed_at_revision = 1 WHERE id > 13").await;
        assert_eq!(Seen::since(&house.store, before).await.0.ids(), [10, 13]);
    }

    #[tokio::test]
    async fn apps_that_are_alike_share_one_policy() {
        let house = House::with_apps([1, 2]).await;
        let (seen, _) = Seen::since(&house.store, Revision::START).await;
        let [one, other] = [1, 2].map(|id| seen.apps[&id].as_ref().unwrap());
        assert!(Arc::ptr_eq(&one.policy, &other.policy));
    }

    #[tokio::test]
    async fn what_is_found_is_what_the_app_was_made_with() {
        let house = House::with_apps([1]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let edit = |settings: &mut AppSettings| {
            let ans = FeatureGrant::unlimited("ans".parse().unwrap());
            settings.features = vec![FeatureGrant { until: Some(NOW), ..ans }];
            settings.on_expiry = vec!["ans:grace:24".parse().unwrap()];
            settings.bind = vec![Binding([7; 16])];
            settings.allowed_networks = vec!["2001:db8::/32".parse().unwrap()];
            (settings.entitlement_from, settings.entitlement_until) = (Some(5), Some(NOW));
            (settings.service_enabled, settings.lifetime, settings.rate_per_second) =
                (false, 3_600, 7);
            settings.replay_mode = ReplayMode::Repeatable;
            settings.nonce_profile = NonceProfile::Hex16;
            settings.environment = Environment::Test;
        };
        let made = tx.update_app(AppId(1), None, edit).await.unwrap();
        tx.commit().await.unwrap();
        let (seen, _) = Seen::since(&house.store, Revision::START).await;
        assert_eq!(seen.apps[&1], Ok(Licensee::from(&made)));
    }

    #[tokio::test]
    async fn a_row_that_breaks_a_rule_is_unusable_and_says_where() {
        let cases = [
            ("features", "UPDATE apps SET features = '[{\"name\":\"ANS\"}]' WHERE id = 1"),
            ("features", "UPDATE apps SET features = 'no json' WHERE id = 1"),
            ("lifetime", "UPDATE apps SET lifetime = 5 WHERE id = 1"),
            ("lifetime", "UPDATE apps SET lifetime = -1 WHERE id = 1"),
            ("status", "UPDATE apps SET status = 'sleeping' WHERE id = 1"),
            ("status", "UPDATE apps SET status = x'ff61' WHERE id = 1"),
            ("rev", "UPDATE apps SET rev = 'x' WHERE id = 1"),
            ("service_enabled", "UPDATE apps SET service_enabled = 256 WHERE id = 1"),
            ("entitlement_until", "UPDATE apps SET entitlement_until = -1 WHERE id = 1"),
            (
                "allowed_networks",
                "UPDATE apps SET allowed_networks = '[]' || char(31) WHERE id = 1",
            ),
            ("bind", "UPDATE apps SET bind = char(30) WHERE id = 1"),
        ];
        for (column, sql) in cases {
            let house = House::with_apps([1, 2]).await;
            if !house.can_vandalise(sql).await {
                continue;
            }
            let (seen, _) = Seen::since(&house.store, Revision::START).await;
            let fault = seen.apps[&1].as_ref().unwrap_err();
            assert_eq!((fault.table, fault.column, &*fault.row), ("apps", column, "1"), "{sql}");
            assert_eq!(seen.secrets[&1].len(), 1, "its signature still verifies");
            assert!(seen.apps[&2].is_ok());
        }
    }

    #[tokio::test]
    async fn a_secret_that_does_not_open_is_not_found() {
        let cases = [
            "UPDATE secrets SET slot = 1 WHERE app_id = 1",
            "UPDATE secrets SET generation = 2 WHERE app_id = 1",
            "UPDATE secrets SET sealed = x'01' WHERE app_id = 1",
            "UPDATE secrets SET sealed = x'' WHERE app_id = 1",
            "UPDATE secrets SET sealed = zeroblob(1000) WHERE app_id = 1",
            "UPDATE secrets SET state = 'retiring' WHERE app_id = 1",
            // What separates columns, and rows, on the way here.
            "UPDATE secrets SET retires_at = char(31) WHERE app_id = 1",
            "UPDATE secrets SET retires_at = char(30) WHERE app_id = 1",
        ];
        for sql in cases {
            let house = House::with_apps([1, 2]).await;
            if !house.can_vandalise(sql).await {
                continue;
            }
            let (seen, _) = Seen::since(&house.store, Revision::START).await;
            assert!(seen.apps[&1].is_ok() && !seen.secrets.contains_key(&1), "{sql}");
            assert_eq!(seen.secrets[&2].len(), 1, "{sql}");
        }
    }
}
