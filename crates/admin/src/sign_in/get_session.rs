//! `GET /session`: who the caller is, and what it may do.

use axum::Json;
use axum::extract::State;

use super::view::SessionView;
use crate::admin::Admin;
use crate::auth::Known;

#[utoipa::path(
    get,
    path = "/session",
    tag = "sign-in",
    operation_id = "get_session",
    responses((status = 200, body = SessionView)),
    extensions(("x-access" = json!("session")))
)]
/// Shows who is signed in.
pub(crate) async fn get_session(State(admin): State<Admin>, known: Known) -> Json<SessionView> {
    Json(SessionView::of(&admin, known))
}
