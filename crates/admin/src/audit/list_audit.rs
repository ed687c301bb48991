//! `GET /audit`: who did what, newest first.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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

/// One thing that somebody did.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditEntryView {
    /// Its number, from 1.
    seq: i64,
    /// Unix seconds.
    at: i64,
    actor: String,
    action: String,
    subject: String,
    /// The facts; a change is `[before, after]`.
    detail: Value,
    /// Stands for all entries up to this one: 64 hex characters.
    hash: Option<String>,
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { seq, at, actor, action, subject, detail, hash } = entry;
        let hash = hash.map(|hash| hash.to_string());
        Self { seq, at, actor, action, subject, detail, hash }
    }
}

#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    operation_id = "list_audit",
    params(AuditQuery),
    responses((status = 200, body = Page<AuditEntryView>)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Lists what was done, newest first.
pub(crate) async fn list_audit(
    State(admin): State<Admin>,
    _: By<Viewer>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntryView>>, Problem> {
    let (limit, before) = (limit(query.limit, PAGE_MAX)?, Cursor::read(query.cursor.as_deref())?);
    let AuditQuery { actor, action, subject, .. } = query;
    for (name, text) in [("actor", &actor), ("action", &action), ("subject", &subject)] {
        check_query_length(name, text.as_deref(), AUDIT_WORD_MAX)?;
    }
    let filter = AuditFilter { actor, action, subject };
    let entries = admin.store().audit(&filter, before, limit + 1).await?;
    let items = entries.into_iter().map(AuditEntryView::from).collect();
    Ok(Json(Page::cut(items, limit, |last| Cursor(last.seq))))
}
