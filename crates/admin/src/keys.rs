//! Root and issuing keys: the calendar, rotation, and ceremonies with offline roots.

mod get_keys;
mod get_pins;
mod install_certificates;
mod preview_rotation;
mod request_certificates;
mod rotate_key;
mod rotation;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(get_keys::get_keys, rotate_key::rotate_key))
        .routes(routes!(preview_rotation::preview_rotation))
        .routes(routes!(get_pins::get_pins))
        .routes(routes!(request_certificates::request_certificates))
        .routes(routes!(install_certificates::install_certificates))
}
