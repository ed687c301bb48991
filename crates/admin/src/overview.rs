//! The server at a glance, and how it is set up.

mod attention;
mod get_overview;
mod get_settings;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(get_overview::get_overview))
        .routes(routes!(get_settings::get_settings))
}
