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
    /// Unix seconds until which no sign-in is tried; 0: it never failed often enough.
    pub locked_until: i64,
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

/// For how long no sign-in is tried after so many failures in a row, in seconds: nothing for four,
/// then 1, 2, 4 … up to 15 minutes. Never for good, or strangers could lock anybody out for ever.
#[must_use]
pub fn lock_secs(failures: u32) -> i64 {
    match failures.checked_sub(5) {
        None => 0,
        Some(more) => 1_i64.checked_shl(more).filter(|_| more < 10).unwrap_or(900).min(900),
    }
}

#[cfg(test)]
mod tests {
    use super::lock_secs;

    #[test]
    fn locks_grow_from_the_fifth_failure_and_stay_at_a_quarter_of_an_hour() {
        let secs: Vec<_> = [0, 4, 5, 6, 7, 14, 15, 69, 70, u32::MAX].map(lock_secs).into();
        assert_eq!(secs, [0, 0, 1, 2, 4, 512, 900, 900, 900, 900]);
    }
}
