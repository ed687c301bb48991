//! What callers get instead of what they asked for: problems of RFC 9457, each with a stable code.
//!
//! Invariant: [`Code`] is the one list of codes; the served document names for each operation those it
//! can answer with. No text here holds a secret.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;
use tonegate_server::grant::TrialError;
use tonegate_server::model::ModelError;
use tonegate_server::store::StoreError;

/// A problem, to be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    detail: String,
    /// Seconds after which to try again, where that helps.
    retry_after: Option<u64>,
    errors: Vec<FieldError>,
}

/// What is wrong with one member of the body, or one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct FieldError {
    /// Its name, with dots where it lies deeper.
    pub(crate) field: String,
    pub(crate) detail: String,
}

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

macro_rules! codes {
    ($($name:ident = $status:literal $code:literal, $title:literal;)+) => {
        /// The stable name of a kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code {
            $(#[doc = $title] $name,)+
        }

        impl Code {
            /// Every code.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// As it stands in `code`.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The HTTP status it goes with.
            pub(crate) const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// What it means, in short.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

codes! {
    InvalidQuery = 400 "invalid_query", "A parameter of the query cannot be used";
    InvalidHeader = 400 "invalid_header", "A header cannot be used";
    InvalidPath = 404 "invalid_path", "Nothing can be at this path";
    NotSignedIn = 401 "not_signed_in", "Nobody is signed in";
    SessionEnded = 401 "session_ended", "The session has ended";
    TokenRefused = 401 "token_refused", "The API token is not good";
    WrongCredentials = 401 "wrong_credentials", "Name, password or code is wrong";
    InvitationUnknown = 401 "invitation_unknown", "The invitation is unknown, used or has ended";
    RoleTooLow = 403 "role_too_low", "The caller's role does not allow this";
    ConfinedToApps = 403 "confined_to_apps", "The caller may work on its apps only";
    StepUpRequired = 403 "step_up_required", "The caller must prove again who it is";
    TokenNotPrivileged = 403 "token_not_privileged", "The API token is not made for this";
    CsrfFailed = 403 "csrf_failed", "The request may come from another site";
    PeopleOnly = 403 "people_only", "Only people can do this";
    LoopbackOnly = 403 "loopback_only", "This is possible from the server's own machine only";
    NotFound = 404 "not_found", "There is nothing here";
    AppUnknown = 404 "app_unknown", "There is no such app";
    SecretUnknown = 404 "secret_unknown", "The app has no such secret";
    UserUnknown = 404 "user_unknown", "There is no such user";
    ApiTokenUnknown = 404 "api_token_unknown", "There is no such API token";
    SessionUnknown = 404 "session_unknown", "There is no such session";
    RequestUnknown = 404 "request_unknown", "No such request is remembered";
    WebhookDisabled = 409 "webhook_disabled", "The webhook is switched off";
    WebhookUnknown = 404 "webhook_unknown", "There is no such webhook";
    DeliveryUnknown = 404 "delivery_unknown", "There is no such delivery";
    NoCheckpoint = 404 "no_checkpoint", "There is no checkpoint yet";
    MethodNotAllowed = 405 "method_not_allowed", "This method is not answered here";
    AppExists = 409 "app_exists", "There is an app with this AppId";
    SecretTaken = 409 "secret_taken", "The ServerSecret is in use already";
    SecretActive = 409 "secret_active", "The secret is the app's active one";
    SecretSealed = 409 "secret_sealed", "The secret does not open";
    AppUnusable = 409 "app_unusable", "The app's row cannot be used";
    NameTaken = 409 "name_taken", "The name is taken";
    LastOwner = 409 "last_owner", "The last owner must stay";
    UserDisabled = 409 "user_disabled", "The user is disabled";
    SetupDone = 409 "setup_done", "There is an owner already";
    NoLicense = 409 "no_license", "The app gets no licence now";
    RootsOffline = 409 "roots_offline", "The root keys are kept offline";
    AutoRoot = 409 "auto_root", "The installation keeps its own roots";
    RequestWaits = 409 "request_waits", "A ceremony request waits for its certificates";
    KeysRefused = 409 "keys_refused", "The keys do not fit";
    DeliveryDone = 409 "delivery_done", "The message was taken already";
    ChangedMeanwhile = 412 "changed_meanwhile", "Somebody changed it meanwhile";
    BodyTooLarge = 413 "body_too_large", "The body is too large";
    NotJson = 415 "not_json", "The body must be JSON";
    WrongMediaType = 415 "wrong_media_type", "The body has the wrong media type";
    InvalidBody = 422 "invalid_body", "The body does not say what it must";
    InvalidSettings = 422 "invalid_settings", "The settings break a rule";
    LicenseTooLong = 422 "license_too_long", "The app's licence would be too long";
    PasswordTooWeak = 422 "password_too_weak", "The password is too easy to guess";
    SecondFactorWrong = 422 "wrong_code", "The code is wrong";
    IdempotencyKeyReused = 422 "idempotency_key_reused", "The Idempotency-Key was used for another request";
    StartTooSoon = 422 "start_too_soon", "The key would begin to sign too soon";
    AddressRefused = 422 "address_refused", "Webhooks cannot go to this address";
    PreconditionRequired = 428 "precondition_required", "An If-Match header is needed";
    TooManyRequests = 429 "too_many_requests", "Too many requests";
    Locked = 429 "locked", "Too many failed sign-ins";
    Internal = 500 "internal", "The server failed";
    ClockSuspect = 503 "clock_suspect", "The server's clock is not believed";
    StoreUnavailable = 503 "store_unavailable", "The database does not answer";
}

impl Problem {
    /// `detail`: what happened, why, and what to do next; for whoever asks.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after: None, errors: Vec::new() }
    }

    /// What happened, why, and what to do next.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// Trying again helps after so many seconds.
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..self }
    }

    /// Names a member of the body, or a parameter.
    pub(crate) fn at(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), detail: detail.into() });
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { code, detail, retry_after, errors } = self;
        let mut body = json!({
            "type": format!("urn:tonegate:problem:{}", code.name()),
            "title": code.title(),
            "status": code.status(),
            "detail": detail,
            "code": code.name(),
        });
        if !errors.is_empty() {
            body["errors"] = json!(errors);
        }
        let status = StatusCode::from_u16(code.status()).unwrap_or_default();
        let mut response = (status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<ModelError> for Problem {
    fn from(error: ModelError) -> Self {
        let (field, detail) = (error.field(), error.to_string());
        Self::new(Code::InvalidSettings, detail.clone()).at(field, detail)
    }
}

impl From<TrialError> for Problem {
    fn from(error: TrialError) -> Self {
        let code = match error {
            TrialError::TooLong { .. } => Code::LicenseTooLong,
            TrialError::Refused { .. } => Code::InvalidSettings,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Model(error) => return error.into(),
            StoreError::AppExists { .. } => Code::AppExists,
            StoreError::AppUnknown { .. } => Code::AppUnknown,
            StoreError::AppChanged { .. } => Code::ChangedMeanwhile,
            StoreError::SecretTaken => Code::SecretTaken,
            StoreError::SecretUnknown { .. } => Code::SecretUnknown,
            StoreError::SecretActive { .. } => Code::SecretActive,
            StoreError::ApiTokenUnknown { .. } => Code::ApiTokenUnknown,
            StoreError::UserUnknown { .. } => Code::UserUnknown,
            StoreError::UserChanged { .. } => Code::ChangedMeanwhile,
            StoreError::UserDisabled { .. } => Code::UserDisabled,
            StoreError::NameTaken { .. } => Code::NameTaken,
            StoreError::LastOwner => Code::LastOwner,
            StoreError::SetupDone => Code::SetupDone,
            StoreError::InvitationUnknown => Code::InvitationUnknown,
            StoreError::SessionUnknown { .. } => Code::SessionUnknown,
            StoreError::WebhookUnknown { .. } => Code::WebhookUnknown,
            StoreError::WebhookChanged { .. } => Code::ChangedMeanwhile,
            StoreError::WebhookDisabled { .. } => Code::WebhookDisabled,
            StoreError::DeliveryUnknown { .. } => Code::DeliveryUnknown,
            StoreError::InvalidWebhook { field, .. } => {
                let detail = error.to_string();
                return Self::new(Code::InvalidSettings, detail.clone()).at(field, detail);
            }
            StoreError::Row(ref fault) if fault.table == "apps" => Code::AppUnusable,
            StoreError::SerialTaken { .. } | StoreError::RootTaken { .. } => Code::KeysRefused,
            StoreError::Busy => {
                return Self::new(Code::StoreUnavailable, error.to_string()).retry_after(1);
            }
            // It may be done: a client that just asks again would do it twice.
            StoreError::CommitUnknown { .. } => {
                tracing::error!(%error, "a change of the admin API may be kept or not");
                let detail = "the database did not answer while the change was being kept: look \
                              whether it is there before you try again";
                return Self::new(Code::StoreUnavailable, detail);
            }
            ref passing if passing.is_passing() => {
                tracing::warn!(%error, "the database cannot be used at the moment");
                let detail = "the database cannot be reached; nothing was changed; licences go on";
                return Self::new(Code::StoreUnavailable, detail).retry_after(2);
            }
            // Paths and the engine's words are for the log.
            error => {
                tracing::error!(%error, "the store failed an operation of the admin API");
                let detail = "the database failed; licences go on, the server's log says why";
                return Self::new(Code::StoreUnavailable, detail).retry_after(5);
            }
        };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(names.iter().all(plain));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(Code::ALL.iter().all(|code| StatusCode::from_u16(code.status()).is_ok()));
    }
}
