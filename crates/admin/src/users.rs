//! People: who may sign in, and what they may do.

mod create_user;
mod delete_user;
mod get_user;
mod invite_user;
mod list_users;
mod update_user;
mod view;

use axum::extract::FromRequestParts;
use http::request::Parts;
use tonegate_protocol::AppId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;
use crate::extract::path_id;
use crate::problem::{Code, Problem};

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(list_users::list_users, create_user::create_user))
        .routes(routes!(get_user::get_user, update_user::update_user, delete_user::delete_user))
        .routes(routes!(invite_user::invite_user))
}

/// The user in the path.
#[derive(Debug)]
struct UserId(String);

impl FromRequestParts<Admin> for UserId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Admin) -> Result<Self, Problem> {
        path_id(parts, "usr_").await.map(Self).ok_or_else(unknown)
    }
}

fn unknown() -> Problem {
    Problem::new(Code::UserUnknown, "there is no such user")
}

/// Apps that somebody is confined to, as a body has them.
pub(crate) fn confined_to(app_ids: Option<Vec<u32>>) -> Option<Vec<AppId>> {
    Some(app_ids?.into_iter().map(AppId).collect())
}
