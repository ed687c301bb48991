//! `POST /apps/{app_id}/secrets/{generation}/reveal`: a secret itself.
//!
//! Invariant: that it was shown is in the audit log before it is.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::json;
use tonegate_server::store::StoreError;

use super::OfSecret;
use crate::admin::Admin;
use crate::caller::{ByApp, Operator, SteppedUp};
use crate::problem::{Code, Problem};

/// A secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RevealedSecret {
    generation: u32,
    server_secret: String,
}

#[utoipa::path(
    post,
    path = "/apps/{app_id}/secrets/{generation}/reveal",
    tag = "secrets",
    operation_id = "reveal_secret",
    params(("app_id" = u32, Path, minimum = 1), ("generation" = u32, Path, minimum = 1)),
    responses((status = 200, body = RevealedSecret)),
    extensions(
        ("x-access" = json!("operator app step-up")),
        ("x-problems" = json!(["secret_unknown", "secret_sealed"]))
    )
)]
/// Shows a secret. The audit log keeps who saw it.
pub(crate) async fn reveal_secret(
    State(admin): State<Admin>,
    SteppedUp(by): SteppedUp<ByApp<Operator>>,
    OfSecret(generation): OfSecret,
) -> Result<Json<RevealedSecret>, Problem> {
    let id = by.app_id;
    let stored = admin.store().app(id).await?.ok_or(StoreError::AppUnknown { id })?;
    let stored = stored.secrets.into_iter().find(|secret| secret.generation == generation);
    let stored = stored.ok_or(StoreError::SecretUnknown { id, generation })?;
    let secret = stored.secret.ok_or_else(|| {
        let detail = "it was sealed with another key, or damaged; rotate it";
        Problem::new(Code::SecretSealed, detail)
    })?;
    let mut tx = admin.begin(&by.caller).await?;
    let detail = json!({ "generation": generation });
    tx.audit("secret.reveal", &format!("app {id}"), &detail).await?;
    admin.commit(tx).await?;
    let server_secret = secret.expose().to_owned();
    Ok(Json(RevealedSecret { generation: generation.0, server_secret }))
}
