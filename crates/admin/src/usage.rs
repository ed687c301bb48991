//! Usage: how often the licence API answered what.

mod export_usage;
mod get_usage;
mod list_usage_by_app;
mod period;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(get_usage::get_usage))
        .routes(routes!(list_usage_by_app::list_usage_by_app))
        .routes(routes!(export_usage::export_usage))
}
