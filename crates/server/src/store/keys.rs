//! Issuing keys with their certificates, and roots kept on the server.
//!
//! Invariant: a seed is only ever written sealed under its key id. Whether key, certificate and pins
//! fit each other is not judged here but by the key-accident guard at start.

use serde_json::json;
use zeroize::Zeroizing;

use super::app_row::column;
use super::{RowFault, Store, StoreError, Tx, db};
use crate::seal::{Kek, Label, Sealed};

/// An issuing key to be kept: one certificate and the key it is about.
#[derive(Clone)]
pub struct NewIssuingKey {
    /// Its place in the order of keys.
    pub serial: u32,
    /// Key id, 16 hex characters.
    pub kid: String,
    /// The key certificate, a JWS.
    pub certificate: String,
    /// Where its private part lives.
    pub place: KeyPlace,
    /// From when on it signs, Unix seconds. Ahead of now: staged.
    pub sign_from: i64,
    /// When its certificate ends, Unix seconds.
    pub exp: i64,
}

/// Where the private part of an issuing key lives.
#[derive(Clone)]
pub enum KeyPlace {
    /// Here: the Ed25519 seed.
    Seed(Zeroizing<[u8; 32]>),
    /// In the hardware token with this label.
    Token(String),
}

/// An issuing key as found.
#[derive(Debug, Clone)]
pub struct StoredIssuingKey {
    /// What was kept.
    pub key: NewIssuingKey,
    /// Unix seconds.
    pub added_at: i64,
}

/// A root key kept on the server.
#[derive(Clone)]
pub struct StoredRootKey {
    /// Key id, 16 hex characters.
    pub kid: String,
    /// The Ed25519 seed.
    pub seed: Zeroizing<[u8; 32]>,
    /// Unix seconds.
    pub added_at: i64,
}

impl Store {
    /// All issuing keys by serial, past and staged ones included.
    /// `Err(Row)`: one does not open or breaks a rule; keys are not worked around.
    pub async fn issuing_keys(&self) -> Result<Vec<StoredIssuingKey>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = db::query(
            "SELECT serial, kid, certificate, sealed_seed, token_label, sign_from, exp, added_at \
             FROM issuing_keys ORDER BY serial",
        )
        .fetch_all(&mut tx)
        .await?;
        rows.iter().map(|row| issuing_key(row, &self.kek)).collect()
    }

    /// The roots kept on the server, oldest first; none where they live offline.
    pub async fn root_keys(&self) -> Result<Vec<StoredRootKey>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows =
            db::query("SELECT kid, sealed_seed, added_at FROM root_keys ORDER BY added_at, kid")
                .fetch_all(&mut tx)
                .await?;
        rows.iter()
            .map(|row| {
                let kid: String = row.try_get("kid")?;
                let seed = seed(row, "root_keys", Label::RootKey { kid: &kid }, &kid, &self.kek)?;
                Ok(StoredRootKey { seed, added_at: row.try_get("added_at")?, kid })
            })
            .collect()
    }
}

impl Tx {
    /// Keeps an issuing key, for now or staged. `Err(SerialTaken)`: there is one with its serial.
    pub async fn add_issuing_key(&mut self, key: &NewIssuingKey) -> Result<(), StoreError> {
        let serial = i64::from(key.serial);
        let found: Option<i64> =
            db::query_scalar("SELECT serial FROM issuing_keys WHERE serial = $1")
                .bind(serial)
                .fetch_optional(&mut self.inner)
                .await?;
        if found.is_some() {
            return Err(StoreError::SerialTaken { serial: key.serial });
        }
        let (sealed, token) = match &key.place {
            KeyPlace::Seed(seed) => {
                let sealed = self.kek.seal(Label::IssuingKey { kid: &key.kid }, &**seed)?;
                (sealed.as_bytes().to_vec(), None)
            }
            KeyPlace::Token(label) => (Vec::new(), Some(label)),
        };
        let revision = self.raise().await?;
        db::query(
            "INSERT INTO issuing_keys (serial, kid, certificate, sealed_seed, token_label, sign_from, \
             exp, added_at, changed_at_revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(serial)
        .bind(&key.kid)
        .bind(&key.certificate)
        .bind(sealed)
        .bind(token)
        .bind(key.sign_from)
        .bind(key.exp)
        .bind(self.now)
        .bind(revision.0)
        .execute(&mut self.inner)
        .await?;
        let mut detail = json!({ "kid": key.kid, "sign_from": key.sign_from, "exp": key.exp });
        if let (KeyPlace::Token(label), Some(detail)) = (&key.place, detail.as_object_mut()) {
            detail.insert("token".to_owned(), label.as_str().into());
        }
        self.audit("issuing_key.add", &format!("issuing key {serial}"), &detail).await?;
        let data = json!({
            "serial": serial, "kid": key.kid, "sign_from": key.sign_from, "exp": key.exp,
        });
        self.notify("issuing_key.added", &data).await
    }

    /// Keeps a root on the server. `Err(RootTaken)`: it is kept already.
    pub async fn add_root_key(&mut self, kid: &str, seed: &[u8; 32]) -> Result<(), StoreError> {
        let found: Option<String> = db::query_scalar("SELECT kid FROM root_keys WHERE kid = $1")
            .bind(kid)
            .fetch_optional(&mut self.inner)
            .await?;
        if let Some(kid) = found {
            return Err(StoreError::RootTaken { kid });
        }
        let sealed = self.kek.seal(Label::RootKey { kid }, seed)?;
        let revision = self.raise().await?;
        db::query(
            "INSERT INTO root_keys (kid, sealed_seed, added_at, changed_at_revision) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(kid)
        .bind(sealed.as_bytes().to_vec())
        .bind(self.now)
        .bind(revision.0)
        .execute(&mut self.inner)
        .await?;
        self.audit("root_key.add", &format!("root key {kid}"), &json!({})).await
    }
}

/// Shows all but the seed.
impl std::fmt::Debug for NewIssuingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewIssuingKey(serial {}, kid {})", self.serial, self.kid)
    }
}

fn issuing_key(row: &db::Row, kek: &Kek) -> Result<StoredIssuingKey, StoreError> {
    let serial: i64 = row.try_get("serial")?;
    let kid: String = row.try_get("kid")?;
    let token: Option<String> = row.try_get("token_label")?;
    let place = match token {
        Some(label) => KeyPlace::Token(label),
        None => {
            let label = Label::IssuingKey { kid: &kid };
            KeyPlace::Seed(seed(row, "issuing_keys", label, serial, kek)?)
        }
    };
    let key = NewIssuingKey {
        serial: column(row, "issuing_keys", "serial", serial).number()?,
        certificate: row.try_get("certificate")?,
        place,
        sign_from: row.try_get("sign_from")?,
        exp: row.try_get("exp")?,
        kid,
    };
    Ok(StoredIssuingKey { key, added_at: row.try_get("added_at")? })
}

fn seed<K: std::fmt::Display + Copy>(
    row: &db::Row,
    table: &'static str,
    label: Label<'_>,
    key: K,
    kek: &Kek,
) -> Result<Zeroizing<[u8; 32]>, RowFault> {
    let at = column(row, table, "sealed_seed", key);
    let plain = kek.open(label, &Sealed::from_bytes(at.get()?)).map_err(|error| at.fault(error))?;
    let seed = <[u8; 32]>::try_from(plain.as_slice());
    seed.map(Zeroizing::new).map_err(|_| at.fault("is not 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW, Seen};
    use super::super::{Revision, Tx};
    use super::*;

    fn key(serial: u32) -> NewIssuingKey {
        let byte = u8::try_from(serial).unwrap();
        NewIssuingKey {
            serial,
            kid: format!("{serial:016x}"),
            certificate: format!("certificate {serial}"),
            place: KeyPlace::Seed(Zeroizing::new([byte; 32])),
            sign_from: NOW,
            exp: NOW + 1,
        }
    }

    fn seed_of(key: &NewIssuingKey) -> &[u8; 32] {
        match &key.place {
            KeyPlace::Seed(seed) => seed,
            KeyPlace::Token(label) => panic!("in {label}"),
        }
    }

    #[tokio::test]
    async fn a_key_in_a_token_is_kept_by_the_tokens_label() {
        let house = House::new().await;
        let mut tx: Tx = house.store.begin("owner", NOW).await.unwrap();
        let place = KeyPlace::Token("left rack".into());
        tx.add_issuing_key(&NewIssuingKey { place, ..key(1) }).await.unwrap();
        tx.commit().await.unwrap();
        let keys = house.reopened().await.issuing_keys().await.unwrap();
        assert!(matches!(&keys[0].key.place, KeyPlace::Token(label) if label == "left rack"));
    }

    async fn added(house: &House, keys: &[u32]) -> Revision {
        let mut tx: Tx = house.store.begin("owner", NOW).await.unwrap();
        for serial in keys {
            tx.add_issuing_key(&key(*serial)).await.unwrap();
        }
        tx.commit().await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn keys_come_back_by_serial_and_count_as_a_change() {
        let house = House::new().await;
        let before = house.store.revision().await.unwrap();
        added(&house, &[2, 1]).await;
        assert!(Seen::since(&house.store, before).await.1.keys);
        let keys = house.reopened().await.issuing_keys().await.unwrap();
        let facts: Vec<_> = keys.iter().map(|k| (k.key.serial, seed_of(&k.key)[0])).collect();
        assert_eq!(facts, [(1, 1), (2, 2)]);
        assert_eq!(keys[0].key.certificate, "certificate 1");
    }

    #[tokio::test]
    async fn a_serial_is_given_once() {
        let house = House::new().await;
        added(&house, &[1]).await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        let again = tx.add_issuing_key(&key(1)).await;
        assert!(matches!(again, Err(StoreError::SerialTaken { serial: 1 })));
    }

    #[tokio::test]
    async fn a_seed_under_another_kid_does_not_open_and_says_where() {
        let house = House::new().await;
        added(&house, &[1]).await;
        house.vandalise("UPDATE issuing_keys SET kid = 'other'").await;
        match house.store.issuing_keys().await {
            Err(StoreError::Row(fault)) => {
                assert_eq!((fault.table, fault.column), ("issuing_keys", "sealed_seed"));
            }
            other => panic!("{:?}", other.map(|keys| keys.len())),
        }
    }

    #[tokio::test]
    async fn an_auto_root_is_kept_once() {
        let house = House::new().await;
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.add_root_key("00ff", &[9; 32]).await.unwrap();
        let again = tx.add_root_key("00ff", &[9; 32]).await;
        assert!(matches!(again, Err(StoreError::RootTaken { .. })));
        tx.commit().await.unwrap();
        let roots = house.store.root_keys().await.unwrap();
        assert_eq!((roots.len(), &*roots[0].kid, roots[0].seed[0]), (1, "00ff", 9));
    }
}
