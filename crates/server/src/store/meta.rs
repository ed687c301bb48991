//! The one row about the installation itself, and the revision that counts its changes.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::app_row::{column, json};
use super::nodes::database_ms;
use super::{Revision, Store, StoreError, Tx, db};
use crate::model::{Environment, ModelError, bounds};

/// What an operator decides about an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// The issuer's name, `iss` in every licence: 1–32 characters of `[A-Za-z0-9._:/-]`.
    pub iss: String,
    /// The world it answers for.
    pub environment: Environment,
    /// The root keys that verifiers pin, in their order; at most 2, each as the caller spells it.
    pub pins: Vec<String>,
}

/// What is known about this installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// 32 random hex characters, made with the database. Copies of a database share it.
    pub installation_id: String,
    /// What the operator decided.
    #[serde(flatten)]
    pub installation: Installation,
    /// Which key-encryption key sealed the database.
    pub kek_fingerprint: String,
    /// Unix seconds.
    pub created_at: i64,
}

impl Installation {
    /// The same, if it obeys the rules. `Err(Issuer)`, `Err(TooMany)`, `Err(Text)`: it does not.
    pub fn checked(self) -> Result<Self, ModelError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
        if !bounds::ISS.contains(&self.iss.len()) || !self.iss.chars().all(plain) {
            return Err(ModelError::Issuer { found: self.iss });
        }
        if self.pins.len() > 2 {
            return Err(ModelError::TooMany { field: "pins", found: self.pins.len(), max: 2 });
        }
        self.pins.iter().try_for_each(|pin| crate::model::check_text("pins", pin, 1..=128))?;
        Ok(self)
    }
}

impl Store {
    /// What is known about this installation.
    pub async fn meta(&self) -> Result<Meta, StoreError> {
        let mut tx = self.db.begin_read().await?;
        read(&mut tx).await
    }
}

impl Tx {
    /// Lets `edit` change the installation's name, world or pins. No change raises nothing.
    pub async fn update_installation(
        &mut self,
        edit: impl FnOnce(&mut Installation),
    ) -> Result<Installation, StoreError> {
        let before = read(&mut self.inner).await?.installation;
        let mut after = before.clone();
        edit(&mut after);
        let after = after.checked()?;
        if after == before {
            return Ok(before);
        }
        let revision = self.raise().await?;
        db::query(
            "UPDATE meta SET iss = $1, environment = $2, pins = $3, changed_at_revision = $4",
        )
        .bind(&after.iss)
        .bind(after.environment.as_str())
        .bind(json(&after.pins))
        .bind(revision.0)
        .execute(&mut self.inner)
        .await?;
        self.audit("installation.update", "installation", &(&before, &after)).await?;
        Ok(after)
    }

    pub(super) async fn insert_meta(
        &mut self,
        installation: &Installation,
    ) -> Result<(), StoreError> {
        let mut id = [0; 16];
        aws_lc_rs::rand::fill(&mut id).map_err(|_| ModelError::NoRandomness)?;
        db::query(
            "INSERT INTO meta (one, installation_id, iss, environment, pins, kek_fingerprint, \
             created_at, revision, last_audit, changed_at_revision) \
             VALUES (1, $1, $2, $3, $4, $5, $6, 1, 0, 1)",
        )
        .bind(HEXLOWER.encode(&id))
        .bind(&installation.iss)
        .bind(installation.environment.as_str())
        .bind(json(&installation.pins))
        .bind(self.kek.fingerprint())
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        self.audit("installation.create", "installation", installation).await
    }
}

/// The newest revision.
pub(super) async fn revision(conn: &mut db::Connection) -> Result<Revision, StoreError> {
    let found = db::query_scalar("SELECT revision FROM meta").fetch_one(conn).await?;
    Ok(Revision(found))
}

/// Raises the revision by one.
pub(super) async fn raise(conn: &mut db::Connection) -> Result<Revision, StoreError> {
    let sql = concat!(
        "UPDATE meta SET revision = revision + 1, raised_at = ",
        database_ms!(),
        " RETURNING revision"
    );
    let raised = db::query_scalar(sql).fetch_one(conn).await?;
    Ok(Revision(raised))
}

pub(super) async fn read(conn: &mut db::Connection) -> Result<Meta, StoreError> {
    let row = db::query(
        "SELECT installation_id, iss, environment, pins, kek_fingerprint, created_at FROM meta",
    )
    .fetch_one(conn)
    .await?;
    let at = |name| column(&row, "meta", name, "1");
    let installation = Installation {
        iss: row.try_get("iss")?,
        environment: at("environment").word()?,
        pins: at("pins").json()?,
    };
    Ok(Meta {
        installation_id: row.try_get("installation_id")?,
        installation: installation.checked()?,
        kek_fingerprint: row.try_get("kek_fingerprint")?,
        created_at: row.try_get("created_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use super::*;

    #[tokio::test]
    async fn an_installation_keeps_its_id_and_takes_new_pins() {
        let house = House::new().await;
        let before = house.store.meta().await.unwrap();
        assert_eq!(before.installation_id.len(), 32);
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.update_installation(|it| it.pins = vec!["a".into(), "b".into()]).await.unwrap();
        tx.commit().await.unwrap();
        let after = house.reopened().await.meta().await.unwrap();
        assert_eq!(after.installation.pins, ["a", "b"]);
        assert_eq!(after.installation_id, before.installation_id);
    }

    #[tokio::test]
    async fn names_that_no_license_could_carry_are_refused() {
        let house = House::new().await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        for bad in ["", "with blank", "quote\"", &"x".repeat(33)] {
            let result = tx.update_installation(|it| it.iss = bad.into()).await;
            assert!(matches!(result, Err(StoreError::Model(ModelError::Issuer { .. }))), "{bad}");
        }
        assert_eq!(tx.commit().await.unwrap(), None);
    }
}
