//! The key that signs checkpoints of the audit log.
//!
//! Invariant: its seed is only ever written sealed. It is made once, when it is first needed, with an
//! entry in the log that it will vouch for.

use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use tonegate_issuer::{Signer as _, SoftwareKey};
use zeroize::Zeroizing;

use super::app_row::column;
use super::{Store, StoreError, Tx, db};
use crate::seal::{Kek, Label, SealError, Sealed};

impl Store {
    /// The key; `None`: none was needed yet. `Err(Row)`: it does not open, or is not the key that is
    /// shown.
    pub async fn audit_key(&self) -> Result<Option<SoftwareKey>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        read(&mut tx, &self.kek).await
    }

    /// The key, made if there is none yet; then `actor` is who made it, at `now`.
    pub async fn audit_key_or_new(&self, actor: &str, now: i64) -> Result<SoftwareKey, StoreError> {
        if let Some(key) = self.audit_key().await? {
            return Ok(key);
        }
        let mut tx = self.begin(actor, now).await?;
        let key = tx.make_audit_key().await?;
        tx.commit().await?;
        Ok(key)
    }
}

impl Tx {
    /// Makes the key, unless somebody else has meanwhile.
    pub(super) async fn make_audit_key(&mut self) -> Result<SoftwareKey, StoreError> {
        if let Some(key) = read(&mut self.inner, &self.kek).await? {
            return Ok(key);
        }
        let key = SoftwareKey::generate().map_err(|_| SealError::Crypto)?;
        let sealed = self.kek.seal(Label::AuditKey, key.seed())?;
        let public = BASE64URL_NOPAD.encode(&key.public_key());
        db::query("INSERT INTO audit_key (one, sealed_seed, public_key) VALUES (1, $1, $2)")
            .bind(sealed.as_bytes().to_vec())
            .bind(&public)
            .execute(&mut self.inner)
            .await?;
        let detail = json!({ "public_key": public });
        self.audit("audit_key.create", "audit key", &detail).await?;
        Ok(key)
    }
}

async fn read(conn: &mut db::Connection, kek: &Kek) -> Result<Option<SoftwareKey>, StoreError> {
    let row = db::query("SELECT sealed_seed, public_key FROM audit_key");
    let Some(row) = row.fetch_optional(conn).await? else { return Ok(None) };
    let at = column(&row, "audit_key", "sealed_seed", 1);
    let sealed = Sealed::from_bytes(at.get()?);
    let seed = kek.open(Label::AuditKey, &sealed).map_err(|error| at.fault(error))?;
    let seed = <[u8; 32]>::try_from(seed.as_slice());
    let seed = seed.map(Zeroizing::new).map_err(|_| at.fault("is not 32 bytes"))?;
    let key = SoftwareKey::from_seed(seed).map_err(|error| at.fault(error))?;
    if row.try_get::<&str, _>("public_key")? != BASE64URL_NOPAD.encode(&key.public_key()) {
        let shown = column(&row, "audit_key", "public_key", 1);
        return Err(shown.fault("is not the public key of the sealed one").into());
    }
    Ok(Some(key))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use super::*;

    #[tokio::test]
    async fn the_key_is_made_once_and_the_log_says_so() {
        let house = House::new().await;
        assert!(house.store.audit_key().await.unwrap().is_none());
        let made = house.store.audit_key_or_new("owner", NOW).await.unwrap();
        let again = house.reopened().await.audit_key_or_new("other", NOW).await.unwrap();
        assert_eq!(made.public_key(), again.public_key());
        let newest = house.store.audit(&Default::default(), None, 9).await.unwrap();
        assert_eq!((newest.len(), &*newest[0].action), (2, "audit_key.create"));
    }

    #[tokio::test]
    async fn a_key_that_was_put_there_by_another_does_not_open() {
        let house = House::new().await;
        house.store.audit_key_or_new("owner", NOW).await.unwrap();
        house.vandalise("UPDATE audit_key SET public_key = 'AAAA'").await;
        let fault = house.store.audit_key().await.unwrap_err().to_string();
        assert!(fault.contains("audit_key, column public_key"), "{fault}");
        house.vandalise("UPDATE audit_key SET sealed_seed = zeroblob(61)").await;
        let fault = house.store.audit_key().await.unwrap_err().to_string();
        assert!(fault.contains("audit_key, column sealed_seed"), "{fault}");
    }
}
