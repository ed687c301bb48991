//! `GET /keys/pins`: what apps are built with, as the file `pins.json` has it.

use axum::Json;
use axum::extract::State;
use tonegate_server::data_dir::PinsFile;
use tonegate_server::installation::pins_file;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::problem::Problem;

#[utoipa::path(
    get,
    path = "/keys/pins",
    tag = "keys",
    operation_id = "get_pins",
    responses((status = 200, body = PinsFile)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Exports the pins.
pub(crate) async fn get_pins(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<PinsFile>, Problem> {
    Ok(Json(pins_file(&admin.store().meta().await?)))
}
