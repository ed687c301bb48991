//! Why does this URL get no licence? The published order of checks, walked without consuming anything.
//!
//! Invariants: no secret is shown, and no signature that was not sent; nothing is charged, counted or
//! remembered. Not judged, since they depend on who sends it when: body, network limit, rate, address.
//! [`Report::checks`] says what the gateway would say; [`Report::causes`] what is most likely behind it,
//! found by trying what goes wrong with backends (`signing`, `form`).

mod form;
mod sent;
mod signing;
mod walk;

use serde::Serialize;
use tonegate_protocol::{AppId, ReturnCode};

use crate::directory::{Entry, Reading};
use crate::limits::CHECKED_APPS_MAX;
use crate::service::Service;

pub use sent::Sent;

/// What is to be said of a URL.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// The return code that the gateway would answer with; `None`: none, since it is no request of the
    /// licence API at all.
    pub would_be: Option<u32>,
    /// Every check, in the published order.
    pub checks: Vec<Check>,
    /// What is most likely behind it; none for a good request.
    pub causes: Vec<Cause>,
    /// What it says.
    pub request: Shown,
    /// What the signature must be made over, with dots for the secret; `None`: not all of it is there.
    pub expected_string_to_sign: Option<String>,
}

/// A check.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Check {
    /// Its stable name.
    pub step: &'static str,
    /// What it asks.
    pub title: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing to say against it.
    Passed,
    /// The gateway would stop here.
    Failed,
    /// An earlier one failed.
    NotReached,
}

/// What is most likely wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Cause {
    /// Its stable name.
    pub id: &'static str,
    /// In short.
    pub title: &'static str,
    /// What was found, and what to do.
    pub detail: String,
}

/// The public parameters as sent, decoded once; `None`: absent, or not to be decoded.
#[derive(Debug, Clone, Default, Serialize, utoipa::ToSchema)]
#[expect(missing_docs, reason = "each is the parameter of its name")]
pub struct Shown {
    pub action: Option<String>,
    pub app_id: Option<String>,
    pub nonce: Option<String>,
    pub timestamp: Option<String>,
    pub version: Option<String>,
    pub signature: Option<String>,
}

impl Cause {
    fn new(id: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { id, title, detail: detail.into() }
    }
}

/// Checks a request. `app_id`: whose it is to be, where it does not say so itself. `others`: may it be
/// compared with the secrets of other apps?
#[must_use]
pub fn check(service: &Service, sent: &Sent, app_id: Option<AppId>, others: bool) -> Report {
    let (directory, now) = (service.directory.read(), service.time.now());
    let app_id = sent.app_id().or(app_id);
    let entry = app_id.and_then(|app_id| directory.get(app_id)).map(|entry| &**entry);
    let (checks, refusal) = walk::walk(service, sent, entry, now);
    let causes = match &refusal {
        None => Vec::new(),
        Some(refusal) => {
            let mut causes = form::causes(service, sent, now);
            causes.extend(of_app(service, app_id, entry, refusal.code));
            if let (Some(entry), Some(texts)) = (entry, sent.texts()) {
                causes.extend(of_signature(&directory, entry, &texts, others, now));
            }
            causes
        }
    };
    let reached = checks.first().is_some_and(|url| url.outcome == Outcome::Passed);
    let code = refusal.map_or(0, |refusal| refusal.code.number());
    Report {
        would_be: reached.then_some(code),
        checks,
        causes,
        request: sent.shown(),
        expected_string_to_sign: sent.string_to_sign(),
    }
}

fn of_app(
    service: &Service,
    app_id: Option<AppId>,
    entry: Option<&Entry>,
    code: ReturnCode,
) -> Option<Cause> {
    let app_id = app_id?;
    let Some(entry) = entry else {
        let detail = format!(
            "there is no app {app_id} here; compare the AppId with the list of apps, and the host with the \
             one that this issuer has"
        );
        return Some(Cause::new("app_unknown", "The app is not known here", detail));
    };
    let app = entry.app.as_ref()?;
    let (theirs, ours) = (app.policy.environment, service.installation.environment);
    if theirs != ours {
        let detail = format!("app {app_id} is for {theirs}, and this issuer for {ours}");
        let title = "The app belongs to another environment";
        return Some(Cause::new("other_environment", title, detail));
    }
    (code == ReturnCode::ServiceNotEnabled).then(|| {
        let detail = format!("resume app {app_id}, or switch its service on");
        Cause::new("not_enabled", "The app gets no licences now", detail)
    })
}

/// What the signature is, if it is not what it should be.
fn of_signature(
    directory: &Reading,
    entry: &Entry,
    texts: &signing::Texts<'_>,
    others: bool,
    now: i64,
) -> Vec<Cause> {
    let secrets = || entry.secrets().into_iter().flatten();
    if let Some(signer) = secrets().find(|secret| texts.is_signed_with(&secret.secret)) {
        return Vec::from_iter((!signer.signs_at(now)).then(|| {
            let detail = format!(
                "the signature was made with the secret of generation {}, which was revoked or has \
                 retired; give the backend the current one",
                signer.generation
            );
            Cause::new("secret_retired", "An old ServerSecret was used", detail)
        }));
    }
    let found = secrets().find_map(|secret| signing::otherwise(texts, &secret.secret));
    if let Some(causes) = found {
        return causes;
    }
    let mut apps = directory.apps().take(CHECKED_APPS_MAX).filter(|_| others);
    let mut owner = apps.find(|app| {
        let mut secrets = app.secrets().into_iter().flatten();
        app.app_id != entry.app_id && secrets.any(|it| texts.is_signed_with(&it.secret))
    });
    vec![match owner.take() {
        Some(owner) => Cause::new(
            "secret_of_other_app",
            "Another app's ServerSecret was used",
            format!("the signature was made with a secret of app {}", owner.app_id),
        ),
        None => signing::nothing_fits(),
    }]
}
