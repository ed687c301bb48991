//! What comes of an attempt to prove who one is: a used code, or one more failure.
//!
//! Invariants: a code counts once, also when two requests bring it at the same moment; a failure is on
//! disk before it is answered.

use serde_json::json;

use super::app_row::column;
use super::users::subject;
use super::{StoreError, Tx};
use crate::model::{User, lock_secs};

impl Tx {
    /// Takes a good proof: the code of this step is used up, and failures are forgotten. `false`: it was
    /// used already, or the user's credentials are no longer those that were proved.
    pub async fn accept_proof(
        &mut self,
        user: &User,
        password_hash: &str,
        step: i64,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE users SET totp_last_step = $2, failures = 0, locked_until = 0 \
             WHERE id = $1 AND totp_last_step < $2 AND password_hash = $3 AND status = 'active'",
        )
        .bind(&user.id)
        .bind(step)
        .bind(password_hash)
        .execute(&mut *self.inner)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Notes when somebody signed in last.
    pub async fn note_sign_in(&mut self, user: &User) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET signed_in_at = $2 WHERE id = $1")
            .bind(&user.id)
            .bind(self.now)
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Counts a failed proof, and locks the user for as long as that many failures cost.
    pub async fn count_failure(&mut self, user: &User) -> Result<(), StoreError> {
        let row = sqlx::query(
            "UPDATE users SET failures = failures + 1 WHERE id = $1 RETURNING failures",
        )
        .bind(&user.id)
        .fetch_optional(&mut *self.inner)
        .await?;
        let Some(row) = row else { return Ok(()) };
        let failures = column(&row, "users", "failures", &*user.id).number()?;
        let lock = lock_secs(failures);
        sqlx::query("UPDATE users SET locked_until = $2 WHERE id = $1")
            .bind(&user.id)
            .bind(if lock == 0 { 0 } else { self.now + lock })
            .execute(&mut *self.inner)
            .await?;
        Ok(())
    }

    /// Records that somebody failed to sign in; `None`: under a name that nobody has.
    pub async fn audit_refusal(
        &mut self,
        user: Option<&User>,
        network: &str,
    ) -> Result<(), StoreError> {
        let subject = user.map_or_else(|| "user unknown".to_owned(), |user| subject(&user.id));
        let name = user.map(|user| &user.name);
        self.audit("session.refuse", &subject, &json!({ "name": name, "network": network })).await
    }
}
