//! `GET /overview`: what the server does now, and what needs a hand.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_issuer::limits::DAY_SECS;
use tonegate_server::clock::ClockState;
use tonegate_server::keys::{self, KeyState};
use tonegate_server::model::Environment;
use tonegate_server::store::Resolution;

use super::attention::{self, Attention};
use crate::admin::Admin;
use crate::caller::{By, Viewer};
use crate::problem::Problem;

/// The server at a glance.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Overview {
    /// Gateway time, Unix seconds.
    now: i64,
    version: &'static str,
    /// Unix seconds.
    started_at: i64,
    issuer: String,
    environment: Environment,
    /// Can a licence be answered?
    ready: bool,
    /// What is not as it should be while licences still go out.
    degraded: Vec<&'static str>,
    apps: u64,
    /// Answers per second in the mean of the last 10 s.
    requests_per_second: f64,
    rates: Vec<CodeRateView>,
    /// Answers with a licence since midnight, UTC.
    licenses_today: u64,
    /// Of the last minute; `null`: there was no request.
    latency_us: Option<LatencyView>,
    /// The issuing key that takes over; `null`: none is staged.
    next_key: Option<NextKey>,
    /// Every hour until then has a key, Unix seconds.
    covered_until: i64,
    health: Health,
    attention: Vec<Attention>,
    /// The last 60 minutes: where one begins (Unix seconds), licences, refusals.
    #[schema(value_type = Vec<Vec<i64>>)]
    recent: Vec<(i64, u64, u64)>,
}

/// How often there is a return code.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CodeRateView {
    code: u32,
    per_second: f64,
}

/// How long answers take, microseconds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct LatencyView {
    p50: u64,
    p99: u64,
}

/// An issuing key to come.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct NextKey {
    serial: u32,
    sign_from: i64,
}

/// The parts that licences depend on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Health {
    /// Does the database answer?
    store: bool,
    guard: GuardView,
    clock: ClockWord,
    /// Can a licence be signed?
    signer: bool,
}

/// The replay guard.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GuardView {
    entries: u64,
    capacity: u64,
}

/// What the gateway thinks of the machine's clock.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ClockWord {
    Steady,
    Suspect,
}

#[utoipa::path(
    get,
    path = "/overview",
    tag = "overview",
    operation_id = "get_overview",
    responses((status = 200, body = Overview)),
    extensions(("x-access" = json!("viewer whole")))
)]
/// Shows what the server does now, and what needs a hand.
pub(crate) async fn get_overview(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<Overview>, Problem> {
    let service = &admin.service;
    let at = service.time.moment();
    let keyring = service.keyring.load();
    let rates: Vec<_> = service
        .usage
        .rates(at)
        .into_iter()
        .map(|rate| CodeRateView { code: rate.code.number(), per_second: rate.per_second })
        .collect();
    let next_key =
        keys::calendar(&keyring, at.now).into_iter().find(|key| key.state == KeyState::Next);
    let degraded = service.degraded();
    Ok(Json(Overview {
        now: at.now,
        version: env!("CARGO_PKG_VERSION"),
        started_at: admin.started_at,
        issuer: service.installation.issuer.clone(),
        environment: service.installation.environment,
        ready: service.is_ready(),
        apps: count(service.directory.len()),
        // The sum of nothing would be -0.
        requests_per_second: rates.iter().fold(0.0, |sum, rate| sum + rate.per_second),
        rates,
        licenses_today: licenses_today(&admin, at.now).await,
        latency_us: service
            .usage
            .latency(at)
            .map(|it| LatencyView { p50: micros(it.p50), p99: micros(it.p99) }),
        next_key: next_key.map(|key| NextKey { serial: key.serial, sign_from: key.sign_from }),
        covered_until: keyring.covered_until(at.now),
        health: Health {
            store: !degraded.contains(&"store_unreachable"),
            guard: GuardView {
                entries: count(service.guard.len()),
                capacity: count(service.guard.capacity()),
            },
            clock: match service.time.state() {
                ClockState::Steady => ClockWord::Steady,
                ClockState::Suspect { .. } => ClockWord::Suspect,
            },
            signer: service.is_ready(),
        },
        degraded,
        attention: attention::of(&admin, at.now),
        recent: service
            .usage
            .recent_minutes(at)
            .iter()
            .map(|it| (it.at, it.ok, it.failed))
            .collect(),
    }))
}

/// 0 while the store does not answer: the page is most needed then.
async fn licenses_today(admin: &Admin, now: i64) -> u64 {
    let midnight = now.div_euclid(DAY_SECS) * DAY_SECS;
    let series = admin.store().usage_series(None, Resolution::Day, midnight, now + 1).await;
    let series = series.unwrap_or_default().into_iter().filter(|series| series.code == 0);
    series.flat_map(|series| series.points).map(|(_, count)| count).sum()
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
