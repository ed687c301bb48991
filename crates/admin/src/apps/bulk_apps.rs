//! `POST /apps/bulk`: one small change for many apps.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tonegate_protocol::AppId;
use tonegate_server::store::Tx;

use crate::admin::Admin;
use crate::caller::{By, Operator};
use crate::extract::Body;
use crate::limits::{APP_TAG_MAX, APPS_AT_ONCE, BULK_APPS_MAX};
use crate::problem::{Code, Problem};

/// A change of many apps.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkChange {
    #[schema(max_items = 1000)]
    app_ids: Vec<u32>,
    action: BulkAction,
    /// For `tag` and `untag`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 32)]
    tag: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BulkAction {
    Suspend,
    Resume,
    Tag,
    Untag,
}

/// What became of it.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub(crate) struct BulkResult {
    /// Apps that are other than before.
    changed: usize,
    failed: Vec<BulkFailure>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct BulkFailure {
    app_id: u32,
    /// As a problem has it.
    code: &'static str,
    detail: String,
}

#[utoipa::path(
    post,
    path = "/apps/bulk",
    tag = "apps",
    operation_id = "bulk_apps",
    request_body = BulkChange,
    responses((status = 200, body = BulkResult)),
    extensions(("x-access" = json!("operator whole")))
)]
/// Suspends, resumes, tags or untags up to 1,000 apps. One that fails leaves the others alone.
pub(crate) async fn bulk_apps(
    State(admin): State<Admin>,
    by: By<Operator>,
    Body(change): Body<BulkChange>,
) -> Result<Json<BulkResult>, Problem> {
    change.check()?;
    let mut result = BulkResult::default();
    for app_ids in change.app_ids.chunks(APPS_AT_ONCE) {
        let mut tx = admin.begin(&by.caller).await?;
        for app_id in app_ids {
            result.add(*app_id, change.apply(&mut tx, AppId(*app_id)).await)?;
        }
        admin.commit(tx).await?;
    }
    Ok(Json(result))
}

impl BulkChange {
    fn check(&self) -> Result<(), Problem> {
        let refuse = |field: &str, detail: &str| {
            Err(Problem::new(Code::InvalidBody, detail).at(field, detail))
        };
        if self.app_ids.len() > BULK_APPS_MAX {
            return refuse("app_ids", "at most 1000 apps at once");
        }
        let length = self.tag.as_ref().map(|tag| tag.chars().count());
        if length.is_some_and(|length| !(1..=APP_TAG_MAX).contains(&length)) {
            return refuse("tag", "a tag has 1 to 32 characters");
        }
        match (self.action, &self.tag) {
            (BulkAction::Tag | BulkAction::Untag, None) => refuse("tag", "name the tag"),
            (BulkAction::Suspend | BulkAction::Resume, Some(_)) => {
                refuse("tag", "a tag goes with `tag` and `untag` alone")
            }
            _ => Ok(()),
        }
    }

    /// Is the app another one afterwards?
    async fn apply(&self, tx: &mut Tx, app_id: AppId) -> Result<bool, Problem> {
        let before = tx.app(app_id).await?.rev;
        let tag = self.tag.clone().unwrap_or_default();
        let after = match self.action {
            BulkAction::Suspend => tx.suspend_app(app_id).await?,
            BulkAction::Resume => tx.resume_app(app_id).await?,
            BulkAction::Untag => {
                tx.update_app(app_id, None, |it| it.tags.retain(|held| *held != tag)).await?
            }
            BulkAction::Tag => {
                let add = |tags: &mut Vec<String>| {
                    if !tags.contains(&tag) {
                        tags.push(tag);
                    }
                };
                tx.update_app(app_id, None, |it| add(&mut it.tags)).await?
            }
        };
        Ok(after.rev != before)
    }
}

impl BulkResult {
    /// `Err`: the store failed, and with it all that is under way.
    fn add(&mut self, app_id: u32, outcome: Result<bool, Problem>) -> Result<(), Problem> {
        match outcome {
            Ok(changed) => self.changed += usize::from(changed),
            Err(problem) if problem.code.status() >= 500 => return Err(problem),
            Err(problem) => {
                let (code, detail) = (problem.code.name(), problem.detail().to_owned());
                self.failed.push(BulkFailure { app_id, code, detail });
            }
        }
        Ok(())
    }
}
