//! Invitations: whoever holds one chooses a password and a second factor, in two steps.
//!
//! Invariants: one invitation a user, and one for the first owner while there is none; it is used up
//! by success, by its time, and by wrong codes; between the two steps nobody can sign in with what was
//! chosen; of its text only the hash is kept.

use data_encoding::HEXLOWER;
use serde_json::json;
use zeroize::Zeroizing;

use super::app_row::column;
use super::users::{has_owner, subject};
use super::{Store, StoreError, Tx, db, user_row};
use crate::model::{
    BearerToken, Role, TokenHash, User, UserStatus, bounds, check_new_text, new_id,
};
use crate::seal::{Label, Sealed};

/// An invitation that is still good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Whose; `None`: the first owner's, who is nobody yet.
    pub user_id: Option<String>,
    /// What they will sign in with; `None`: not chosen yet.
    pub name: Option<String>,
    /// Unix seconds.
    pub expires_at: i64,
}

/// What was chosen in the first step.
pub struct Chosen {
    /// Argon2id in the PHC format.
    pub password_hash: String,
    /// The secret of the second factor.
    pub totp: Zeroizing<Vec<u8>>,
}

impl Store {
    /// The invitation with this hash. `None`: unknown, used, or at its end at `now`.
    pub async fn invitation(
        &self,
        hash: &TokenHash,
        now: i64,
    ) -> Result<Option<Invitation>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let row = find(&mut tx, hash, now).await?;
        row.as_ref().map(invitation).transpose()
    }

    /// What was chosen with it. `None`: nothing yet, or there is no such invitation.
    pub async fn chosen(&self, hash: &TokenHash, now: i64) -> Result<Option<Chosen>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let Some(row) = find(&mut tx, hash, now).await? else { return Ok(None) };
        let at = |name| column(&row, "invitations", name, "");
        let password_hash: Option<String> = at("password_hash").get()?;
        let totp: Option<Vec<u8>> = at("totp").get()?;
        let (Some(password_hash), Some(totp)) = (password_hash, totp) else { return Ok(None) };
        let hex = HEXLOWER.encode(hash.as_bytes());
        let totp = self.kek.open(Label::Totp { of: &hex }, &Sealed::from_bytes(totp))?;
        Ok(Some(Chosen { password_hash, totp }))
    }
}

impl Tx {
    /// An invitation for the first owner, in place of any other such. `Err(SetupDone)`.
    pub async fn offer_setup(&mut self) -> Result<BearerToken, StoreError> {
        self.check_no_owner().await?;
        db::query("DELETE FROM invitations WHERE user_id IS NULL").execute(&mut self.inner).await?;
        let token = BearerToken::generate(BearerToken::INVITATION)?;
        let expires_at = self.now + bounds::SETUP_SECS;
        self.insert_invitation(&token.hash(), None, None, expires_at).await?;
        self.audit("setup.offer", "installation", &json!({ "expires_at": expires_at })).await?;
        Ok(token)
    }

    /// The first step: keeps what was chosen; a second choice replaces it. `name`: the first owner's.
    ///
    /// `Err(InvitationUnknown)`, `Err(NameTaken)`, `Err(Model)`.
    pub async fn choose(
        &mut self,
        hash: &TokenHash,
        name: Option<&str>,
        chosen: &Chosen,
    ) -> Result<(), StoreError> {
        if let Some(name) = name {
            check_new_text("name", name, bounds::USER_NAME)?;
            self.check_name_free(name).await?;
        }
        let hex = HEXLOWER.encode(hash.as_bytes());
        let totp = self.kek.seal(Label::Totp { of: &hex }, &chosen.totp)?;
        let done = db::query(
            "UPDATE invitations SET name = coalesce($2, name), password_hash = $3, totp = $4 \
             WHERE token_hash = $1 AND expires_at > $5",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(name)
        .bind(&chosen.password_hash)
        .bind(totp.as_bytes().to_vec())
        .bind(self.now)
        .execute(&mut self.inner)
        .await?;
        if done == 1 { Ok(()) } else { Err(StoreError::InvitationUnknown) }
    }

    /// Counts a wrong code. `true`: it was one too many, and the invitation is gone.
    pub async fn wrong_code(&mut self, hash: &TokenHash) -> Result<bool, StoreError> {
        let failures: Option<i64> = db::query_scalar(
            "UPDATE invitations SET failures = failures + 1 WHERE token_hash = $1 \
             RETURNING failures",
        )
        .bind(hash.as_bytes().to_vec())
        .fetch_optional(&mut self.inner)
        .await?;
        if failures.is_some_and(|failures| failures < i64::from(bounds::INVITATION_FAILURES)) {
            return Ok(false);
        }
        self.use_up(hash).await?;
        self.audit("invitation.revoke", "invitation", &json!({ "reason": "wrong codes" })).await?;
        Ok(true)
    }

    /// The second step, after the code proved right at `step`: what was chosen counts from now on, the
    /// user's sessions end, and the invitation is used up.
    ///
    /// `Err(InvitationUnknown)`, `Err(SetupDone)`, `Err(NameTaken)`.
    pub async fn enroll(
        &mut self,
        hash: &TokenHash,
        chosen: &Chosen,
        step: i64,
    ) -> Result<User, StoreError> {
        let row = find(&mut self.inner, hash, self.now).await?;
        let row = row.ok_or(StoreError::InvitationUnknown)?;
        let kept: Option<String> = column(&row, "invitations", "password_hash", "").get()?;
        // Chosen anew while the code was looked at.
        if kept.as_deref() != Some(&chosen.password_hash) {
            return Err(StoreError::InvitationUnknown);
        }
        let invitation = invitation(&row)?;
        let is_setup = invitation.user_id.is_none();
        let user = match (invitation.user_id, invitation.name) {
            (Some(id), _) => self.enabled(&id).await?,
            (None, Some(name)) => self.first_owner(name).await?,
            (None, None) => return Err(StoreError::InvitationUnknown),
        };
        self.use_up(hash).await?;
        self.save_user(&user).await?;
        self.set_credentials(&user.id, chosen, step).await?;
        self.end_sessions_of(&user.id, None).await?;
        let detail = json!({ "name": user.name, "role": user.role, "setup": is_setup });
        self.audit("user.enroll", &subject(&user.id), &detail).await?;
        Ok(user)
    }

    /// An invitation for this user, in place of any other.
    pub(super) async fn put_invitation(&mut self, user: &User) -> Result<BearerToken, StoreError> {
        self.drop_invitation(&user.id).await?;
        let token = BearerToken::generate(BearerToken::INVITATION)?;
        let expires_at = self.now + bounds::INVITATION_SECS;
        let (id, name) = (Some(&*user.id), Some(&*user.name));
        self.insert_invitation(&token.hash(), id, name, expires_at).await?;
        Ok(token)
    }

    pub(super) async fn drop_invitation(&mut self, user_id: &str) -> Result<(), StoreError> {
        db::query("DELETE FROM invitations WHERE user_id = $1")
            .bind(user_id)
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }

    async fn enabled(&mut self, id: &str) -> Result<User, StoreError> {
        let mut user = user_row::read(&self.user_row(id).await?)?;
        user.status = UserStatus::Active;
        (user.rev, user.updated_at) = (user.rev.saturating_add(1), self.now);
        Ok(user)
    }

    async fn first_owner(&mut self, name: String) -> Result<User, StoreError> {
        self.check_no_owner().await?;
        self.check_name_free(&name).await?;
        Ok(User {
            id: new_id("usr_")?,
            name,
            role: Role::Owner,
            apps: None,
            status: UserStatus::Active,
            rev: 1,
            created_at: self.now,
            updated_at: self.now,
            signed_in_at: None,
        })
    }

    async fn check_no_owner(&mut self) -> Result<(), StoreError> {
        if has_owner(&mut self.inner).await? { Err(StoreError::SetupDone) } else { Ok(()) }
    }

    async fn set_credentials(
        &mut self,
        id: &str,
        chosen: &Chosen,
        step: i64,
    ) -> Result<(), StoreError> {
        let totp = self.kek.seal(Label::Totp { of: id }, &chosen.totp)?;
        db::query(
            "UPDATE users SET password_hash = $2, totp = $3, totp_last_step = $4 \
             WHERE id = $1",
        )
        .bind(id)
        .bind(&chosen.password_hash)
        .bind(totp.as_bytes().to_vec())
        .bind(step)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    async fn insert_invitation(
        &mut self,
        hash: &TokenHash,
        user_id: Option<&str>,
        name: Option<&str>,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        db::query("DELETE FROM invitations WHERE expires_at <= $1")
            .bind(self.now)
            .execute(&mut self.inner)
            .await?;
        db::query(
            "INSERT INTO invitations (token_hash, user_id, name, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hash.as_bytes().to_vec())
        .bind(user_id)
        .bind(name)
        .bind(self.now)
        .bind(expires_at)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    async fn use_up(&mut self, hash: &TokenHash) -> Result<(), StoreError> {
        db::query("DELETE FROM invitations WHERE token_hash = $1")
            .bind(hash.as_bytes().to_vec())
            .execute(&mut self.inner)
            .await?;
        Ok(())
    }
}

async fn find(
    conn: &mut db::Connection,
    hash: &TokenHash,
    now: i64,
) -> Result<Option<db::Row>, StoreError> {
    db::query(
        "SELECT user_id, name, password_hash, totp, expires_at FROM invitations \
         WHERE token_hash = $1 AND expires_at > $2",
    )
    .bind(hash.as_bytes().to_vec())
    .bind(now)
    .fetch_optional(conn)
    .await
}

fn invitation(row: &db::Row) -> Result<Invitation, StoreError> {
    let at = |name| column(row, "invitations", name, "");
    Ok(Invitation {
        user_id: at("user_id").get()?,
        name: at("name").get()?,
        expires_at: at("expires_at").get()?,
    })
}
