//! `GET /nodes`: which servers the installation has, and how each is doing.

use axum::Json;
use axum::extract::State;
use tonegate_server::node::Nodes;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::problem::Problem;

#[utoipa::path(
    get,
    path = "/nodes",
    tag = "overview",
    operation_id = "list_nodes",
    responses((status = 200, body = Nodes)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Lists the servers of the installation, and how each is doing.
pub(crate) async fn list_nodes(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<Nodes>, Problem> {
    Ok(Json(admin.service.list_nodes().await?))
}
