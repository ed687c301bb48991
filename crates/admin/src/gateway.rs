//! The licence API, for those who run it: asked, explained, and what its codes mean.

mod check_request;
mod gateway_call;
mod list_return_codes;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(check_request::check_request))
        .routes(routes!(gateway_call::gateway_call))
        .routes(routes!(list_return_codes::list_return_codes))
}
