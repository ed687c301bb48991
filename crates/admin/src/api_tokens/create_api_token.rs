//! `POST /api_tokens`: a token for a program.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use tonegate_server::model::Role;

use super::view::ApiTokenView;
use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::{Body, Created, Idempotency};
use crate::problem::Problem;
use crate::users::confined_to;

/// An API token to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApiToken {
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    role: Role,
    /// The apps that it is to be confined to; `null` or not there: it is not.
    #[serde(default)]
    #[schema(max_items = 1000)]
    app_ids: Option<Vec<u32>>,
    /// Whether it may do what takes a fresh proof from people.
    #[serde(default)]
    privileged: bool,
    /// Seconds.
    #[schema(minimum = 3600, maximum = 31_536_000)]
    expires_in: u32,
}

/// An API token, and its text.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CreatedApiToken {
    api_token: ApiTokenView,
    /// `tgt_…`, to be sent as `Authorization: Bearer`. It is shown once.
    token: String,
}

#[utoipa::path(
    post,
    path = "/api_tokens",
    tag = "api-tokens",
    operation_id = "create_api_token",
    request_body = NewApiToken,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = CreatedApiToken)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["invalid_settings"]))
    )
)]
/// Makes an API token.
pub(crate) async fn create_api_token(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    idempotency: Idempotency,
    Body(new): Body<NewApiToken>,
) -> Result<Created, Problem> {
    let new = tonegate_server::store::NewApiToken {
        name: new.name,
        role: new.role,
        apps: confined_to(new.app_ids),
        privileged: new.privileged,
        expires_in: new.expires_in,
    };
    let made = admin
        .create(&by.caller, idempotency, async |tx| {
            let (token, text) = tx.create_api_token(&new).await?;
            Ok(CreatedApiToken { api_token: token.into(), token: text.expose().to_owned() })
        })
        .await?;
    Ok(made)
}
