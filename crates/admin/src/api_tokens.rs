//! API tokens: programs that call this API.

mod create_api_token;
mod delete_api_token;
mod list_api_tokens;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(list_api_tokens::list_api_tokens, create_api_token::create_api_token))
        .routes(routes!(delete_api_token::delete_api_token))
}
