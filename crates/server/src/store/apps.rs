//! What can be done to an app. Each operation checks first, then writes row and audit entry.

use serde_json::json;

use super::app_row::{self, app_columns, column};
use super::{StoreError, Tx, confined, db};
use crate::model::{App, AppId, AppSettings, AppStatus, NewSecret, check_range};

impl Tx {
    /// Makes an app with its first secret. The number of a deleted app may be used again; 0 is the
    /// server's own, for licences that it issues to itself.
    ///
    /// `Err(AppExists)`, `Err(SecretTaken)`, `Err(Model)`: refused.
    pub async fn create_app(
        &mut self,
        id: AppId,
        settings: AppSettings,
        secret: &NewSecret,
    ) -> Result<App, StoreError> {
        check_range("id", id.0, 1..=u32::MAX)?;
        settings.check_shown(None)?;
        let rev = self.first_rev(id).await?;
        let app = App::new(id, rev, settings, self.now)?;
        self.check_secret_free(secret).await?;
        self.save(&app).await?;
        let generation = self.put_secret(id, 0, secret).await?;
        let detail = json!({ "app": app, "generation": generation });
        self.audit("app.create", &format!("app {id}"), &detail).await?;
        let data = json!({
            "app_id": id, "name": app.settings().name, "rev": rev, "generation": generation,
        });
        self.notify("app.created", &data).await?;
        Ok(app)
    }

    /// Lets `edit` change the settings. What comes out equal is no change: nothing is raised.
    ///
    /// `expected_rev`: the rev that the caller had seen, if it matters. `Err(AppUnknown)`,
    /// `Err(AppChanged)`: it is at another rev; `Err(Row)`: its row cannot be used; `Err(Model)`.
    pub async fn update_app(
        &mut self,
        id: AppId,
        expected_rev: Option<u32>,
        edit: impl FnOnce(&mut AppSettings),
    ) -> Result<App, StoreError> {
        let before = self.app(id).await?;
        if let Some(expected) = expected_rev.filter(|rev| *rev != before.rev) {
            return Err(StoreError::AppChanged { id, expected, found: before.rev });
        }
        let mut settings = before.settings().clone();
        edit(&mut settings);
        let after = before.clone().with_settings(settings, self.now)?;
        if after.settings() == before.settings() {
            return Ok(before);
        }
        self.replace(["app.update", "app.updated"], &before, after).await
    }

    /// No more licences for this app, until it is resumed. Again: nothing happens.
    pub async fn suspend_app(&mut self, id: AppId) -> Result<App, StoreError> {
        self.set_status(["app.suspend", "app.suspended"], id, AppStatus::Suspended).await
    }

    /// Licences again. For an active app nothing happens.
    pub async fn resume_app(&mut self, id: AppId) -> Result<App, StoreError> {
        self.set_status(["app.resume", "app.resumed"], id, AppStatus::Active).await
    }

    /// Removes the app and its secrets; a tombstone stays. Works on unusable rows too.
    pub async fn delete_app(&mut self, id: AppId) -> Result<(), StoreError> {
        self.check_app_exists(id).await?;
        self.mark_changed(id).await?;
        db::query("DELETE FROM secrets WHERE app_id = $1")
            .bind(i64::from(id.0))
            .execute(&mut self.inner)
            .await?;
        db::query("UPDATE apps SET deleted_at = $2 WHERE id = $1")
            .bind(i64::from(id.0))
            .bind(self.now)
            .execute(&mut self.inner)
            .await?;
        self.end_confinement_to(id).await?;
        self.audit("app.delete", &format!("app {id}"), &json!({})).await?;
        self.notify("app.deleted", &json!({ "app_id": id })).await
    }

    /// Who was confined to a deleted app is not confined to whoever gets its number next.
    async fn end_confinement_to(&mut self, id: AppId) -> Result<(), StoreError> {
        let number = format!("%{id}%");
        for (table, find, update) in [
            (
                "users",
                "SELECT id, app_ids FROM users WHERE app_ids LIKE $1",
                "UPDATE users SET rev = rev + 1, app_ids = $2 WHERE id = $1",
            ),
            (
                "api_tokens",
                "SELECT id, app_ids FROM api_tokens WHERE app_ids LIKE $1",
                "UPDATE api_tokens SET app_ids = $2 WHERE id = $1",
            ),
        ] {
            for row in db::query(find).bind(&number).fetch_all(&mut self.inner).await? {
                let whose: &str = column(&row, table, "id", "?").get()?;
                let apps = confined::read(&column(&row, table, "app_ids", whose))?;
                let mut apps = apps.unwrap_or_default();
                let before = apps.len();
                apps.retain(|app| *app != id);
                if apps.len() < before {
                    let update = db::query(update).bind(whose).bind(confined::text(Some(&apps)));
                    update.execute(&mut self.inner).await?;
                }
            }
        }
        Ok(())
    }

    /// `Err(AppUnknown)`: there is no such app, or no more.
    pub(super) async fn check_app_exists(&mut self, id: AppId) -> Result<(), StoreError> {
        let found: Option<i64> =
            db::query_scalar("SELECT id FROM apps WHERE id = $1 AND deleted_at IS NULL")
                .bind(i64::from(id.0))
                .fetch_optional(&mut self.inner)
                .await?;
        found.map(drop).ok_or(StoreError::AppUnknown { id })
    }

    /// Has readers load the app anew.
    pub(super) async fn mark_changed(&mut self, id: AppId) -> Result<(), StoreError> {
        let revision = self.raise().await?;
        db::query("UPDATE apps SET changed_at_revision = $2 WHERE id = $1")
            .bind(i64::from(id.0))
            .bind(revision.0)
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }

    /// 1, or one more than a deleted app had, or than any had that a restore has forgotten: equal (app,
    /// rev) must never mean two things.
    async fn first_rev(&mut self, id: AppId) -> Result<u32, StoreError> {
        let row = db::query("SELECT rev, deleted_at FROM apps WHERE id = $1")
            .bind(i64::from(id.0))
            .fetch_optional(&mut self.inner)
            .await?;
        let Some(row) = row else {
            let floor = db::query("SELECT rev_floor FROM meta").fetch_one(&mut self.inner).await?;
            return Ok(column(&floor, "meta", "rev_floor", 1).number::<u32>()?.saturating_add(1));
        };
        match row.try_get::<Option<i64>, _>("deleted_at")? {
            None => Err(StoreError::AppExists { id }),
            Some(_) => Ok(column(&row, "apps", "rev", id).number::<u32>()?.saturating_add(1)),
        }
    }

    /// The app as this transaction sees it. `Err(AppUnknown)`; `Err(Row)`: its row cannot be used.
    pub async fn app(&mut self, id: AppId) -> Result<App, StoreError> {
        let row = db::query(concat!(
            "SELECT ",
            app_columns!(),
            " FROM apps WHERE id = $1 AND deleted_at IS NULL"
        ))
        .bind(i64::from(id.0))
        .fetch_optional(&mut self.inner)
        .await?;
        Ok(app_row::read(id, &row.ok_or(StoreError::AppUnknown { id })?)?)
    }

    async fn set_status(
        &mut self,
        names: [&str; 2],
        id: AppId,
        status: AppStatus,
    ) -> Result<App, StoreError> {
        let before = self.app(id).await?;
        if before.status == status {
            return Ok(before);
        }
        let after = before.clone().with_status(status, self.now);
        self.replace(names, &before, after).await
    }

    /// `action`: as the audit names it; `event`: as webhooks do.
    async fn replace(
        &mut self,
        [action, event]: [&str; 2],
        before: &App,
        app: App,
    ) -> Result<App, StoreError> {
        self.save(&app).await?;
        self.audit(action, &format!("app {}", app.id), &(before, &app)).await?;
        let data = json!({ "app_id": app.id, "name": app.settings().name, "rev": app.rev });
        self.notify(event, &data).await?;
        Ok(app)
    }

    async fn save(&mut self, app: &App) -> Result<(), StoreError> {
        let revision = self.raise().await?;
        app_row::save(&mut self.inner, app, revision).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::AuditFilter;
    use super::super::testing::{House, NOW, secret};
    use super::*;
    use crate::model::{Binding, Environment, FeatureGrant, Generation, NonceProfile, ReplayMode};

    const APP: AppId = AppId(1);

    /// Settings in which no field has its default.
    fn rich() -> AppSettings {
        let grant = |name: &str, until| FeatureGrant {
            until,
            ..FeatureGrant::unlimited(name.parse().unwrap())
        };
        AppSettings {
            name: "Karaoke 卡拉".into(),
            environment: Environment::Test,
            service_enabled: false,
            features: vec![grant("agc", Some(NOW)), grant("ans", None)],
            entitlement_from: Some(1),
            entitlement_until: Some(NOW),
            lifetime: 3_600,
            rate_per_second: 50,
            replay_mode: ReplayMode::Repeatable,
            nonce_profile: NonceProfile::Hex16,
            on_expiry: vec!["agc:stop".parse().unwrap(), "ans:grace:24".parse().unwrap()],
            bind: vec![Binding([1; 16]), Binding([2; 16])],
            allowed_networks: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            tags: vec!["karaoke".into(), "卡拉".into()],
            note: "it's \"quoted\"; DROP TABLE apps".into(),
        }
    }

    #[tokio::test]
    async fn an_app_reads_back_as_it_was_made() {
        let house = House::new().await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let made = tx.create_app(AppId(u32::MAX), rich(), &secret(1)).await.unwrap();
        tx.commit().await.unwrap();
        let store = house.reopened().await;
        let read = store.app(AppId(u32::MAX)).await.unwrap().unwrap();
        assert_eq!(read.app, Ok(made.clone()));
        assert_eq!((made.settings(), made.rev, made.created_at), (&rich(), 1, NOW));
        let held = read.secrets[0].secret.as_ref().unwrap();
        assert_eq!(held.expose(), secret(1).secret().expose());
    }

    #[tokio::test]
    async fn an_update_raises_rev_and_revision_and_tells_before_and_after() {
        let house = House::with_apps([1]).await;
        let before = house.store.revision().await.unwrap();
        let mut tx = house.store.begin("ada", NOW + 9).await.unwrap();
        let app = tx.update_app(APP, Some(1), |s| s.rate_per_second = 99).await.unwrap();
        assert_eq!((app.rev, app.updated_at, app.created_at), (2, NOW + 9, NOW));
        assert_eq!(tx.commit().await.unwrap().unwrap().0, before.0 + 1);
        let entry = house.store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
        assert_eq!(
            (&*entry.actor, &*entry.action, &*entry.subject),
            ("ada", "app.update", "app 1")
        );
        assert_eq!(entry.detail[0]["rate_per_second"], 20);
        assert_eq!(entry.detail[1]["rate_per_second"], 99);
    }

    #[tokio::test]
    async fn what_changes_nothing_raises_nothing() {
        let house = House::with_apps([1]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        assert_eq!(tx.update_app(APP, None, |_| {}).await.unwrap().rev, 1);
        assert_eq!(tx.resume_app(APP).await.unwrap().rev, 1);
        tx.update_installation(|_| {}).await.unwrap();
        assert_eq!(tx.commit().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_rev_seen_too_early_and_a_broken_rule_leave_the_app_alone() {
        let house = House::with_apps([1]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let late = tx.update_app(APP, Some(7), |s| s.note = "x".into()).await;
        assert!(matches!(late, Err(StoreError::AppChanged { expected: 7, found: 1, .. })));
        let broken = tx.update_app(APP, None, |s| s.lifetime = 1).await;
        assert!(matches!(broken, Err(StoreError::Model(_))));
        let unknown = tx.update_app(AppId(2), None, |_| {}).await;
        assert!(matches!(unknown, Err(StoreError::AppUnknown { id: AppId(2) })));
        let twice = tx.create_app(APP, rich(), &secret(7)).await;
        assert!(matches!(twice, Err(StoreError::AppExists { id: APP })));
        assert_eq!(tx.commit().await.unwrap(), None);
    }

    #[tokio::test]
    async fn suspension_and_resumption_are_changes() {
        let house = House::with_apps([1]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let app = tx.suspend_app(APP).await.unwrap();
        assert_eq!((app.status, app.rev), (AppStatus::Suspended, 2));
        let app = tx.resume_app(APP).await.unwrap();
        assert_eq!((app.status, app.rev), (AppStatus::Active, 3));
        tx.commit().await.unwrap();
        assert_eq!(house.only_app().await.app.unwrap(), app);
    }

    #[tokio::test]
    async fn a_deleted_number_goes_on_where_it_stopped() {
        let house = House::with_apps([1]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.suspend_app(APP).await.unwrap();
        tx.delete_app(APP).await.unwrap();
        assert!(matches!(tx.delete_app(APP).await, Err(StoreError::AppUnknown { .. })));
        tx.commit().await.unwrap();
        assert!(house.store.app(APP).await.unwrap().is_none());

        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let app = tx.create_app(APP, rich(), &secret(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((app.rev, app.status), (3, AppStatus::Active));
        let secrets = house.only_app().await.secrets;
        assert_eq!((secrets.len(), secrets[0].generation), (1, Generation(2)));
    }

    #[tokio::test]
    async fn a_dropped_transaction_never_was() {
        let house = House::with_apps([1]).await;
        let before = house.store.revision().await.unwrap();
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.delete_app(APP).await.unwrap();
        drop(tx);
        assert!(house.only_app().await.app.is_ok());
        assert_eq!(house.store.revision().await.unwrap(), before);
    }
}
