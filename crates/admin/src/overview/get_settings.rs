//! `GET /settings`: how the server is set up. What is decided in the configuration is changed there.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_server::limits;
use tonegate_server::model::Environment;

use crate::admin::Admin;
use crate::caller::{ByScoped, Viewer};
use crate::problem::Problem;

/// How the server is set up; no secrets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Settings {
    version: &'static str,
    installation_id: String,
    issuer: String,
    environment: Environment,
    /// Does the installation keep its own roots?
    auto_root: bool,
    data_directory: String,
    gateway: GatewaySettings,
    admin: AdminSettings,
    audit: AuditSettings,
    webhooks: WebhookSettings,
    retention: Retention,
    /// Is this the demo, with sample data?
    demo: bool,
}

/// The licence API's listener.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct GatewaySettings {
    /// As backends write it.
    url: String,
    address: String,
    tls: bool,
    /// Host names it answers for; none: any.
    hosts: Vec<String>,
    cors_origins: Vec<String>,
    trusted_proxies: Vec<String>,
    connections: u64,
}

/// The listener of console, admin API and health.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AdminSettings {
    address: String,
    tls: bool,
}

/// Where checkpoints of the audit log go.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct AuditSettings {
    /// Empty: no file.
    checkpoint_file: String,
    /// Empty: no URL.
    checkpoint_url: String,
}

/// What webhooks may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct WebhookSettings {
    allow_private_addresses: bool,
}

/// How long things are kept, seconds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Retention {
    minutes_secs: i64,
    hours_secs: i64,
    days_secs: i64,
    requests_secs: i64,
    requests_rows: i64,
    issued_secs: i64,
}

#[utoipa::path(
    get,
    path = "/settings",
    tag = "overview",
    operation_id = "get_settings",
    responses((status = 200, body = Settings)),
    extensions(("x-access" = json!("viewer scoped")))
)]
/// Shows how the server is set up.
pub(crate) async fn get_settings(
    State(admin): State<Admin>,
    _: ByScoped<Viewer>,
) -> Result<Json<Settings>, Problem> {
    let (config, installation) = (&admin.service.config, &admin.service.installation);
    let (gateway, is_tls) =
        (&config.gateway, |path: &std::path::Path| !path.as_os_str().is_empty());
    Ok(Json(Settings {
        version: env!("CARGO_PKG_VERSION"),
        installation_id: installation.id.clone(),
        issuer: installation.issuer.clone(),
        environment: installation.environment,
        auto_root: installation.auto_root,
        data_directory: installation.data.path().display().to_string(),
        gateway: GatewaySettings {
            url: admin.gateway_url(),
            address: gateway.address.to_string(),
            tls: is_tls(&gateway.tls_certificate),
            hosts: gateway.hosts.clone(),
            cors_origins: gateway.cors_origins.clone(),
            trusted_proxies: gateway.trusted_proxies.iter().map(ToString::to_string).collect(),
            connections: u64::try_from(gateway.connections).unwrap_or(u64::MAX),
        },
        admin: AdminSettings {
            address: config.admin.address.to_string(),
            tls: is_tls(&config.admin.tls_certificate),
        },
        audit: AuditSettings {
            checkpoint_file: config.audit.checkpoint_file.display().to_string(),
            checkpoint_url: config.audit.checkpoint_url.clone(),
        },
        webhooks: WebhookSettings {
            allow_private_addresses: config.webhooks.allow_private_addresses,
        },
        retention: Retention {
            minutes_secs: limits::MINUTES_KEPT_SECS,
            hours_secs: limits::HOURS_KEPT_SECS,
            days_secs: limits::DAYS_KEPT_SECS,
            requests_secs: limits::REQUESTS_KEPT_SECS,
            requests_rows: limits::REQUESTS_KEPT_ROWS,
            issued_secs: limits::ISSUED_KEPT_SECS,
        },
        demo: admin.demo.is_some(),
    }))
}
