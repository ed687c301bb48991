//! `POST /apps/import`: many apps at once, from CSV or lines of JSON.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, body::Bytes};
use http::header::CONTENT_TYPE;
use serde::Deserialize;

use super::import::{Import, ImportReport, check_count};
use super::settings::NewApp;
use super::sheet::{self, Line};
use crate::admin::Admin;
use crate::caller::{By, Operator};
use crate::extract::{Created, Idempotency, Query};
use crate::limits::{IMPORT_BYTES_MAX, IMPORT_LINES_MAX, IMPORT_RETRY_SECS};
use crate::problem::{Code, Problem};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportApps {
    /// Say what would happen, and keep nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The lines of a body in one of the two forms.
#[derive(Debug)]
pub(crate) struct Lines(Vec<Line>);

#[utoipa::path(
    post,
    path = "/apps/import",
    tag = "apps",
    operation_id = "import_apps",
    params(ImportApps, ("Idempotency-Key" = Option<String>, Header)),
    request_body(content((String = "text/csv"), (String = "application/jsonl"))),
    responses((status = 200, body = ImportReport)),
    extensions(
        ("x-access" = json!("operator whole")),
        ("x-problems" = json!(["wrong_media_type", "invalid_body", "body_too_large"]))
    )
)]
/// Makes apps: a CSV table (columns app_id, name, secret, features, environment, lifetime,
/// rate_per_second, note, tags; `;` between features and tags; only `name` is needed), or a JSON object
/// a line as `create_app` takes it. At most 10,000 lines. A line that fails leaves the others alone.
pub(crate) async fn import_apps(
    State(admin): State<Admin>,
    by: By<Operator>,
    idempotency: Idempotency,
    Query(query): Query<ImportApps>,
    Lines(lines): Lines,
) -> Result<Response, Problem> {
    let _alone = admin.importing.try_lock().map_err(|_| busy())?;
    let mut import = Import::new(&admin, &by.caller);
    if query.dry_run {
        return Ok(Json(import.rehearse(lines).await?).into_response());
    }
    let claim = admin.claim(&by.caller, idempotency).await?;
    let (report, is_replay) = import.run(lines, claim.as_ref()).await;
    if is_replay {
        return Ok(Created::again(serde_json::to_vec(&report).unwrap_or_default()).ok());
    }
    Ok(Json(report).into_response())
}

/// Two at once would only wait for each other, and everybody else for both.
fn busy() -> Problem {
    let detail = "another import is under way; send this one again when it is done";
    Problem::new(Code::TooManyRequests, detail).retry_after(IMPORT_RETRY_SECS)
}

impl FromRequest<Admin> for Lines {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Admin) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let read = match &*kind.to_ascii_lowercase() {
            "text/csv" => sheet::read,
            "application/jsonl" | "application/x-ndjson" => json_lines,
            _ => {
                let detail = "send a table as `text/csv`, or lines of JSON as `application/jsonl`";
                return Err(Problem::new(Code::WrongMediaType, detail));
            }
        };
        // In memory already, and bounded there.
        let bytes: Bytes =
            to_bytes(request.into_body(), IMPORT_BYTES_MAX).await.unwrap_or_default();
        read(&bytes, IMPORT_LINES_MAX).map(Self)
    }
}

fn json_lines(bytes: &[u8], most: usize) -> Result<Vec<Line>, Problem> {
    let lines = (1_u64..).zip(bytes.split(|byte| *byte == b'\n'));
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let lines: Vec<Line> =
        lines.take(most + 1).map(|(number, line)| (number, json(line))).collect();
    check_count(lines.len(), most)?;
    Ok(lines)
}

fn json(line: &[u8]) -> Result<NewApp, Problem> {
    serde_json::from_slice(line).map_err(|error| Problem::new(Code::InvalidBody, error.to_string()))
}
