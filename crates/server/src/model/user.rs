//! A person who may sign in.

use super::text::words;
use super::{AppId, Role};

words! {
    /// What has become of somebody.
    UserStatus in "status" {
        /// Has not chosen a password yet.
        Invited = "invited",
        /// Signs in.
        Active = "active",
        /// Signs in no more.
        Disabled = "disabled",
    }
}

/// A person, without what they prove it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `usr_` and 16 hex digits.
    pub id: String,
    /// What they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The apps that they are confined to; `None`: they are not.
    pub apps: Option<Vec<AppId>>,
    /// What has become of them.
    pub status: UserStatus,
    /// Raised by every change that somebody decides on.
    pub rev: u32,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
    /// Unix seconds; `None`: never.
    pub signed_in_at: Option<i64>,
}

impl User {
    /// Somebody who decides about everything, and without whom nobody might.
    #[must_use]
    pub fn is_acting_owner(&self) -> bool {
        self.role == Role::Owner && self.apps.is_none() && self.status == UserStatus::Active
    }
}
