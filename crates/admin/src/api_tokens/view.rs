//! An API token as the API shows it.

use serde::Serialize;
use tonegate_server::model::Role;
use tonegate_server::store::ApiToken;

/// An API token, without its text.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ApiToken)]
pub(crate) struct ApiTokenView {
    id: String,
    name: String,
    role: Role,
    /// The apps that it is confined to; `null`: it is not.
    app_ids: Option<Vec<u32>>,
    /// Whether it may do what takes a fresh proof from people.
    privileged: bool,
    /// Who made it, as the audit log names them.
    created_by: String,
    /// Unix seconds.
    created_at: i64,
    /// Unix seconds.
    expires_at: i64,
    /// Unix seconds, a minute may be missing; `null`: never.
    last_used_at: Option<i64>,
    /// Unix seconds; `null`: it was not.
    revoked_at: Option<i64>,
}

impl From<ApiToken> for ApiTokenView {
    fn from(token: ApiToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            role: token.role,
            app_ids: token.apps.map(|apps| apps.into_iter().map(|app| app.0).collect()),
            privileged: token.privileged,
            created_by: token.created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            revoked_at: token.revoked_at,
        }
    }
}
