//! `DELETE /api_tokens/{api_token_id}`: a program is no longer let in.

use axum::extract::{FromRequestParts, State};
use http::StatusCode;
use http::request::Parts;

use crate::admin::Admin;
use crate::caller::{By, Owner, SteppedUp};
use crate::extract::path_id;
use crate::problem::{Code, Problem};

/// The API token in the path.
#[derive(Debug)]
pub(crate) struct ApiTokenId(String);

impl FromRequestParts<Admin> for ApiTokenId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        path_id(parts, "tok_")
            .await
            .map(Self)
            .ok_or_else(|| Problem::new(Code::ApiTokenUnknown, "there is no such API token"))
    }
}

#[utoipa::path(
    delete,
    path = "/api_tokens/{api_token_id}",
    tag = "api-tokens",
    operation_id = "delete_api_token",
    params(("api_token_id" = String, Path, max_length = 64)),
    responses((status = 204)),
    extensions(
        ("x-access" = json!("owner whole step-up")),
        ("x-problems" = json!(["api_token_unknown"]))
    )
)]
/// Revokes an API token, at once and for good. It stays listed.
pub(crate) async fn delete_api_token(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<By<Owner>>,
    ApiTokenId(id): ApiTokenId,
) -> Result<StatusCode, Problem> {
    let mut tx = admin.begin(&by.caller).await?;
    tx.revoke_api_token(&id).await?;
    admin.commit(tx).await?;
    Ok(StatusCode::NO_CONTENT)
}
