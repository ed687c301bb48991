//! `GET /setup`: does anybody own this installation yet?

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::admin::Admin;
use crate::problem::Problem;

/// Whether the first owner is missing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Setup {
    /// `true`: enrol with the setup token that the server's log shows.
    needed: bool,
}

#[utoipa::path(
    get,
    path = "/setup",
    tag = "sign-in",
    operation_id = "get_setup",
    responses((status = 200, body = Setup)),
    extensions(("x-access" = json!("public")))
)]
/// Says whether the first owner is missing.
pub(crate) async fn get_setup(State(admin): State<Admin>) -> Result<Json<Setup>, Problem> {
    Ok(Json(Setup { needed: admin.store().needs_setup().await? }))
}
