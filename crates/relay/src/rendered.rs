//! A licence as apps get it: JSON, all but the two times that differ from answer to answer.

use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use tonegate_client::{
    AppId, CachedLicense, ExpireAtBasis, FetchError, LicenseState, StaleReason, View,
};

use crate::limits::{RETURN_SPREAD_SECS, STALE_RETURN_SECS};

/// The part of an answer that stays until licence or state changes.
#[derive(Debug)]
pub(crate) struct Rendered {
    license: Arc<CachedLicense>,
    state: LicenseState,
    /// Tells whether licence or state have changed.
    pub(crate) etag: String,
    /// The body up to `RefreshAfter`'s value.
    body: Vec<u8>,
}

/// The times of one answer, Unix seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub(crate) refresh_after: i64,
    pub(crate) server_time: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    license: &'a str,
    app_id: AppId,
    issued_at: i64,
    expire_at: i64,
    expire_at_basis: ExpireAtBasis,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_because: Option<String>,
}

impl Rendered {
    pub(crate) fn new(app_id: AppId, license: &Arc<CachedLicense>, state: &LicenseState) -> Self {
        let body = Body {
            license: &license.license,
            app_id,
            issued_at: license.issued_at,
            expire_at: license.expire_at,
            expire_at_basis: license.expire_at_basis,
            source: source(state),
            stale_because: stale_because(state),
        };
        // A struct of texts and numbers always has a JSON form.
        let mut body = serde_json::to_vec(&body).unwrap_or_default();
        let digest = digest::digest(&digest::SHA256, &body);
        let digest = digest.as_ref().first_chunk::<12>().map(|first| BASE64URL_NOPAD.encode(first));
        body.pop();
        body.extend_from_slice(br#","RefreshAfter":"#);
        Self {
            license: Arc::clone(license),
            state: state.clone(),
            // Weak: the times in the body differ.
            etag: format!("W/\"{}\"", digest.unwrap_or_default()),
            body,
        }
    }

    /// Does it say this?
    pub(crate) fn is_of(&self, license: &Arc<CachedLicense>, state: &LicenseState) -> bool {
        Arc::ptr_eq(&self.license, license) && self.state == *state
    }

    /// The length of the body with these times.
    pub(crate) fn len(&self, times: Times) -> usize {
        let digits = |time: i64| itoa::Buffer::new().format(time).len();
        let times = digits(times.refresh_after) + digits(times.server_time);
        self.body.len() + SERVER_TIME.len() + times + 1
    }

    /// Appends the body with these times.
    pub(crate) fn write(&self, times: Times, to: &mut Vec<u8>) {
        let mut digits = itoa::Buffer::new();
        to.extend_from_slice(&self.body);
        to.extend_from_slice(digits.format(times.refresh_after).as_bytes());
        to.extend_from_slice(SERVER_TIME);
        to.extend_from_slice(digits.format(times.server_time).as_bytes());
        to.push(b'}');
    }
}

const SERVER_TIME: &[u8] = br#","ServerTime":"#;

impl Times {
    /// When the caller should come back: when there will be a newer licence, spread so that callers
    /// who came one by one do not come back all at once; and never after the licence's end.
    pub(crate) fn of(view: &View, license: &CachedLicense) -> Self {
        let wait = match view.state {
            LicenseState::Stale { .. } => STALE_RETURN_SECS + fastrand::i64(0..=STALE_RETURN_SECS),
            _ => {
                let refresh = i64::try_from(view.refresh_in.as_secs()).unwrap_or(i64::MAX);
                refresh.saturating_add(fastrand::i64(0..=RETURN_SPREAD_SECS))
            }
        };
        let refresh_after = view.now.saturating_add(wait).min(license.expire_at);
        Self { refresh_after, server_time: view.now }
    }

    /// Seconds for which a private cache may keep the answer.
    pub(crate) fn max_age(self) -> i64 {
        self.refresh_after.saturating_sub(self.server_time).max(0)
    }
}

/// `Source`: fresh, or cached beyond its refresh time, or stale.
fn source(state: &LicenseState) -> &'static str {
    match state {
        LicenseState::Fresh => "fresh",
        LicenseState::Due => "cached",
        LicenseState::Stale { .. } | LicenseState::Expired { .. } => "stale",
    }
}

/// `StaleBecause`, for programs: what the operator needs beyond is in the log and in `relay status`.
fn stale_because(state: &LicenseState) -> Option<String> {
    match state {
        LicenseState::Stale { why: StaleReason::EndsSoon } => Some("ends_soon".to_owned()),
        LicenseState::Stale { why: StaleReason::ClockMoved } => Some("clock_moved".to_owned()),
        LicenseState::Stale { why: StaleReason::RefreshFailed(error) } => Some(named(error)),
        _ => None,
    }
}

/// An error's name; with the return code, where one was sent.
pub(crate) fn named(error: &FetchError) -> String {
    match error {
        FetchError::Refused { code, .. } => format!("refused {code}"),
        FetchError::LeftAlone { why, .. } => named(why),
        other => other.kind().to_owned(),
    }
}
