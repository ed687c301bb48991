//! Why a fetch brought no licence. Each message says what happened, why, and what to do next.
//!
//! Invariant: no variant holds a secret, a signature or a signed URL, so none can print one.

use std::path::PathBuf;
use std::time::Duration;

use tonegate_license::Reason;
use tonegate_protocol::ReturnCode;

use crate::HttpError;

/// A fetch, or the building of a client, failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The issuer answered with a return code other than 0.
    #[error("the issuer refused with {code}: {message}{}{}; {cure}", named(.request_id), meant(*.code))]
    Refused {
        /// The return code; perhaps one that we do not know.
        code: i64,
        /// What the issuer wrote, shortened and without control characters.
        message: String,
        /// Names the answer in the issuer's records, when it sent one.
        request_id: Option<String>,
        /// What to do next.
        cure: &'static str,
    },
    /// The issuer finds the request expired (100000004), also after a correction where one was
    /// possible.
    #[error("the issuer finds this machine's clock wrong (100000004): {}; synchronise this machine's clock (NTP) and fetch again", described(.offset_secs))]
    ClockOff {
        /// The issuer's time less this machine's, seconds; `None` when it did not tell its time.
        offset_secs: Option<i64>,
    },
    /// No connection, or one that ended without an answer.
    #[error("cannot reach {server}: {why}; {cure}")]
    Unreachable {
        /// Host and port.
        server: String,
        /// What the system or TLS said.
        why: String,
        /// What to do next.
        cure: &'static str,
    },
    /// No whole answer in time.
    #[error(
        "{server} did not answer within {after:?}; check that it is up and reachable from here, then fetch again"
    )]
    Timeout {
        /// Host and port.
        server: String,
        /// How long was waited.
        after: Duration,
    },
    /// No request was made: the host has failed several times in a row and is left alone for a while.
    #[error("{why} (it failed several times and is asked again in {} s)", .retry_after.as_secs() + 1)]
    LeftAlone {
        /// What it failed with last.
        why: Box<FetchError>,
        /// When it is asked again.
        retry_after: Duration,
    },
    /// An answer with an HTTP status other than 200.
    #[error("{server} answered with HTTP status {status} instead of 200; {cure}")]
    Status {
        /// Host and port.
        server: String,
        /// The status.
        status: u16,
        /// What to do next.
        cure: &'static str,
        /// After which time the server wants to be asked again, at most 5 min.
        retry_after: Option<Duration>,
    },
    /// An answer that is not one of this API.
    #[error(
        "{server} did not answer as a licence issuer does: {why}; check that the endpoint is the issuer's and that no proxy changes its answers"
    )]
    BadAnswer {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// An answer with a licence that is not to be used: forged, another app's, not good any more.
    #[error("{server} sent a licence that cannot be used: {reason}; {}", cure_of(*.reason))]
    BadLicense {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        reason: Reason,
    },
    /// A licence that was issued before the one that is held and ends before it: a region that lags
    /// behind, or a replay.
    #[error(
        "{server} sent a licence that is older than the one held, which goes on; if the issuer's clock was set back, remove the app's file from the cache directory and restart"
    )]
    OlderLicense {
        /// Host and port.
        server: String,
    },
    /// The endpoint cannot be used.
    #[error("the endpoint cannot be used: {why}; give it as https://host or https://host:port")]
    BadEndpoint {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The file of the private authority cannot be used, or there is nothing to trust at all.
    #[error("no certificates to trust{}: {why}; {cure}", from_file(.file))]
    NoTrust {
        /// The file given; `None` for the system's own store.
        file: Option<PathBuf>,
        /// What is wrong.
        why: String,
        /// What to do next.
        cure: &'static str,
    },
    /// The system gave no random numbers, so no request could be made.
    #[error("the system gave no random numbers; free its random source and fetch again")]
    NoRandomness,
}

impl FetchError {
    /// The published return code behind this error, when there is a known one.
    #[must_use]
    pub fn return_code(&self) -> Option<ReturnCode> {
        match self {
            Self::Refused { code, .. } => ReturnCode::from_number(*code),
            Self::ClockOff { .. } => Some(ReturnCode::SignatureExpired),
            Self::LeftAlone { why, .. } => why.return_code(),
            _ => None,
        }
    }

    /// Was a request made? Otherwise the issuer's hosts are left alone at the moment.
    pub(crate) fn was_asked(&self) -> bool {
        !matches!(self, Self::LeftAlone { .. })
    }

    /// Its stable name, for metrics and searches.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::ClockOff { .. } => "clock_off",
            Self::Unreachable { .. } => "unreachable",
            Self::Timeout { .. } => "timeout",
            Self::LeftAlone { .. } => "left_alone",
            Self::Status { .. } => "status",
            Self::BadAnswer { .. } => "bad_answer",
            Self::BadLicense { .. } => "bad_license",
            Self::OlderLicense { .. } => "older_license",
            Self::BadEndpoint { .. } => "bad_endpoint",
            Self::NoTrust { .. } => "no_trust",
            Self::NoRandomness => "no_randomness",
        }
    }

    /// Is the host out of order, whatever app asks it?
    pub(crate) fn is_of_host(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => true,
            Self::Status { status, .. } => *status >= 500,
            // What it says to one app may be that app's alone.
            _ => false,
        }
    }

    /// May another host of the same issuer answer better? Not what is wrong with the request.
    pub(crate) fn is_worth_another_host(&self) -> bool {
        match self {
            Self::LeftAlone { .. } | Self::Status { .. } => true,
            Self::BadAnswer { .. } | Self::BadLicense { .. } => true,
            _ => self.is_of_host() || self.passes(),
        }
    }

    /// Is it a refusal that passes by itself?
    #[must_use]
    pub fn passes(&self) -> bool {
        self.return_code().is_some_and(ReturnCode::is_retryable)
    }
}

impl From<HttpError> for FetchError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unreachable { server, why, cure } => Self::Unreachable { server, why, cure },
            HttpError::Timeout { server, after } => Self::Timeout { server, after },
            HttpError::BadAnswer { server, why } => Self::BadAnswer { server, why },
            HttpError::AddressRefused { server, address, kind } => Self::Unreachable {
                server,
                why: format!("{address} is {kind}, which is not allowed"),
                cure: "give an endpoint with a public address",
            },
        }
    }
}

/// What the code means, for readers who do not know it by heart.
fn meant(code: i64) -> String {
    let known = ReturnCode::from_number(code);
    known
        .map(|code| format!(" (that is: {})", code.meaning().trim_end_matches('.')))
        .unwrap_or_default()
}

/// Without its full stop, which would end the sentence around it.
fn cure_of(reason: Reason) -> &'static str {
    reason.next_step().trim_end_matches('.')
}

fn named(request_id: &Option<String>) -> String {
    request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default()
}

fn described(offset_secs: &Option<i64>) -> String {
    match offset_secs {
        None => "it did not tell its own time".to_owned(),
        Some(-2..=2) => {
            "the clocks agree now, so the request was delayed, or signed for another time"
                .to_owned()
        }
        Some(offset @ 0..) => format!("it is {offset} s behind the issuer's"),
        Some(offset) => format!("it is {} s ahead of the issuer's", offset.unsigned_abs()),
    }
}

fn from_file(file: &Option<PathBuf>) -> String {
    file.as_ref().map(|file| format!(" in {}", file.display())).unwrap_or_default()
}
