//! A session as the API shows it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Serialize;
use tonegate_server::model::{BearerToken, Role, User};
use tonegate_server::store::Session;

use crate::admin::Admin;
use crate::auth::{Known, session};
use crate::caller::Who;

/// Who is signed in, and what they may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    /// The person; `null`: it is a program.
    pub(crate) user: Option<Named>,
    /// The API token; `null`: it is a person.
    pub(crate) token: Option<Named>,
    pub(crate) role: Role,
    /// The apps that they are confined to; `null`: they are not.
    pub(crate) app_ids: Option<Vec<u32>>,
    /// To be sent as X-CSRF-Token with whatever changes something; `null` for an API token.
    pub(crate) csrf_token: Option<String>,
    /// Until when a proof counts as fresh, Unix seconds; `null`: it no longer does. A privileged API
    /// token's always does.
    pub(crate) stepped_up_until: Option<i64>,
    /// Unix seconds.
    pub(crate) expires_at: i64,
    /// When the session ends if nothing more is sent, Unix seconds; `null` for an API token.
    pub(crate) idle_until: Option<i64>,
    /// The licence API's URL, as backends write it.
    pub(crate) gateway_url: String,
    /// Ids of the operations that would let them in.
    pub(crate) operations: Vec<String>,
}

/// Somebody's id and name.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// Somebody is signed in from now on: 201 with the session, and its cookie.
#[derive(Debug)]
pub(crate) struct SignedIn {
    view: SessionView,
    token: BearerToken,
}

impl SessionView {
    pub(crate) fn of(admin: &Admin, known: Known) -> Self {
        let Known { caller, csrf_token, expires_at, idle_until } = known;
        let operations = admin.permitted.to(&caller);
        let until = caller.stepped_up_until.min(expires_at);
        let (user, token) = match caller.who {
            Who::User { id, name, .. } => (Some(Named { id, name }), None),
            Who::Token { id, name } => (None, Some(Named { id, name })),
        };
        Self {
            user,
            token,
            role: caller.role,
            app_ids: caller.apps.map(|apps| apps.into_iter().map(|app| app.0).collect()),
            csrf_token,
            stepped_up_until: Some(until).filter(|until| *until > admin.now()),
            expires_at,
            idle_until,
            gateway_url: admin.gateway_url(),
            operations,
        }
    }
}

impl SignedIn {
    pub(crate) fn new(admin: &Admin, session: &Session, user: User, token: BearerToken) -> Self {
        let known = session::known_as(session, user, token.expose());
        Self { view: SessionView::of(admin, known), token }
    }
}

impl IntoResponse for SignedIn {
    fn into_response(self) -> Response {
        let cookie = [(SET_COOKIE, session::cookie(&self.token))];
        (StatusCode::CREATED, cookie, Json(self.view)).into_response()
    }
}
