//! A user as the API shows them.

use serde::Serialize;
use tonegate_server::model::{BearerToken, Role, User, UserStatus, bounds};

/// Somebody who may sign in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    id: String,
    /// What they sign in with.
    name: String,
    role: Role,
    /// The apps that they are confined to; `null`: they are not.
    app_ids: Option<Vec<u32>>,
    status: UserStatus,
    /// Raised by every change; the ETag.
    rev: u32,
    /// Unix seconds.
    created_at: i64,
    /// Unix seconds.
    updated_at: i64,
    /// Unix seconds; `null`: never.
    signed_in_at: Option<i64>,
}

/// Somebody, and the invitation for them.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct InvitedUser {
    user: UserView,
    /// Whoever has it chooses their password and second factor. It is shown once.
    invitation_token: String,
    /// The same as a place in the console.
    invitation_path: String,
    /// Unix seconds.
    expires_at: i64,
}

impl UserView {
    pub(crate) fn new(user: User) -> Self {
        Self {
            app_ids: user.apps.map(|apps| apps.into_iter().map(|app| app.0).collect()),
            id: user.id,
            name: user.name,
            role: user.role,
            status: user.status,
            rev: user.rev,
            created_at: user.created_at,
            updated_at: user.updated_at,
            signed_in_at: user.signed_in_at,
        }
    }
}

impl InvitedUser {
    pub(crate) fn new(user: User, token: &BearerToken, now: i64) -> Self {
        Self {
            user: UserView::new(user),
            invitation_path: format!("/#/enroll?token={}", token.expose()),
            invitation_token: token.expose().to_owned(),
            expires_at: now + bounds::INVITATION_SECS,
        }
    }
}
