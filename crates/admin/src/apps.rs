//! Apps: what an operator decides about each.

mod bulk_apps;
mod create_app;
mod delete_app;
mod export_apps;
mod get_app;
mod import;
mod import_apps;
mod list_apps;
mod resume_app;
mod search;
mod settings;
mod sheet;
mod suspend_app;
mod update_app;
mod view;

use tonegate_protocol::AppId;
use tonegate_server::store::{StoreError, Tx};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;
use crate::problem::Problem;

pub(crate) use view::AppView;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(list_apps::list_apps, create_app::create_app))
        .routes(routes!(import_apps::import_apps))
        .routes(routes!(export_apps::export_apps))
        .routes(routes!(bulk_apps::bulk_apps))
        .routes(routes!(get_app::get_app, update_app::update_app, delete_app::delete_app))
        .routes(routes!(suspend_app::suspend_app))
        .routes(routes!(resume_app::resume_app))
}

/// An AppId of 9 or 10 digits that no app has.
async fn free_app_id(tx: &mut Tx) -> Result<AppId, Problem> {
    loop {
        let id = AppId(fastrand::u32(100_000_000..));
        match tx.app(id).await {
            Err(StoreError::AppUnknown { .. }) => return Ok(id),
            Ok(_) | Err(StoreError::Row(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
