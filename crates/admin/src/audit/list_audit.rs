//! `GET /audit`: who did what, newest first.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use tonegate_server::store::{AuditEntry, AuditFilter};

use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::extract::{Cursor, Page, Query, check_query_length, limit, number};
use crate::limits::{AUDIT_WORD_MAX, PAGE_MAX};
use crate::problem::Problem;

/// Which entries: those that equal everything given.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Who, such as `user alice`.
    #[serde(default)]
    #[param(min_length = 1, max_length = 200)]
    actor: Option<String>,
    /// What, such as `app.create`.
    #[serde(default)]
    #[param(min_length = 1, max_length = 200)]
    action: Option<String>,
    /// To what, such as `app 12345`.
    #[serde(default)]
    #[param(min_length = 1, max_length = 200)]
    subject: Option<String>,
    /// Items of the page, 1–200; 50 when not given.
    #[serde(default, deserialize_with = "number")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default)]
    #[param(max_length = 200)]
    cursor: Option<String>,
}

#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    operation_id = "list_audit",
    params(AuditQuery),
    responses((status = 200, body = Page<AuditEntry>)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Lists what was done, newest first.
pub(crate) async fn list_audit(
    State(admin): State<Admin>,
    _: By<Viewer>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let (limit, before) = (limit(query.limit, PAGE_MAX)?, Cursor::read(query.cursor.as_deref())?);
    let AuditQuery { actor, action, subject, .. } = query;
    for (name, text) in [("actor", &actor), ("action", &action), ("subject", &subject)] {
        check_query_length(name, text.as_deref(), AUDIT_WORD_MAX)?;
    }
    let filter = AuditFilter { actor, action, subject };
    let entries = admin.store().audit(&filter, before, limit + 1).await?;
    Ok(Json(Page::cut(entries, limit, |last| Cursor(last.seq))))
}
