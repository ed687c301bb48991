//! Signing in: the first owner's setup, enrolments, sessions, passwords.

mod change_password;
mod confirm_enrollment;
mod create_demo_session;
mod create_enrollment;
mod create_session;
mod delete_session;
mod end_session;
mod get_session;
mod get_setup;
mod invitation;
mod list_sessions;
mod step_up_session;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new()
        .routes(routes!(create_demo_session::create_demo_session))
        .routes(routes!(get_setup::get_setup))
        .routes(routes!(create_enrollment::create_enrollment))
        .routes(routes!(confirm_enrollment::confirm_enrollment))
        .routes(routes!(
            create_session::create_session,
            get_session::get_session,
            delete_session::delete_session
        ))
        .routes(routes!(step_up_session::step_up_session))
        .routes(routes!(change_password::change_password))
        .routes(routes!(list_sessions::list_sessions))
        .routes(routes!(end_session::end_session))
}
