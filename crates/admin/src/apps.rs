//! Apps: what an operator decides about each.

mod create_app;
mod get_app;
mod settings;
mod update_app;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) use view::AppView;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(create_app::create_app))
        .routes(routes!(get_app::get_app, update_app::update_app))
}
