//! A licence that is kept, and what can be said of it at a moment.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::OPAQUE_SECS;
use crate::trust::Verified;
use crate::{FetchError, FetchedLicense};

/// Where the end of a licence is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpireAtBasis {
    /// The licence says it itself, and was verified.
    License,
    /// Nobody can read the licence: it is counted from its fetch.
    Fetch,
}

/// A licence that was fetched and is kept. All times are Unix seconds of the issuer's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedLicense {
    /// The licence text, as the issuer sent it.
    pub license: String,
    /// When it came.
    pub fetched_at: i64,
    /// When it was issued; for an opaque licence, when it came.
    pub issued_at: i64,
    /// When it ends.
    pub expire_at: i64,
    /// Where that is known from.
    pub expire_at_basis: ExpireAtBasis,
    /// Host and port that it came from.
    pub server: String,
    /// Names the answer in the issuer's records.
    pub request_id: Option<String>,
}

/// When a licence was issued, when it ends, and where that is known from.
pub(crate) fn times(fetched_at: i64, verified: Option<Verified>) -> (i64, i64, ExpireAtBasis) {
    match verified {
        Some(Verified { issued_at, expire_at }) => (issued_at, expire_at, ExpireAtBasis::License),
        None => (fetched_at, fetched_at.saturating_add(OPAQUE_SECS), ExpireAtBasis::Fetch),
    }
}

impl From<FetchedLicense> for CachedLicense {
    fn from(fetched: FetchedLicense) -> Self {
        let fetched_at = fetched.issuer_time();
        let (issued_at, expire_at, expire_at_basis) = times(fetched_at, fetched.verified);
        Self {
            license: fetched.license,
            fetched_at,
            issued_at,
            expire_at,
            expire_at_basis,
            server: fetched.server,
            request_id: fetched.request_id,
        }
    }
}

/// What is wrong with a licence that is handed out all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StaleReason {
    /// It could not be refreshed.
    RefreshFailed(Arc<FetchError>),
    /// This machine's clock was set, or the machine slept: until the issuer was asked, nobody knows how
    /// late it is.
    ClockMoved,
    /// It ends in less than an hour, and the issuer gives none that lasts longer.
    EndsSoon,
}

/// How a cached licence stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LicenseState {
    /// Good, and not yet to be refreshed.
    Fresh,
    /// Good, and about to be refreshed.
    Due,
    /// Good, but something is wrong.
    Stale {
        /// What.
        why: StaleReason,
    },
    /// There is none that is good: it has ended, or none ever came.
    Expired {
        /// Why none came; `None`: nobody has tried yet.
        why: Option<Arc<FetchError>>,
    },
}

impl LicenseState {
    /// Its stable name, for programs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Due => "due",
            Self::Stale { .. } => "stale",
            Self::Expired { .. } => "expired",
        }
    }

    /// The last failure, where one stands.
    #[must_use]
    pub fn error(&self) -> Option<&Arc<FetchError>> {
        match self {
            Self::Stale { why: StaleReason::RefreshFailed(error) } => Some(error),
            Self::Expired { why } => why.as_ref(),
            Self::Fresh | Self::Due | Self::Stale { .. } => None,
        }
    }
}

/// What a cache holds at a moment.
#[derive(Debug, Clone)]
pub struct View {
    /// The licence, good or ended; `None`: there never was one.
    pub license: Option<Arc<CachedLicense>>,
    /// How it stands.
    pub state: LicenseState,
    /// The issuer's time, as well as it is known, Unix seconds.
    pub now: i64,
    /// How long until the next refresh.
    pub refresh_in: Duration,
    /// Refreshes that failed since the last one that did not.
    pub failures: u32,
}

impl View {
    /// The licence, if it may be handed out.
    #[must_use]
    pub fn usable(&self) -> Option<&Arc<CachedLicense>> {
        match self.state {
            LicenseState::Expired { .. } => None,
            _ => self.license.as_ref(),
        }
    }
}
