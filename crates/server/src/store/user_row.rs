//! One user's row, and the reading of it.

use zeroize::Zeroizing;

use super::app_row::column;
use super::{RowFault, StoreError, Tx, confined, db};
use crate::model::{User, UserStatus};
use crate::seal::{Kek, Label, Sealed};

/// What somebody proves it with who they are.
#[derive(Clone)]
pub struct Credentials {
    /// Argon2id in the PHC format.
    pub password_hash: String,
    /// The secret of the second factor.
    pub totp: Zeroizing<Vec<u8>>,
    /// The last of its steps that was used; none before it counts any more.
    pub totp_last_step: i64,
}

/// The columns that [`read`] and [`credentials`] expect.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT users.id, users.name, role, app_ids, status, password_hash, totp, \
             totp_last_step, rev, users.created_at, updated_at, \
             signed_in_at FROM users ",
            $rest
        )
    };
}
pub(super) use select_users;

pub(super) fn read(row: &db::Row) -> Result<User, RowFault> {
    let id: &str = column(row, "users", "id", "").get()?;
    let at = |name| column(row, "users", name, id);
    Ok(User {
        id: id.to_owned(),
        name: at("name").get()?,
        role: at("role").word()?,
        apps: confined::read(&at("app_ids"))?,
        status: at("status").word()?,
        rev: at("rev").number()?,
        created_at: at("created_at").get()?,
        updated_at: at("updated_at").get()?,
        signed_in_at: at("signed_in_at").get()?,
    })
}

/// `None`: they never enrolled.
pub(super) fn credentials(row: &db::Row, kek: &Kek) -> Result<Option<Credentials>, StoreError> {
    let id: &str = column(row, "users", "id", "").get()?;
    let at = |name| column(row, "users", name, id);
    let password_hash: Option<String> = at("password_hash").get()?;
    let totp: Option<Vec<u8>> = at("totp").get()?;
    let (Some(password_hash), Some(totp)) = (password_hash, totp) else { return Ok(None) };
    Ok(Some(Credentials {
        password_hash,
        totp: kek.open(Label::Totp { of: id }, &Sealed::from_bytes(totp))?,
        totp_last_step: at("totp_last_step").get()?,
    }))
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl Tx {
    /// The user as this transaction sees them. `Err(UserUnknown)`.
    pub(super) async fn user_row(&mut self, id: &str) -> Result<db::Row, StoreError> {
        let row = db::query(select_users!("WHERE users.id = $1"))
            .bind(id)
            .fetch_optional(&mut self.inner)
            .await?;
        row.ok_or_else(|| StoreError::UserUnknown { id: id.to_owned() })
    }

    /// Writes what somebody decided about a user; credentials are their own business and stay.
    pub(super) async fn save_user(&mut self, user: &User) -> Result<(), StoreError> {
        db::query(
            "INSERT INTO users (id, name, role, app_ids, status, rev, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET \
             name = excluded.name, role = excluded.role, app_ids = excluded.app_ids, \
             status = excluded.status, rev = excluded.rev, updated_at = excluded.updated_at",
        )
        .bind(&user.id)
        .bind(&user.name)
        .bind(user.role.as_str())
        .bind(confined::text(user.apps.as_deref()))
        .bind(user.status.as_str())
        .bind(i64::from(user.rev))
        .bind(user.created_at)
        .bind(user.updated_at)
        .execute(&mut self.inner)
        .await?;
        Ok(())
    }

    /// `Err(LastOwner)`: without this one nobody could decide about everything.
    pub(super) async fn check_other_owner(&mut self, user: &User) -> Result<(), StoreError> {
        if !user.is_acting_owner() {
            return Ok(());
        }
        let others: i64 = db::query_scalar(
            "SELECT COUNT(*) FROM users \
             WHERE role = 'owner' AND status = $2 AND app_ids IS NULL AND id <> $1",
        )
        .bind(&user.id)
        .bind(UserStatus::Active.as_str())
        .fetch_one(&mut self.inner)
        .await?;
        if others > 0 { Ok(()) } else { Err(StoreError::LastOwner) }
    }
}
