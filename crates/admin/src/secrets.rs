//! The ServerSecrets of an app. None is shown but where it is asked for by name.

mod list_secrets;
mod reveal_secret;
mod revoke_secret;
mod rotate_secret;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use serde::{Deserialize, Serialize};
use tonegate_server::model::{Generation, SecretState};
use tonegate_server::store::StoredSecret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;
use crate::problem::{Code, Problem};

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(list_secrets::list_secrets, rotate_secret::rotate_secret))
        .routes(routes!(reveal_secret::reveal_secret))
        .routes(routes!(revoke_secret::revoke_secret))
}

/// A secret, without itself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Secret)]
pub(crate) struct SecretView {
    /// Which one it is of all that the app ever had.
    pub(crate) generation: u32,
    pub(crate) state: State,
    /// The first second at which a retiring one no longer signs, Unix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
    /// `false`: it cannot be read, and is not accepted.
    pub(crate) opens: bool,
    /// Unix seconds.
    pub(crate) created_at: i64,
    /// Unix seconds; a few seconds late.
    pub(crate) last_used_at: Option<i64>,
}

/// What a secret is good for.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SecretState)]
pub(crate) enum State {
    Active,
    Retiring,
    Revoked,
}

impl From<&StoredSecret> for SecretView {
    fn from(secret: &StoredSecret) -> Self {
        let (state, until) = match secret.state {
            SecretState::Active => (State::Active, None),
            SecretState::Retiring { until } => (State::Retiring, Some(until)),
            SecretState::Revoked => (State::Revoked, None),
        };
        Self {
            generation: secret.generation.0,
            state,
            until,
            opens: secret.secret.is_some(),
            created_at: secret.created_at,
            last_used_at: secret.last_used_at,
        }
    }
}

/// The secret that the path names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfSecret(pub(crate) Generation);

/// Whatever else the path holds.
#[derive(Deserialize)]
struct InPath {
    #[serde(deserialize_with = "crate::extract::path_number")]
    generation: u32,
}

impl FromRequestParts<Admin> for OfSecret {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let Path(InPath { generation }) =
            Path::from_request_parts(parts, admin).await.map_err(|_| {
                Problem::new(Code::InvalidPath, "a generation is a number from 1 to 4294967295")
            })?;
        Ok(Self(Generation(generation)))
    }
}
