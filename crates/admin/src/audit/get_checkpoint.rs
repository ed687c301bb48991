//! `GET /audit/checkpoint`: where the audit log stands, signed.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_server::audit::CheckpointError;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::problem::{Code, Problem};

/// Where the log stands. Whoever keeps it can prove later whether the log was changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CheckpointView {
    /// The newest entry.
    seq: i64,
    /// Its hash, 64 hex characters.
    hash: String,
    /// Unix seconds.
    at: i64,
    /// The signed note, to be kept.
    note: String,
    /// Who signed it: an Ed25519 key, base64url.
    public_key: String,
}

#[utoipa::path(
    get,
    path = "/audit/checkpoint",
    tag = "audit",
    operation_id = "get_checkpoint",
    responses((status = 200, body = CheckpointView)),
    extensions(("x-access" = json!("viewer whole")), ("x-problems" = json!(["no_checkpoint"])))
)]
/// Signs where the audit log stands now.
pub(crate) async fn get_checkpoint(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<CheckpointView>, Problem> {
    let checkpoint = admin.service.latest_checkpoint().await.map_err(|error| match error {
        CheckpointError::Store(error) => error.into(),
        other => Problem::new(Code::NoCheckpoint, other.to_string()),
    })?;
    Ok(Json(CheckpointView {
        seq: checkpoint.seq,
        hash: checkpoint.hash.to_string(),
        at: checkpoint.at,
        note: checkpoint.note,
        public_key: checkpoint.public_key.to_string(),
    }))
}
