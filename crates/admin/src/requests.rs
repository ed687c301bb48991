//! Single answers of the licence API, for as long as they are remembered.

mod get_request;
mod list_requests;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(list_requests::list_requests))
        .routes(routes!(get_request::get_request))
}
