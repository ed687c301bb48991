//! The secrets of an app: two slots, of which one is active.
//!
//! Invariants: an app has exactly one active secret; a generation is never given twice; no secret
//! stands in two slots anywhere (a unique index over keyed hashes); a secret stays in its slot for
//! life, since it is sealed under it. A rotation therefore fills the slot that is not active.

use serde_json::json;
use zeroize::Zeroize as _;

use super::app_row::column;
use super::{RowFault, Store, StoreError, Tx, db};
use crate::model::{AppId, Generation, NewSecret, SecretState, ServerSecret, bounds, check_range};
use crate::seal::{Kek, Label};

/// A secret as found in its slot.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// Its number within the app.
    pub generation: Generation,
    /// What it is good for.
    pub state: SecretState,
    /// The secret; `None`: it does not open (moved from another row, another key, damaged).
    pub secret: Option<ServerSecret>,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds of its last known use; `None`: none yet.
    pub last_used_at: Option<i64>,
    slot: u8,
}

/// A secret was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretUse {
    /// Whose.
    pub app: AppId,
    /// Which.
    pub generation: Generation,
    /// Unix seconds.
    pub at: i64,
}

/// The columns that [`read`] expects.
macro_rules! secret_columns {
    () => {
        "app_id, slot, generation, state, retires_at, sealed, created_at, last_used_at"
    };
}
pub(super) use secret_columns;

/// Uses in one statement. Not too many: SQLite looks a parameter up by going through those before it.
const USES_AT_ONCE: usize = 100;

impl Store {
    /// Notes when secrets were last used. A use older than the noted one changes nothing, nor does
    /// one of a secret that is gone. Neither audited nor a change: the revision stays.
    pub async fn touch_secrets(&self, uses: &[SecretUse]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin_write().await?;
        // Many to a statement: the driver's share of each is more than the engine's.
        for uses in uses.chunks(USES_AT_ONCE) {
            let mut update =
                db::QueryBuilder::new("UPDATE secrets SET last_used_at = used.column3 FROM (");
            update.push_values(uses, |row, used| {
                row.push_bind(i64::from(used.app.0));
                row.push_bind(i64::from(used.generation.0));
                row.push_bind(used.at);
            });
            update.push(
                ") AS used WHERE secrets.app_id = used.column1 \
                 AND secrets.generation = used.column2 \
                 AND (last_used_at IS NULL OR last_used_at < used.column3)",
            );
            update.build().execute(&mut tx).await?;
        }
        tx.commit().await
    }

    /// The apps whose secrets were used after `since` (Unix seconds), by whichever server, and when last.
    pub async fn apps_used_since(&self, since: i64) -> Result<Vec<(AppId, i64)>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = db::query(
            "SELECT app_id, MAX(last_used_at) AS used_at FROM secrets WHERE last_used_at > $1 \
             GROUP BY app_id",
        )
        .bind(since)
        .fetch_all(&mut tx)
        .await?;
        let read = |row: &db::Row| {
            let id: i64 = row.try_get("app_id")?;
            let used_at: i64 = row.try_get("used_at")?;
            Ok(u32::try_from(id).ok().map(|id| (AppId(id), used_at)))
        };
        rows.iter().filter_map(|row| read(row).transpose()).collect()
    }
}

impl Tx {
    /// Makes `new` the active secret. The old one signs for `overlap` more seconds
    /// (0–2,592,000); with 0 it is revoked at once. What stood in the second slot is forgotten.
    ///
    /// `Err(AppUnknown)`; `Err(SecretTaken)`: some app has it, perhaps this one.
    pub async fn rotate_secret(
        &mut self,
        id: AppId,
        new: &NewSecret,
        overlap: u32,
    ) -> Result<Generation, StoreError> {
        check_range("overlap", overlap, bounds::OVERLAP)?;
        self.check_app_exists(id).await?;
        self.check_secret_free(new).await?;
        let active =
            self.secrets_of(id).await?.into_iter().find(|s| s.state == SecretState::Active);
        let old = match overlap {
            0 => SecretState::Revoked,
            _ => SecretState::Retiring { until: self.now + i64::from(overlap) },
        };
        let slot = active.as_ref().map_or(0, |active| 1 - active.slot);
        if let Some(active) = active {
            self.set_state(id, active.generation, old).await?;
        }
        let generation = self.put_secret(id, slot, new).await?;
        let detail = json!({ "generation": generation, "old": old });
        self.audit("secret.rotate", &format!("app {id}"), &detail).await?;
        let data = json!({ "app_id": id, "generation": generation, "overlap": overlap });
        self.notify("secret.rotated", &data).await?;
        Ok(generation)
    }

    /// Revokes a secret that a newer one has replaced: it stays known, and is refused with 910004.
    /// Again: nothing happens.
    ///
    /// `Err(AppUnknown)`, `Err(SecretUnknown)`; `Err(SecretActive)`: rotate first.
    pub async fn revoke_secret(
        &mut self,
        id: AppId,
        generation: Generation,
    ) -> Result<(), StoreError> {
        self.check_app_exists(id).await?;
        let secrets = self.secrets_of(id).await?;
        match secrets.iter().find(|s| s.generation == generation).map(|s| s.state) {
            None => return Err(StoreError::SecretUnknown { id, generation }),
            Some(SecretState::Active) => return Err(StoreError::SecretActive { id, generation }),
            Some(SecretState::Revoked) => return Ok(()),
            Some(SecretState::Retiring { .. }) => {}
        }
        self.set_state(id, generation, SecretState::Revoked).await?;
        self.mark_changed(id).await?;
        let detail = json!({ "generation": generation });
        self.audit("secret.revoke", &format!("app {id}"), &detail).await?;
        self.notify("secret.revoked", &json!({ "app_id": id, "generation": generation })).await
    }

    /// `Err(SecretTaken)`: an app has it. Looked up before anything is written.
    pub(super) async fn check_secret_free(&mut self, new: &NewSecret) -> Result<(), StoreError> {
        let taken: Option<i64> =
            db::query_scalar("SELECT app_id FROM secrets WHERE keyed_hash = $1")
                .bind(self.hash(new))
                .fetch_optional(&mut self.inner)
                .await?;
        taken.map_or(Ok(()), |_| Err(StoreError::SecretTaken))
    }

    /// Seals `new` into `slot` as the app's active secret, over whatever stood there.
    pub(super) async fn put_secret(
        &mut self,
        id: AppId,
        slot: u8,
        new: &NewSecret,
    ) -> Result<Generation, StoreError> {
        let generation = self.next_generation(id).await?;
        let label = Label::ServerSecret { app: id.0, slot, generation: generation.0 };
        let sealed = self.kek.seal(label, new.secret().expose().as_bytes())?;
        db::query(
            "INSERT INTO secrets (app_id, slot, generation, state, retires_at, sealed, \
             keyed_hash, created_at, last_used_at) \
             VALUES ($1, $2, $3, 'active', NULL, $4, $5, $6, NULL) \
             ON CONFLICT (app_id, slot) DO UPDATE SET generation = excluded.generation, \
             state = excluded.state, retires_at = NULL, sealed = excluded.sealed, \
             keyed_hash = excluded.keyed_hash, created_at = excluded.created_at, \
             last_used_at = NULL",
        )
        .bind(i64::from(id.0))
        .bind(i64::from(slot))
        .bind(i64::from(generation.0))
        .bind(sealed.as_bytes().to_vec())
        .bind(self.hash(new))
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        Ok(generation)
    }

    async fn next_generation(&mut self, id: AppId) -> Result<Generation, StoreError> {
        self.mark_changed(id).await?;
        let row = db::query(
            "UPDATE apps SET last_generation = last_generation + 1 WHERE id = $1 \
             RETURNING last_generation",
        )
        .bind(i64::from(id.0))
        .fetch_one(&mut self.inner)
        .await?;
        Ok(Generation(column(&row, "apps", "last_generation", id).number()?))
    }

    async fn set_state(
        &mut self,
        id: AppId,
        generation: Generation,
        state: SecretState,
    ) -> Result<(), StoreError> {
        let (word, until) = match state {
            SecretState::Active => ("active", None),
            SecretState::Retiring { until } => ("retiring", Some(until)),
            SecretState::Revoked => ("revoked", None),
        };
        db::query(
            "UPDATE secrets SET state = $3, retires_at = $4 \
             WHERE app_id = $1 AND generation = $2",
        )
        .bind(i64::from(id.0))
        .bind(i64::from(generation.0))
        .bind(word)
        .bind(until)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    async fn secrets_of(&mut self, id: AppId) -> Result<Vec<StoredSecret>, StoreError> {
        let rows =
            db::query(concat!("SELECT ", secret_columns!(), " FROM secrets WHERE app_id = $1"))
                .bind(i64::from(id.0))
                .fetch_all(&mut self.inner)
                .await?;
        rows.iter().map(|row| Ok(read(row, &self.kek)?.1)).collect()
    }

    fn hash(&self, new: &NewSecret) -> Vec<u8> {
        self.kek.keyed_hash(new.secret().expose().as_bytes()).to_vec()
    }
}

/// Reads and opens a row of `secret_columns!()`. A secret that does not open is logged and left out.
pub(super) fn read(row: &db::Row, kek: &Kek) -> Result<(AppId, StoredSecret), RowFault> {
    let app = column(row, "secrets", "app_id", "?").number::<u32>()?;
    let at = |name| column(row, "secrets", name, app);
    let slot = at("slot").number::<u8>()?;
    let generation = at("generation").number::<u32>()?;
    let word: &str = at("state").get()?;
    let state = state(word, at("retires_at").get()?)
        .ok_or_else(|| at("state").fault(format_args!("`{word}` is no state")))?;
    let label = Label::ServerSecret { app, slot, generation };
    let secret = open(row, label, kek)
        .inspect_err(|fault| log_closed(&at("sealed").fault(fault), generation));
    let secret = StoredSecret {
        generation: Generation(generation),
        state,
        secret: secret.ok(),
        created_at: at("created_at").get()?,
        last_used_at: at("last_used_at").get()?,
        slot,
    };
    Ok((AppId(app), secret))
}

/// The state that is stored as `word` and `retires_at`; `None`: there is no such state.
pub(super) fn state(word: &str, retires_at: Option<i64>) -> Option<SecretState> {
    match (word, retires_at) {
        ("active", _) => Some(SecretState::Active),
        ("retiring", Some(until)) => Some(SecretState::Retiring { until }),
        ("revoked", _) => Some(SecretState::Revoked),
        _ => None,
    }
}

/// What went wrong as text: it is logged, and there is nothing else to do about it.
fn open(row: &db::Row, label: Label<'_>, kek: &Kek) -> Result<ServerSecret, String> {
    let mut sealed: Vec<u8> = row.try_get("sealed").map_err(|error| error.to_string())?;
    opened(kek, label, &mut sealed)
}

/// Opens a secret in its place, and wipes that.
pub(super) fn opened(
    kek: &Kek,
    label: Label<'_>,
    sealed: &mut [u8],
) -> Result<ServerSecret, String> {
    let plain = kek.open_in_place(label, sealed).map_err(|error| error.to_string());
    let secret = plain.and_then(|plain| {
        let text = std::str::from_utf8(plain).map_err(|_| "is no text".to_owned())?;
        ServerSecret::new(text).map_err(|error| error.to_string())
    });
    sealed.zeroize();
    secret
}

pub(super) fn log_closed(sealed: &RowFault, generation: u32) {
    tracing::error!(%sealed, generation, "a ServerSecret cannot be opened; it is not accepted");
}

#[cfg(test)]
mod tests {
    use super::super::AuditFilter;
    use super::super::testing::{House, NOW, secret};
    use super::*;

    const APP: AppId = AppId(1);

    /// Generation, state and text of each secret, newest first.
    async fn slots(house: &House) -> Vec<(u32, SecretState, String)> {
        let secrets = house.only_app().await.secrets.into_iter();
        let text = |secret: Option<ServerSecret>| secret.unwrap().expose().to_owned();
        secrets.map(|s| (s.generation.0, s.state, text(s.secret))).collect()
    }

    async fn rotate(house: &House, new: u8, overlap: u32) -> Result<Generation, StoreError> {
        let mut tx = house.store.begin("owner", NOW).await?;
        let generation = tx.rotate_secret(APP, &secret(new), overlap).await?;
        tx.commit().await?;
        Ok(generation)
    }

    fn text(number: u8) -> String {
        secret(number).secret().expose().to_owned()
    }

    #[tokio::test]
    async fn rotation_keeps_the_old_secret_for_the_overlap_and_forgets_the_one_before() {
        let house = House::with_apps([1]).await;
        assert_eq!(rotate(&house, 2, 3_600).await.unwrap(), Generation(2));
        assert_eq!(rotate(&house, 3, 60).await.unwrap(), Generation(3));
        let retiring = SecretState::Retiring { until: NOW + 60 };
        let expected = vec![(3, SecretState::Active, text(3)), (2, retiring, text(2))];
        assert_eq!(slots(&house).await, expected);
        assert_eq!(rotate(&house, 4, 0).await.unwrap(), Generation(4));
        let expected = vec![(4, SecretState::Active, text(4)), (3, SecretState::Revoked, text(3))];
        assert_eq!(slots(&house).await, expected);
    }

    #[tokio::test]
    async fn an_overlap_beyond_thirty_days_is_refused() {
        let house = House::with_apps([1]).await;
        assert!(matches!(rotate(&house, 2, 2_592_001).await, Err(StoreError::Model(_))));
    }

    #[tokio::test]
    async fn a_revoked_secret_stays_known_and_an_active_one_is_not_revoked() {
        let house = House::with_apps([1]).await;
        rotate(&house, 2, 60).await.unwrap();
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.revoke_secret(APP, Generation(1)).await.unwrap();
        tx.revoke_secret(APP, Generation(1)).await.unwrap();
        let active = tx.revoke_secret(APP, Generation(2)).await;
        assert!(matches!(active, Err(StoreError::SecretActive { .. })));
        let unknown = tx.revoke_secret(APP, Generation(9)).await;
        assert!(matches!(unknown, Err(StoreError::SecretUnknown { .. })));
        tx.commit().await.unwrap();
        assert_eq!(slots(&house).await[1], (1, SecretState::Revoked, text(1)));
        let revocations = house.store.audit(&AuditFilter::default(), None, 9).await.unwrap();
        assert_eq!(revocations.iter().filter(|e| e.action == "secret.revoke").count(), 1);
    }

    #[tokio::test]
    async fn no_secret_stands_in_two_slots() {
        let house = House::with_apps([1]).await;
        rotate(&house, 2, 60).await.unwrap();
        for taken in [1, 2] {
            assert!(matches!(rotate(&house, taken, 60).await, Err(StoreError::SecretTaken)));
            let mut tx = house.store.begin("owner", NOW).await.unwrap();
            let other = tx.create_app(AppId(9), House::settings("b"), &secret(taken)).await;
            assert!(matches!(other, Err(StoreError::SecretTaken)));
            assert_eq!(tx.commit().await.unwrap(), None, "nothing was written");
        }
        assert!(house.store.app(AppId(9)).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn uses_are_noted_without_raising_the_revision_and_never_go_back() {
        let house = House::with_apps([1]).await;
        let before = house.store.revision().await.unwrap();
        let used = |generation, at| SecretUse { app: APP, generation: Generation(generation), at };
        house.store.touch_secrets(&[used(1, NOW + 5), used(7, NOW)]).await.unwrap();
        house.store.touch_secrets(&[used(1, NOW + 3)]).await.unwrap();
        assert_eq!(house.only_app().await.secrets[0].last_used_at, Some(NOW + 5));
        assert_eq!(house.store.revision().await.unwrap(), before);
    }
}
