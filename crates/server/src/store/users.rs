//! What an owner decides about people: who is invited, what they may do, who goes.
//!
//! Invariants: there is always somebody left who may decide about everything, once there was; a change
//! of what somebody may do ends their sessions in the same transaction.

use serde_json::json;

use super::user_row::{self, Credentials, select_users};
use super::{Store, StoreError, Tx, confined, db};
use crate::model::{AppId, BearerToken, Role, User, UserStatus, bounds, check_new_text, new_id};

/// Somebody to be invited.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// What they will sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The apps that they are confined to; `None`: they are not.
    pub apps: Option<Vec<AppId>>,
}

/// What changes about somebody; `None`: it stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// What they may do.
    pub role: Option<Role>,
    /// The apps that they are confined to; `Some(None)`: they no longer are.
    pub apps: Option<Option<Vec<AppId>>>,
    /// Whether they may sign in.
    pub enabled: Option<bool>,
}

impl Store {
    /// Has nobody enrolled yet who may decide about everything?
    pub async fn needs_setup(&self) -> Result<bool, StoreError> {
        let mut tx = self.db.begin_read().await?;
        Ok(!has_owner(&mut tx).await?)
    }

    /// Users whose name comes after `after`, by name, at most `limit`.
    pub async fn users(&self, after: Option<&str>, limit: u32) -> Result<Vec<User>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let rows = db::query(select_users!("WHERE name > $1 ORDER BY name LIMIT $2"))
            .bind(after.unwrap_or_default())
            .bind(i64::from(limit))
            .fetch_all(&mut tx)
            .await?;
        Ok(rows.iter().map(user_row::read).collect::<Result<_, _>>()?)
    }

    /// One user. `None`: unknown.
    pub async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let row = db::query(select_users!("WHERE id = $1"));
        let row = row.bind(id).fetch_optional(&mut tx).await?;
        Ok(row.as_ref().map(user_row::read).transpose()?)
    }

    /// Whoever signs in with this name, and what they prove it with. `None` for the latter: they never
    /// enrolled.
    pub async fn user_named(
        &self,
        name: &str,
    ) -> Result<Option<(User, Option<Credentials>)>, StoreError> {
        let mut tx = self.db.begin_read().await?;
        let row = db::query(select_users!("WHERE name = $1"));
        let Some(row) = row.bind(name).fetch_optional(&mut tx).await? else { return Ok(None) };
        Ok(Some((user_row::read(&row)?, user_row::credentials(&row, &self.kek)?)))
    }
}

/// Can somebody sign in who may decide about everything? (The demo's owner has no password that fits.)
pub(super) async fn has_owner(conn: &mut db::Connection) -> Result<bool, StoreError> {
    let owners: i64 = db::query_scalar(
        "SELECT COUNT(*) FROM users WHERE role = 'owner' AND status = 'active' \
         AND app_ids IS NULL AND password_hash != ''",
    )
    .fetch_one(conn)
    .await?;
    Ok(owners > 0)
}

impl Tx {
    /// Makes somebody, and an invitation for them. `Err(NameTaken)`, `Err(Model)`.
    pub async fn create_user(&mut self, new: &NewUser) -> Result<(User, BearerToken), StoreError> {
        check_new_text("name", &new.name, bounds::USER_NAME)?;
        self.check_name_free(&new.name).await?;
        let user = User {
            id: new_id("usr_")?,
            name: new.name.clone(),
            role: new.role,
            apps: confined::checked(new.apps.as_deref())?,
            status: UserStatus::Invited,
            rev: 1,
            created_at: self.now,
            updated_at: self.now,
            signed_in_at: None,
        };
        self.save_user(&user).await?;
        let token = self.put_invitation(&user).await?;
        self.audit("user.invite", &subject(&user.id), &facts(&user)).await?;
        Ok((user, token))
    }

    /// A new invitation for somebody who is there, in place of any other: who takes it chooses password
    /// and second factor anew. `Err(UserUnknown)`, `Err(UserDisabled)`.
    pub async fn invite_again(&mut self, id: &str) -> Result<(User, BearerToken), StoreError> {
        let user = user_row::read(&self.user_row(id).await?)?;
        if user.status == UserStatus::Disabled {
            return Err(StoreError::UserDisabled { id: id.to_owned() });
        }
        let token = self.put_invitation(&user).await?;
        self.audit("user.invite", &subject(id), &json!({ "name": user.name, "again": true }))
            .await?;
        Ok((user, token))
    }

    /// Changes what somebody may do. `keep`: the session in which it is decided; their others end.
    ///
    /// `Err(UserUnknown)`, `Err(UserChanged)`, `Err(LastOwner)`, `Err(Model)`.
    pub async fn update_user(
        &mut self,
        id: &str,
        rev: Option<u32>,
        change: UserChange,
        keep: Option<&str>,
    ) -> Result<User, StoreError> {
        let row = self.user_row(id).await?;
        let before = user_row::read(&row)?;
        check_rev(&before, rev)?;
        let has_enrolled = user_row::credentials(&row, &self.kek)?.is_some();
        let mut user = before.clone();
        user.role = change.role.unwrap_or(user.role);
        if let Some(apps) = change.apps {
            user.apps = confined::checked(apps.as_deref())?;
        }
        user.status = match change.enabled {
            None => user.status,
            Some(false) => UserStatus::Disabled,
            Some(true) if has_enrolled => UserStatus::Active,
            Some(true) => UserStatus::Invited,
        };
        if user == before {
            return Ok(user);
        }
        if !user.is_acting_owner() {
            self.check_other_owner(&before).await?;
        }
        (user.rev, user.updated_at) = (before.rev.saturating_add(1), self.now);
        self.save_user(&user).await?;
        self.end_sessions_of(id, keep).await?;
        if user.status == UserStatus::Disabled {
            self.drop_invitation(id).await?;
        }
        let detail = json!({ "name": user.name, "change": [facts(&before), facts(&user)] });
        self.audit("user.update", &subject(id), &detail).await?;
        Ok(user)
    }

    /// Removes somebody, with their sessions. `Err(UserUnknown)`, `Err(UserChanged)`, `Err(LastOwner)`.
    pub async fn delete_user(&mut self, id: &str, rev: Option<u32>) -> Result<(), StoreError> {
        let user = user_row::read(&self.user_row(id).await?)?;
        check_rev(&user, rev)?;
        self.check_other_owner(&user).await?;
        self.end_sessions_of(id, None).await?;
        self.drop_invitation(id).await?;
        db::query("DELETE FROM users WHERE id = $1").bind(id).execute(&mut self.inner).await?;
        self.audit("user.delete", &subject(id), &facts(&user)).await
    }

    /// `Err(NameTaken)`. Names that differ in case alone would be taken for each other.
    pub(super) async fn check_name_free(&mut self, name: &str) -> Result<(), StoreError> {
        let taken: Option<String> = db::query_scalar("SELECT id FROM users WHERE lower(name) = $1")
            // Letters of ASCII alone, on both engines.
            .bind(name.to_ascii_lowercase())
            .fetch_optional(&mut self.inner)
            .await?;
        taken.map_or(Ok(()), |_| Err(StoreError::NameTaken { name: name.to_owned() }))
    }
}

/// As the audit log names them.
pub(super) fn subject(id: &str) -> String {
    format!("user {id}")
}

fn facts(user: &User) -> serde_json::Value {
    json!({
        "name": user.name,
        "role": user.role,
        "app_ids": confined::numbers(user.apps.as_deref()),
        "status": user.status,
    })
}

fn check_rev(user: &User, expected: Option<u32>) -> Result<(), StoreError> {
    match expected {
        Some(expected) if expected != user.rev => {
            Err(StoreError::UserChanged { id: user.id.clone(), expected, found: user.rev })
        }
        _ => Ok(()),
    }
}
