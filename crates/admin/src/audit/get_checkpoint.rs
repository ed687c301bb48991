//! `GET /audit/checkpoint`: where the audit log stands, signed.

use axum::Json;
use axum::extract::State;
use tonegate_server::audit::{CheckpointError, SignedCheckpoint};

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::problem::{Code, Problem};

#[utoipa::path(
    get,
    path = "/audit/checkpoint",
    tag = "audit",
    operation_id = "get_checkpoint",
    responses((status = 200, body = SignedCheckpoint)),
    extensions(("x-access" = json!("viewer whole")), ("x-problems" = json!(["no_checkpoint"])))
)]
/// Signs where the audit log stands now. Whoever keeps it can prove later whether the log was changed.
pub(crate) async fn get_checkpoint(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<SignedCheckpoint>, Problem> {
    let checkpoint = admin.service.latest_checkpoint().await.map_err(|error| match error {
        CheckpointError::Store(error) => error.into(),
        other => Problem::new(Code::NoCheckpoint, other.to_string()),
    })?;
    Ok(Json(checkpoint))
}
