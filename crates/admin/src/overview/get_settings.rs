//! `GET /settings`: how the server is set up. What is decided in the configuration is changed there.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tonegate_issuer::Signer as _;
use tonegate_server::keys;
use tonegate_server::limits;
use tonegate_server::model::Environment;

use crate::admin::Admin;
use crate::caller::{By, Viewer};
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
    /// `null`: no file.
    checkpoint_file: Option<String>,
    /// `null`: no URL.
    checkpoint_url: Option<String>,
    /// Who signs them, base64url; `null`: none was signed yet.
    public_key: Option<String>,
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
    extensions(("x-access" = json!("viewer whole")))
)]
/// Shows how the server is set up.
pub(crate) async fn get_settings(
    State(admin): State<Admin>,
    _: By<Viewer>,
) -> Result<Json<Settings>, Problem> {
    // A page about the configuration does not fail with the database.
    let audit_key = admin.store().audit_key().await.unwrap_or_default();
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
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
            checkpoint_file: given(config.audit.checkpoint_file.display().to_string()),
            checkpoint_url: given(config.audit.checkpoint_url.clone()),
            public_key: audit_key.map(|key| keys::pin_text(&key.public_key())),
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
