//! An app as it is shown.

use std::fmt;

use serde::{Deserialize, Serialize};
use tonegate_protocol::AppId;
use tonegate_server::model::{App, AppSettings, AppStatus, Generation, SecretState};
use tonegate_server::store::StoredSecret;

use crate::output::{self, Table};
use crate::time::{self, Moment, Span, distance};

/// An app with what is known of its secrets, never the secrets. The admin API says the same.
#[derive(Serialize, Deserialize)]
pub(crate) struct AppView {
    pub(super) app_id: AppId,
    pub(super) status: AppStatus,
    pub(super) rev: u32,
    created_at: i64,
    updated_at: i64,
    #[serde(flatten)]
    pub(super) settings: AppSettings,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secrets: Vec<SecretView>,
    #[serde(skip, default = "time::now")]
    now: i64,
}

/// One slot of an app's secrets.
#[derive(Serialize, Deserialize)]
struct SecretView {
    generation: Generation,
    #[serde(flatten)]
    state: SecretState,
    opens: bool,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl AppView {
    pub(crate) fn new(app: &App, secrets: &[StoredSecret], now: i64) -> Self {
        Self {
            app_id: app.id,
            status: app.status,
            rev: app.rev,
            created_at: app.created_at,
            updated_at: app.updated_at,
            settings: app.settings().clone(),
            secrets: secrets.iter().map(SecretView::new).collect(),
            now,
        }
    }
}

impl SecretView {
    fn new(secret: &StoredSecret) -> Self {
        Self {
            generation: secret.generation,
            state: secret.state,
            opens: secret.secret.is_some(),
            created_at: secret.created_at,
            last_used_at: secret.last_used_at,
        }
    }

    fn state(&self, now: i64) -> String {
        match self.state {
            _ if !self.opens => output::bad("does not open"),
            SecretState::Active => output::good("active"),
            SecretState::Retiring { until } if until > now => {
                format!("retiring {}", distance(until, now))
            }
            SecretState::Retiring { .. } => output::dim("retired"),
            SecretState::Revoked => output::dim("revoked"),
        }
    }
}

/// The status, so that it is seen.
pub(crate) fn status(app: &AppView) -> String {
    match app.status {
        AppStatus::Active if app.settings.service_enabled => output::good("active"),
        AppStatus::Active => output::warn("switched off"),
        AppStatus::Suspended => output::warn("suspended"),
    }
}

/// The features' names.
pub(crate) fn features(app: &AppView) -> String {
    let features = app.settings.features.iter();
    let names: Vec<_> = features.map(|feature| feature.name.as_str()).collect();
    if names.is_empty() { output::warn("none") } else { names.join(" ") }
}

impl fmt::Display for AppView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts().fmt(f)?;
        if self.secrets.is_empty() {
            return Ok(());
        }
        let mut table = Table::headed(["SECRET", "STATE", "CREATED", "LAST USED"]);
        for secret in &self.secrets {
            let used = secret.last_used_at.map(|at| ago(at, self.now));
            table.row([
                secret.generation.to_string(),
                secret.state(self.now),
                Moment(secret.created_at).to_string(),
                used.unwrap_or_else(|| output::dim("never")),
            ]);
        }
        write!(f, "\n\n{table}")
    }
}

impl AppView {
    fn facts(&self) -> Table {
        let settings = &self.settings;
        let mut table = Table::default();
        table.fact("App", output::bold(format_args!("{} {}", self.app_id, settings.name)));
        table.fact("Status", status(self));
        table.fact("Environment", settings.environment);
        table.fact("Features", self.features());
        table.fact("Lifetime", Span(settings.lifetime.into()));
        table.fact("Rate", format_args!("{} requests per second", settings.rate_per_second));
        table.fact("Replay mode", settings.replay_mode);
        table.fact("Nonces", settings.nonce_profile);
        self.times(&mut table);
        for (name, list) in [
            ("On expiry", texts(&settings.on_expiry)),
            ("Bound to", texts(&settings.bind)),
            ("Networks", texts(&settings.allowed_networks)),
            ("Tags", texts(&settings.tags)),
        ] {
            if !list.is_empty() {
                table.fact(name, list);
            }
        }
        if !settings.note.is_empty() {
            table.fact("Note", &settings.note);
        }
        table
    }

    fn features(&self) -> String {
        let features = self.settings.features.iter().map(|feature| {
            let from = feature.from.map(|from| format!(" from {}", Moment(from)));
            let until = feature.until.map(|until| format!(" until {}", Moment(until)));
            format!("{}{}{}", feature.name, from.unwrap_or_default(), until.unwrap_or_default())
        });
        let features: Vec<_> = features.collect();
        if features.is_empty() { output::warn("none: no licence") } else { features.join(", ") }
    }

    fn times(&self, table: &mut Table) {
        let settings = &self.settings;
        if let Some(from) = settings.entitlement_from {
            table.fact("Entitled from", Moment(from));
        }
        if let Some(until) = settings.entitlement_until {
            table.fact(
                "Entitled until",
                format_args!("{} ({})", Moment(until), distance(until, self.now)),
            );
        }
        table.fact("Created", Moment(self.created_at));
        table.fact("Changed", format_args!("{} (rev {})", Moment(self.updated_at), self.rev));
    }
}

/// A use while the command runs may be noted a moment after it began.
fn ago(time: i64, now: i64) -> String {
    if time < now { distance(time, now) } else { "just now".to_owned() }
}

fn texts(list: &[impl ToString]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_lies_never_ahead() {
        assert_eq!(
            [ago(95, 100), ago(100, 100), ago(101, 100)],
            ["5 s ago", "just now", "just now"]
        );
    }
}
