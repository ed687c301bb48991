//! What comes of an attempt to prove who one is: a used code, or an entry in the audit log.
//!
//! Invariant: a code counts once, also when two requests bring it at the same moment. How often somebody
//! failed is for the admin API to remember.

use serde_json::json;

use super::users::subject;
use super::{StoreError, Tx, db};
use crate::model::User;

impl Tx {
    /// Takes a good proof: the code of this step is used up. `false`: it was used already, or the user's
    /// credentials are no longer those that were proved.
    pub async fn accept_proof(
        &mut self,
        user: &User,
        password_hash: &str,
        step: i64,
    ) -> Result<bool, StoreError> {
        let done = db::query(
            "UPDATE users SET totp_last_step = $2 \
             WHERE id = $1 AND totp_last_step < $2 AND password_hash = $3 AND status = 'active'",
        )
        .bind(&user.id)
        .bind(step)
        .bind(password_hash)
        .execute(&mut self.inner)
        .await?;
        Ok(done == 1)
    }

    /// Notes when somebody signed in last.
    pub async fn note_sign_in(&mut self, user: &User) -> Result<(), StoreError> {
        db::query("UPDATE users SET signed_in_at = $2 WHERE id = $1")
            .bind(&user.id)
            .bind(self.now)
            .execute(&mut self.inner)
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
