//! What a creation answered, for a client that asks again.
//!
//! Invariant: an answer is kept in the transaction of what it tells of, sealed, since some hold a
//! secret; a request is kept as a keyed hash alone.

use super::{StoreError, Tx, db};
use crate::seal::{Label, Sealed};

/// A creation that somebody asked for under a key of theirs.
#[derive(Debug, Clone)]
pub struct Asked {
    caller: String,
    key: String,
    request: Vec<u8>,
}

impl Asked {
    /// `caller`: who, by a name that is never given twice; `request`: all that was asked for.
    #[must_use]
    pub fn new(caller: &str, key: String, request: &[u8]) -> Self {
        Self { caller: caller.to_owned(), key, request: request.to_vec() }
    }

    /// A part of it that has an answer of its own. `part`: says all that the parts differ in, for what was
    /// asked for is compared under the whole's key alone.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        // No caller's key has a blank.
        let key = format!("{} {part}", self.key);
        Self { caller: self.caller.clone(), key, request: Vec::new() }
    }

    fn label(&self) -> Label<'_> {
        Label::Answer { caller: &self.caller, key: &self.key }
    }
}

impl Tx {
    /// What was answered after `since` (Unix seconds). `None`: nothing; `Some(None)`: the key went with
    /// another request.
    pub async fn answered(
        &mut self,
        asked: &Asked,
        since: i64,
    ) -> Result<Option<Option<Vec<u8>>>, StoreError> {
        let row = db::query(
            "SELECT request_hash, sealed_answer FROM idempotency \
             WHERE caller = $1 AND key = $2 AND at > $3",
        )
        .bind(&asked.caller)
        .bind(&asked.key)
        .bind(since)
        .fetch_optional(&mut self.inner)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let hash: Vec<u8> = row.try_get("request_hash")?;
        if hash != self.kek.keyed_hash(&asked.request) {
            return Ok(Some(None));
        }
        let sealed = Sealed::from_bytes(row.try_get("sealed_answer")?);
        Ok(Some(Some(self.kek.open(asked.label(), &sealed)?.to_vec())))
    }

    /// Keeps the answer. An older one under the same key is forgotten.
    pub async fn remember_answer(
        &mut self,
        asked: &Asked,
        answer: &[u8],
    ) -> Result<(), StoreError> {
        let sealed = self.kek.seal(asked.label(), answer)?;
        db::query(
            "INSERT INTO idempotency (caller, key, request_hash, status, sealed_answer, at) \
             VALUES ($1, $2, $3, 201, $4, $5) ON CONFLICT (caller, key) DO UPDATE SET \
             request_hash = excluded.request_hash, sealed_answer = excluded.sealed_answer, \
             at = excluded.at",
        )
        .bind(&asked.caller)
        .bind(&asked.key)
        .bind(self.kek.keyed_hash(&asked.request).to_vec())
        .bind(sealed.as_bytes().to_vec())
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    /// Forgets answers older than `before` (Unix seconds).
    pub async fn forget_answers(&mut self, before: i64) -> Result<(), StoreError> {
        db::query("DELETE FROM idempotency WHERE at < $1")
            .bind(before)
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{House, NOW};
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_back_for_its_request_alone_and_not_for_ever() {
        let house = House::new().await;
        let asked = |key: &str, body: &[u8]| Asked::new("usr_1", key.to_owned(), body);
        let mut tx = house.store.begin("owner", NOW).await.unwrap();
        tx.remember_answer(&asked("k", b"make it"), b"{\"secret\":1}").await.unwrap();
        let answer = tx.answered(&asked("k", b"make it"), NOW - 1).await.unwrap();
        assert_eq!(answer, Some(Some(b"{\"secret\":1}".to_vec())));
        assert_eq!(tx.answered(&asked("k", b"another"), NOW - 1).await.unwrap(), Some(None));
        assert_eq!(tx.answered(&asked("other", b"make it"), NOW - 1).await.unwrap(), None);
        assert_eq!(tx.answered(&asked("k", b"make it"), NOW).await.unwrap(), None);
        let kept: Vec<u8> = db::query_scalar("SELECT sealed_answer FROM idempotency")
            .fetch_one(&mut tx.inner)
            .await
            .unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains("secret"));
        tx.forget_answers(NOW + 1).await.unwrap();
        assert_eq!(tx.answered(&asked("k", b"make it"), NOW - 1).await.unwrap(), None);
    }
}
